"""Tiny drawn data sets in the layouts that people have, shared by the tests of this room."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hybrid_wbc.data.sets import download

Square = tuple[int, int, int]
"""Left, top and side, in pixels of a smear."""

LEVELS = {"Baso": 50, "eosi": 75, "lymp": 150, "mono": 200, "neut": 100, "mixt": 30}
PAD = 4


@pytest.fixture(autouse=True)
def cache_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test a cache of its own, not yet made."""
    folder = tmp_path_factory.mktemp("cache") / "made" / "cache"
    monkeypatch.setenv("HYBRID_WBC_CACHE", str(folder))
    return folder


def _write_image(path: Path, seed: int, size: tuple[int, int] = (12, 10)) -> Path:
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def write_image() -> Callable[..., Path]:
    """Write noise of a width and height; the same seed gives the same bytes."""
    return _write_image


@pytest.fixture
def lisc(tmp_path: Path) -> Callable[..., Path]:
    """Write one LISC smear and its mask; returns the archive's root."""

    def write(
        folder: str,
        number: int,
        cells: Sequence[Square] | None = ((20, 20, 10),),
        *,
        root: Path = tmp_path,
        main: str = "Main Dataset",
        truth: str = "Ground Truth Segmentation",
        frame: tuple[int, int] = (72, 60),
        seed: int | None = None,
    ) -> Path:
        _write_image(
            root / main / folder / f"{number}.bmp",
            sum(map(ord, folder)) * 100 + number if seed is None else seed,
            frame,
        )
        if cells is not None:
            mask = np.zeros((frame[1], frame[0]), dtype=np.uint8)
            for left, top, side in cells:
                mask[top : top + side, left : left + side] = LEVELS.get(folder, 60)
            at = root / truth / folder / "areaforexpert1" / f"{number}_expert.bmp"
            at.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(mask[PAD:-PAD, PAD:-PAD]).save(at)
        return root

    return write


@pytest.fixture
def real() -> Callable[[str], Path]:
    """Find a folder of real images, or skip."""

    def find(name: str) -> Path:
        place = os.environ.get("HYBRID_WBC_DATA")
        if not place:
            pytest.skip("HYBRID_WBC_DATA is unset: no real images")
        folder = Path(place) / name
        if not folder.is_dir():
            pytest.skip(f"HYBRID_WBC_DATA holds no folder {name}")
        return folder

    return find


class Server:
    """A server on localhost that answers each address as a test tells it to.

    `answers` maps a path to a function of the request's handler; `asked` keeps every request's path
    and headers.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append((self.path, dict(self.headers)))
                with suppress(BrokenPipeError, ConnectionResetError):  # the reader gave up
                    server.answers[self.path](self)

            def log_message(self, *_arguments: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.http.server_port}"

    def serve(
        self,
        path: str,
        content: bytes,
        *,
        ranges: bool = True,
        tag: str = '"first"',
        length: int | None = None,
        cut: int | None = None,
        kind: str = "application/octet-stream",
    ) -> str:
        """Hand out bytes; each answer ends after `cut` of them, `length` is claimed of them all."""

        def answer(handler: BaseHTTPRequestHandler) -> None:
            asked = re.fullmatch(r"bytes=(\d+)-", handler.headers.get("Range", ""))
            start = int(asked[1]) if asked and ranges else 0
            if handler.headers.get("If-Range", tag) != tag:
                start = 0
            whole = len(content) if length is None else length
            if start and start >= whole:
                handler.send_response(416)
                handler.send_header("Content-Range", f"bytes */{whole}")
                handler.end_headers()
                return
            handler.send_response(206 if start else 200)
            handler.send_header("Content-Type", kind)
            handler.send_header("Content-Length", str(whole - start))
            if start:
                handler.send_header("Content-Range", f"bytes {start}-{whole - 1}/{whole}")
            if tag:
                handler.send_header("ETag", tag)
            handler.end_headers()
            handler.wfile.write(content[start:][:cut])

        self.answers[path] = answer
        return self.address + path

    def redirect(self, path: str, to: str) -> str:
        """Send who asks for a path on to another address."""

        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(302)
            handler.send_header("Location", to)
            handler.end_headers()

        self.answers[path] = answer
        return self.address + path


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Start a server on localhost, reached by no proxy and tried again without a pause."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(download, "_PAUSE", 0.0)
    running = Server()
    thread = threading.Thread(target=running.http.serve_forever, args=(0.02,))
    thread.start()
    yield running
    running.http.shutdown()
    thread.join()
    running.http.server_close()
