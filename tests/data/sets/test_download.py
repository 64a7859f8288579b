from __future__ import annotations

import hashlib
import shutil
import socket
import threading
import time
from collections import namedtuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hybrid_wbc.data.sets import download
from hybrid_wbc.data.sets.addresses import RemoteFile
from hybrid_wbc.data.sets.connecting import BrokenOffError
from hybrid_wbc.errors import InputError

CONTENT = bytes(range(256)) * 40
SHA256 = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"


def remote(url: str, **facts: object) -> RemoteFile:
    return RemoteFile(url, "cells.bin", **facts)


def fetch(url: str, folder, **facts):
    return download.download(remote(url, **facts), folder, stall=5.0)


def leftovers(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_lands_whole_with_nothing_beside_it(server, tmp_path):
    path = fetch(server.serve("/a", CONTENT), tmp_path / "new", checksum=SHA256)
    assert path.read_bytes() == CONTENT
    assert leftovers(path.parent) == ["cells.bin"]


def test_progress_tells_bytes_and_ends_with_all(server, tmp_path):
    calls: list[tuple[int, int]] = []
    file = remote(server.serve("/a", CONTENT))
    download.download(file, tmp_path, progress=lambda *call: calls.append(call))
    assert calls[-1] == (len(CONTENT), len(CONTENT))
    assert [done for done, _ in calls] == sorted(done for done, _ in calls)


def test_a_file_that_is_there_is_checked_and_not_fetched_again(server, tmp_path):
    url = server.serve("/a", CONTENT)
    for _ in range(2):
        fetch(url, tmp_path, checksum=SHA256)
    assert len(server.asked) == 1


def test_a_file_that_is_there_and_has_changed_is_named_and_kept(server, tmp_path):
    (tmp_path / "cells.bin").write_bytes(b"something else")
    with pytest.raises(InputError, match=r"cells\.bin: sha256 .* is expected"):
        fetch(server.serve("/a", CONTENT), tmp_path, checksum=SHA256)
    assert (tmp_path / "cells.bin").read_bytes() == b"something else"
    assert not server.asked


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(content=st.binary(min_size=1, max_size=400), cut=st.integers(1, 400))
def test_a_server_that_breaks_off_anywhere_still_gives_the_same_bytes(
    server, tmp_path_factory, content, cut
):
    folder = tmp_path_factory.mktemp("cut")
    assert fetch(server.serve("/a", content, cut=cut), folder).read_bytes() == content


def test_a_transfer_goes_on_where_it_broke_off(server, tmp_path):
    fetch(server.serve("/a", CONTENT, cut=4000), tmp_path)
    assert [headers.get("Range") for _, headers in server.asked] == [
        None,
        "bytes=4000-",
        "bytes=8000-",
    ]
    assert server.asked[1][1]["If-Range"] == '"first"'


def test_a_server_that_ignores_ranges_is_read_from_the_start(server, tmp_path):
    url = server.serve("/a", CONTENT, cut=4000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(download, "_receive", broken_after_one(download._receive))
        with pytest.raises(InputError, match="call again to go on, 4,000 bytes are kept"):
            fetch(url, tmp_path)
    server.serve("/a", CONTENT, ranges=False)
    assert fetch(url, tmp_path).read_bytes() == CONTENT
    assert server.asked[-1][1]["Range"] == "bytes=4000-"


def broken_after_one(receive):
    """Let one connection through and fail every other."""
    calls: list[object] = []

    def limited(*arguments):
        calls.append(arguments)
        if len(calls) > 1:
            raise BrokenOffError("gone")
        receive(*arguments)

    return limited


def test_a_file_that_changed_on_the_server_meanwhile_is_not_mixed(server, tmp_path):
    (tmp_path / "cells.bin.part").write_bytes(b"x" * 100)
    url = server.serve("/a", CONTENT, tag='"second"')
    (tmp_path / "cells.bin.part.mark").write_text(f'{url}\n"first"')
    assert fetch(url, tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("tag", ["", 'W/"weak"'])
def test_bytes_of_an_unknown_version_are_not_gone_on_with(server, tmp_path, tag):
    (tmp_path / "cells.bin.part").write_bytes(b"x" * 100)
    url = server.serve("/a", CONTENT, tag=tag)
    (tmp_path / "cells.bin.part.mark").write_text(f"{url}\n")
    assert fetch(url, tmp_path).read_bytes() == CONTENT
    assert "Range" not in server.asked[0][1]


def test_with_a_checksum_bytes_of_an_unknown_version_are_gone_on_with(server, tmp_path):
    (tmp_path / "cells.bin.part").write_bytes(CONTENT[:100])
    url = server.serve("/a", CONTENT, tag="")
    assert fetch(url, tmp_path, checksum=SHA256).read_bytes() == CONTENT
    assert server.asked[0][1]["Range"] == "bytes=100-"


@pytest.mark.parametrize("facts", [{"size": len(CONTENT)}, {"checksum": SHA256}])
def test_a_download_killed_after_its_last_byte_is_finished(server, tmp_path, facts):
    (tmp_path / "cells.bin.part").write_bytes(CONTENT)
    assert fetch(server.serve("/a", CONTENT), tmp_path, **facts).read_bytes() == CONTENT


def test_more_bytes_than_the_server_has_are_thrown_away(server, tmp_path):
    (tmp_path / "cells.bin.part").write_bytes(CONTENT + b"more")
    url = server.serve("/a", CONTENT)
    assert fetch(url, tmp_path, checksum=SHA256).read_bytes() == CONTENT


def test_another_part_than_was_asked_for_is_not_taken(server, tmp_path):
    (tmp_path / "cells.bin.part").write_bytes(CONTENT[:100])

    def answer(handler):
        start = 50 if "Range" in handler.headers else 0
        handler.send_response(206 if start else 200)
        if start:
            handler.send_header("Content-Range", f"bytes 50-{len(CONTENT) - 1}/{len(CONTENT)}")
        handler.send_header("Content-Length", str(len(CONTENT) - start))
        handler.end_headers()
        handler.wfile.write(CONTENT[start:])

    server.answers["/a"] = answer
    url = f"{server.address}/a"
    assert fetch(url, tmp_path, checksum=SHA256).read_bytes() == CONTENT


def test_wrong_bytes_are_refused_and_not_kept(server, tmp_path):
    url = server.serve("/a", CONTENT[::-1])
    with pytest.raises(InputError, match=rf"sha256 [0-9a-f]{{64}}; {SHA256[7:]} is expected"):
        fetch(url, tmp_path, checksum=SHA256)
    assert leftovers(tmp_path) == []


def test_another_size_than_known_is_refused_before_a_byte_is_kept(server, tmp_path):
    url = server.serve("/a", CONTENT)
    with pytest.raises(InputError, match="says 10,240 bytes, 10 are expected"):
        fetch(url, tmp_path, size=10)
    assert leftovers(tmp_path) == []


def test_a_server_that_claims_more_than_it_sends_is_given_up(server, tmp_path):
    url = server.serve("/a", CONTENT, length=len(CONTENT) + 5)
    with pytest.raises(InputError, match="broke off after 10,240 of 10,245 bytes; call again"):
        fetch(url, tmp_path)
    assert not (tmp_path / "cells.bin").exists()


def test_a_server_that_claims_less_than_it_sends_fails_the_checksum(server, tmp_path):
    url = server.serve("/a", CONTENT, length=100)
    with pytest.raises(InputError, match="is expected"):
        fetch(url, tmp_path, checksum=SHA256)
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("sent", [CONTENT[:100], CONTENT + b"more"])
def test_without_a_claimed_length_the_known_size_decides(server, tmp_path, sent):
    def answer(handler):
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(sent)

    server.answers["/a"] = answer
    with pytest.raises(InputError, match=r"10,240"):
        fetch(f"{server.address}/a", tmp_path, size=len(CONTENT))
    assert not (tmp_path / "cells.bin").exists()


@pytest.mark.parametrize("claims", [True, False])
def test_a_file_larger_than_is_fetched_is_refused(server, tmp_path, monkeypatch, claims):
    monkeypatch.setattr(download, "LARGEST", 1000)

    def answer(handler):
        handler.send_response(200)
        if claims:
            handler.send_header("Content-Length", str(len(CONTENT)))
        handler.end_headers()
        handler.wfile.write(CONTENT)

    server.answers["/a"] = answer
    with pytest.raises(InputError, match="1,000"):
        fetch(f"{server.address}/a", tmp_path)
    assert not (tmp_path / "cells.bin").exists()


@pytest.mark.parametrize("first", [0, 500])
def test_a_server_that_stands_still_is_given_up(server, tmp_path, first):
    waiting = threading.Event()

    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"x" * first)
        waiting.wait(10)

    server.answers["/a"] = answer
    began = time.monotonic()
    with pytest.raises(InputError, match=rf"broke off after {first} bytes \(timed out\)"):
        download.download(remote(f"{server.address}/a"), tmp_path, stall=0.1)
    waiting.set()
    assert time.monotonic() - began < 5


def test_a_server_that_lets_bytes_drip_is_given_up(server, tmp_path):
    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        for _ in range(100):
            handler.wfile.write(b"x")
            time.sleep(0.02)

    server.answers["/a"] = answer
    with pytest.raises(InputError, match="all but stood still"):
        download.download(remote(f"{server.address}/a"), tmp_path, stall=0.1)


def test_a_redirection_is_followed_with_its_range(server, tmp_path):
    (tmp_path / "cells.bin.part").write_bytes(CONTENT[:100])
    server.serve("/b", CONTENT)
    url = server.redirect("/a", "/b")
    assert fetch(url, tmp_path, checksum=SHA256).read_bytes() == CONTENT
    assert server.asked[-1][0] == "/b" and server.asked[-1][1]["Range"] == "bytes=100-"


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://127.0.0.1/a", "data:,x", "gopher:x"])
def test_a_redirection_to_anything_but_http_is_refused(server, tmp_path, to):
    with pytest.raises(InputError, match="only http and https is followed"):
        fetch(server.redirect("/a", to), tmp_path)
    assert leftovers(tmp_path) == []


def test_redirections_in_circles_end(server, tmp_path):
    server.redirect("/b", "/a")
    with pytest.raises(InputError, match="redirected more than 5 times"):
        fetch(server.redirect("/a", "/b"), tmp_path)


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_refusal_is_told_and_not_tried_again(server, tmp_path, status):
    server.answers["/a"] = lambda handler: (handler.send_response(status), handler.end_headers())
    with pytest.raises(InputError, match=f"the server answered {status}"):
        fetch(f"{server.address}/a", tmp_path)
    assert len(server.asked) == 1


def test_a_server_that_is_busy_is_tried_again(server, tmp_path):
    url = server.serve("/a", CONTENT)
    whole = server.answers["/a"]

    def answer(handler):
        if len(server.asked) < 3:
            handler.send_response(503)
            handler.end_headers()
        else:
            whole(handler)

    server.answers["/a"] = answer
    assert fetch(url, tmp_path).read_bytes() == CONTENT


def test_a_web_page_is_not_taken_for_the_file(server, tmp_path):
    url = server.serve("/a", b"<html>please log in</html>", kind="text/html; charset=utf-8")
    with pytest.raises(InputError, match="answered with a web page"):
        fetch(url, tmp_path)
    assert leftovers(tmp_path) == []


def test_an_answer_that_is_no_http_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(download, "_PAUSE", 0.0)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        def answer():
            for _ in range(3):
                connection, _ = listening.accept()
                with connection:
                    connection.recv(1000)
                    connection.sendall(b"not HTTP at all\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(InputError, match=f"127.0.0.1:{port}: .*; call again"):
            fetch(f"http://127.0.0.1:{port}/a", tmp_path)
        thread.join()


def test_a_server_that_is_not_there_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(download, "_PAUSE", 0.0)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(InputError, match=f"127.0.0.1:{port}: .*refused"):
        fetch(f"http://127.0.0.1:{port}/a", tmp_path)


def test_a_disk_without_room_is_told_before_the_transfer(server, tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10, 9, download.RESERVE + 10))
    with pytest.raises(InputError, match="0 MB are needed and 67 MB are free; make room"):
        fetch(server.serve("/a", CONTENT), tmp_path)
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize(("facts", "asked"), [({}, 1), ({"size": 10_240}, 0)])
def test_the_server_is_asked_for_a_size_that_is_not_known(server, facts, asked):
    assert download.size_of(remote(server.serve("/a", CONTENT), **facts)) == len(CONTENT)
    assert len(server.asked) == asked


def test_a_size_that_the_server_does_not_tell_is_unknown(server):
    server.answers["/a"] = lambda handler: (handler.send_response(200), handler.end_headers())
    assert download.size_of(remote(f"{server.address}/a")) is None


def test_asking_a_busy_server_for_a_size_is_told(server):
    server.answers["/a"] = lambda handler: (handler.send_response(503), handler.end_headers())
    with pytest.raises(InputError, match=r"answered 503 .*; call again later"):
        download.size_of(remote(f"{server.address}/a"))
