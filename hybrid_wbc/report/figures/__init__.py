"""Data to figures."""
