from __future__ import annotations

import shutil
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from hybrid_wbc.config import load
from hybrid_wbc.data import cleaning, joining
from hybrid_wbc.data.drawn.drawing import draw_smear
from hybrid_wbc.data.reading import readers
from hybrid_wbc.errors import InputError
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.results import Run
from hybrid_wbc.stages import prepare


def write_set(root: Path, classes: dict[str, int], *, seed: int) -> Path:
    generator = np.random.default_rng(seed)
    for name, count in classes.items():
        (root / name).mkdir(parents=True)
        for number in range(count):
            pixels = generator.integers(0, 256, (12, 12, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(root / name / f"{number}.png")
    return root


def usable(root: Path) -> joining.Joined:
    reading = readers.read(root)
    return reading, cleaning.clean(reading.samples)


@pytest.fixture
def sets(tmp_path) -> tuple[Path, Path]:
    """Two sets that name their files alike, and share two of their classes."""
    one = write_set(tmp_path / "one", {"Baso": 2, "Eosinophil": 3, "platelet": 2}, seed=0)
    other = write_set(tmp_path / "other", {"BASOPHIL": 2, "eosinophils": 1, "ig": 2}, seed=1)
    return one, other


def test_each_set_is_a_side_and_only_shared_classes_stay(sets):
    reading, joined = joining.join(usable(sets[0]), usable(sets[1]))
    sides = [(sample.split, sample.label) for sample in joined.kept]
    assert sides == (
        [("train", "basophil")] * 2 + [("train", "eosinophil")] * 3
        + [("test", "basophil")] * 2 + [("test", "eosinophil")]
    )  # fmt: skip
    assert len(joined.dropped) == 4
    assert {entry.reason for entry in joined.dropped} == {
        "its class is in one of the two sets only"
    }
    assert reading.test.root == sets[1]
    expected = "trained on one, tested on other: basophil, eosinophil"
    assert reading.notes[:2] == (
        expected,
        "left out, as one of the two sets alone has them: immature granulocyte (2 cells of test "
        "set), platelet (2 cells of training set)",
    )


def test_files_named_alike_in_both_sets_keep_names_of_their_own(sets):
    _, joined = joining.join(usable(sets[0]), usable(sets[1]))
    ids = [sample.id for sample in joined.kept]
    assert len(set(ids)) == len(ids)
    assert ids[0] == "training set/Baso/0.png" and ids[-1] == "test set/eosinophils/0.png"
    assert joined.checksums(joined.kept) != [""] * len(ids)


def test_sources_named_alike_in_both_sets_stay_apart(tmp_path):
    for name, seed in (("one", 0), ("other", 1)):
        for label in ("basophil", "eosinophil"):
            for patient in ("p1", "p2"):
                write_set(tmp_path / name / label, {patient: 1}, seed=seed)
                seed += 10
    _, joined = joining.join(usable(tmp_path / "one"), usable(tmp_path / "other"))
    trained = {sample.source for sample in joined.kept if sample.split == "train"}
    tested = {sample.source for sample in joined.kept if sample.split == "test"}
    assert len(trained) == len(tested) == 2 and not trained & tested


def test_a_training_file_that_lies_in_the_test_set_too_is_dropped_with_word(sets):
    shutil.copy(sets[1] / "BASOPHIL" / "0.png", sets[0] / "Baso" / "again.png")
    reading, joined = joining.join(usable(sets[0]), usable(sets[1]))
    (copy,) = [entry for entry in joined.dropped if "byte" in entry.reason]
    assert copy.sample.id == "training set/Baso/again.png"
    assert copy.reason == "byte-identical copy of test set/BASOPHIL/0.png"
    assert "1 files of the training set lie in the test set too: dropped" in reading.notes


def test_a_copy_under_another_class_leaves_the_training_set_as_well(sets):
    shutil.copy(sets[1] / "BASOPHIL" / "0.png", sets[0] / "Eosinophil" / "again.png")
    _, joined = joining.join(usable(sets[0]), usable(sets[1]))
    assert "training set/Eosinophil/again.png" not in {sample.id for sample in joined.kept}


def test_fewer_than_two_shared_classes_name_those_of_both(tmp_path, sets):
    far = write_set(tmp_path / "far", {"basophil": 1, "platelet": 1, "lymphocyte": 1}, seed=2)
    with pytest.raises(InputError, match="share 1 of the two or more") as raised:
        joining.join(usable(far), usable(sets[1]))
    assert "basophil, lymphocyte, platelet" in str(raised.value)
    assert "basophil, eosinophil, immature granulocyte" in str(raised.value)


def test_one_set_as_both_sides_is_refused(sets):
    with pytest.raises(InputError, match="name two sets"):
        joining.join(usable(sets[0]), usable(sets[0]))


def test_sets_known_to_show_the_same_photographs_are_refused(sets):
    (one, cleaned), (other, others) = usable(sets[0]), usable(sets[1])
    kaggle = replace(one, dataset="kaggle-blood-cells"), cleaned
    with pytest.raises(InputError, match="bccd and kaggle-blood-cells, which show the same"):
        joining.join(kaggle, (replace(other, dataset="bccd"), others))


def test_hazards_and_notes_of_both_sets_are_told_apart(sets):
    (one, cleaned), test = usable(sets[0]), usable(sets[1])
    pbc = replace(one, dataset="pbc", notes=("one was left out",)), cleaned
    reading, _ = joining.join(pbc, test)
    assert "training set: one was left out" in reading.notes
    assert any(note.startswith("training set: PBC names no patients") for note in reading.notes)


def test_several_training_sets_become_one_over_the_classes_that_all_have(sets):
    reading, pooled = joining.pool([usable(root) for root in sets])
    assert reading.places == list(sets)
    assert [(sample.origin, sample.label) for sample in pooled.kept] == (
        [("one", "basophil")] * 2 + [("one", "eosinophil")] * 3
        + [("other", "basophil")] * 2 + [("other", "eosinophil")]
    )  # fmt: skip
    assert pooled.kept[0].id == "one/Baso/0.png"
    assert {entry.reason for entry in pooled.dropped} == {"its class is not in every training set"}
    assert reading.notes[:2] == (
        "trained on one, other together: basophil, eosinophil",
        "left out, as not every training set has them: immature granulocyte (2 cells of other), "
        "platelet (2 cells of one)",
    )


def test_a_file_of_two_training_sets_is_kept_once(sets):
    copy = sets[1] / "BASOPHIL" / "again.png"
    copy.write_bytes((sets[0] / "Baso" / "0.png").read_bytes())
    _, pooled = joining.pool([usable(root) for root in sets])
    (dropped,) = [entry for entry in pooled.dropped if "byte-identical" in entry.reason]
    assert dropped.sample.id == "other/BASOPHIL/again.png"
    assert "one/Baso/0.png" in dropped.reason


def test_a_photograph_that_a_later_set_shows_otherwise_is_kept_once(tmp_path, monkeypatch):
    monkeypatch.setenv("HYBRID_WBC_CACHE", str(tmp_path / "cache"))
    for number, (root, label) in enumerate(
        (root, label) for root in ("one", "other") for label in ("mono", "neut") for _ in range(2)
    ):
        smear = draw_smear(label, np.random.default_rng(number)).image
        path = tmp_path / root / label / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(smear).resize((320, 256)).save(path)
    turned = Image.open(tmp_path / "one" / "mono" / "0.png").transpose(Image.Transpose.ROTATE_180)
    turned.save(tmp_path / "other" / "mono" / "turned.png")
    changes = [f"data.path=[{tmp_path / 'one'}, {tmp_path / 'other'}]", "data.size=32"]
    settings = load.load("pbc", changes)
    folder = RunFolder.create(tmp_path / "runs", settings.name, settings.to_yaml())
    cells = prepare.prepare(settings, folder, Reporter(Console(file=StringIO())))
    assert "other/mono/turned.png" not in cells.ids and len(cells.ids) == 8
    dropped = {row["id"]: row["dropped"] for row in Run(folder).manifest() if row["dropped"]}
    assert dropped == {
        "other/mono/turned.png": (
            "same photograph as a picture of an earlier training set: one/mono/0.png"
        )
    }
    note = "1 cell whose photograph an earlier training set has: dropped"
    assert note in Run(folder).provenance()["data"]["notes"]


def test_training_sets_are_told_apart_though_their_folders_are_named_alike(sets, tmp_path):
    alike = tmp_path / "elsewhere" / "one"
    alike.parent.mkdir()
    sets[1].rename(alike)
    _, pooled = joining.pool([usable(sets[0]), usable(alike)])
    assert {sample.origin for sample in pooled.kept} == {"one", "one 2"}


def test_a_class_that_is_named_is_kept_where_a_training_set_lacks_it_and_is_told(sets):
    held = [{sample.label for sample in usable(root)[1].kept} for root in sets]
    names, alone = held[0] | held[1], sorted(held[0] ^ held[1])
    reading, pooled = joining.pool([usable(root) for root in sets], names)
    assert {sample.label for sample in pooled.kept} == names
    told = [note.split(" lies in ")[0] for note in reading.notes if " lies in " in note]
    assert told == alone != []
    reading, pooled = joining.pool([usable(root) for root in sets], ["basophil", "eosinophil"])
    assert {sample.label for sample in pooled.kept} == {"basophil", "eosinophil"}
    assert not any(" lies in " in note or "left out" in note for note in reading.notes)


def test_a_pooled_set_is_tested_on_another(sets, tmp_path):
    third = write_set(tmp_path / "third", {"basophil": 1, "eosinophil": 2}, seed=2)
    pooled = joining.pool([usable(root) for root in sets])
    reading, joined = joining.join(pooled, usable(third))
    assert reading.notes[0] == "trained on one + other, tested on third: basophil, eosinophil"
    assert joined.kept[0].id == "training set/one/Baso/0.png"
    assert [sample.split for sample in joined.kept].count("test") == 3


def test_what_cannot_be_pooled_is_refused(sets, tmp_path):
    with pytest.raises(InputError, match="one: given twice among the training sets"):
        joining.pool([usable(sets[0]), usable(sets[0])])
    pooled = joining.pool([usable(root) for root in sets])
    with pytest.raises(InputError, match="other: given as training and as test set"):
        joining.join(pooled, usable(sets[1]))
    apart = write_set(tmp_path / "apart", {"monocyte": 2, "lymphocyte": 2}, seed=3)
    with pytest.raises(InputError, match="the sets share 0 of the two or more classes needed"):
        joining.pool([usable(root) for root in (*sets, apart)])
