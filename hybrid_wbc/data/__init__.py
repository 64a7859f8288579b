"""Files in, clean and split and decoded images out."""
