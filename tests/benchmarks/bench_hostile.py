"""Hostile files through the commands: time, memory, one line, nothing written outside the folder.

Each set holds four good pictures of two classes, and beside them what is named.
"""

from __future__ import annotations

import io
import json
import os
import runpy
import struct
import subprocess
import sys
import unicodedata
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hybrid_wbc.estimator import archive
from hybrid_wbc.files import write_archive

ROOT = Path(__file__).parents[2]
QUOTE = chr(34)
SECONDS, BYTES = 30, 2 * 10**9
MAIN = "from hybrid_wbc.cli.main import main; main()"
# A small process between: what this one takes would be counted as its child's.
MEASURED = """
import json, resource, subprocess, sys, time
started = time.monotonic()
try:
    done = subprocess.run(sys.argv[1:], capture_output=True, timeout=600)
    status, out, err = done.returncode, done.stdout, done.stderr
except subprocess.TimeoutExpired as error:
    status, out, err = -9, error.stdout or b"", error.stderr or b""
used = resource.getrusage(resource.RUSAGE_CHILDREN)
facts = [status, time.monotonic() - started, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024]
sys.stdout.buffer.write(b"\\0measured\\0".join([json.dumps(facts).encode(), out, err]))
"""
files = runpy.run_path(str(ROOT / "tests/data/picture_files.py"))
png, chunk, tiff, saved = (files[name] for name in ("png", "chunk", "tiff", "saved"))
measured: list[tuple[float, float, str]] = []


def call(
    *arguments: str | bytes | Path, folder: Path, code: str = MAIN, count: int = 1
) -> tuple[int, str]:
    """Call the program; hold its time and memory against the limits, and what it says to a line.

    Time is given for each of so many hostile files, memory once for all of them.
    """
    environment = os.environ | {"PYTHONPATH": str(ROOT), "HYBRID_WBC_CACHE": str(folder / "cache")}
    process = subprocess.run(
        [sys.executable, "-c", MEASURED, sys.executable, "-c", code, *arguments],
        capture_output=True, env=environment, check=True,
    )  # fmt: skip
    facts, printed, said = (part.decode("utf-8", "replace") for part in
                            process.stdout.split(b"\0measured\0"))  # fmt: skip
    status, passed, worked, memory = json.loads(facts)
    last = said.strip().splitlines()[-1:] or [""]
    words = " ".join(str(a) for a in arguments[:2] if not isinstance(a, bytes))
    print(
        f"\n  {words.replace(str(folder), '')}: exit {status}, {passed:.1f} s passed, "
        f"{worked:.1f} s worked, {memory / 1e9:.2f} GB; {last[0][:150]}",
        end="",
    )
    measured.append((worked, memory, words))
    assert status in {0, 2}, said[-2000:]
    assert "Traceback" not in said + printed and "Warning" not in said, said[-2000:]
    assert status == 0 or last[0].startswith("error: "), said[-2000:]
    assert not {c for c in said + printed if c != "\n" and c != "\t" and ord(c) < 32}
    # The work, and not the time that passed: other programs may hold the processors.
    assert worked <= SECONDS * count and memory <= BYTES
    return status, said


def a_cell(seed: int) -> np.ndarray:
    rows, columns = np.indices((64, 64))
    glass = 230 - np.random.default_rng(seed).integers(0, 9, (64, 64, 3), np.uint8)
    nucleus = np.hypot(rows - 32, columns - 30 - seed) < 12
    return np.where(nucleus[:, :, None], (90, 45, 170), glass).astype(np.uint8)


def good(root: Path) -> Path:
    for number, name in enumerate(["monocyte", "neutrophil"] * 2):
        (root / name).mkdir(parents=True, exist_ok=True)
        Image.fromarray(a_cell(number)).save(root / name / f"good{number}.png")
    return root


