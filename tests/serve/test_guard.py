"""Who may ask: the server's own names, and no other site's page."""

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from hybrid_wbc.serve.guard import Guard

NAMES = {"127.0.0.1", "localhost", "[::1]"}


def client(hosts):
    return TestClient(Guard(PlainTextResponse("answer"), hosts), base_url="http://127.0.0.1:8000")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8000", "localhost:1", "[::1]:8000"])
def test_own_names_are_answered(host):
    assert client(NAMES).get("/", headers={"Host": host}).text == "answer"


@pytest.mark.parametrize("host", ["rebound.example", "127.0.0.1.example:8000", "", "[::2]:8000"])
def test_other_names_are_refused_where_only_this_machine_may_ask(host):
    response = client(NAMES).get("/", headers={"Host": host})
    assert response.status_code == 403 and "not called" in response.json()["error"]
    assert response.headers["x-content-type-options"] == "nosniff"


def test_every_name_is_taken_where_others_may_ask():
    assert client(None).get("/", headers={"Host": "laboratory.example"}).text == "answer"


@pytest.mark.parametrize(
    ("site", "status"), [("cross-site", 403), ("same-origin", 200), (None, 200)]
)
def test_another_sites_page_may_not_send_anything(site, status):
    headers = {} if site is None else {"Sec-Fetch-Site": site}
    assert client(NAMES).post("/", headers=headers).status_code == status
    assert client(NAMES).get("/", headers=headers).status_code == 200
