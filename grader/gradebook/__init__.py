"""Marks by hand: nbgrader's gradebook, with tables of our own beside its own."""
