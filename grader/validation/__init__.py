"""Proves an assignment's suite: right solutions score 100, wrong ones lose exactly what they get wrong."""
