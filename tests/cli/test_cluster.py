"""`cluster` says how one is started, and --cluster reaches every training of a command."""

import socket
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from hybrid_wbc.cli.main import main
from hybrid_wbc.config.cluster import ALLOWED_FAILURES
from hybrid_wbc.data.drawn.synthetic import write_smears
from hybrid_wbc.errors import InputError
from hybrid_wbc.stages import cluster


def call(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def others(tmp_path_factory):
    """Three drawn smears a class, to test on."""
    path = tmp_path_factory.mktemp("data") / "others"
    write_smears(path, per_class=3, seed=9)
    return path


@pytest.fixture
def asked(monkeypatch):
    """Take a place for its client, and stop where the first training would be handed out."""
    clients = []

    @contextmanager
    def opened(place):
        yield f"client of {place}"

    def trained(_config, _folder, _repeats, _reporter, client):
        clients.append(client)
        raise InputError("handed out")

    monkeypatch.setattr(cluster, "opened", opened)
    monkeypatch.setattr(cluster, "trained", trained)
    return clients


def test_it_prints_the_commands_with_this_machine_s_name():
    shown = call("cluster", "--workers", 3)
    address = f"tcp://{socket.gethostname()}:8786"
    assert shown.exit_code == 0
    assert "dask scheduler --port 8786" in shown.output
    assert f"dask worker {address} --nworkers 3 --nthreads 1 --memory-limit 0" in shown.output
    assert f"--cluster {address}" in shown.output
    assert 'pip install "hybrid-wbc[dask]"' in shown.output


def test_the_containers_of_compose_are_started_as_the_command_says():
    services = yaml.safe_load((Path(__file__).parents[2] / "compose.yaml").read_text())["services"]
    scheduler, worker = services["scheduler"], services["worker"]
    assert scheduler["entrypoint"][:4] == ["dask", "scheduler", "--port", "8786"]
    assert " ".join(worker["entrypoint"][:3]) == "dask worker tcp://scheduler:8786"
    shown = call("cluster", "--workers", 1).output
    assert " ".join(worker["entrypoint"][3:9]) in shown
    for service in (scheduler, worker):
        allowed = service["environment"]["DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES"]
        assert allowed == str(ALLOWED_FAILURES)
        assert service["build"]["dockerfile"] == "Containerfile"


def arguments(command, smears, others):
    return {
        "run": ("quickstart-drawn", "--data", smears),
        "reproduce": (
            "s4-cnn",
            "--data",
            smears,
            "--protocol",
            "by-source",
            "--set",
            "data.part=null",
        ),
        "transfer": ("across-sets", "--train", smears, "--test", others),
    }[command]


@pytest.mark.parametrize("command", ["run", "reproduce", "transfer"])
def test_the_cluster_of_the_option_is_asked_to_train(command, asked, smears, others, tmp_path):
    given = arguments(command, smears, others)
    shown = call(command, *given, "--out", tmp_path, "--cluster", "local:7")
    assert shown.exit_code == 2 and "error: handed out" in shown.stderr, shown.output
    assert asked == ["client of local:7"]


@pytest.mark.parametrize("command", ["run", "reproduce", "transfer"])
def test_a_place_that_is_no_cluster_is_one_line_and_nothing_is_written(
    command, smears, others, tmp_path
):
    given = arguments(command, smears, others)
    shown = call(command, *given, "--out", tmp_path / "out", "--cluster", "8786")
    assert shown.exit_code == 2 and not (tmp_path / "out").exists()
    (line,) = shown.stderr.strip().splitlines()
    assert line.startswith("error: --cluster: received '8786'; give local, local:WORKERS or tcp")
