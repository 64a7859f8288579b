"""Drawn sets: LISC's layout, the same bytes for the same seed, nothing half done, refusals."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from hybrid_wbc.data.drawn.synthetic import write_smears
from hybrid_wbc.data.sets.catalog import SYNTHETIC_MARKER
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
    expected = {SYNTHETIC_MARKER}
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
    text = (smears / SYNTHETIC_MARKER).read_text(encoding="utf-8")
    assert text.startswith("SYNTHETIC")
    assert "not photographs" in text
    for line in ("per_class: 2", "seed: 3", "version of the drawing: "):
        assert f"\n{line}" in text


def test_a_small_set_is_the_beginning_of_a_larger_one(smears: Path, tmp_path: Path) -> None:
    write_smears(tmp_path / "small", per_class=1, seed=3)
    small, large = contents(tmp_path / "small"), contents(smears)
    assert small.pop(SYNTHETIC_MARKER) != large[SYNTHETIC_MARKER]
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
    assert (out / SYNTHETIC_MARKER).is_file()


def test_the_empty_current_folder_is_filled_where_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    inode = tmp_path.stat().st_ino
    assert write_smears(Path(), per_class=1) == 5
    assert tmp_path.stat().st_ino == inode
    assert {file.name for file in Path().iterdir()} == {
        SYNTHETIC_MARKER,
        "Main Dataset",
        "Ground Truth Segmentation",
    }
    assert write_smears(Path(), per_class=1, progress=pytest.fail) == 5


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


@pytest.mark.parametrize("exists", [False, True])
def test_an_interrupted_drawing_leaves_nothing(tmp_path: Path, exists: bool) -> None:
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_smears(tmp_path if exists else tmp_path / "out", per_class=1, progress=interrupt)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("asked", [{"per_class": 0}, {"per_class": -3}, {"seed": -1}])
def test_numbers_that_are_too_small_are_refused(tmp_path: Path, asked: dict[str, int]) -> None:
    (name, value), *_ = asked.items()
    with pytest.raises(InputError, match=f"{name}: received {value}"):
        write_smears(tmp_path / "out", **asked)
    assert not (tmp_path / "out").exists()
