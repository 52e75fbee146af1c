"""The reports that are read in a browser: each one file, without scripts, that asks for nothing from anywhere."""
