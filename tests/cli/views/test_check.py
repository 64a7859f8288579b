"""What `data check` shows of a set."""

from __future__ import annotations

from typing import Any

from hybrid_wbc.cli.views.check import show_check


def summary(**facts: Any) -> dict[str, Any]:
    return {
        "path": "cells", "layout": "folder", "dataset": "", "synthetic": False, "n_sources": 3,
        "classes": {"monocyte": {"test": 1, "train": 4}, "neutrophil": {"train": 2}},
        "sizes": {"96x96": 7}, "missing_labels": 0, "duplicates": 0, "dropped": [], "notes": [],
        "warnings": [],
    } | facts  # fmt: skip


def test_sides_stand_in_the_order_in_which_they_are_used_and_are_summed(capsys):
    show_check(summary())
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["class", "train", "test"] in rows
    assert ["monocyte", "4", "1"] in rows and ["neutrophil", "2", "0"] in rows
    assert ["total", "6", "1"] in rows


def test_a_set_without_sides_counts_cells(capsys):
    show_check(summary(classes={"monocyte": {"all": 5}, "neutrophil": {"all": 2}}))
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["class", "cells"] in rows and ["total", "7"] in rows


def test_a_long_list_of_drops_or_sizes_is_cut_and_says_so(capsys):
    dropped = [{"id": f"{n}.png", "reason": "unreadable"} for n in range(23)]
    show_check(summary(dropped=dropped, sizes={f"{n}x{n}": 1 for n in range(8)}))
    said = capsys.readouterr().out
    assert "19.png: unreadable" in said and "20.png" not in said
    assert "and 3 more; --json shows all" in said
    assert "4x4 (1) and 3 more" in said


def test_a_set_that_names_no_sources_says_who_finds_them(capsys):
    show_check(summary(n_sources=0, notes=["one"], warnings=["other"]))
    said = capsys.readouterr().out
    assert "sources: none named by the set; a run finds the photographs" in said
    assert said.endswith("note: one\nwarning: other\n")
