"""`settings` shows what a config may hold."""

from click.testing import CliRunner

from hybrid_wbc.cli.main import main


def test_all_settings_are_shown_with_their_sections():
    shown = CliRunner().invoke(main, ["settings"])
    assert shown.exit_code == 0
    assert "training.epochs: whole number, at least 1; default 50" in shown.output
    assert "data.synthetic" in shown.output


def test_one_setting_is_shown_alone():
    shown = CliRunner().invoke(main, ["settings", "split.test"])
    assert "split.test: number" in shown.output
    assert "training" not in shown.output


def test_a_key_that_does_not_exist_is_one_line():
    shown = CliRunner().invoke(main, ["settings", "data.sise"])
    assert shown.exit_code == 2
    assert shown.output.count("\n") == 1
    assert "data.size" in shown.output
