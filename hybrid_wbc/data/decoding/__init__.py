"""The one road from a file to pixels: nothing else in the package opens a picture."""
