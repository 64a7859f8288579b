"""Owns the tables of results: writes each into the README and the site, from the files beside it.

`python artifacts/published/tables.py` (or `make results`) rewrites them. A table stands between
`<!-- results: NAME -->` and `<!-- end -->`; NAME is a key of `TABLES`.
"""

from __future__ import annotations

import csv
import json
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hybrid_wbc.config import systems
from hybrid_wbc.config.choices import Protocol
from hybrid_wbc.config.names import CLASSIFIERS
from hybrid_wbc.config.systems import PROTOCOLS
from hybrid_wbc.evaluation.reported import ELEMENT_WISE
from hybrid_wbc.evaluation.reproduction import Reproduction, is_held_out_accuracy
from hybrid_wbc.files import in_place
from hybrid_wbc.report.words import reproduction as findings
from hybrid_wbc.studies.formats import REPRODUCTION

PUBLISHED = Path(__file__).parent
PAGES = tuple(PUBLISHED.parents[1] / page for page in ("README.md", "docs/results.md"))
_MARKED = re.compile(r"(<!-- results: (.+?) -->\n).*?(<!-- end -->)", re.DOTALL)

Table = list[list[str]]
"""Rows of cells, the first row the headings."""


def runs(folder: Path) -> Table:
    """Give the accuracy of each classifier in each run that runs.json names.

    Of a run "interval" says whether its intervals are worth showing: not where copies were taken
    for sources. "minutes" is null where the time was not taken.
    """
    entries = _read(folder / "runs.json")
    scored = [_read(folder / entry["run"] / "metrics.json") for entry in entries]
    keys = [key for key in CLASSIFIERS if any(key in s["classifiers"] for s in scored)]
    rows = []
    for entry, metrics in zip(entries, scored, strict=True):
        sides = (sum(metrics["counts"][side].values()) for side in ("train", "test"))
        accuracies = (metrics["classifiers"].get(key, {}).get("accuracy") for key in keys)
        rows.append(
            [
                entry["title"],
                " / ".join(f"{side:,}" for side in sides),
                *(_score(accuracy, interval=entry["interval"]) for accuracy in accuracies),
                f"{entry['minutes']} min" if entry["minutes"] else "–",
            ]
        )
    titles = (CLASSIFIERS[key].title for key in keys)
    return [["run", "cells, train / test", *titles, "time"], *rows]


def features(folder: Path) -> Table:
    """Give what the best subset of each number of features reaches, by classifier."""
    reached: dict[str, dict[tuple[str, ...], list[float]]] = defaultdict(lambda: defaultdict(list))
    with (folder / "pbc-lisc-size" / "ablation.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            reached[row["classifier"]][tuple(row["features"].split())].append(
                float(row["accuracy"])
            )
    rows = []
    for key, subsets in reached.items():
        best: dict[int, float] = defaultdict(float)
        for subset, accuracies in subsets.items():
            mean = sum(accuracies) / len(accuracies)
            best[len(subset)] = max(best[len(subset)], mean)
        rows.append([CLASSIFIERS[key].title, *(f"{best[size]:.3f}" for size in sorted(best))])
    sizes = [f"{size} features" if size > 1 else "1 feature" for size in sorted(best)]
    return [["", *sizes], *rows]


def reproductions(folder: Path) -> Table:
    """Give every published system's accuracies: the paper's, both of ours, and what was cut.

    Each file of reproductions/ is what `hybrid-wbc reproduce` keeps; a system without one has a row
    that says so. Figures that are scored on images of the training side are left out.
    """
    rows = []
    for result in _kept(folder):
        drawn = "SYNTHETIC " if result["synthetic"] else ""
        runs = {p: run for p in PROTOCOLS if (run := result["runs"].get(p))}
        photographs = " / ".join(f"{run['evidence']['test']['sources']:,}" for run in runs.values())
        papers: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for row in result["rows"]:
            scores = [row[protocol] for protocol in PROTOCOLS]
            if is_held_out_accuracy(row) and any(scores):
                # A paper that contradicts itself gives one figure several values.
                papers[findings.name_of(row), *map(_score, scores)].append(
                    findings.said(row["paper"])
                )
        rows += [
            [
                f"{drawn}`{result['system']}`",
                _measured(result, list(runs)),
                ", ".join(dict.fromkeys(run["data"] for run in runs.values())),
                photographs,
                name,
                " and ".join(said),
                *ours,
            ]
            for (name, *ours), said in papers.items()
        ]
    there = {row[0].split("`")[1] for row in rows}
    rows += [
        [f"`{name}`", "runs, not measured", *["–"] * (4 + len(PROTOCOLS))]
        for name in systems.names()
        if name not in there
    ]
    rows.sort(key=lambda row: row[0].split("`")[1])
    heads = ["system", "measured", "data", "test photographs", "figure", "the paper", *PROTOCOLS]
    return [heads, *rows]


