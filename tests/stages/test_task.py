"""What a worker of a cluster makes of a task, and refuses."""

import dataclasses
import json
from io import StringIO

import pytest
from rich.console import Console

from hybrid_wbc.cnn import threads
from hybrid_wbc.config import load
from hybrid_wbc.data.drawn.synthetic import write_smears
from hybrid_wbc.errors import InputError
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs import moving
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.provenance import versions
from hybrid_wbc.stages import prepare, repeats, task


@pytest.fixture
def asked(smears, tmp_path):
    """A task of a run that is prepared, and the function that takes its settings changed."""
    changes = [f"data.path={json.dumps(str(smears))}", "data.size=32", "training.epochs=2"]
    settings = load.load("quickstart-drawn", [*changes, "training.batch_size=8"])
    folder = RunFolder.create(tmp_path / "runs", settings.name, settings.to_yaml())
    cells = prepare.prepare(settings, folder, Reporter(Console(file=StringIO())))
    return settings, task.Task(
        repeat=repeats.repeats(settings, cells)[0],
        facts=moving.facts_of(folder, settings),
        begun={},
        folder=folder.path,
        threads=threads.in_use(),
        versions=versions(),
    )


def with_data(settings, **changed):
    return settings.model_copy(update={"data": settings.data.model_copy(update=changed)})


def of(each, settings):
    return dataclasses.replace(
        each, facts=each.facts | {"config.yaml": settings.to_yaml().encode()}
    )


def train(each, workplace):
    told = []
    workplace.mkdir(exist_ok=True)
    files = task.train(each, workplace, lambda *news: told.append(news))
    return files, told


def test_a_task_gives_the_files_of_its_repeat_and_leaves_nothing(asked, tmp_path):
    _, each = asked
    before = sorted(tmp_path.rglob("*"))
    files, told = train(each, tmp_path / "worker")
    assert sorted(files) == ["seed-0/cnn.keras", "seed-0/embeddings.npz", "seed-0/history.csv"]
    assert ("seed-0: training", 1, 2) in told
    assert not list((tmp_path / "worker").iterdir())
    left = set(tmp_path.rglob("*")) - set(before) - {tmp_path / "worker"}
    assert left == {each.folder / "seed-0"}


@pytest.mark.parametrize("key", ["path", "more_paths", "test_path", "labels"])
def test_data_that_the_worker_does_not_see_are_one_line_that_names_them(asked, key, tmp_path):
    settings, each = asked
    gone = "/only/where/the/run/is"
    changed = with_data(settings, **{key: [gone] if key == "more_paths" else gone})
    with pytest.raises(InputError, match=f"^{gone}: not seen by the worker on .*same one$") as no:
        train(of(each, changed), tmp_path / "worker")
    assert "\n" not in str(no.value)


def test_weights_that_the_worker_does_not_see_are_named(asked, tmp_path):
    settings, each = asked
    network = settings.network.model_copy(update={"weights": "/gone.pth"})
    changed = settings.model_copy(update={"network": network})
    with pytest.raises(InputError, match=r"^/gone\.pth: not seen by the worker"):
        train(of(each, changed), tmp_path / "worker")


def test_other_data_under_the_same_path_are_refused(asked, tmp_path):
    settings, each = asked
    other = tmp_path / "other"
    write_smears(other, per_class=2, seed=5)
    changed = with_data(settings, path=str(other))
    with pytest.raises(InputError, match=r"cannot use the data: the data have changed") as no:
        train(of(each, changed), tmp_path / "worker")
    assert str(tmp_path / "worker") not in str(no.value)


def test_a_worker_with_another_version_of_a_library_is_refused(asked, tmp_path):
    _, each = asked
    other = dataclasses.replace(each, versions=versions() | {"tensorflow": "1.0"})
    with pytest.raises(InputError, match=r"^tensorflow: .* on the worker on .*, 1\.0 here; inst"):
        train(other, tmp_path / "worker")


def test_a_worker_that_has_worked_with_another_number_of_threads_is_refused(asked, tmp_path):
    _, each = asked
    other = dataclasses.replace(each, threads=each.threads + 1)
    train(each, tmp_path / "worker")
    with pytest.raises(InputError, match="restart the workers"):
        train(other, tmp_path / "worker")
