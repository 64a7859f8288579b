"""Takes in what a request brings, piece by piece and in memory alone, and refuses what is amiss."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.requests import ClientDisconnect, Request

from hybrid_wbc.data.decoding.limits import DecodingError
from hybrid_wbc.data.decoding.pictures import frame_of
from hybrid_wbc.serve.forms import Form, too_large
from hybrid_wbc.serve.limits import Limits, RefusedError, Room, Taken, megabytes

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
    taken = Taken(room)
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


async def _files(request: Request, limits: Limits, taken: Taken) -> list[tuple[str, bytes]]:
    kind, options = parse_options_header(request.headers.get("content-type"))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise RefusedError(
            415, "send the pictures as files of a form: multipart/form-data, as `curl -F` does"
        )
    try:
        form = Form(options[b"boundary"], limits, taken)
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
        raise too_large(limits)


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
