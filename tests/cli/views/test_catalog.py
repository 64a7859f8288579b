"""The list of the public sets, on a terminal and in a pipe."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from hybrid_wbc.cli.main import main
from hybrid_wbc.cli.views import catalog
from hybrid_wbc.data.sets.catalog import DATASETS


def listed() -> list[str]:
    result = CliRunner().invoke(main, ["list", "datasets"])
    assert result.exit_code == 0
    return result.stdout.splitlines()


def test_in_a_pipe_each_fact_is_one_line():
    lines = listed()
    for dataset in DATASETS.values():
        assert f"{dataset.name}  {dataset.title}" in lines
        for fact in (dataset.licence, dataset.citation, dataset.source, *dataset.hazards):
            assert any(line.endswith(fact) for line in lines)


@pytest.mark.parametrize("columns", [80, 60])
def test_on_a_terminal_no_line_is_wider_but_for_an_address(monkeypatch, columns):
    monkeypatch.setattr(catalog, "_width", lambda _: columns)
    wide = [line for line in listed() if len(line) > columns]
    assert all(len(line.split()) <= 2 and "/" in line for line in wide)


def test_wrapped_or_not_the_words_are_the_same(monkeypatch):
    in_pipe = " ".join(listed()).split()
    monkeypatch.setattr(catalog, "_width", lambda _: 80)
    assert " ".join(listed()).split() == in_pipe


def test_it_says_what_can_be_fetched_and_what_is_to_be_had_by_hand():
    text = "\n".join(listed())
    assert "hybrid-wbc data fetch bloodmnist, or bloodmnist-64, or bloodmnist-128" in text
    assert "by hand: log in to Kaggle" in text


def test_it_says_where_the_cells_lie_that_come_with_the_program():
    (line,) = [line for line in listed() if line.split()[0] == "here"]
    assert line.endswith("(a part, small; set data.bundled: bcisc)")
    assert Path(line.split()[1], "NOTICE").is_file()
