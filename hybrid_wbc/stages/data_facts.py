"""What a run writes down of its data, and knows them by when it is asked again."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from hybrid_wbc.config.settings import Config
from hybrid_wbc.data.cleaning import Cleaned
from hybrid_wbc.data.reading.corrections import read_corrections
from hybrid_wbc.data.reading.readers import Reading
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.errors import InputError
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.provenance import Data, data_hash, provenance
from hybrid_wbc.runs.results import Run
from hybrid_wbc.runs.tables import ManifestRow
from hybrid_wbc.stages.sets import read_sets


def samples_of(config: Config, folder: RunFolder, reporter: Reporter) -> dict[str, Sample]:
    """Give the kept samples of a run that has begun, by id, with the sources that it knows.

    Raises
    ------
    InputError
        If the data are gone, or have changed since the run began.
    """
    _, cleaned, _ = read_sets(config, folder, reporter, begun=True)
    return {sample.id: sample for sample in remembered(config, folder, cleaned)}


def is_of_these_data(config: Config, folder: RunFolder, reporter: Reporter) -> bool:
    """Say whether a run was begun on the data and weights that its settings find today."""
    if not folder.is_prepared:
        return True
    known = Run(folder).provenance()
    _, cleaned, _ = read_sets(config, folder, reporter, begun=True)
    same = known["data_sha256"] == data_hash(checksums_of(config, cleaned))
    return same and known.get("weights_sha256") == _weights_hash(config)


def remembered(config: Config, folder: RunFolder, cleaned: Cleaned) -> list[Sample]:
    """Give the kept samples with the sources that the run's manifest names.

    Raises
    ------
    InputError
        If the data have changed since the run began.
    """
    run = Run(folder)
    if run.provenance()["data_sha256"] != data_hash(checksums_of(config, cleaned)):
        raise InputError(
            f"{folder.path}: the data have changed since this run began; start a new run"
        )
    source_of = {row["id"]: row["source"] for row in run.manifest() if not row["dropped"]}
    return [
        replace(sample, source=source_of[sample.id])
        for sample in cleaned.kept
        if sample.id in source_of
    ]


def write_facts(
    config: Config,
    folder: RunFolder,
    reading: Reading,
    cleaned: Cleaned,
    notes: tuple[str, ...],
    *,
    found: bool,
    seen: set[str],
) -> None:
    """Write what became of each file, and what the run was made from."""
    checksums = checksums_of(config, cleaned)
    rows: list[ManifestRow] = [
        {
            "id": sample.id,
            "path": str(sample.path),
            "sha256": checksums[sample.id],
            "label": " | ".join(sample.labels),
            "source": sample.source,
            "split": sample.split,
            "dropped": reason,
        }
        for sample, reason in (
            *((sample, "") for sample in cleaned.kept),
            *((dropped.sample, dropped.reason) for dropped in cleaned.dropped),
        )
    ]
    run = Run(folder)
    run.write_manifest(rows)
    data: Data = {
        "path": str(reading.root),
        "layout": reading.layout,
        "dataset": reading.dataset,
        "synthetic": reading.synthetic,
        "sources_found": found,
        "notes": list(notes),
    }
    if reading.more:
        data["more"] = [{"path": str(r.root), "layout": r.layout} for r in reading.more]
    if reading.corrected:
        data["corrected"] = list(reading.corrected)
    if seen:
        data["seen"] = sorted(seen)
    if reading.test is not None:
        data["test"] = {"path": str(reading.test.root), "layout": reading.test.layout}
    from hybrid_wbc.cnn import threads  # TensorFlow takes seconds to load

    run.write_provenance(provenance(checksums, data, _weights_hash(config), threads.in_use()))


def checksums_of(config: Config, cleaned: Cleaned) -> dict[str, str]:
    """Give the checksum of each picture by its id, and that of the corrected labels."""
    labels = config.data.labels
    table = {} if labels is None else {"data.labels": read_corrections(Path(labels)).sha256}
    return table | {sample_id: i.sha256 for sample_id, i in cleaned.inspections.items()}


def _weights_hash(config: Config) -> str | None:
    weights = Path(config.network.weights)
    return hashlib.sha256(weights.read_bytes()).hexdigest() if weights.is_file() else None
