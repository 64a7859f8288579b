"""What is on the screen at once: help and lists without libraries, and a word before the others."""

import subprocess
import sys

HEAVY = ("numpy", "scipy", "sklearn", "pandas", "cv2", "PIL", "joblib", "matplotlib", "tensorflow")
# Run in a process of its own, in which nothing is imported yet.
IMPORTED = """
import sys
from hybrid_wbc.cli.main import main
for arguments in {calls}:
    try: main(arguments)
    except SystemExit as end: assert not end.code
print("imported:", *[name for name in {names} if name in sys.modules])
"""
STOPPED = """
import io, sys
from hybrid_wbc.cli.main import main
class Stop:
    def find_spec(self, name, path=None, target=None):
        if name in {names}: raise RuntimeError(name)
sys.meta_path.insert(0, Stop())
class Screen(io.StringIO):
    def isatty(self): return {on_terminal}
for arguments in {calls}:
    sys.stderr = Screen()
    try: main(arguments)
    except RuntimeError as stopped: print(stopped, "|", sys.stderr.getvalue().strip())
"""


def lines_of(code, calls, names, on_terminal=True):
    done = subprocess.run(
        [sys.executable, "-c", code.format(calls=calls, names=names, on_terminal=on_terminal)],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def test_help_and_the_version_import_click_and_no_other_library():
    commands = [["--help"], ["--version"], ["run", "--help"], ["transfer", "--help"]]
    names = (*HEAVY, "rich", "pydantic", "yaml", "jinja2")
    assert lines_of(IMPORTED, commands, names)[-1] == "imported:"


def test_what_can_be_named_is_listed_without_a_library_that_computes_checks_or_draws():
    names = (*HEAVY, "rich", "pydantic", "jinja2")
    lines = lines_of(IMPORTED, [["list"], ["list", "networks"]], names)
    assert lines[-1] == "imported:"
    assert any(line.startswith("wbc23") for line in lines)


def test_every_long_command_says_what_it_does_before_it_loads_a_heavy_library():
    calls = [
        ["run", "quickstart"], ["run", "quickstart", "--dry-run"], ["train", "quickstart"],
        ["extract", "a-run"], ["classify", "a-run"], ["ablate", "a-run"], ["plot", "a-run"],
        ["report", "a-run"], ["compare", "a-run", "b-run"], ["predict", "."],
        ["transfer", "across-sets", "--train", "here", "--test", "there"],
        ["reproduce", "s0-wbc23", "--data", "cells"], ["data", "check", "cells"],
        ["data", "audit", "cells"], ["data", "crop", "cells", "out"], ["data", "synth", "out"],
    ]  # fmt: skip
    lines = lines_of(STOPPED, calls, HEAVY)
    assert len(lines) == len(calls)
    for line in lines:
        stopped_by, said = (part.strip() for part in line.split("|"))
        assert stopped_by in HEAVY and len(said.split()) >= 2


def test_in_a_pipe_nothing_is_said_before_the_work():
    (line,) = lines_of(STOPPED, [["run", "quickstart"]], HEAVY, on_terminal=False)
    assert line.partition("|")[2].strip() == ""


def test_predict_loads_what_draws_only_where_it_draws():
    code = (
        "import sys\n"
        "import hybrid_wbc.cli.views.predict, hybrid_wbc.studies.predict\n"
        "import hybrid_wbc.studies.model, hybrid_wbc.studies.picturing\n"
        "print('matplotlib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
