"""A run tells which cells its network was trained on, by their content and by their names."""

from pathlib import Path

import pytest

from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.files import read_table, write_table
from hybrid_wbc.runs.lender import lender_of
from hybrid_wbc.runs.results import Run


def sample(name: str, label: str) -> Sample:
    return Sample(name, Path(name), (label,))


@pytest.fixture(scope="module")
def folder(make_run, tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("lender") / "artifacts" / "00000-pbc")


@pytest.fixture(scope="module")
def sides(folder):
    table = Run(folder).repeats()[0].predictions()
    return {
        side: [str(cell) for cell in table.ids[table.split == side]] for side in ("train", "test")
    }


def lender(folder):
    found = lender_of(folder.path / "seed-0" / "cnn.keras")
    assert found is not None
    return found


def test_a_training_cell_is_known_by_its_content_whatever_its_name(folder, sides):
    cell = sample("mine.png", "basophil")
    seen = lender(folder).seen([cell], {"mine.png": f"sha-of-{sides['train'][0]}"})
    assert seen == ({"mine.png"}, set())


def test_a_cell_of_the_test_side_was_not_seen(folder, sides):
    cell = sample("mine.png", "basophil")
    seen = lender(folder).seen([cell], {"mine.png": f"sha-of-{sides['test'][0]}"})
    assert seen == (set(), set())


def test_a_cell_saved_anew_is_known_by_its_class_and_a_name_of_five_digits(
    make_run, tmp_path, sides
):
    made = make_run(tmp_path / "artifacts" / "00000-named")
    rows = read_table(made.manifest_path)
    for row in rows:
        row["path"] = {sides["train"][0]: "BA_100102.jpg", sides["train"][1]: "cell_12.jpg"}.get(
            row["id"], row["path"]
        )
    write_table(made.manifest_path, list(rows[0]), [list(row.values()) for row in rows])
    label = {row["id"]: row["label"] for row in rows}
    named = sample("copy/BA_100102.png", label[sides["train"][0]])
    other = sample("other/BA_100102.png", "platelet")
    short = sample("copy/cell_12.png", label[sides["train"][1]])
    cells = [named, other, short]
    seen = lender(made).seen(cells, {cell.id: "of-none" for cell in cells})
    assert seen == (set(), {"copy/BA_100102.png"})


def test_a_network_that_lies_in_no_run_tells_nothing(tmp_path):
    assert lender_of(tmp_path / "seed-0" / "cnn.keras") is None