def flat_png(width: int, height: int, bits: int, channels: int, *more: bytes) -> bytes:
    """Make a PNG of one colour without ever holding its pixels."""
    colour = {1: 0, 3: 2, 4: 6}[channels]
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    row = b"\0" + b"\x9c" * (width * channels * bits // 8)
    packer = zlib.compressobj(1)
    rows = b"".join([*(packer.compress(row) for _ in range(height)), packer.flush()])
    parts = [chunk(b"IHDR", header), *more, chunk(b"IDAT", rows), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def claiming(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(b"\0")), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def endless_tiff(pages: int) -> bytes:
    parts = [b"II*\0", struct.pack("<I", 8)]
    entries = b"".join(
        struct.pack("<HHII", tag, 4, 1, value) for tag, value in ((256, 9), (257, 9))
    )
    for page in range(pages):
        after = 8 + (page + 1) * 30
        parts.append(struct.pack("<H", 2) + entries + struct.pack("<I", after))
    return b"".join(parts)


def sparse(path: Path, size: int) -> None:
    with path.open("wb") as file:
        file.truncate(size)


def long_gif(frames: int) -> bytes:
    small = saved(Image.new("P", (8, 8)), "GIF")
    head, body = small[:13], small[13:-1]
    return head + body * frames + b";"


def webp_of(width: int, height: int) -> bytes:
    head = b"VP8L" + struct.pack("<I", 26) + b"\x2f"
    body = head + struct.pack("<I", width - 1 | (height - 1) << 14) + bytes(21)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def files_of(kind: str) -> Callable[[Path], object]:
    """Give what puts a hostile picture into a class's folder."""

    def content(make: Callable[[], bytes], name: str = "bad.png") -> Callable[[Path], object]:
        return lambda folder: (folder / name).write_bytes(make())

    def several(make: Callable[[], bytes], count: int) -> Callable[[Path], object]:
        def write(folder: Path) -> None:
            made = make()
            for number in range(count):
                (folder / f"bad{number}.png").write_bytes(made + bytes([number]))

        return write

    return {
        "pipe": lambda folder: os.mkfifo(folder / "bad.png"),
        "link to a device": lambda folder: (folder / "bad.png").symlink_to("/dev/zero"),
        "link to itself": lambda folder: (folder / "bad.png").symlink_to("bad.png"),
        "link to the folder": lambda folder: (folder / "bad").symlink_to(folder),
        "folder named like a picture": lambda folder: (folder / "bad.png").mkdir(),
        "terabyte": lambda folder: sparse(folder / "bad.png", 2**40),
        "600 MB of nothing": lambda folder: sparse(folder / "bad.png", 600_000_000),
        "png bomb": content(lambda: flat_png(40_000, 40_000, 8, 1)),
        "png of 2**62 pixels": content(lambda: claiming(2**31 - 1, 2**31 - 1)),
        "png text bomb": content(lambda: flat_png(
            9, 9, 8, 3, chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(10**9), 1)))),
        "png profile bomb": content(lambda: flat_png(
            9, 9, 8, 3, chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(10**9), 1)))),
        "tiff of 10**10 pixels": content(lambda: tiff(np.zeros((8, 8), np.uint8)).replace(
            struct.pack("<HHII", 256, 3, 1, 8), struct.pack("<HHII", 256, 4, 1, 10**9)), "bad.tif"),
        "tiff of 10**6 pages": content(lambda: endless_tiff(10**6), "bad.tif"),
        "gif of 65535 x 65535": content(
            lambda: b"GIF89a" + struct.pack("<HHBBB", 65535, 65535, 0, 0, 0) + b";", "bad.gif"),
        "gif of 10**6 frames": content(lambda: long_gif(10**6), "bad.gif"),
        "webp of 200 million pixels": content(
            lambda: webp_of(16383, 12400), "bad.webp"),
        "program": content(lambda: b"%!PS\n%%BoundingBox: 0 0 9 9\n(rm) system\n", "bad.eps.png"),
        "16-bit RGBA of 75 million pixels, 3": several(
            lambda: flat_png(7500, 10_000, 16, 4), 3),
        "16-bit RGBA of 100 million pixels": content(lambda: flat_png(10_000, 10_000, 16, 4)),
        "RGBA of 100 million pixels, 3": several(lambda: flat_png(10_000, 10_000, 8, 4), 3),
        "RGB of 100 million pixels, 4": several(lambda: flat_png(10_000, 10_000, 8, 3), 4),
        "many small damaged ones": lambda folder: [
            (folder / f"{n}.png").write_bytes(claiming(9, 9)[: 20 + n % 60]) for n in range(2000)],
    }[kind]  # fmt: skip


