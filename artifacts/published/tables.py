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

from hybrid_wbc.config.names import CLASSIFIERS
from hybrid_wbc.config.systems import PROTOCOLS
from hybrid_wbc.evaluation.reported import ELEMENT_WISE
from hybrid_wbc.evaluation.reproduction import is_held_out_accuracy
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
    """Give each reproduced system's accuracies: the paper's, and both of ours.

    Each file of reproductions/ is what `hybrid-wbc reproduce` keeps. Figures that are scored on
    images of the training side are left out.
    """
    rows = []
    for path in sorted((folder / "reproductions").glob("*.json")):
        result = REPRODUCTION.read(path)
        drawn = "SYNTHETIC " if result["synthetic"] else ""
        runs = [run for run in map(result["runs"].get, PROTOCOLS) if run]
        epochs = " / ".join(dict.fromkeys(str(run["epochs"]) for run in runs))
        photographs = " / ".join(f"{run['evidence']['test']['sources']:,}" for run in runs)
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
                ", ".join(dict.fromkeys(run["data"] for run in runs)),
                epochs,
                photographs,
                name,
                " and ".join(said),
                *ours,
            ]
            for (name, *ours), said in papers.items()
        ]
    heads = ["system", "data", "epochs", "test photographs", "figure", "the paper", *PROTOCOLS]
    return [heads, *rows]


def deductions(folder: Path) -> Table:
    """Give how far a system's accuracies move where a deduced setting is decided otherwise.

    The share of images right alone: the element-wise accuracy follows it at a smaller scale.
    """
    rows = []
    for path in sorted((folder / "reproductions").glob("*.json")):
        result = REPRODUCTION.read(path)
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
