"""The model card of a run in one file, with how good its probabilities are measured for it."""

from __future__ import annotations

from pathlib import Path

from hybrid_wbc.config.names import CLASSIFIERS
from hybrid_wbc.config.settings import Config
from hybrid_wbc.data.splitting import TEST
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation import conformal
from hybrid_wbc.evaluation.certainty import measure_certainty
from hybrid_wbc.evaluation.probabilities import Probabilities
from hybrid_wbc.report.words import card as words
from hybrid_wbc.runs.repeat import RunRepeat
from hybrid_wbc.runs.results import Run
from hybrid_wbc.stages.classify import calibrated_probabilities
from hybrid_wbc.studies.asking import answering

# Of the prediction sets that the card tells of.
_LEVELS = (0.9, 0.99)


def measured_card(
    run: Run,
    config: Config,
    slim: RunRepeat,
    title: str,
    changed: dict[str, int],
    about: Path | None,
) -> str:
    """Write the card, its probabilities measured of what the file itself answers.

    Parameters
    ----------
    run : Run
        That the file is made of.
    config : Config
        The run's.
    slim : RunRepeat
        What the file keeps of the run's first repeat.
    title : str
    changed : dict of str to int
        By classifier: of how many test cells the class is another in half precision.
    about : Path, optional
        A file of Markdown with what the card says of the data, their licences and its use.

    Returns
    -------
    str
        Markdown.

    Raises
    ------
    InputError
        If `about` cannot be read as text.
    """
    made = run.provenance()
    e = slim.embeddings()
    tested = e.split == TEST
    given = calibrated_probabilities(slim.classifiers(), e.X[tested], len(e.classes))
    given["cnn"] = e.probabilities[tested]
    answered_by = answering(config, given)
    y, sources = e.y[tested], e.sources[tested]
    sets = [
        conformal.coverage(
            y, given[answered_by], sources, level=level, classes=e.classes.tolist(), seed=slim.seed
        )
        for level in _LEVELS
    ]
    return words.card(
        title,
        config,
        run.metrics(),
        versions=made["versions"],
        dataset=made["data"].get("dataset", ""),
        stress=run.stress() if run.is_stressed else None,
        certainty={
            key: measure_certainty([Probabilities(y, given[key], sources)], seed=slim.seed)
            for key in CLASSIFIERS
            if key in given
        },
        coverage=[each for each in sets if each is not None],
        changed=changed,
        cells=int(tested.sum()),
        answered_by=answered_by,
        about="" if about is None else _read(about),
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"--about: {path}: cannot be read as text: {error}") from error
