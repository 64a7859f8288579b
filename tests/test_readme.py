"""The README's Python runs as it stands."""

import doctest
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


def test_the_example_of_the_estimator_runs_and_prints_what_it_says():
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner()
    example = parser.get_doctest(README.read_text(), {}, "README", str(README), 0)
    assert len(example.examples) >= 10
    assert runner.run(example).failed == 0