PICTURES = (
    "pipe", "link to a device", "link to itself", "link to the folder",
    "folder named like a picture", "terabyte", "600 MB of nothing", "png bomb",
    "png of 2**62 pixels", "png text bomb", "png profile bomb", "tiff of 10**10 pixels",
    "tiff of 10**6 pages", "gif of 65535 x 65535", "gif of 10**6 frames",
    "webp of 200 million pixels", "program", "16-bit RGBA of 75 million pixels, 3",
    "16-bit RGBA of 100 million pixels", "RGBA of 100 million pixels, 3",
    "RGB of 100 million pixels, 4", "many small damaged ones",
)  # fmt: skip


def names() -> list[bytes]:
    texts = [
        "new\nline", "carriage\rreturn", "tab\t", "escape\x1b[31mred", "bell\x07", "-rf", "--help",
        "🩸 blood", "\u202egnp.elif", "\u200fright", "a" * 251, "é" * 125, "..hidden..",
        "a'b\"c`d$(e)",
        "<b>bold", "[red]markup[red]", "=cmd|'calc'!A0", "%s%n", "con", "nul\u00a0",
        unicodedata.normalize("NFC", "naïve"), unicodedata.normalize("NFD", "naïve"), "a, b; c",
        "&amp;", "{{ 7*7 }}", "\\..\\..\\x", "~", "*", "?", " leading", "trailing ",
    ]  # fmt: skip
    return [*(text.encode() for text in texts), "größe".encode("cp1252"), b"\xff\xfe\xfd"]


def snapshot(folder: Path) -> set[str]:
    return {os.fsdecode(os.fsencode(path)) for path in folder.iterdir()}


def check_and_crop(root: Path, folder: Path, count: int = 1) -> None:
    before = snapshot(folder)
    call("data", "check", root, folder=folder, count=count)
    out = folder / "crops"
    call("data", "crop", root, out, "--size=32", "--side=40", folder=folder, count=count)
    assert snapshot(folder) <= before | {str(folder / "cache"), str(out)}


@pytest.mark.parametrize("kind", PICTURES)
def test_pictures(tmp_path, kind):
    root = good(tmp_path / "set")
    files_of(kind)(root / "monocyte")
    last = kind.split(", ")[-1]
    check_and_crop(root, tmp_path, int(last) if last.isdigit() else 1)


@pytest.mark.parametrize("level", ["files", "classes", "labels"])
def test_names_of_every_kind(tmp_path, level):
    root = good(tmp_path / "set")
    for number, name in enumerate(names()):
        content = saved(Image.fromarray(a_cell(number)), "PNG")
        place = os.fsencode(root / "monocyte")
        if level == "classes":
            place = os.fsencode(root) + b"/" + name
            Path(os.fsdecode(place)).mkdir(exist_ok=True)
            name = b"1"
        Path(os.fsdecode(place + b"/" + name + b".png")).write_bytes(content)
    if level == "labels":
        outside = ["../../x", "/tmp/y", "a/../../../z", "\x00", "\x1b[2J"]
        rows = ["path,label"]
        for number, name in enumerate([*outside, *(n.decode("utf-8", "replace") for n in names())]):
            Image.fromarray(a_cell(number)).save(root / f"{number}.png")
            rows.append(f'{number}.png,"{name.replace(QUOTE, 2 * QUOTE)}"')
        (root / "table.csv").write_bytes("\n".join(rows).encode())
        root = root / "table.csv"
    check_and_crop(root, tmp_path)


