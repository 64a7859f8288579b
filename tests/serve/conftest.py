"""What the tests of the served page share: a model that is made up, and its application."""

import io
import runpy
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from hybrid_wbc.data.drawn.synthetic import write_smears
from hybrid_wbc.serve.app import make_app
from hybrid_wbc.serve.limits import Limits
from hybrid_wbc.serve.running import ready

_shared = runpy.run_path(str(Path(__file__).with_name("model_input.py")))
a_model = _shared["a_model"]

# Small, so that what is too large is quickly made.
SMALL = Limits(
    file_bytes=2_000_000,
    request_bytes=3_000_000,
    pixels=1_000_000,
    request_pixels=1_500_000,
    files=4,
)


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    return a_model(tmp_path_factory.mktemp("training"))


@pytest.fixture(scope="session")
def make_model(tmp_path_factory):
    """Give what makes other models, each with pictures of its own."""

    def make(**changes):
        return a_model(tmp_path_factory.mktemp("training"), **changes)

    return make


@pytest.fixture(scope="session")
def client(model) -> Iterator[TestClient]:
    with TestClient(make_app(model, SMALL), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="session")
def smear(tmp_path_factory) -> bytes:
    """Give the file of a drawn smear."""
    folder = tmp_path_factory.mktemp("drawn")
    write_smears(folder, per_class=1, seed=3)
    path = next((folder / "Main Dataset").rglob("*.bmp"))
    file = io.BytesIO()
    Image.open(path).save(file, "PNG")
    return file.getvalue()


def cell(colour=(200, 90, 160), side=40, kind="PNG") -> bytes:
    """Give the file of a picture of one colour."""
    pixels = np.random.default_rng(0).integers(-9, 9, (side, side, 3)) + np.array(colour)
    file = io.BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(file, kind)
    return file.getvalue()


@pytest.fixture(scope="session")
def make_cell() -> Callable[..., Any]:
    """Give what makes pictures of one cell."""
    return cell


@contextmanager
def running(model, limits: Limits | None = None) -> Iterator[tuple[str, list[str]]]:
    said: list[str] = []
    server, taken = ready(model, "127.0.0.1", 0, said.append, limits)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{taken.getsockname()[1]}", said
    finally:
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="session")
def serving() -> Callable[..., Any]:
    """Give what serves a model at an address of this machine, for as long as it is asked."""
    return running
