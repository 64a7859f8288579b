"""What `transfer` shows of several runs: one row for each choice of options."""

from pathlib import Path

from hybrid_wbc.cli.views.compare import show_options


def run(stain, accuracy, **others):
    score = {"mean": accuracy, "low": accuracy - 0.1, "high": accuracy + 0.1}
    scores = {"knn": {"accuracy": score, "macro_f1": score}} | others
    return {
        "name": stain, "stain": stain, "normalisation": "batch", "synthetic": False,
        "n_cells": 20, "n_sources": 12, "scores": scores,
    }  # fmt: skip


def test_options_stand_in_rows_under_both_scores(capsys):
    runs = [run("as is", 0.5), run("macenko", 0.75)]
    compared = {"trained_on": "bright", "tested_on": "dim", "runs": runs}
    show_options(compared, Path("out/transfer.json"))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "trained on bright, tested on dim: 20 test cells, 12 sources"
    rows = [line.split() for line in lines]
    assert ["macenko", "batch", "0.750", "0.650–0.850"] in rows  # accuracy
    assert ["macenko", "batch", "0.750"] in rows  # macro F1
    assert lines[-1] == "with the paired tests: out/transfer.json"


def test_a_classifier_that_one_run_lacks_is_a_dash(capsys):
    score = {"mean": 0.5, "low": 0.4, "high": 0.6}
    vote = {"vote": {"accuracy": score, "macro_f1": score}}
    compared = {
        "trained_on": "a",
        "tested_on": "b",
        "runs": [run("as is", 0.5), run("macenko", 0.5)],
    }
    compared["runs"][0]["scores"] |= vote
    show_options(compared, Path("kept.json"))
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["macenko", "batch", "0.500", "–"] in rows
