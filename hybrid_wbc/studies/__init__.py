"""What stands on finished runs."""
