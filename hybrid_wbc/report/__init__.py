"""Figures in, pictures and one page out."""
