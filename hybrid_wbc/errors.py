"""The one exception that a user causes: the command line prints one line and exits with 2."""


class InputError(ValueError):
    """A file, key or value that the user gave and can mend.

    The message is one line: what it is about, what was received, what is allowed or to be done.
    """
