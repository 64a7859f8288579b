"""The cells that come with the program, as package data, each set with its licence and notice."""
