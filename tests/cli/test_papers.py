"""The commands `system` and `reproduce`, as a user meets them."""

import pytest
from click.testing import CliRunner

from hybrid_wbc.cli.main import main


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["s5-cnn", "--data", "."], "SYSTEM: received 's5-cnn', choose from s0-"),
        (["s4-cnn"], "Missing option '--data'"),
        (["s4-cnn", "--data", "nowhere"], "nowhere not found"),
        (["s4-cnn", "--data", ".", "--set", "training.speed=9"], "unknown key 'training.speed'"),
        (["s4-cnn", "--data", ".", "--set", "training"], "write section.key=value"),
        (["s4-cnn", "--data", ".", "--set", "split.protocol=by source"], "with --protocol"),
        (["s4-cnn", "--data", ".", "--set", "data.path=there"], "with --data"),
        (["s4-cnn", "--data", ".", "--weights", "missing.keras"], "missing.keras: missing"),
        (["s4-cnn", "--data", ".", "--weights", "imagenet"], "none of ImageNet for 'cnn50'"),
    ],
)
def test_a_users_mistake_is_one_line(arguments, says, tmp_path):
    shown = CliRunner().invoke(main, ["reproduce", *arguments, "--out", str(tmp_path / "runs")])
    assert shown.exit_code == 2
    assert says in shown.stderr
    assert len(shown.stderr.splitlines()) == 1
    assert not (tmp_path / "runs").exists()


def test_a_dry_run_of_all_names_what_cannot_run_and_shows_the_rest(tmp_path):
    arguments = ["reproduce", "all", "--data", str(tmp_path), "--weights", "imagenet"]
    shown = CliRunner().invoke(main, [*arguments, "--protocol", "by-source", "--dry-run"])
    assert shown.exit_code == 2
    assert "s4-cnn: left out: network.weights: there are none of ImageNet" in shown.stderr
    assert "systems did not run: " in shown.stderr.splitlines()[-1]
    assert "# s1-vgg16-by-source" in shown.stdout and "# s4-cnn" not in shown.stdout


def test_one_protocol_alone_is_shown_where_it_is_asked_for(tmp_path):
    arguments = ["reproduce", "s4-cnn", "--data", str(tmp_path), "--dry-run"]
    for protocol, other in (("as-published", "by-source"), ("by-source", "as-published")):
        shown = CliRunner().invoke(main, [*arguments, "--protocol", protocol])
        assert f"# s4-cnn-{protocol}" in shown.stdout and other not in shown.stdout


def test_changes_of_a_recipe_are_in_its_settings(tmp_path):
    shown = CliRunner().invoke(
        main,
        ["reproduce", "s4-cnn", "--data", str(tmp_path), "--dry-run", "--epochs", "3", "--seeds",
         "2", "--head", "--set", "training.batch_size=7"],
    )  # fmt: skip
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.count("# s4-cnn-") == 2 and shown.stdout.count("-with-head") == 4
    for setting in ("epochs: 3", "seeds: 2", "batch_size: 7", "embedding: auto"):
        assert shown.stdout.count(setting) == 2
