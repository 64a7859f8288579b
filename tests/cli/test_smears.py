"""`predict` and `agree`, as a user meets them: single cells, whole smears, counts beside counts."""

import csv
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from hybrid_wbc.cli.main import main
from hybrid_wbc.cli.views.differential import show_differentials
from hybrid_wbc.config.load import load
from hybrid_wbc.evaluation.differential import differential
from hybrid_wbc.studies.framing import Framing

CLASSES = ["neutrophil", "lymphocyte", "monocyte", "eosinophil", "basophil"]


def call(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def asked(finished, smears, tmp_path_factory):
    """Ask a run about six smears of one folder, with every file that can be asked for."""
    folder, _ = finished
    out = tmp_path_factory.mktemp("asked")
    result = call(
        "predict", folder, smears / "Main Dataset" / "Baso",
        "--csv", out / "cells.csv", "--json", out / "cells.json", "--counts", out / "counts.csv",
        "--geojson", out / "geojson", "--drawn", out / "drawn", "--page", out / "page.html",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    return out, result


def test_predict_pipes_csv_with_classes_features_and_distance(finished, smears):
    folder, _ = finished
    images = smears / "Main Dataset" / "Baso"
    result = call("predict", folder, images)
    assert result.exit_code == 0, result.output
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert len(rows) == 6
    assert list(rows[0]) == [
        "image", "knn", "svm", "forest", "cnn", "vote", "feature_1", "feature_2", "feature_3",
        "feature_4", "feature_5", "distance_to_nearest_training_cell", "taken_for", "cell", "left",
        "top", "right", "bottom", "cut_off_by_frame", "answer", "probability", "set",
        "unlike_anything_seen", "strangeness",
    ]  # fmt: skip
    assert {row["taken_for"] for row in rows} == {"smear"}
    assert all(float(row["distance_to_nearest_training_cell"]) >= 0 for row in rows)
    assert all(row["knn"] in {"basophil", "eosinophil", "lymphocyte", "monocyte", "neutrophil"}
               for row in rows)  # fmt: skip


def test_predict_names_only_the_classes_that_can_occur_and_says_which_it_does_not(finished, smears):
    folder, _ = finished
    images = smears / "Main Dataset" / "Baso"
    result = call("predict", "--classes", "monocyte, neutrophil", folder, images)
    assert result.exit_code == 0, result.output
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert {row["answer"] for row in rows} <= {"monocyte", "neutrophil"}
    assert {name for row in rows for name in row["set"].split("; ")} <= {
        "monocyte",
        "neutrophil",
        "",
    }
    assert "no answer names basophil, eosinophil, lymphocyte" in " ".join(result.stderr.split())
    refused = call("predict", "--classes", "blast", folder, images)
    assert refused.exit_code == 2 and "name two or more of basophil" in refused.stderr


def test_predict_takes_the_statistics_of_what_is_asked_about_and_says_so(finished, smears):
    folder, _ = finished
    images = smears / "Main Dataset" / "Baso"
    said = {}
    for statistics in ("training", "target"):
        result = call("predict", folder, images, "--statistics", statistics, "--json", "-")
        assert result.exit_code == 0, result.output
        predicted = json.loads(result.stdout)
        told = "batch normalisation takes its statistics from these 6 cells, without labels"
        warned = any(line.startswith(told) for line in predicted["warnings"])
        assert warned is (statistics == "target")
        said[statistics] = [cell["features"] for cell in predicted["cells"]]
    as_usual = json.loads(call("predict", folder, images, "--json", "-").stdout)
    assert [cell["features"] for cell in as_usual["cells"]] == said["training"]
    assert not np.allclose(said["target"], said["training"], atol=1e-3)


def test_predict_writes_a_file_and_names_what_it_skips(finished, tmp_path):
    folder, _ = finished
    Image.new("RGB", (40, 50), (200, 100, 100)).save(tmp_path / "cell.png")
    (tmp_path / "broken.png").write_bytes(b"no image")
    table = tmp_path / "table.csv"
    result = call("predict", folder, tmp_path, "--csv", table)
    assert result.exit_code == 0
    assert "broken.png" in result.stderr and "unreadable" in result.stderr
    assert len(table.read_text().splitlines()) == 2


def test_predicting_a_training_cell_cut_as_in_training_is_at_distance_nought(finished, tmp_path):
    from hybrid_wbc.data import arrays, sizing
    from hybrid_wbc.data.reading import readers

    folder, _ = finished
    provenance = json.loads((folder / "provenance.json").read_text())
    reading = readers.read(Path(provenance["data"]["path"]))
    with (folder / "seed-0" / "predictions.csv").open() as file:
        trained = next(row for row in csv.DictReader(file) if row["split"] == "train")
    sample = next(sample for sample in reading.samples if sample.id == trained["id"])
    Image.fromarray(sizing.resize(arrays.read_sample(sample), 32)).save(tmp_path / "cell.png")
    result = call("predict", folder, tmp_path / "cell.png")
    (row,) = csv.DictReader(io.StringIO(result.stdout))
    assert float(row["distance_to_nearest_training_cell"]) == pytest.approx(0, abs=1e-3)
    assert row["knn"] == trained["knn"] == trained["label"]


def test_predicting_nothing_or_with_an_unfinished_run_is_a_users_mistake(finished, tmp_path):
    folder, _ = finished
    (tmp_path / "empty").mkdir()
    assert "no image in this folder" in call("predict", folder, tmp_path / "empty").stderr
    assert "not found" in call("predict", folder, tmp_path / "missing.png").stderr
    unfinished = tmp_path / "00000-quickstart-drawn"
    unfinished.mkdir()
    shutil.copy(folder / "config.yaml", unfinished)
    assert "nothing has been trained yet" in call("predict", unfinished, tmp_path).stderr


def test_changed_classifiers_are_not_loaded(finished, smears, tmp_path):
    folder, _ = finished
    copy = tmp_path / folder.name
    shutil.copytree(folder, copy)
    (copy / "seed-0" / "knn.skops").write_bytes(b"something else")
    result = call("predict", copy, smears / "Main Dataset" / "Baso")
    assert result.exit_code == 2 and "changed since it was written" in result.stderr


def test_predictions_of_a_synthetic_run_say_so_and_how_to_frame_the_cells(finished, smears):
    result = call(
        "predict", finished[0], smears / "Main Dataset" / "Baso" / "1.bmp", "--as", "cells"
    )
    assert "SYNTHETIC" in result.stderr and "single cells" in result.stderr


def test_a_found_cell_goes_the_road_of_a_training_cell(finished, smears):
    """A training cell's own smear gives its place in the embedding, where its box is its mask's."""
    from hybrid_wbc.data.pixels import prepare
    from hybrid_wbc.data.reading.samples import Sample
    from hybrid_wbc.progress import Reporter
    from hybrid_wbc.studies.looking import look
    from hybrid_wbc.studies.model import open_model
    from hybrid_wbc.studies.predict import predict

    model = open_model(finished[0])
    image = smears / "Main Dataset" / "Baso" / "1.bmp"
    told = predict(model, [image], Reporter())["cells"]
    seen, _ = look([image], model.framing, "smears", Reporter())
    for cell, (box, _) in zip(told, seen[0].cells, strict=True):
        square = model.framing.square(box, seen[0].frame, 1.0)
        pixels = prepare([Sample("x", image, (), box=square)], model.framing.pixels).images
        embedded = model.say(pixels, None).X[0]
        assert np.allclose(embedded, cell["features"], atol=1e-4)
        left, top, right, bottom = square
        assert right - left == bottom - top > max(box[2] - box[0], box[3] - box[1])


def test_each_file_that_is_asked_for_holds_the_same_cells(asked):
    out, result = asked
    assert result.stdout == ""
    told = json.loads((out / "cells.json").read_text())
    rows = list(csv.DictReader((out / "cells.csv").open()))
    assert len(rows) == len(told["cells"]) >= 6
    assert [row["answer"] for row in rows] == [cell["answer"] for cell in told["cells"]]
    collections = [json.loads(p.read_text()) for p in sorted((out / "geojson").iterdir())]
    features = [feature for each in collections for feature in each["features"]]
    assert [f["properties"]["classification"]["name"] for f in features] == [
        row["answer"] for row in rows
    ]
    assert len(list((out / "drawn").glob("*.bmp.png"))) == len(collections) == 6
    page = (out / "page.html").read_text()
    assert page.count("data:image/webp;base64,") == len(rows) and "SYNTHETIC" in page
    (counted,) = csv.DictReader((out / "counts.csv").open())
    assert counted["slide"] == "Baso"
    assert sum(int(counted[name]) for name in list(counted)[1:]) == len(rows)


def test_what_a_picture_was_taken_for_is_said_of_each(asked):
    out, _ = asked
    told = json.loads((out / "cells.json").read_text())
    assert [seen["taken_for"] for seen in told["pictures"]] == ["smear"] * 6
    # As large as the smears that the run was trained on: nothing had to be guessed.
    assert not any(seen["guessed"] for seen in told["pictures"])


def test_a_guess_is_said_with_the_way_to_say_otherwise(finished, tmp_path):
    picture = np.full((90, 90, 3), (230, 220, 215), np.uint8)
    picture[30:60, 30:60] = (110, 40, 140)
    Image.fromarray(picture).save(tmp_path / "cell.png")
    said = call("predict", finished[0], tmp_path / "cell.png").stderr
    assert "taken for single cells by what lies in them: cell.png; --as smears says" in said


def test_too_few_held_out_cells_for_a_level_are_said_with_the_highest_that_they_allow(asked):
    _, result = asked
    assert "a level of 0.9 takes 9 held-out sources of a class" in result.stderr
    assert "up to --level 0.66 they tell of all" in result.stderr
    assert (
        "SYNTHETIC cells, prediction sets at 0.9: on the run's 11 held-out cells" in result.stderr
    )


def test_json_and_csv_go_to_stdout_where_that_is_asked_for(finished, smears):
    image = smears / "Main Dataset" / "Baso" / "1.bmp"
    told = json.loads(call("predict", finished[0], image, "--json", "-").stdout)
    assert told["format"] == 1 and told["cells"][0]["box"]
    assert call("predict", finished[0], image, "--csv", "-").stdout.startswith("image,knn,")


def test_a_bundle_is_asked_like_a_run_and_says_what_it_lacks(finished, smears, tmp_path):
    from hybrid_wbc import HybridClassifier

    generator = np.random.default_rng(0)
    images = generator.integers(0, 255, (8, 32, 32, 3), dtype=np.uint8)
    labels = ["lymphocyte", "monocyte"] * 4
    bundle = HybridClassifier(head="cnn", size=32, epochs=1, batch_size=4, calibration=None)
    bundle.fit(images, labels).save(tmp_path / "cells.hybrid")
    image = smears / "Main Dataset" / "Baso" / "1.bmp"
    result = call("predict", tmp_path / "cells.hybrid", image, "--json", "-", "--as", "smears")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["answered_by"] == "cnn" and told["cells"][0]["box"]
    assert told["cells"][0]["set"] is None and told["cells"][0]["distance"] is None
    assert told["slides"][0]["lines"][0]["low_with_errors"] is None
    assert "keeps no training and no held-out cells" in told["warnings"][0]
    other = call("predict", tmp_path / "cells.hybrid", image, "--statistics", "target")
    assert other.exit_code == 2
    assert "cells.hybrid is a single estimator, which keeps its training's" in other.output


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--level", "1"], "level is 1.0; give a share above 0 and below 1"),
        (["--level", "0"], "level is 0.0; give a share above 0 and below 1"),
        (["--as", "blood"], "'blood' is not one of 'auto', 'cells', 'smears'"),
        (["--geojson", "one.geojson"], "one.geojson: a file for 6 smears"),
        (["--as", "cells", "--geojson", "one.geojson"], "no smear among the pictures"),
        (["--csv", "."], "--csv: . is a folder; name a file in it"),
        (["--drawn", __file__], "test_smears.py is a file; name a folder"),
        (["--geojson", __file__], "test_smears.py is a file; name a folder"),
        (["--csv", "-", "--json", "-"], "--csv and --json: both are -; name two places"),
    ],
)
def test_options_that_cannot_be_met_are_a_users_mistake(finished, smears, options, message):
    result = call("predict", finished[0], smears / "Main Dataset" / "Baso", *options)
    assert result.exit_code == 2 and message in result.stderr, result.output


