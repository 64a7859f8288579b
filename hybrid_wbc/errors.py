"""The one exception that a user causes: the command line prints one line and exits with 2."""

# Of a longer message the beginning and the end are shown: what it is about, and the way out.
_LONGEST, _END = 1500, 500


class InputError(ValueError):
    """A file, key or value that the user gave and can mend.

    The message is one line: what it is about, what was received, what is allowed or to be done.
    Whatever came with the data, it has no characters that end the line or command a terminal.

    Examples
    --------
    >>> from hybrid_wbc import InputError, load_run
    >>> try:
    ...     load_run("no-such-folder")
    ... except InputError as error:
    ...     print(error)
    no-such-folder: not a run folder, it holds no config.yaml
    """

    def __str__(self) -> str:
        """Give the message as one line that can be shown everywhere."""
        text = readable(super().__str__())
        if len(text) > _LONGEST:
            return f"{text[: _LONGEST - _END]} [...] {text[-_END:]}"
        return text


def readable(text: str) -> str:
    r"""Give text that came with data so that it can be written and shown everywhere.

    Bytes that are no UTF-8 (names from an old Windows or Mac) and control characters, a carriage
    return among them, are written as escapes; everything else stays as it is.

    Parameters
    ----------
    text : str
        Such as a file's name, as Python decodes it.

    Returns
    -------
    str

    Examples
    --------
    >>> print(readable("neut/Icon\r"))
    neut/Icon\r
    """
    return text if text.isprintable() else "".join(map(_escaped, text))


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    if "\udc80" <= character <= "\udcff":  # how Python decodes a byte that is no UTF-8
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode()
