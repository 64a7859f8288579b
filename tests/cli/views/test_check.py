"""What `data check` shows on a terminal: sides in order, sums, and no more lines than are read."""

from __future__ import annotations

from typing import Any

from hybrid_wbc.cli.views.check import show_check


def shown(capsys, **changes: Any) -> str:
    summary = {
        "path": "cells",
        "layout": "folder",
        "dataset": "",
        "synthetic": False,
        "classes": {"monocyte": {"test": 3, "train": 40}, "neutrophil": {"train": 50}},
        "sizes": {"96x96": 93},
        "n_sources": 0,
        "split": "a run keeps the set's own sides: train 90, test 3",
        "missing_labels": 1,
        "duplicates": 2,
        "dropped": [{"id": "a.png", "reason": "unreadable"}],
        "notes": ["a note"],
        "warnings": ["neutrophil: no cell in test"],
        "to_mend": [],
        "next_command": "hybrid-wbc run cells",
    }
    show_check(summary | changes)  # type: ignore[arg-type]
    return capsys.readouterr().out


def test_each_class_is_counted_by_side_the_training_side_first(capsys):
    rows = [line.split() for line in shown(capsys).splitlines()]
    assert ["class", "train", "test"] in rows
    assert ["monocyte", "40", "3"] in rows
    assert ["neutrophil", "50", "0"] in rows
    assert ["total", "90", "3"] in rows


def test_a_set_without_sides_has_one_column_of_cells(capsys):
    rows = [line.split() for line in shown(capsys, classes={"basophil": {"all": 7}}).splitlines()]
    assert ["class", "cells"] in rows and ["total", "7"] in rows


def test_the_split_of_a_run_and_cells_without_a_side_are_said(capsys):
    out = shown(capsys, classes={"basophil": {"train": 7, "no side": 2}})
    assert "split: a run keeps the set's own sides" in out
    assert ["class", "train", "no", "side"] in [line.split() for line in out.splitlines()]


def test_what_was_dropped_is_cut_after_twenty_lines(capsys):
    dropped = [{"id": f"{number}.png", "reason": "truncated"} for number in range(25)]
    out = shown(capsys, dropped=dropped)
    assert "dropped: 25" in out and out.count(": truncated") == 20
    assert "and 5 more; --json shows all" in out


def test_drawn_cells_known_sets_and_missing_sources_are_said(capsys):
    out = shown(capsys, synthetic=True, dataset="lisc")
    assert out.startswith("cells: SYNTHETIC, layout folder, recognised as lisc\n")
    assert "sources: none named by the set; a run finds the photographs" in out
    assert "note: a note" in out and "warning: neutrophil: no cell in test" in out


def test_many_sizes_are_cut(capsys):
    out = shown(capsys, sizes={f"{side}x{side}": 1 for side in range(10, 17)})
    assert "14x14 (1) and 2 more" in out


def test_the_last_line_is_the_command_to_type_or_what_to_mend(capsys):
    last = shown(capsys).splitlines()[-2:]
    assert last[0].startswith("next, train and test") and last[1] == "  hybrid-wbc run cells"
    last = shown(capsys, to_mend=["add cells"], next_command="").splitlines()[-2:]
    assert last[0].startswith("next, mend") and last[1] == "  add cells"