def commands(folder: Path) -> Table:
    """Give the one command that measures in full what was shortened, or not measured yet."""
    rows = []
    kept = list(_kept(folder))
    for name in systems.names():
        in_full = {
            protocol
            for result in kept
            if result["system"] == name and not result["synthetic"]
            for protocol in result["runs"]
            if not findings.cuts(result, protocol)
        }
        left = [protocol for protocol in PROTOCOLS if protocol not in in_full]
        if left:
            one = f" --protocol {left[0].replace(' ', '-')}" if len(left) == 1 else ""
            data = systems.load(name).dataset.name
            rows.append([f"`{name}`", f"`hybrid-wbc reproduce {name} --data {data}{one}`"])
    return [["system", "the figure in full"], *rows]


def _kept(folder: Path) -> list[Reproduction]:
    return [REPRODUCTION.read(path) for path in sorted((folder / "reproductions").glob("*.json"))]


def _measured(result: Reproduction, protocols: Sequence[Protocol]) -> str:
    """Say whether a system was measured in full, what was cut, and which trainings failed."""
    cuts = {protocol: findings.cuts(result, protocol) for protocol in protocols}
    told = "measured"
    if len(set(cuts.values())) > 1:
        each = "; ".join(f"{protocol} {cut or 'in full'}" for protocol, cut in cuts.items())
        told = f"measured shortened: {each}"
    elif any(cuts.values()):
        told = f"measured shortened: {cuts[protocols[0]]}"
    runs = [result["runs"][protocol] for protocol in protocols]
    # Results that were kept by earlier versions do not say.
    lost = sum(run.get("at_chance", 0) for run in runs)
    trainings = sum(run["repeats"] for run in runs)
    return f"{told}; {lost} of {trainings} trainings never left chance" if lost else told


def deductions(folder: Path) -> Table:
    """Give how far a system's accuracies move where a deduced setting is decided otherwise.

    The share of images right alone: the element-wise accuracy follows it at a smaller scale.
    """
    rows = []
    for result in _kept(folder):
        drawn = "SYNTHETIC " if result["synthetic"] else ""
        # Kept results of earlier versions have none.
        for each in result.get("deductions", []):
            for name, (recipes, reached, apart, ends) in findings.moved(each).items():
                if name == ELEMENT_WISE:
                    continue
                rows.append(
                    [
                        f"{drawn}`{result['system']}`, {next(iter(result['runs']))}",
                        *findings.deduced(each),
                        name,
                        str(each["repeats"]),
                        recipes,
                        reached,
                        f"{apart} ({ends})" if ends else apart,
                    ]
                )
    heads = ["system", "deduced", "recipe", "instead", "figure", "trainings", "recipe's", "so"]
    return [[*heads, "difference"], *rows]


TABLES: dict[str, Callable[[Path], Table]] = {
    "runs": runs,
    "features": features,
    "reproductions": reproductions,
    "commands": commands,
    "deductions": deductions,
}


def rewrite(text: str, folder: Path = PUBLISHED) -> str:
    """Write every marked table anew.

    Parameters
    ----------
    text : str
        Markdown.
    folder : Path
        Of the results.

    Returns
    -------
    str

    Raises
    ------
    KeyError
        If a mark names no table.
    """

    def table(match: re.Match[str]) -> str:
        return f"{match[1]}\n{_markdown(TABLES[match[2]](folder))}\n{match[3]}"

    return _MARKED.sub(table, text)


def _markdown(table: Sequence[Sequence[str]]) -> str:
    lines = [table[0], ["---"] * len(table[0]), *table[1:]]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _score(score: Mapping[str, float] | None, *, interval: bool = True) -> str:
    if score is None:
        return "–"
    ends = f" ({score['low']:.3f}–{score['high']:.3f})" if interval else ""
    return f"{score['mean']:.3f}{ends}"


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    for page in PAGES:
        with in_place(page) as beside:
            beside.write_text(rewrite(page.read_text(encoding="utf-8")), encoding="utf-8")
