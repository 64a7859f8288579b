"""The site names every public name, and what README and site link to exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import hybrid_wbc

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def test_every_public_name_stands_in_the_reference():
    text = (ROOT / "docs" / "reference" / "python.md").read_text(encoding="utf-8")
    documented = re.findall(r"\.\. auto(?:class|function|exception):: (\w+)", text)
    assert sorted(documented) == sorted(hybrid_wbc.__all__)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_links_to_exists(page):
    links = LINK.findall(page.read_text(encoding="utf-8"))
    inside = [link for link in links if "://" not in link]
    assert [link for link in inside if not (page.parent / link).exists()] == []


def test_every_page_of_the_site_is_in_its_contents():
    docs = ROOT / "docs"
    contents = (docs / "index.md").read_text(encoding="utf-8").splitlines()
    pages = {str(path.relative_to(docs).with_suffix("")) for path in docs.rglob("*.md")}
    pages = {page for page in pages if "_build" not in page and not page.startswith("decisions/0")}
    assert pages - {"index"} <= set(contents)


def test_the_readme_is_one_screen():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150