def test_what_is_neither_run_nor_bundle_is_refused(smears, tmp_path):
    image = smears / "Main Dataset" / "Baso" / "1.bmp"
    result = call("predict", tmp_path / "none", image)
    assert result.exit_code == 2 and "none: not found: not a run folder, a .hybrid" in result.stderr
    (tmp_path / "cells.hybrid").write_bytes(b"no archive")
    result = call("predict", tmp_path / "cells.hybrid", image)
    assert result.exit_code == 2 and "not a .hybrid file; give one that" in result.stderr


def test_what_is_no_picture_of_a_kind_that_is_read_is_skipped_wherever_it_is_named(
    finished, smears, tmp_path
):
    folder, _ = finished
    image = smears / "Main Dataset" / "Baso" / "1.bmp"
    (tmp_path / "phone.heic").write_bytes(b"ftypheic")
    result = call("predict", tmp_path / "phone.heic")
    assert result.exit_code == 2, result.output
    line = f"{tmp_path / 'phone.heic'}: not an image file by its name; save it as one of .bmp, .gif"
    assert line in result.stderr
    result = call("predict", folder, tmp_path / "phone.heic", image)
    assert result.exit_code == 0 and f"skipped {line}" in result.stderr


def test_a_folder_gives_each_field_once_and_names_what_is_no_image_or_a_copy(
    finished, smears, tmp_path, monkeypatch
):
    folder, _ = finished
    for place in ("a/fields", "b/fields", "b/fields/.thumbnails"):
        (tmp_path / place).mkdir(parents=True)
        shutil.copy(smears / "Main Dataset" / "Baso" / "1.bmp", tmp_path / place / "1.bmp")
    (tmp_path / "a" / "fields" / "phone.heic").touch()
    (tmp_path / "a" / "fields" / "2.bmp").symlink_to(tmp_path / "a" / "fields" / "1.bmp")
    monkeypatch.chdir(tmp_path / "a" / "fields")
    options = ["--counts", tmp_path / "counts.csv", "--json", tmp_path / "told.json"]
    result = call("predict", folder, ".", "../fields/1.bmp", tmp_path / "b", *options)
    assert result.exit_code == 0, result.output
    told = json.loads((tmp_path / "told.json").read_text())
    assert [each["image"] for each in told["pictures"]] == [
        "1.bmp",
        "2.bmp",
        str(tmp_path / "b" / "fields" / "1.bmp"),
    ]
    assert "left out, no images by their names: phone.heic" in told["warnings"]
    assert (
        "byte-identical copies, counted once more each: 2.bmp (of a/fields/1.bmp), "
        "b/fields/1.bmp (of a/fields/1.bmp)"
    ) in told["warnings"]
    # Slides are told apart by as much of their paths as it takes, and "." has a name as well.
    with (tmp_path / "counts.csv").open() as file:
        assert [row["slide"] for row in csv.DictReader(file)] == ["a/fields", "b/fields"]


