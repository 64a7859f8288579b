"""Cells drawn by the program, for trying it out; SYNTHETIC wherever they are shown."""
