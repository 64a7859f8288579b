"""Which files show one photograph."""
