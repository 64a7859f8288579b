"""The command line: parse, resolve, print, make one call."""
