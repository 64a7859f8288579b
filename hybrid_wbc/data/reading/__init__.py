"""Any layout of files to a list of samples."""
