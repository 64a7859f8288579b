"""Figures to plain sentences."""
