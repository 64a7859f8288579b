"""The public interface: documented whole, every example run, and light to import."""

from __future__ import annotations

import doctest
import inspect
import itertools
import subprocess
import sys
from typing import Any

import pytest

import hybrid_wbc


def methods(thing: Any) -> list[tuple[str, Any]]:
    """Give what a class itself offers: methods and properties, also as class methods."""
    if not inspect.isclass(thing) or issubclass(thing, Exception):
        return []
    return [
        (name, getattr(thing, name))
        for name, value in vars(thing).items()
        if not name.startswith("_")
        and (callable(value) or isinstance(value, classmethod | property))
    ]


def sections(text: str) -> set[str]:
    lines = text.splitlines()
    return {
        title.strip()
        for title, rule in itertools.pairwise(lines)
        if title.strip() and rule.strip() == "-" * len(title.strip())
    }


@pytest.mark.parametrize("name", hybrid_wbc.__all__)
def test_every_public_name_is_documented_with_its_sections_and_an_example(name):
    thing = getattr(hybrid_wbc, name)
    text = inspect.getdoc(thing)
    assert text and "Examples" in sections(text), name
    if not (inspect.isclass(thing) and issubclass(thing, Exception)):
        assert "Parameters" in sections(text), name
    if not inspect.isclass(thing):
        assert {"Returns", "Raises"} <= sections(text), name


@pytest.mark.parametrize("name", hybrid_wbc.__all__)
def test_every_public_method_says_what_it_takes_and_gives(name):
    for of, method in methods(getattr(hybrid_wbc, name)):
        text = inspect.getdoc(method) or ""
        assert text, f"{name}.{of}"
        if not inspect.isfunction(method) and not inspect.ismethod(method):
            continue
        signature = inspect.signature(method)
        taken = [each for each in signature.parameters if each not in ("self", "input_features")]
        if taken:
            assert "Parameters" in sections(text), f"{name}.{of}"
            named = text[text.index("Parameters") :]
            assert not [each for each in taken if each not in named], f"{name}.{of}"
        if "None" not in str(signature.return_annotation) and name != "HybridClassifier":
            assert "Returns" in sections(text), f"{name}.{of}"


@pytest.mark.parametrize("name", hybrid_wbc.__all__)
def test_every_example_runs_and_prints_what_it_says(name, ablated, monkeypatch, tmp_path):
    """The examples stand where `artifacts/00000-quickstart` is a finished run."""
    (tmp_path / "artifacts").symlink_to(ablated.path.parent)
    monkeypatch.chdir(tmp_path)
    thing = getattr(hybrid_wbc, name)
    found = doctest.DocTestFinder(recurse=True).find(thing, name, globs={})
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    tried = [runner.run(test) for test in found if test.examples]
    assert tried and all(result.failed == 0 for result in tried)


def test_what_is_not_public_is_no_attribute_and_what_is_can_be_completed():
    assert set(hybrid_wbc.__all__) <= set(dir(hybrid_wbc))
    with pytest.raises(AttributeError, match="has no attribute 'load_runs'"):
        hybrid_wbc.load_runs  # noqa: B018


def test_importing_the_package_and_naming_a_run_does_not_wait_for_heavy_libraries():
    code = (
        "import sys, hybrid_wbc\n"
        "assert not {'numpy', 'sklearn', 'matplotlib', 'pandas'} & set(sys.modules)\n"
        "hybrid_wbc.load_run\n"
        "assert not {'tensorflow', 'keras'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
