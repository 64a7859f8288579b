"""Five numbers in, a class out."""
