"""Finds submissions of a round whose modules are alike: evidence, never points. Nothing of them is run."""
