"""The files of a form while it arrives, each within its limits and under a harmless name."""

from __future__ import annotations

from pathlib import PurePosixPath

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from hybrid_wbc.serve.limits import Limits, RefusedError, Taken, megabytes

_LONGEST_NAME = 100


def too_large(limits: Limits) -> RefusedError:
    """Say how much one request may bring."""
    return RefusedError(413, f"one request may bring {megabytes(limits.request_bytes)}")


class Form:
    """The files of a form while it arrives; nothing else is kept of it.

    Parameters
    ----------
    boundary : bytes
        What parts the files, as the request's header names it.
    limits : Limits
    taken : Taken
        Of the memory that all requests share.

    Attributes
    ----------
    files : list of (str, list of bytes)
        Names, and the pieces that came so far.
    complete : bool
        Whether the last part has ended.
    """

    def __init__(self, boundary: bytes, limits: Limits, taken: Taken) -> None:
        self.files: list[tuple[str, list[bytes]]] = []
        self.complete = False
        self._limits, self._taken = limits, taken
        self._size = self._of_request = 0
        self._field, self._value = b"", b""
        self._headers: dict[bytes, bytes] = {}
        self._names: set[str] = set()
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._add_field,
                "on_header_value": self._add_value,
                "on_header_end": self._end_header,
                "on_headers_finished": self._begin_file,
                "on_part_data": self._add_data,
                "on_end": self._end,
            },
        )

    def write(self, chunk: bytes) -> None:
        """Take in the next piece.

        Raises
        ------
        RefusedError
            If it is too much, or no form.
        """
        self._of_request += len(chunk)
        if self._of_request > self._limits.request_bytes:
            raise too_large(self._limits)
        try:
            self._parser.write(chunk)
        except FormParserError:
            raise RefusedError(
                400, "the form cannot be read: it is not as its header says"
            ) from None

    def _begin(self) -> None:
        self._headers, self._field, self._value, self._size = {}, b"", b"", 0

    def _add_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _add_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        self._headers[self._field.lower()] = self._value
        self._field, self._value = b"", b""

    def _begin_file(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        if b"filename" not in options:
            raise RefusedError(
                422,
                "a part of the form is no file: what is asked stands in the address, ?as=smears",
            )
        if len(self.files) == self._limits.files:
            raise RefusedError(413, f"one request may bring {self._limits.files} files")
        name = harmless(options[b"filename"].decode("utf-8", "replace"), self._names)
        self._names.add(name)
        self.files.append((name, []))

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        self._size += end - start
        name, pieces = self.files[-1]
        if self._size > self._limits.file_bytes:
            most = megabytes(self._limits.file_bytes)
            raise RefusedError(413, f"{name}: too large, a file may have {most}")
        self._taken.take(end - start)
        pieces.append(data[start:end])

    def _end(self) -> None:
        self.complete = True


def harmless(name: str, taken: set[str]) -> str:
    """Give the last part of a file's name, without what could command anything, and only once.

    Parameters
    ----------
    name : str
        As it was sent.
    taken : set of str
        Names that others have.

    Returns
    -------
    str

    Examples
    --------
    >>> harmless("../../etc/cell.png", {"cell.png"})
    'cell (2).png'
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    last = "".join(letter for letter in last if letter.isprintable()).strip(" .")
    path = PurePosixPath(last or "picture")
    suffix = path.suffix[:10]
    stem = path.name.removesuffix(path.suffix)[: _LONGEST_NAME - len(suffix)]
    found, number = stem + suffix, 1
    while found in taken:
        number += 1
        found = f"{stem} ({number}){suffix}"
    return found
