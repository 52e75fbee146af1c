"""Scores a whole round: many submissions, none of them lost, whatever happens to the run."""