def npz(path: Path, shape: tuple[int, ...], held: int, labels: int = 4) -> None:
    """Write an .npz whose header claims a shape, over so many bytes of nothing."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        with packed.open("train_images.npy", "w", force_zip64=True) as member:
            header = io.BytesIO()
            np.lib.format.write_array_header_1_0(
                header, {"descr": "|u1", "fortran_order": False, "shape": shape}
            )
            member.write(header.getvalue())
            for _ in range(held // 2**20):
                member.write(bytes(2**20))
        with packed.open("train_labels.npy", "w", force_zip64=True) as member:
            header = io.BytesIO()
            np.lib.format.write_array_header_1_0(
                header, {"descr": "|u1", "fortran_order": False, "shape": (labels, 1)}
            )
            member.write(header.getvalue())
            for _ in range(max(1, labels // 2**20)):
                member.write(bytes(min(labels, 2**20)))


def alone(root: Path) -> Path:
    """Give the file that is the set, where one is put there to be read by itself."""
    return next((file for name in ("a.npz", "table.csv") if (file := root / name).exists()), root)


def table(path: Path, rows: int) -> None:
    with path.open("w") as file:
        file.write("path,label,source\n")
        for row in range(rows):
            file.write(f"{'monocyte' if row % 2 else 'neutrophil'}/{row}.png,mono,{row // 9}\n")


def coco(root: Path, text: str) -> None:
    (root / "annotations.json").write_text(text)


def voc(root: Path, text: str) -> None:
    (root / "Annotations").mkdir()
    (root / "JPEGImages").mkdir()
    for number in range(4):
        Image.fromarray(a_cell(number)).save(root / "JPEGImages" / f"{number}.jpg")
        (root / "Annotations" / f"{number}.xml").write_text(text)


LAUGHS = "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b0 'ha'>" + "".join(
    f"<!ENTITY b{n} '{f'&b{n - 1};' * 10}'>" for n in range(1, 10)
) + "]><annotation><filename>&b9;</filename></annotation>"  # fmt: skip
SETS: dict[str, Callable[[Path], object]] = {
    "npz of 11 MB that holds 2 GB": lambda root: npz(
        root / "a.npz", (2**31 // 3072, 32, 32, 3), 2**31),
    "npz that claims 4 TB": lambda root: npz(root / "a.npz", (2**32, 32, 32), 2**20),
    "npz with a billion labels": lambda root: npz(root / "a.npz", (4, 32, 32), 2**20, 10**9),
    "npz of objects": lambda root: np.savez(
        root / "a.npz", train_images=np.array([{}], object), train_labels=np.zeros((1, 1))),
    "csv of 10**6 rows": lambda root: table(root / "labels.csv", 10**6),
    "csv of 250,000 rows": lambda root: table(root / "table.csv", 250_000),
    "csv of one line of 100 MB": lambda root: (root / "labels.csv").write_text("a," * 50_000_000),
    "csv with a cell of 50 MB": lambda root: (root / "labels.csv").write_text(
        f"path,label\nmonocyte/good0.png,{'a' * 50_000_000}\n"),
    "csv of 10**5 columns": lambda root: (root / "labels.csv").write_text(
        f"path,label,{','.join(map(str, range(10**5)))}\n" + "a,b," + "," * (10**5 - 1) + "\n"),
    "csv of paths that lead out": lambda root: (root / "labels.csv").write_text(
        "path,label\n../../../../etc/passwd,mono\n/etc/passwd,neut\n/dev/zero,mono\n"
        "monocyte/good0.png,../../x\nneutrophil/good1.png,/tmp/y\n"),
    "csv that is a pipe": lambda root: os.mkfifo(root / "labels.csv"),
    "csv that is a device": lambda root: (root / "labels.csv").symlink_to("/dev/zero"),
    "csv of a terabyte": lambda root: sparse(root / "labels.csv", 2**40),
    "coco nested deep": lambda root: coco(root, '{"images":' + "[" * 10**6),
    "coco of endless digits": lambda root: coco(
        root, '{"images":[{"id":' + "9" * 10**5 + '}],"annotations":[],"categories":[]}'),
    "coco of 250,000 boxes": lambda root: coco(root, json.dumps({
        "images": [{"id": 1, "file_name": "monocyte/good0.png", "width": 64, "height": 64}],
        "categories": [{"id": 1, "name": "mono"}],
        "annotations": [{"id": n, "image_id": 1, "category_id": 1, "bbox": [1, 1, 9, 9]}
                        for n in range(250_000)]})),
    "json of 17 million lists": lambda root: coco(
        root, '{"images":[' + "[]," * 16_600_000 + "[]]}"),
    "coco of a terabyte": lambda root: sparse(root / "annotations.json", 2**40),
    "voc of endless laughter": lambda root: voc(root, LAUGHS),
    "voc that asks for a file": lambda root: voc(
        root, "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><annotation>&b;</annotation>"),
    "voc nested deep": lambda root: voc(root, "<annotation>" + "<a>" * 10**6),
    "folders 200 deep": lambda root: (root / "/".join(["deep"] * 200)).mkdir(parents=True),
    "10**4 empty folders": lambda root: [
        (root / "monocyte" / str(n)).mkdir() for n in range(10**4)],
}  # fmt: skip


@pytest.mark.parametrize("kind", SETS)
def test_sets(tmp_path, kind):
    root = good(tmp_path / "set")
    SETS[kind](root)
    check_and_crop(alone(root), tmp_path)


CONFIGS: dict[str, Callable[[Path], object]] = {
    "10**5 keys": lambda path: path.write_text("\n".join(f"k{n}: {n}" for n in range(10**5))),
    "10**4 keys": lambda path: path.write_text("\n".join(f"k{n}: 1" for n in range(10**4))),
    "aliases": lambda path: path.write_text("a: &a [x]\nb: [*a, *a, *a, *a]\n"),
    "nested deep": lambda path: path.write_text("a: " + "[" * 90_000),
    "nested by braces": lambda path: path.write_text("{a: " * 20_000),
    "5,000 digits": lambda path: path.write_text("seed: " + "9" * 5000),
    "digits with a point": lambda path: path.write_text(
        "training: {learning_rate: 1e" + "9" * 99 + "}"),
    "sixty to the many": lambda path: path.write_text("seed: " + ":".join(["1"] * 40)),
    "pipe": lambda path: os.mkfifo(path),
    "device": lambda path: path.symlink_to("/dev/zero"),
    "terabyte": lambda path: sparse(path, 2**40),
    "bytes": lambda path: path.write_bytes(bytes(range(256)) * 100),
    "code": lambda path: path.write_text("a: !!python/object/apply:os.system ['true']\n"),
    "name that leads out": lambda path: path.write_text("name: ../../x\ndata: {path: .}\n"),
}  # fmt: skip


@pytest.mark.parametrize("kind", CONFIGS)
def test_configs(tmp_path, kind):
    path = tmp_path / "hostile.yaml"
    CONFIGS[kind](path)
    for options in (["--dry-run"], []):
        status, _ = call("run", path, "--out", tmp_path / "out" / "runs", *options, folder=tmp_path)
        assert status == 2
    assert {each.name for each in tmp_path.iterdir()} <= {"hostile.yaml", "out", "cache"}


def test_predict(tmp_path):
    out = tmp_path / "runs"
    call("run", "quickstart", "--out", out, "--seeds=1", "--set=data.synthetic.per_class=4",
         "--set=data.size=32", "--set=training.epochs=1", "--set=split.test=0.34",
         folder=tmp_path)  # fmt: skip
    images = good(tmp_path / "set")
    for number, kind in enumerate(PICTURES):
        (images / str(number)).mkdir()
        if kind != "link to the folder":
            files_of(kind)(images / str(number))
    for name in names():
        content = saved(Image.fromarray(a_cell(1)), "PNG")
        (images / os.fsdecode(name + b".png")).write_bytes(content)
    table = tmp_path / "table.csv"
    call("predict", out / "00000-quickstart", images, "--csv", table, folder=tmp_path, count=10)
    assert len(table.read_text().splitlines()) > len(names())
    # TensorFlow alone takes a gigabyte, and the large ones are read one after the other.


def test_kept_estimators(tmp_path):
    member = zipfile.ZipInfo("extra.bin")
    for number, make in enumerate([
        lambda: write_archive({"settings.json": b"{}", "cnn.keras": b"", "head.skops": b""}),
        lambda: b"PK" + bytes(10**6),
    ]):  # fmt: skip
        (tmp_path / f"{number}.hybrid").write_bytes(make())
    with zipfile.ZipFile(tmp_path / "2.hybrid", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("settings.json", "[" * 10**7)
        packed.writestr("cnn.keras", b"")
        packed.writestr("head.skops", bytes(10**9))
    with zipfile.ZipFile(tmp_path / "3.hybrid", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(member, bytes(10**9))
    sparse(tmp_path / "4.hybrid", 2**40)
    os.mkfifo(tmp_path / "5.hybrid")
    (tmp_path / "6.hybrid").symlink_to("/dev/zero")
    code = (
        "import sys; from hybrid_wbc import HybridClassifier, errors\n"
        "try: HybridClassifier.load(sys.argv[1])\n"
        "except errors.InputError as e: print('error:', e, file=sys.stderr); sys.exit(2)\n"
    )
    assert archive
    for number in range(7):
        status, _ = call(tmp_path / f"{number}.hybrid", folder=tmp_path, code=code)
        assert status == 2


def test_the_worst_of_all():
    worked, memory = max(measured), max(measured, key=lambda each: each[1])
    print(
        f"\n{len(measured)} calls; the longest worked {worked[0]:.1f} s ({worked[2]}), the largest "
        f"took {memory[1] / 1e9:.2f} GB ({memory[2]})"
    )
