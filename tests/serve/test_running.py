"""The command, the address that it takes, and connections that say nothing."""

import http.client
import socket
import time
from dataclasses import replace
from urllib.parse import urlsplit

import httpx
import pytest
from click.testing import CliRunner

from hybrid_wbc.cli.main import main
from hybrid_wbc.errors import InputError
from hybrid_wbc.serve import running
from hybrid_wbc.serve.limits import Limits


def test_a_served_model_answers_at_the_address_that_is_said(serving, model, smear):
    with serving(model) as (address, said):
        assert said == [
            f"{address} shows the page, /docs describes it for programs; Ctrl+C ends it"
        ]
        answer = httpx.post(f"{address}/predict", files=[("files", ("s.png", smear))], timeout=60)
        assert answer.status_code == 200 and answer.json()["predicted"]["cells"]
        assert "server" not in answer.headers
        rebound = httpx.get(f"{address}/health", headers={"Host": "rebound.example"}, timeout=60)
        assert rebound.status_code == 403


def test_a_large_upload_is_told_why_it_is_refused(serving, model):
    """The sender of 8 MB reads the answer, though nothing of it is kept."""
    with serving(model, Limits(request_bytes=10**6)) as (address, _):
        large = [("files", ("s.png", bytes(8 * 10**6)))]
        answer = httpx.post(f"{address}/predict", files=large, timeout=60)
    assert answer.status_code == 413 and "one request may bring 1 MB" in answer.json()["error"]


def test_a_sender_that_stops_halfway_is_answered_and_closed(serving, model):
    with serving(model, Limits(idle_seconds=0.2)) as (address, _):
        connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
        connection.putrequest("POST", "/predict")
        connection.putheader("Content-Type", "multipart/form-data; boundary=b")
        connection.putheader("Content-Length", "1000")
        connection.endheaders(b"--b\r\n")
        answer = connection.getresponse()
        assert answer.status == 408 and b"too slow" in answer.read()


def test_a_connection_that_never_asks_is_closed_and_others_are_answered(
    serving, model, monkeypatch
):
    monkeypatch.setattr(running, "_HEADER_SECONDS", 1.5)
    with serving(model) as (address, _):
        host, port = urlsplit(address).netloc.split(":")
        with socket.create_connection((host, int(port)), timeout=60) as silent:
            silent.sendall(b"GET /health HTTP/1.1\r\nHost: 127")
            assert httpx.get(f"{address}/health", timeout=60).status_code == 200
            assert silent.recv(100) == b""
        with httpx.Client(
            timeout=60
        ) as patient:  # a second request over one connection has time again
            assert patient.get(f"{address}/health").status_code == 200
            time.sleep(0.1)
            assert patient.get(f"{address}/health").status_code == 200


def test_an_address_that_is_taken_or_none_is_a_users_mistake(model):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(InputError, match=f"127.0.0.1:{port} cannot be taken.*--port 0"):
            running.ready(model, "127.0.0.1", port, print)
    with pytest.raises(InputError, match="--host: 'no such host' is no address"):
        running.ready(model, "no such host", 0, print)


def test_who_lets_others_in_is_warned(model):
    said = []
    _, taken = running.ready(model, "0.0.0.0", 0, said.append)
    taken.close()
    assert "no password and no encryption" in said[0]


def test_the_command_needs_a_model_and_its_extra(monkeypatch, tmp_path):
    result = CliRunner().invoke(main, ["serve", str(tmp_path / "nothing")])
    assert result.exit_code == 2 and "nothing" in result.stderr
    monkeypatch.setattr("hybrid_wbc.cli.serve.find_spec", lambda name: None)
    result = CliRunner().invoke(main, ["serve", str(tmp_path)])
    assert result.exit_code == 2 and 'pip install "hybrid-wbc[serve]"' in result.stderr


def test_the_command_opens_a_model_and_serves_it_until_it_is_interrupted(monkeypatch, model):
    asked = []

    def serve(opened, host, port, say):
        asked.append((opened, host, port))
        raise KeyboardInterrupt

    def opened(path, statistics):
        return replace(model, name=str(path), adapts=statistics == "target")

    monkeypatch.setattr("hybrid_wbc.studies.model.open_model", opened)
    monkeypatch.setattr("hybrid_wbc.serve.running.serve", serve)
    for options, adapts in (([], False), (["--statistics", "target"], True)):
        result = CliRunner().invoke(main, ["serve", "a-run", "--port", "0", *options])
        assert result.exit_code == 0, result.output
        assert result.stderr.splitlines()[-1] == "ended"
        served, *address = asked.pop()
        assert (served.name, served.adapts) == ("a-run", adapts) and address == ["127.0.0.1", 0]
