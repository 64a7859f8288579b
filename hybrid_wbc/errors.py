"""The one exception that a user causes: the command line prints one line and exits with 2."""


class InputError(ValueError):
    """A file, key or value that the user gave and can mend.

    The message is one line: what it is about, what was received, what is allowed or to be done.

    Examples
    --------
    >>> from hybrid_wbc import InputError, load_run
    >>> try:
    ...     load_run("no-such-folder")
    ... except InputError as error:
    ...     print(error)
    no-such-folder: not a run folder, it holds no config.yaml
    """
