"""Hybrid white-blood-cell classification: CNN embeddings, classical classifiers, honest numbers."""

__version__ = "0.1.0"
