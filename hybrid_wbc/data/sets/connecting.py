"""Opens an address over HTTP, follows where it leads, and tells a file from a refusal."""

from __future__ import annotations

import http.client
import urllib.request
from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit

from hybrid_wbc.errors import InputError

_REDIRECTS = 5
_PASSING = frozenset({408, 429, 500, 502, 503, 504})  # answers that another try may change


class BrokenOffError(Exception):
    """A transfer ended before its file did; another try may go on."""


def ask(url: str, headers: Mapping[str, str], stall: float) -> http.client.HTTPResponse:
    """Open an address, and those that it is redirected to, as long as they are HTTP.

    Parameters
    ----------
    url : str
    headers : mapping of str to str
        Sent beside the usual ones.
    stall : float
        Seconds to wait for the server, here and in each reading of the answer.

    Returns
    -------
    http.client.HTTPResponse
        Whatever its status is, but no redirection; to be closed.

    Raises
    ------
    InputError
        If it redirects to what is not HTTP, from HTTPS to HTTP, or too often.
    BrokenOffError
        If the server cannot be reached or does not answer in time.
    """
    # Not urllib's default opener: that one opens files and FTP as well.
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
    ):
        opener.add_handler(handler)
    sent = {"User-Agent": "hybrid_wbc", "Accept-Encoding": "identity", **headers}
    place, allowed = url, ["http", "https"]
    for _ in range(_REDIRECTS + 1):
        if urlsplit(place).scheme not in allowed:
            raise InputError(f"{url}: leads to {place!r}; only {' and '.join(allowed)} is followed")
        request = urllib.request.Request(place, headers=sent)
        try:
            response: http.client.HTTPResponse = opener.open(request, timeout=stall)
        except (OSError, http.client.HTTPException) as error:
            raise BrokenOffError(f"{urlsplit(place).netloc}: {why(error)}") from error
        if response.status not in (301, 302, 303, 307, 308):
            return response
        response.close()
        if urlsplit(place).scheme == "https":
            allowed = ["https"]
        place = urljoin(place, response.headers.get("Location", ""))
    raise InputError(f"{url}: redirected more than {_REDIRECTS} times; open it in a browser")


def check_answer(url: str, response: http.client.HTTPResponse) -> None:
    """Check that an answer is a file or a part of one.

    Raises
    ------
    InputError
        If the server refuses, or sends a web page in place of the file.
    BrokenOffError
        If the server cannot answer now.
    """
    meaning = http.client.responses.get(response.status, "which HTTP does not know")
    answer = f"the server answered {response.status} {meaning}"
    if response.status in _PASSING:
        raise BrokenOffError(answer)
    if response.status not in (200, 206):
        raise InputError(f"{url}: {answer}; open it in a browser to see why")
    if response.headers.get_content_type() == "text/html":
        raise InputError(
            f"{url}: the server answered with a web page, not with the file; open it in a browser "
            "to see why"
        )


def why(error: Exception) -> str:
    """Say in a line why a connection failed."""
    said = " ".join(str(getattr(error, "reason", "") or error).split())
    return said or type(error).__name__
