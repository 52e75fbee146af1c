"""Renders reports. Pure functions from a ``Report`` to text."""
