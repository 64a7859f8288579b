"""The public sets: what they are and how to get them."""