def test_a_slide_on_which_nothing_was_counted_has_no_shares(capsys):
    empty = differential("slide", [], labels=CLASSES, unknown=2)
    show_differentials({"smears": [empty], "slides": [empty], "synthetic": False})
    shown = capsys.readouterr().out
    assert "no cell was counted" in shown and " 0.0%" not in shown and "held-out" not in shown


def test_links_to_one_picture_are_drawn_each_by_its_own_name(finished, smears, tmp_path):
    folder, _ = finished
    (tmp_path / "slide").mkdir()
    for name in ("1.bmp", "2.bmp"):
        (tmp_path / "slide" / name).symlink_to(smears / "Main Dataset" / "Baso" / "1.bmp")
    inside = tmp_path / "slide" / "drawn"
    result = call("predict", folder, tmp_path / "slide", "--drawn", inside)
    assert result.exit_code == 2 and "would be counted as smears" in result.stderr
    result = call("predict", folder, tmp_path / "slide", "--drawn", tmp_path / "drawn")
    assert result.exit_code == 0, result.output
    assert sorted(p.name for p in (tmp_path / "drawn").iterdir()) == ["1.bmp.png", "2.bmp.png"]


def table(path, rows, head=("slide", *CLASSES)):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([head, *rows])
    return path


def test_counts_are_set_beside_a_reference(tmp_path):
    rows = [[f"slide {n}", 120 + n, 60 - n, 12, 6 + n % 3, 2] for n in range(6)]
    ours = table(tmp_path / "ours.csv", rows)
    theirs = table(tmp_path / "theirs.csv", [[n, *(2 * c for c in of)] for n, *of in rows[:5]])
    result = call(
        "agree", ours, theirs, "--json", tmp_path / "a.json", "--figure", tmp_path / "a.png"
    )
    assert result.exit_code == 0, result.output
    (line,) = (line for line in result.stdout.splitlines() if line.startswith("neutrophil"))
    assert line.split()[:8] == ["neutrophil", "5", "of", "5", "5", "of", "5", "0.0"]
    assert "left out: slide 5, which is in one table only" in result.stderr
    told = json.loads((tmp_path / "a.json").read_text())
    assert [each["label"] for each in told["classes"]] == CLASSES
    assert told["classes"][0]["slope"]["value"] == pytest.approx(1)
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


