"""What is said while a job works: lines into a pipe and a log, a bar on a terminal."""

from io import StringIO

from rich.console import Console

from hybrid_wbc import progress
from hybrid_wbc.progress import Reporter


def test_a_finished_thing_is_said_and_logged(tmp_path):
    said = StringIO()
    line = "a line [longer] than forty " * 3
    Reporter(Console(file=said, width=40), tmp_path / "log.txt").say(line)
    assert said.getvalue().count("\n") == 1 and "[longer]" in said.getvalue()
    assert "[longer]" in (tmp_path / "log.txt").read_text()


def test_a_name_that_no_text_can_hold_is_logged_as_an_escape(tmp_path):
    Reporter(Console(file=StringIO()), tmp_path / "log.txt").say("data in gr\udcf6\udcdfe")
    assert "data in gr\\udcf6\\udcdfe" in (tmp_path / "log.txt").read_text()


def test_a_long_job_says_where_it_is_now_and_then(tmp_path, monkeypatch):
    said, now = StringIO(), [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    reporter = Reporter(Console(file=said), tmp_path / "log.txt")
    with reporter.job("training") as advance:
        for epoch in range(1, 5):
            now[0] += 10
            advance(epoch, 4, f"loss {1 / epoch:.2f}")
    assert said.getvalue().splitlines() == [
        "training: 2 of 4, loss 0.50",
        "training: 4 of 4, loss 0.25",
    ]
    assert len((tmp_path / "log.txt").read_text().splitlines()) == 2


def test_a_terminal_gets_a_bar_that_goes_away(tmp_path):
    shown = StringIO()
    console = Console(file=shown, force_terminal=True, width=80)
    with Reporter(console, tmp_path / "log.txt").job("training") as advance:
        advance(1, 2, "loss 0.50")
        advance(2, 2, "loss 0.25")
    assert "training" in shown.getvalue() and "2/2" in shown.getvalue()
    assert not (tmp_path / "log.txt").exists()
