"""A served model under load: warm times, and eight clients for a minute, a tenth of them hostile.

HYBRID_WBC_RUN names the finished run that is served; without it `quickstart` is run first.
HYBRID_WBC_SECONDS says how long the clients ask, 60 by default. Nobody else may use the machine:
the times are those of the clock.
"""

import http.client
import io
import itertools
import os
import statistics
import struct
import subprocess
import sys
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import numpy as np
import pytest
from PIL import Image

from hybrid_wbc.data.drawn.synthetic import write_smears

CLIENTS = 8
SECONDS = float(os.environ.get("HYBRID_WBC_SECONDS", "60"))
COMMAND = [sys.executable, "-c", "from hybrid_wbc.cli.main import main; main()"]
# What is asked of a warm server, in seconds.
CELL, SMEAR = 0.1, 1.0


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> str:
    named = os.environ.get("HYBRID_WBC_RUN")
    if named:
        return named
    out = tmp_path_factory.mktemp("artifacts")
    subprocess.run([*COMMAND, "run", "quickstart", "--out", out], check=True)
    return str(next(out.iterdir()))


@pytest.fixture(scope="module")
def server(run) -> Iterator[tuple[str, subprocess.Popen]]:
    started = subprocess.Popen(
        [*COMMAND, "serve", run, "--port", "0"], stderr=subprocess.PIPE, text=True
    )
    address = next(line.split()[0] for line in started.stderr if line.startswith("http://"))
    # What it says from now on is an error, and is read so that it does not wait to be.
    said = []
    threading.Thread(target=lambda: said.extend(started.stderr), daemon=True).start()
    while httpx.get(f"{address}/health", timeout=120).json()["requests"]:
        time.sleep(0.5)
    yield address, started
    started.terminate()
    started.wait(20)
    assert not [line for line in said if "Traceback" in line], "".join(said)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> dict[str, bytes]:
    """Give a smear of 2048 by 1536 pixels, made of drawn ones, and a cell out of it."""
    folder = tmp_path_factory.mktemp("drawn")
    write_smears(folder, per_class=2, seed=5)
    paths = sorted((folder / "Main Dataset").rglob("*.bmp"))
    tiles = [np.asarray(Image.open(path)) for path in itertools.islice(itertools.cycle(paths), 9)]
    whole = np.vstack([np.hstack(tiles[row : row + 3]) for row in (0, 3, 6)])[:1536, :2048]
    smear, cell = io.BytesIO(), io.BytesIO()
    Image.fromarray(whole).save(smear, "JPEG", quality=92)
    Image.fromarray(whole[150:350, 250:450]).save(cell, "PNG")
    return {"smear": smear.getvalue(), "cell": cell.getvalue()}


def connected(address: str) -> httpx.Client:
    """Make what keeps a connection, as a browser does; making it takes tens of milliseconds."""
    return httpx.Client(base_url=address, timeout=180)


def ask(client: httpx.Client, name: str, content: bytes, **query) -> httpx.Response:
    return client.post("/predict", params=query, files={"files": (name, content)})


def test_a_warm_server_answers_at_once(server, pictures):
    address, _ = server
    for what, most, times in (("cell", CELL, 20), ("smear", SMEAR, 7)):
        query = {"as": f"{what}s"}
        taken = []
        with connected(address) as client:
            assert ask(client, what, pictures[what], **query).status_code == 200
            for _ in range(times):
                start = time.perf_counter()
                answer = ask(client, what, pictures[what], **query)
                taken.append(time.perf_counter() - start)
        cells = len(answer.json()["predicted"]["cells"])
        print(
            f"\n{what}, {cells} cells: {1000 * statistics.median(taken):.0f} ms in the median of "
            f"{times}, {1000 * min(taken):.0f} to {1000 * max(taken):.0f}"
        )
        assert statistics.median(taken) <= most


