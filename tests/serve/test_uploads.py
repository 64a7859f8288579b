"""What is made of names, and of uploads that come slowly or not to their end."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.requests import Request

from hybrid_wbc.serve.forms import harmless
from hybrid_wbc.serve.limits import Limits, RefusedError, Room
from hybrid_wbc.serve.uploads import received

HEAD = b'--b\r\nContent-Disposition: form-data; name="f"; filename="a.png"\r\n\r\n'


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("cell.png", "cell.png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\cell.png", "cell.png"),
        ("..", "picture"),
        ("", "picture"),
        ("a\r\nSet-Cookie: x\x1b[2J.png", "aSet-Cookie: x[2J.png"),
        ("é" * 300 + ".tiff", "é" * 95 + ".tiff"),
    ],
)
def test_a_name_is_the_last_part_without_what_commands(sent, name):
    assert harmless(sent, set()) == name


def test_a_name_is_given_once():
    assert harmless("a.png", {"a.png", "a (2).png"}) == "a (3).png"


def request(*pieces, pause: float = 0.0, headers=()) -> Request:
    """Give a request whose body comes in pieces, with a pause before each."""
    return coming(list(pieces), pause, headers)


def coming(left: list, pause: float = 0.0, headers=()) -> Request:
    async def receive():
        await asyncio.sleep(pause if left else 60)
        return left.pop(0)

    kind = (b"content-type", b"multipart/form-data; boundary=b")
    scope = {"type": "http", "method": "POST", "path": "/", "headers": [kind, *headers]}
    return Request(scope, receive)


def piece(body: bytes, more: bool = True):
    return {"type": "http.request", "body": body, "more_body": more}


def finish(work: Coroutine):
    """Run it in a thread: in this one the browser of other tests may have a loop running."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def take(asked: Request, limits: Limits, room: Room) -> None:
    async def run():
        async with received(asked, limits, room):
            pass

    finish(run())


def refusal(asked: Request, limits: Limits) -> RefusedError:
    room = Room(limits.held_bytes)
    with pytest.raises(RefusedError) as caught:
        take(asked, limits, room)
    assert room.taken == 0
    return caught.value


def test_a_pause_on_the_way_or_a_trickle_is_too_slow():
    pausing = refusal(request(piece(HEAD)), Limits(idle_seconds=0.05))
    assert pausing.status == 408 and "without a pause of more than 0.05" in pausing.words
    pieces = [piece(HEAD), *[piece(b"x")] * 100]
    trickling = refusal(request(*pieces, pause=0.02), Limits(idle_seconds=1.0, upload_seconds=0.1))
    assert trickling.status == 408 and "within 0.1 seconds" in trickling.words


def test_a_connection_that_is_closed_gives_its_room_back():
    closed = refusal(request(piece(HEAD + b"x" * 100), {"type": "http.disconnect"}), Limits())
    assert closed.status == 400


def test_a_length_that_is_too_great_is_refused_before_it_comes_and_thrown_away():
    length = (b"content-length", b"200000000")
    left = [piece(HEAD), piece(b"x"), piece(b"x", more=False)]
    told = refusal(coming(left, headers=[length]), Limits())
    assert told.status == 413 and "100 MB" in told.words
    assert left == []  # or its sender would be cut off, and not read why
    waiting = [piece(HEAD, more=False)]
    refusal(coming(waiting, headers=[length, (b"expect", b"100-continue")]), Limits())
    assert len(waiting) == 1


def test_room_is_taken_while_pictures_are_held_and_given_back(make_cell):
    content = make_cell(side=40)
    asked = request(piece(HEAD + content + b"\r\n--b--\r\n", more=False))
    room = Room(10**6)

    async def run():
        async with received(asked, Limits(), room) as found:
            assert [upload.name for upload in found.uploads] == ["a.png"]
            assert found.uploads[0].content == content
            return room.taken

    assert finish(run()) == len(content) + 3 * 40 * 40
    assert room.taken == 0


def test_without_room_the_sender_is_asked_to_try_again():
    asked = request(piece(HEAD + b"x" * 1000 + b"\r\n--b--\r\n", more=False))
    told = refusal(asked, Limits(held_bytes=100))
    assert told.status == 503 and "try again" in told.words
