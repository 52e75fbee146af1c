"""Marking by hand: nbgrader's formgrader, served to one marker on this machine, with nothing in it that runs code."""