def bomb() -> bytes:
    """Give a PNG of 60,000 by 60,000 pixels in some thousand bytes."""

    def chunk(name: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + check

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(1 << 22), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def slow(address: str) -> tuple[int, str]:
    """Send the first lines of a form, and then nothing."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=120)
    connection.putrequest("POST", "/predict")
    connection.putheader("Content-Type", "multipart/form-data; boundary=b")
    connection.putheader("Content-Length", "100000")
    connection.endheaders(b'--b\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n')
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def hostile(pictures: dict[str, bytes]) -> dict[str, tuple[int, Callable[[str], tuple[int, str]]]]:
    """Give what is sent by name, with the status that it should get."""

    def sends(name: str, content: bytes) -> Callable[[str], tuple[int, str]]:
        def send(address: str) -> tuple[int, str]:
            with connected(address) as client:
                answer = ask(client, name, content)
            return answer.status_code, answer.text

        return send

    page = b"<html><script>alert(1)</script></html>" * 100
    half = pictures["smear"][: len(pictures["smear"]) // 2]
    return {
        "not a picture": (415, sends("x.png", np.random.default_rng(0).bytes(100_000))),
        "bomb": (413, sends("bomb.png", bomb())),
        "200 MB": (413, sends("large.tif", bytes(200_000_000))),
        "truncated": (422, sends("half.jpg", half)),
        "wrong type": (415, sends("page.png", page)),
        "path in the name": (200, sends("../../../etc/cron.d/cell.png", pictures["cell"])),
        "slow": (408, slow),
    }


def resident(process: subprocess.Popen) -> float:
    """Give the memory of the server, in MB."""
    pages = Path(f"/proc/{process.pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGESIZE") / 1e6


def test_eight_clients_a_tenth_of_them_hostile_lose_nothing(server, pictures):
    address, process = server
    kinds = hostile(pictures)
    numbers, lock = itertools.count(), threading.Lock()
    outcomes: Counter[str] = Counter()
    times: dict[str, list[float]] = {"cell": [], "smear": []}
    wrong: list[str] = []
    end = time.monotonic() + SECONDS

    def client(_: int) -> None:
        while time.monotonic() < end:
            with lock:
                number = next(numbers)
            start = time.perf_counter()
            if number % 10 == 9:
                kind = list(kinds)[number // 10 % len(kinds)]
                expected, send = kinds[kind]
                status, text = send(address)
                fits = status == expected and (status == 200 or '"error"' in text)
            else:
                kind = "smear" if number % 5 == 0 else "cell"
                with connected(address) as asking:
                    answer = ask(asking, f"{kind}.jpg", pictures[kind], **{"as": f"{kind}s"})
                status, text = answer.status_code, answer.text
                fits = status == 200 and bool(answer.json()["predicted"]["cells"])
            with lock:
                outcomes[f"{kind}: {status}"] += 1
                if kind in times:
                    times[kind].append(time.perf_counter() - start)
                if not fits:
                    wrong.append(f"{kind}: {status} {text[:200]}")

    memory: list[float] = []
    with ThreadPoolExecutor(CLIENTS) as pool:
        clients = [pool.submit(client, number) for number in range(CLIENTS)]
        while not all(each.done() for each in clients):
            memory.append(resident(process))
            time.sleep(0.5)
        for each in clients:
            each.result()
    print(f"\n{sum(outcomes.values())} requests in {SECONDS:g} s by {CLIENTS} clients")
    for outcome, count in sorted(outcomes.items()):
        print(f"  {outcome}: {count}")
    for kind, taken in times.items():
        if taken:
            worst = np.quantile(taken, 0.95)
            print(f"  {kind}: median {statistics.median(taken):.2f} s, 95 % within {worst:.2f} s")
    quarter = max(1, len(memory) // 4)
    early, late = max(memory[:quarter]), max(memory[-quarter:])
    print(f"  memory: {early:.0f} MB at most in the first quarter, {late:.0f} MB in the last")
    assert wrong == []
    assert process.poll() is None
    assert httpx.get(f"{address}/health", timeout=60).json()["status"] == "ok"
    assert late < 1.1 * early + 50
