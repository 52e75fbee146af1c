"""Scores machine-learning take-homes without trusting a line of the candidate's code."""

__version__ = "0.1.0"
