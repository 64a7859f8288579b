"""The run folder: every file name, what made it, and one reader of a finished run."""
