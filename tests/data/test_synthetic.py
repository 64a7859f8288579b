"""Drawn smears: LISC's layout, masks that fit, the same bytes for the same seed, refusals."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from hybrid_wbc.data.synthetic import MARKER, TYPES, draw_smear, write_smears
from hybrid_wbc.errors import InputError

LISC_FOLDERS = ["Baso", "eosi", "lymp", "mono", "neut"]


def contents(folder: Path) -> dict[str, bytes]:
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }


@pytest.fixture(scope="module")
def smears(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("drawn") / "deeper" / "smears"
    assert write_smears(out, per_class=2, seed=3) == 10
    return out


def test_layout_is_that_of_lisc(smears: Path) -> None:
    expected = {MARKER}
    for folder in LISC_FOLDERS:
        for number in (1, 2):
            expected.add(f"Main Dataset/{folder}/{number}.bmp")
            expected.add(f"Ground Truth Segmentation/{folder}/areaforexpert1/{number}_expert.bmp")
    assert set(contents(smears)) == expected


def test_pictures_have_the_sizes_and_modes_of_lisc(smears: Path) -> None:
    for file in smears.rglob("*.bmp"):
        with Image.open(file) as picture:
            kind = (picture.format, picture.mode, picture.size)
        is_mask = file.stem.endswith("_expert")
        assert kind == (("BMP", "L", (712, 568)) if is_mask else ("BMP", "RGB", (720, 576)))


def test_a_finished_set_leaves_nothing_beside_it(smears: Path) -> None:
    assert list(smears.parent.iterdir()) == [smears]


def test_marker_says_drawn_with_what_and_by_which_version(smears: Path) -> None:
    text = (smears / MARKER).read_text(encoding="utf-8")
    assert text.startswith("SYNTHETIC")
    assert "not photographs" in text
    for line in ("per_class: 2", "seed: 3", "version of the drawing: "):
        assert f"\n{line}" in text


@settings(max_examples=20, deadline=None)
@given(kind=st.sampled_from(LISC_FOLDERS), seed=st.integers(0, 2**32))
def test_masks_hold_one_or_two_whole_cells_in_their_own_grey_levels(kind: str, seed: int) -> None:
    image, mask = draw_smear(kind, np.random.default_rng(seed))
    assert (image.dtype, image.shape) == (np.uint8, (576, 720, 3))
    assert (mask.dtype, mask.shape) == (np.uint8, (568, 712))
    assert set(np.unique(mask)) == {0, *TYPES[kind].levels}
    for edge in (mask[0], mask[-1], mask[:, 0], mask[:, -1]):
        assert not edge.any()
    cell_area = np.pi / 4 * np.array([75, 210]) ** 2
    assert cell_area[0] < np.count_nonzero(mask) < 2 * cell_area[1]


@pytest.mark.parametrize("kind", LISC_FOLDERS)
def test_masks_lie_on_their_cells(kind: str) -> None:
    # Nothing but a white cell's nucleus takes much red out of the light.
    for number in range(4):
        image, mask = draw_smear(kind, np.random.default_rng(number))
        red = image[4:-4, 4:-4, 0].astype(float)
        dark = red < (red[mask == 0].mean() + red[mask > 0].min()) / 2
        platelets_allowed = 400
        assert np.count_nonzero(dark & (mask == 0)) < platelets_allowed
        assert np.count_nonzero(dark & (mask > 0)) > 0.1 * np.count_nonzero(mask)


def test_grey_levels_keep_those_of_lisc_and_tell_types_apart() -> None:
    assert TYPES["Baso"].levels == (50, 50)
    assert TYPES["eosi"].levels == (75, 100)
    levels = [level for kind in TYPES.values() for level in set(kind.levels)]
    assert len(levels) == len(set(levels))
    assert min(levels) > 0


def test_some_smears_hold_two_cells_apart() -> None:
    masks = [draw_smear("lymp", np.random.default_rng([1, number])).mask for number in range(40)]
    cells = [cv2.connectedComponents(np.sign(mask))[0] - 1 for mask in masks]
    assert set(cells) == {1, 2}
    assert cells.count(2) < 10


def test_a_small_set_is_the_beginning_of_a_larger_one(smears: Path, tmp_path: Path) -> None:
    write_smears(tmp_path / "small", per_class=1, seed=3)
    small, large = contents(tmp_path / "small"), contents(smears)
    assert small.pop(MARKER) != large[MARKER]
    assert small.items() <= large.items()


def test_same_seed_gives_same_bytes_and_another_seed_does_not(smears: Path, tmp_path: Path) -> None:
    write_smears(tmp_path / "again", per_class=2, seed=3)
    write_smears(tmp_path / "other", per_class=2, seed=4)
    again, other, first = (
        contents(folder) for folder in (tmp_path / "again", tmp_path / "other", smears)
    )
    assert again == first
    assert not any(other[name] == first[name] for name in first)


def test_no_two_smears_of_a_set_are_alike(smears: Path) -> None:
    pictures = [file.read_bytes() for file in smears.rglob("*.bmp")]
    assert len(set(pictures)) == len(pictures)


def test_progress_counts_every_smear(tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []
    write_smears(tmp_path / "out", per_class=1, progress=lambda *call: calls.append(call))
    assert calls == [(done, 5) for done in range(1, 6)]


def test_a_complete_set_is_kept_without_drawing(smears: Path) -> None:
    drawn: list[tuple[int, int]] = []
    before = {file: file.stat().st_mtime_ns for file in smears.rglob("*")}
    count = write_smears(smears, per_class=2, seed=3, progress=lambda *call: drawn.append(call))
    assert (count, drawn) == (10, [])
    assert {file: file.stat().st_mtime_ns for file in smears.rglob("*")} == before


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    out = tmp_path / "empty"
    out.mkdir()
    assert write_smears(out, per_class=1) == 5
    assert (out / MARKER).is_file()


@pytest.mark.parametrize("asked", [{"per_class": 1, "seed": 3}, {"per_class": 2, "seed": 4}])
def test_another_drawn_set_is_not_overwritten(smears: Path, asked: dict[str, int]) -> None:
    with pytest.raises(InputError, match="name a new or empty folder"):
        write_smears(smears, **asked)


def test_a_set_with_a_missing_picture_is_refused(tmp_path: Path) -> None:
    write_smears(tmp_path / "out", per_class=1)
    (tmp_path / "out" / "Main Dataset" / "mono" / "1.bmp").unlink()
    with pytest.raises(InputError, match="not the whole drawn set"):
        write_smears(tmp_path / "out", per_class=1)


def test_a_folder_with_other_files_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="already there"):
        write_smears(tmp_path, per_class=1)
    assert contents(tmp_path) == {"notes.txt": b"mine"}


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(InputError, match="already there"):
        write_smears(tmp_path / "out", per_class=1)


def test_an_interrupted_drawing_leaves_nothing(tmp_path: Path) -> None:
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_smears(tmp_path / "out", per_class=1, progress=interrupt)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("asked", [{"per_class": 0}, {"per_class": -3}, {"seed": -1}])
def test_numbers_that_are_too_small_are_refused(tmp_path: Path, asked: dict[str, int]) -> None:
    (name, value), *_ = asked.items()
    with pytest.raises(InputError, match=f"{name}: received {value}"):
        write_smears(tmp_path / "out", **asked)
    assert not (tmp_path / "out").exists()


def test_an_unknown_type_is_refused_with_the_choices() -> None:
    with pytest.raises(InputError, match="received 'basophil'; choose from Baso, eosi, lymp"):
        draw_smear("basophil", np.random.default_rng(0))


def test_colour_alone_does_not_tell_the_types_apart() -> None:
    colours, labels = [], []
    for label, kind in enumerate(LISC_FOLDERS):
        for number in range(8):
            image, mask = draw_smear(kind, np.random.default_rng([1, label, number]))
            colours.append(image[4:-4, 4:-4][mask > 0].mean(axis=0))
            labels.append(label)
    distance = np.linalg.norm(np.subtract(np.array(colours)[:, None], colours), axis=2)
    np.fill_diagonal(distance, np.inf)
    nearest = np.array(labels)[distance.argmin(axis=1)]
    assert np.mean(nearest == labels) < 0.8
