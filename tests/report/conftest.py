"""Owns the browser that the tests of the report share, shut off from any network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

OpenPage = Callable[..., "Page"]

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = ("--no-sandbox", "--disable-gpu")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One headless browser of the system's own, for all tests of a session."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="Playwright is not installed; it is in the extra [test]"
    )
    named = os.environ.get("HYBRID_WBC_BROWSER")
    executable = next(filter(None, map(shutil.which, (named,) if named else _NAMES)), None)
    if executable is None:
        pytest.skip(
            f"no browser: looked for {named or ', '.join(_NAMES)}; "
            "HYBRID_WBC_BROWSER may name a Chromium"
        )
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=executable, args=list(_ARGUMENTS))
        yield started
        started.close()


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[OpenPage]:
    """Open HTML from disk, in a context of its own and with the network off.

    Keywords go to Playwright's `Browser.new_context`. After the test it fails if any page opened
    so reported an error or asked for anything but itself and data.
    """
    complaints: list[str] = []
    contexts = []

    def open_(html: str, **options: Any) -> Page:
        path = tmp_path / f"page-{len(contexts)}.html"
        path.write_text(html, encoding="utf-8")
        context = browser.new_context(**options)
        contexts.append(context)
        context.set_offline(True)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(f"page error: {error}"))
        page.on(
            "console",
            lambda message: (
                complaints.append(f"console {message.type}: {message.text}")
                if message.type in ("error", "warning")
                else None
            ),
        )
        page.on(
            "request",
            lambda request: (
                None
                if request.url == path.as_uri() or request.url.startswith("data:")
                else complaints.append(f"request: {request.url}")
            ),
        )
        page.goto(path.as_uri())
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []
