"""Every kind of picture becomes the same 8-bit RGB, whole and upright, or is refused."""

from __future__ import annotations

import io
import os
import re
import runpy
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from hybrid_wbc.data.decoding.limits import DecodingError
from hybrid_wbc.data.decoding.pictures import decode, decode_mask, frame_of
from hybrid_wbc.errors import InputError

files = runpy.run_path(str(Path(__file__).parents[1] / "picture_files.py"))
png, tiff, saved, exif, TURNS = (files[n] for n in ("png", "tiff", "saved", "exif", "TURNS"))


def blob(height: int = 20, width: int = 24, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draw a cell on bright glass, and an alpha that hides a part of it."""
    rows, columns = np.indices((height, width))
    distance = np.hypot(rows - 0.4 * height, columns - 0.6 * width)
    noise = np.random.default_rng(seed).integers(0, 12, (height, width, 3))
    pixels = np.where((distance < 6)[:, :, None], (90, 45, 170), (228, 215, 236)) + noise
    alpha = np.clip(255 * (1.4 - distance / 10), 0, 255)
    return pixels.astype(np.uint8), alpha.astype(np.uint8)


KINDS = files["kinds"](*blob())


def at_least(examples: int) -> settings:
    """Try so many, or as many as the profile asks for."""
    return settings(max_examples=max(examples, settings.default.max_examples))


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_picture_decodes_to_its_pixels_or_says_why_not(name, tmp_path):
    suffix, content, expected = KINDS[name]
    path = tmp_path / f"cell{suffix}"
    path.write_bytes(content)
    if isinstance(expected, str):
        with pytest.raises(DecodingError) as caught:
            decode(content)
        assert str(caught.value).startswith(expected)
        assert "\n" not in str(caught.value)
        with pytest.raises(DecodingError) as named:
            decode(path)
        assert str(named.value) == f"{path}: {caught.value}"
        return
    pixels = decode(path)
    assert pixels.dtype == np.uint8 and pixels.shape == expected.shape
    difference = np.abs(pixels.astype(int) - expected).max()
    assert difference <= (2 if "LA" in name or "RGBA" in name else 0)
    assert frame_of(path) == pixels.shape[:2]
    assert np.array_equal(decode(content), pixels)


def test_what_lies_behind_alpha_reaches_no_pixel():
    pixels, _ = blob()
    hidden = np.dstack([pixels, np.zeros(pixels.shape[:2], np.uint8)])
    assert (decode(saved(Image.fromarray(hidden), "PNG")) == 255).all()
    assert (decode(png(hidden.astype(np.uint16) * 257)) == 255).all()


@pytest.mark.parametrize("name", [name for name in KINDS if "A" in name or "clear" in name])
def test_what_is_see_through_is_laid_on_white_in_strips_of_any_height(name, monkeypatch):
    whole = decode(KINDS[name].content)
    monkeypatch.setattr("hybrid_wbc.data.decoding.pictures._STRIP", 24 * 7)
    assert np.array_equal(decode(KINDS[name].content), whole)
    masked = decode_mask(KINDS[name].content)
    monkeypatch.undo()
    assert np.array_equal(decode_mask(KINDS[name].content), masked)


def test_a_picture_that_is_opaque_keeps_its_bytes():
    pixels, _ = blob()
    opaque = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
    assert np.array_equal(decode(saved(Image.fromarray(opaque), "PNG")), pixels)


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "1", "CMYK", "YCbCr"])
def test_ordinary_pictures_decode_as_pillow_converts_them(mode):
    picture = Image.fromarray(blob(seed=3)[0]).convert(mode)
    content = saved(picture, "JPEG" if mode in {"CMYK", "YCbCr"} else "PNG")
    with Image.open(io.BytesIO(content)) as image:
        assert np.array_equal(decode(content), np.asarray(image.convert("RGB")))


def test_a_grey_ramp_of_16_bits_keeps_every_level():
    ramp = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    pixels = decode(png(ramp))
    assert np.array_equal(pixels[:, :, 0], np.floor(ramp / 257 + 0.5))
    assert len(np.unique(pixels)) == 256


def test_black_of_any_depth_is_black():
    for values in (np.uint16, np.int16, np.uint32, np.int32, np.float32):
        assert not decode(tiff(np.zeros((4, 4), values))).any()


# masks


def a_mask() -> np.ndarray:
    mask = np.zeros((10, 14), np.uint8)
    mask[2:5, 3:9] = 75
    return mask


@pytest.mark.parametrize(
    "content",
    [
        saved(Image.fromarray(a_mask()), "BMP"),
        saved(Image.fromarray(a_mask() > 0), "PNG"),
        saved(Image.fromarray(np.repeat(a_mask()[:, :, None], 3, axis=2)), "PNG"),
        png(np.where(a_mask() > 0, 1, 0).astype(np.uint16)),
        png(np.where(a_mask() > 0, 1000, 0).astype(np.uint16)),
        png(np.repeat(np.where(a_mask() > 0, 2, 0).astype(np.uint16)[:, :, None], 3, axis=2)),
        tiff(np.where(a_mask() > 0, 300, 0).astype(np.int32)),
        tiff(np.where(a_mask() > 0, 0.1, 0).astype(np.float32)),
        tiff(np.where(a_mask() > 0, 0.1, 0)),
        tiff(np.where(a_mask() > 0, 1, 65535).astype(np.uint16), photometric="miniswhite"),
        png(np.dstack([np.full_like(a_mask(), 200), a_mask()])),
        png(np.dstack([np.full_like(a_mask(), 200), a_mask()]).astype(np.uint16) * 257),
    ],
)
def test_a_mask_of_any_kind_marks_the_same_pixels(content):
    levels = decode_mask(content)
    assert levels.dtype == np.uint8
    assert np.array_equal(levels > 0, a_mask() > 0)


def test_a_grey_mask_keeps_its_levels():
    assert np.array_equal(decode_mask(saved(Image.fromarray(a_mask()), "PNG")), a_mask())


@pytest.mark.parametrize("orientation", TURNS)
def test_a_mask_is_turned_as_its_picture_is(orientation):
    content = saved(Image.fromarray(a_mask()), "PNG", exif=exif(orientation))
    assert np.array_equal(decode_mask(content), TURNS[orientation](a_mask()))
    assert frame_of(content) == decode_mask(content).shape


# sizes and other files


def test_a_picture_beyond_the_limit_is_refused_by_its_header(monkeypatch, tmp_path):
    claim = png(np.broadcast_to(np.zeros((1, 1), np.uint8), (10_001, 10_000)))
    assert len(claim) < 200_000
    (tmp_path / "bomb.png").write_bytes(claim)
    reason = r"bomb.png: too large: 10000x10001 pixels, at most 100,000,000 are read \(set HYBRID"
    for read in (decode, decode_mask, frame_of):
        with pytest.raises(DecodingError, match=reason):
            read(tmp_path / "bomb.png")
    monkeypatch.setenv("HYBRID_WBC_MAX_PIXELS", "479")
    with pytest.raises(DecodingError, match="too large: 24x20 pixels, at most 479"):
        decode(KINDS["RGB"].content)
    with pytest.raises(DecodingError, match="too large: 24x20 pixels, at most 239"):
        decode(KINDS["float RGB"].content)
    for name in ("16-bit RGBA", "16-bit RGBA TIFF"):
        with pytest.raises(DecodingError, match="too large: 24x20 pixels, at most 359"):
            decode(KINDS[name].content)
    monkeypatch.setenv("HYBRID_WBC_MAX_PIXELS", "480")
    assert decode(KINDS["16-bit RGB"].content).shape == (20, 24, 3)
    monkeypatch.setenv("HYBRID_WBC_MAX_PIXELS", "479")
    assert decode(KINDS["RGB"].content, of_any_size=True).shape == (20, 24, 3)
    monkeypatch.setenv("HYBRID_WBC_MAX_PIXELS", "480")
    assert decode(KINDS["RGB"].content).shape == (20, 24, 3)


def test_what_is_no_regular_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "zero.png").symlink_to("/dev/zero")
    for name in ("pipe.png", "zero.png"):
        with pytest.raises(DecodingError, match=f"{name}: not a regular file"):
            decode(tmp_path / name)


def test_a_picture_that_starts_a_program_is_not_opened():
    with pytest.raises(DecodingError, match="unreadable"):
        decode(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n")


def test_broken_exif_does_not_hide_the_pixels():
    pixels, _ = blob()
    broken = saved(Image.fromarray(pixels), "PNG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f")
    assert np.array_equal(decode(broken), pixels)


# any picture at all

SHAPES = st.tuples(st.integers(1, 9), st.integers(1, 9))
TYPES = {
    "8-bit": (np.uint8, 255), "16-bit": (np.uint16, 65535), "16-bit signed": (np.int16, 32767),
    "32-bit": (np.uint32, 2**32 - 1), "32-bit signed": (np.int32, 2**31 - 1),
    "float": (np.float32, 1), "double": (np.float64, 1),
}  # fmt: skip


@at_least(400)
@given(
    st.sampled_from(list(TYPES)),
    st.sampled_from([1, 3, 4]),
    st.sampled_from(list(TURNS)),
    SHAPES,
    st.integers(0, 2**32),
    st.sampled_from([1.0, 0.3, 0.1, 0.01, 0.0]),
    st.sampled_from(["zlib", None]),
    st.booleans(),
)
def test_any_tiff_is_scaled_by_its_type_and_turned_or_is_refused(
    kind, channels, orientation, shape, seed, brightest, compression, big
):
    number, top = TYPES[kind]
    rng = np.random.default_rng(seed)
    share = rng.random((*shape, channels)) * brightest
    if channels == 4:
        share[:, :, 3] = 1
    values = (share * top).astype(number) if top == 1 else np.floor(share * top).astype(number)
    options = {"extrasamples": ["unassalpha"]} if channels == 4 else {}
    content = tiff(
        values[:, :, 0] if channels == 1 else values,
        orientation, compression=compression, bigtiff=big, **options,
    )  # fmt: skip
    try:
        pixels = decode(content)
    except DecodingError as error:
        if kind == "32-bit" and channels > 1 and str(error) == "unreadable":
            return  # OpenCV 4 has no such numbers
        assert str(error).startswith("depth unclear"), error
        assert 1 < top != 255 and 0 < values[:, :, :3].max() < (top + 1) // 4
        return
    colours = np.repeat(values, 3, axis=2) if channels == 1 else values[:, :, :3]
    expected = TURNS[orientation](np.floor(colours / top * 255 + 0.5))
    assert pixels.shape == expected.shape == (*frame_of(content), 3)
    assert np.abs(pixels - expected).max() <= (1 if channels == 4 else 0)


@at_least(300)
@given(
    st.sampled_from([np.uint8, np.uint16]),
    st.sampled_from([1, 2, 3, 4]),
    st.sampled_from(list(TURNS)),
    SHAPES,
    st.integers(0, 2**32),
)
def test_any_png_lies_on_white_and_upright(number, channels, orientation, shape, seed):
    top = int(np.iinfo(number).max)
    values = np.random.default_rng(seed).integers(0, top, (*shape, channels), number, endpoint=True)
    values[0, 0, :] = top
    content = png(values, files["chunk"](b"eXIf", exif(orientation).tobytes()[6:]))
    share = values / top
    alpha = share[:, :, -1:] if channels in (2, 4) else 1.0
    colours = share[:, :, : 3 if channels > 2 else 1]
    expected = TURNS[orientation](np.broadcast_to(colours * alpha + 1 - alpha, (*shape, 3)) * 255)
    pixels = decode(content)
    assert pixels.shape == expected.shape == (*frame_of(content), 3)
    assert np.abs(pixels - expected).max() <= 1.5


@at_least(400)
@given(st.sampled_from(sorted(KINDS)), st.data())
def test_any_damage_gives_pixels_or_a_reason(name, data):
    content = bytearray(KINDS[name].content)
    if content and data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    for _ in range(data.draw(st.integers(0, 3)) if content else 0):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    for read in (decode, decode_mask, frame_of):
        try:
            read(bytes(content))
        except InputError as error:
            assert "\n" not in str(error)


@at_least(25)
@given(st.integers(0, 2**32), st.integers(6, 30), st.integers(3, 15))
def test_one_cell_in_a_dozen_formats_is_one_cell(seed, height, half):
    pixels, _ = blob(height, 2 * half, seed)
    opaque, same = np.full(pixels.shape[:2], 255, np.uint8), []
    for name, (_, content, _) in files["kinds"](pixels, opaque).items():
        if re.search(r"\bL\b|LA|^1$|JPEG|CMYK|palette|GIF|clear", name):
            continue  # grey, or not the same pixels by their nature
        with suppress(DecodingError):
            assert np.abs(decode(content).astype(int) - pixels).max() <= 1, name
            same.append(name)
    assert len(same) >= 40
