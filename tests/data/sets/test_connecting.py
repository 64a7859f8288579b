from __future__ import annotations

from email.message import Message

import pytest

from hybrid_wbc.data.sets.connecting import ask
from hybrid_wbc.errors import InputError


def test_a_redirection_from_https_to_http_is_refused(monkeypatch):
    class Answer:
        status = 302
        headers = Message()
        headers["Location"] = "http://127.0.0.1/b"

        def close(self):
            pass

    monkeypatch.setattr("urllib.request.OpenerDirector.open", lambda *_, **__: Answer())
    with pytest.raises(InputError, match="only https is followed"):
        ask("https://127.0.0.1/a", {}, 1.0)


def test_an_address_that_is_no_http_is_not_opened(tmp_path):
    (tmp_path / "secret").write_bytes(b"secret")
    with pytest.raises(InputError, match="only http and https"):
        ask((tmp_path / "secret").as_uri(), {}, 1.0)
