"""Takes in what a request brings, piece by piece and in memory alone, and refuses what is amiss."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from hybrid_wbc.data.decoding.limits import DecodingError
from hybrid_wbc.data.decoding.pictures import frame_of
from hybrid_wbc.serve.limits import Limits, RefusedError, Room, megabytes

_LONGEST_NAME = 100
# What a refused sender still sends is thrown away up to here, so that it reads the answer.
_DRAINED_BYTES, _DRAINED_SECONDS = 2**29, 20.0
_KINDS = "PNG, JPEG, TIFF, BMP, GIF, WebP, PPM, JPEG 2000 or AVIF"
# As `frame_of` and `decode` begin their reasons.
_STATUS = {"too large": 413, "unreadable": 415}


@dataclass(frozen=True)
class Upload:
    """A picture's file as it was sent, by its header no larger than allowed."""

    name: str
    content: bytes


@dataclass
class Received:
    """What a request brought: pictures, and the files that are none with the reason.

    Parameters
    ----------
    uploads : list of Upload
    skipped : list of str
    status : int
        Of HTTP, for a request of which nothing is left.
    """

    uploads: list[Upload] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    status: int = 422

    def skip(self, name: str, reason: str) -> None:
        """Leave a file out."""
        self.status = _STATUS.get(reason.partition(":")[0], 422)
        # What may be set on the server is of no use to whoever asks it.
        reason = reason.partition(" (set ")[0]
        if self.status == 415:
            reason += f": not a picture of a kind that is read, {_KINDS}"
        self.skipped.append(f"{name}: {reason}")

    def check(self) -> None:
        """Refuse a request of which nothing is left.

        Raises
        ------
        RefusedError
        """
        if not self.uploads:
            raise RefusedError(self.status, "; ".join(self.skipped[:3]))


@asynccontextmanager
async def received(request: Request, limits: Limits, room: Room) -> AsyncIterator[Received]:
    """Take in the files of a multipart request; afterwards their memory is free again.

    Parameters
    ----------
    request : Request
    limits : Limits
    room : Room

    Yields
    ------
    Received
        With one picture at least, each decoded as far as its header.

    Raises
    ------
    RefusedError
    """
    taken = _Taken(room)
    try:
        files = await _files(request, limits, taken)
        found, pixels = Received(), 0
        for name, content in files:
            try:
                height, width = await asyncio.to_thread(frame_of, content)
            except DecodingError as error:
                found.skip(name, str(error))
                continue
            if height * width > limits.pixels:
                found.skip(name, f"too large: {width}x{height} pixels, at most {limits.pixels:,}")
                continue
            pixels += height * width
            found.uploads.append(Upload(name, content))
        if pixels > limits.request_pixels:
            raise RefusedError(
                413,
                f"{pixels:,} pixels in all; one request may bring {limits.request_pixels:,}: send "
                "the pictures one after the other",
            )
        found.check()
        taken.take(3 * pixels)
        del files
        yield found
    finally:
        taken.give_back()


async def received_json(request: Request, limits: Limits) -> bytes:
    """Take in the whole body of a small request.

    Raises
    ------
    RefusedError
    """
    parts, size = [], 0
    async for chunk in _chunks(request, limits):
        size += len(chunk)
        if size > limits.json_bytes:
            raise RefusedError(413, f"larger than {megabytes(limits.json_bytes)}")
        parts.append(chunk)
    return b"".join(parts)


class _Taken:
    """What one request has taken of the room."""

    def __init__(self, room: Room) -> None:
        self._room, self._count = room, 0

    def take(self, count: int) -> None:
        self._room.take(count)
        self._count += count

    def give_back(self) -> None:
        self._room.give_back(self._count)


async def _files(request: Request, limits: Limits, taken: _Taken) -> list[tuple[str, bytes]]:
    kind, options = parse_options_header(request.headers.get("content-type"))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise RefusedError(
            415, "send the pictures as files of a form: multipart/form-data, as `curl -F` does"
        )
    try:
        form = _Form(options[b"boundary"], limits, taken)
    except FormParserError:
        raise RefusedError(400, "the boundary of the form is too long") from None
    chunks = _chunks(request, limits)
    try:
        _check_length(request, limits)
        async for chunk in chunks:
            form.write(chunk)
    except RefusedError as error:
        # Who waits for a word before sending has sent nothing.
        if error.status != 408 and "expect" not in request.headers:
            await _drain(chunks)
        raise
    if not form.complete:
        raise RefusedError(400, "the upload ended before its last part did: send it again")
    if not form.files:
        raise RefusedError(422, "no file was sent: `curl -F files=@smear.jpg` sends one")
    return [(name, b"".join(pieces)) for name, pieces in form.files]


def _check_length(request: Request, limits: Limits) -> None:
    length = request.headers.get("content-length", "0")
    if length.isdigit() and int(length) > limits.request_bytes:
        raise _too_large(limits)


def _too_large(limits: Limits) -> RefusedError:
    return RefusedError(413, f"one request may bring {megabytes(limits.request_bytes)}")


async def _chunks(request: Request, limits: Limits) -> AsyncIterator[bytes]:
    """Give a body piece by piece, within the time that it may take."""
    stream = request.stream()
    end = time.monotonic() + limits.upload_seconds
    while True:
        left = min(limits.idle_seconds, end - time.monotonic())
        try:
            yield await asyncio.wait_for(anext(stream), max(left, 0.001))
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise RefusedError(
                408,
                f"the upload was too slow: within {limits.upload_seconds:g} seconds it has to be "
                f"here, without a pause of more than {limits.idle_seconds:g}",
            ) from None
        except ClientDisconnect:
            raise RefusedError(400, "the connection was closed before the upload ended") from None


async def _drain(chunks: AsyncIterator[bytes]) -> None:
    """Throw away what a refused request still brings, or its sender would not read why."""
    size, end = 0, time.monotonic() + _DRAINED_SECONDS
    with suppress(RefusedError):
        async for chunk in chunks:
            size += len(chunk)
            if size > _DRAINED_BYTES or time.monotonic() > end:
                return


class _Form:
    """The files of a form while it arrives; nothing else is kept of it."""

    def __init__(self, boundary: bytes, limits: Limits, taken: _Taken) -> None:
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
        """Take in the next piece."""
        self._of_request += len(chunk)
        if self._of_request > self._limits.request_bytes:
            raise _too_large(self._limits)
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