GOOD = ["a", 100, 50, 10, 5, 1]


@pytest.mark.parametrize(
    ("head", "rows", "message"),
    [
        (None, [["a", 100, 50, 10, 5, "1.5"]], "line 2: basophil is '1.5'; a whole number"),
        (None, [["a", 100, 50, 10, 5, -1]], "line 2: basophil is '-1'"),
        (None, [GOOD, ["a", 1, 1, 1, 1, 1]], "line 3: slide 'a' has a row already"),
        (None, [GOOD, ["b", 1]], "line 3: 2 cells under 6 headings"),
        (None, [["", 1, 1, 1, 1, 1]], "line 2: the slide has no name"),
        (None, [["a", 0, 0, 0, 0, 0]], "line 2: no cell counted on slide 'a'"),
        (None, [], "no line below the first"),
        (None, [["z", 1, 1, 1, 1, 1]], "no slide of one name in both"),
        (("name", *CLASSES), [GOOD], "line 1: no column 'slide'"),
        (("slide", "neut", "neutrophil"), [["a", 1, 1]], "line 1: two columns of neutrophil"),
        (("slide", "blast"), [["a", 1]], "no class in common"),
        (("slide", *CLASSES, "blast"), [[*GOOD, 1]], "only one of them counts blast"),
        (
            ("slide", *CLASSES, "Total"),
            [[*GOOD, 200]],
            "line 2: total is '200', and the classes add up to 166; add the class that is missing",
        ),
        (
            ("slide", *CLASSES, "NRBC", "wbc"),
            [[*GOOD, 7, 167]],
            "line 2: wbc is '167', and the classes add up to 166, or with all else 173",
        ),
        (("slide", *CLASSES, "sum"), [[*GOOD, "7.2"]], "line 2: sum is '7.2', and the classes"),
        (
            ("slide", "bands", "segs", *CLASSES[1:]),
            [["a", 5, 95, 50, 10, 5, 1]],
            "add up what the other table counts together (bands and segmented neutrophils",
        ),
    ],
)
def test_a_bad_table_of_counts_is_refused_with_its_row(tmp_path, head, rows, message):
    good = table(tmp_path / "good.csv", [GOOD])
    bad = table(tmp_path / "bad.csv", rows, head or ("slide", *CLASSES))
    result = call("agree", bad, good)
    assert result.exit_code == 2 and message in result.stderr, result.output
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("total", ["166", "173", "", "-"])
def test_a_total_may_count_what_is_no_white_cell_or_be_blank(tmp_path, total):
    good = table(tmp_path / "good.csv", [GOOD])
    head = ("slide", *CLASSES, "NRBC", "Total")
    totalled = table(tmp_path / "total.csv", [[*GOOD, 7, total]], head)
    result = call("agree", totalled, good)
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("between", [",", ";", "\t"])
def test_tables_are_read_as_spreadsheets_write_them(tmp_path, between, encoding):
    table(tmp_path / "good.csv", [["Mu\u0308ller", 50, 30, 12, 6, 2], ["b", 9, 9, 9, 9, 9]])
    rows = [
        ["Slide", "Neut", "LYMPH", "Monocytes", "EO", "Basos", "NRBC", "Total", ""],
        ["M\u00fcller", 50, 30, 12, 6, 2, 7, 100, ""],
        ["b", 9, 9, 9, 9, 9, 0, 45, ""],
        [""] * 9,
    ]
    text = "\r\n".join(between.join(map(str, row)) for row in rows)
    (tmp_path / "excel.csv").write_text(text, encoding=encoding, newline="")
    for first, second in (("good.csv", "excel.csv"), ("excel.csv", "excel.csv")):
        told = tmp_path / "told.json"
        result = call("agree", tmp_path / first, tmp_path / second, "--json", told)
        assert result.exit_code == 0, result.output
        agreement = json.loads(told.read_text())
        assert agreement["slides"] == ["M\u00fcller", "b"] and not agreement["left_out"]
        assert [each["label"] for each in agreement["classes"]] == CLASSES
        assert agreement["reference_cells"] == [100, 45]
        assert agreement["classes"][0]["reference"] == [50, 20]
        assert "percents" not in result.stderr


