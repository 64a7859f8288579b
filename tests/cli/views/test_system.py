"""What `system` shows of a recipe: every choice with its reason, every figure with its place."""

import pytest
from click.testing import CliRunner

from hybrid_wbc.cli.main import main
from hybrid_wbc.config import systems


def shown(name: str) -> list[str]:
    result = CliRunner().invoke(main, ["system", name])
    assert result.exit_code == 0, result.output
    return [line.rstrip() for line in result.stdout.splitlines()]


@pytest.mark.parametrize("name", ["s0-wbc23", "s1-own-cnn", "s2-vgg19", "s4-resnet50"])
def test_in_a_pipe_each_fact_of_a_recipe_is_one_line(name):
    system, lines = systems.load(name), shown(name)
    assert any(line.endswith(system.citation) for line in lines)
    for key, choice in system.settings.items():
        (line,) = [line for line in lines if line.startswith(f"{key} ")]
        assert line.endswith(choice.reason)
        assert f" {choice.basis} " in line
    for figure in system.figures:
        assert any(figure.words in line and line.endswith(figure.place) for line in lines)
    for contradiction in system.contradictions:
        assert any(line.endswith(contradiction.says) for line in lines)


def test_both_protocols_are_shown_with_what_they_add():
    lines = shown("s3-sequential")
    published = lines.index(next(line for line in lines if line.startswith("as published: ")))
    by_source = lines.index(next(line for line in lines if line.startswith("by source: ")))
    assert lines[published + 2].split()[:3] == ["split.method", "ratio", "deduced"]
    assert lines[by_source + 2].split()[:3] == ["split.method", "published", "deduced"]


@pytest.mark.parametrize(
    ("name", "figure", "value"),
    [
        ("s0-wbc23", "accuracy, knn", "0.9–1"),
        ("s2-vgg19", "recall, immature granulocyte", "0.937"),
        ("s4-resnet50", "loss, 10 epochs", "0.0057"),
    ],
)
def test_figures_are_told_apart_by_class_classifier_and_epochs(name, figure, value):
    rows = [line.removeprefix(figure).split() for line in shown(name) if line.startswith(figure)]
    assert [row[0] for row in rows] == [value]
