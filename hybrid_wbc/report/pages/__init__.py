"""Data to self-contained HTML pages."""