def test_a_reference_that_adds_up_to_100_everywhere_may_be_percents_and_is_noted(tmp_path):
    reference = table(tmp_path / "a.csv", [["a", 60, 30, 5, 4, 1], ["b", 50, 40, 5, 4, 1]])
    counts = table(tmp_path / "b.csv", [["a", 120, 60, 10, 8, 2], ["b", 100, 80, 10, 8, 2]])
    assert "adds up to 100: if these are percents" in call("agree", counts, reference).stderr
    assert "percents" not in call("agree", reference, counts).stderr


def test_a_place_that_cannot_be_written_is_named_as_it_was_asked_for(tmp_path):
    good = table(tmp_path / "good.csv", [GOOD])
    result = call("agree", good, good, "--json", tmp_path)
    assert result.exit_code == 2 and result.stderr == (
        f"error: --json: {tmp_path} is a folder; name a file in it\n"
    )


def test_a_table_that_is_none_and_a_figure_of_another_kind_are_refused(tmp_path):
    good = table(tmp_path / "good.csv", [GOOD])
    assert "not found; give a CSV file" in call("agree", tmp_path / "no.csv", good).stderr
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00")
    assert "not a readable table in UTF-8" in call("agree", tmp_path / "bytes.csv", good).stderr
    result = call("agree", good, good, "--figure", tmp_path / "a.gif")
    assert result.exit_code == 2 and "a figure ends in .png, .pdf, .svg" in result.stderr
    told = tmp_path / "told.json"
    call("agree", good, good, "--figure", tmp_path / "a.gif", "--json", told)
    assert not told.exists()


def test_a_run_whose_table_is_gone_says_that_its_framing_is_guessed(tmp_path):
    data = {"path": str(tmp_path / "gone"), "layout": "csv"}
    framing = Framing.of_run(load("pbc"), data, [])
    assert framing.guessed
    assert "the model's data cannot be read: it is taken for one" in framing.warning()
    known = Framing.of_run(load("pbc"), {**data, "layout": "folder"}, [])
    assert not known.guessed and "the model was trained on pictures of" in known.warning()
