"""Owns the run that the tests of the page show, every number another one, and how they read it."""

from __future__ import annotations

import html as entities
import io
import itertools
import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
from PIL import Image

from hybrid_wbc.report.pages.run import METRIC_TITLES, PROBABILITY_TITLES
from hybrid_wbc.report.pages.scatter import scatter_cells

PBC = (
    "basophil", "eosinophil", "erythroblast", "immature granulocyte", "lymphocyte", "monocyte",
    "neutrophil", "platelet",
)  # fmt: skip
# Forty letters each: words, underscores, and no place to break at all.
LONG = (
    "basophilic granulocyte of the peripheral",
    "eosinophilic_granulocyte_with_two_lobes_",
    "orthochromaticerythroblastwithoutaspacex",
    "promyelocyte or myelocyte or metamyeloid",
    "reactive lymphocyte with a large nucleus",
    "monocyte with vacuoles and folded nuclei",
    "segmented neutrophil, hypersegmentationx",
    "giant platelet of Bernard-Soulier origin",
)
EVERY_KEY = ("knn", "svm", "forest", "cnn", "vote", "cnn_ensemble")
CLASSES = ("basophil", "monocyte")
CLASSIFIERS = ("knn", "svm", "forest", "cnn", "vote")
ABLATED = ("knn", "svm", "forest")
FEATURES = range(1, 6)
SUBSETS = [list(s) for size in FEATURES for s in itertools.combinations(FEATURES, size)]
VOID = {"meta", "img", "link", "br", "hr", "input", "path"}


class Values:
    """Gives another number below 1 each time, the same ones in every test."""

    def __init__(self) -> None:
        self._count = 0

    def number(self) -> float:
        self._count += 1
        return self._count * 0.6180339887 % 1

    def score(self, repeats: int = 2) -> dict[str, Any]:
        raw = [self.number() for _ in range(repeats)]
        mean = sum(raw) / repeats
        return {"mean": mean, "low": mean - 0.05, "high": mean + 0.02, "raw": raw}


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 30)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, (90, 40, 130)).save(file, kind)
    return file.getvalue()


def told(sentence: str) -> str:
    """Read a sentence as a person does, without its tags."""
    return entities.unescape(re.sub(r"<[^>]+>", "", sentence))


def flat(mean: float | None, spread: float = 0.01) -> dict[str, Any]:
    """Give a score that was the same in every repeat."""
    ends = (None, None) if mean is None else (mean - spread, mean + spread)
    return {"mean": mean, "low": ends[0], "high": ends[1], "raw": [mean]}


def a_run(
    classes: tuple[str, ...] = CLASSES,
    keys: tuple[str, ...] = CLASSIFIERS,
    repeats: tuple[str, ...] = ("seed-0", "seed-1"),
) -> dict[str, Any]:
    """Make what `page.render` takes, with every part that a run can have."""
    values = Values()
    return {
        "name": "00007-lisc",
        "synthetic": False,
        "sentence": "The paper's system on cells of LISC.",
        "command": "hybrid-wbc run lisc --set seed=0",
        "folder": "artifacts/00007-lisc",
        "private": "",
        "metrics": _metrics(values, classes, keys, repeats),
        "ablation": _ablation(values, classes, repeats),
        "attributes": _attributes(values),
        "health": _health(values, repeats),
        "stress": a_stress(classes, keys),
        "paper": {
            "title": "Blood Cells",
            "citation": "A. Author, 2021",
            "remarks": ["The paper names no seed."],
            "rows": [
                {
                    "what": "accuracy",
                    "place": "abstract",
                    "paper": "over 90 %",
                    "classifier": keys[0],
                    "ours": values.score(),
                    "verdict": "holds",
                }
            ],
        },
        "mistakes": [_mistake(values, classes, keys)],
        "n_mistakes": 1234,
        "suspects": [
            {
                "id": "slide-8.jpg",
                "label": classes[0],
                "suggested": classes[-1],
                "reason": f"labelled {classes[0]}; 9 of 10 predictions say {classes[-1]}",
                "image": picture("WEBP"),
            }
        ],
        "n_suspects": 77,
        "features": 5,
        "learned": 5,
        "tuning": {},
        "approaches": {},
        "scatter": {"cells": _cells(classes, keys), "sprite": None},
        "leakage": {
            "shared_sources": 0,
            "copies_dropped": 17,
            "conflicts_dropped": 2,
            "sources_known": True,
            "sources_found": False,
        },
        "settings": {"training": {"epochs": 50, "optimizer": {"name": "adam"}}, "seeds": [0, 1]},
        "augmentation": "Form: turned by up to 180°. Colours: as they are.",
        "dropped": [],
        "provenance": {"commit": "0123abcd", "dirty": False},
    }


def a_stress(
    classes: tuple[str, ...] = CLASSES, keys: tuple[str, ...] = CLASSIFIERS, others: int = 2
) -> dict[str, Any]:
    """Make what `hybrid-wbc stress` finds, on as many other sets."""
    values = Values()

    def overall() -> dict[str, Any]:
        return {name: values.score() for name in METRIC_TITLES}

    def tested(name: str) -> dict[str, Any]:
        return {
            "name": name,
            "synthetic": False,
            "classes": list(classes),
            "left_out": ["platelet"],
            "cells": 1234,
            "sources": 56,
            "effective_sources": 55.5,
            "notes": ["cells lie in files of the run too"],
            "classifiers": {
                key: overall() | {
                    "per_class": {
                        label: {"precision": values.score(), "recall": values.score(),
                                "f1": values.score(), "support": 9}
                        for label in classes
                    },
                    "confusion": [[1] * len(classes) for _ in classes],
                }
                for key in keys
            },
            "elsewhere": dict.fromkeys(keys, 0.25),
            "certainty": {
                key: {
                    "calibration_error": values.score(),
                    "brier_score": values.score(),
                    "answered": [
                        {"share": share / 10, "accuracy": values.score()}
                        for share in range(1, 11)
                    ],
                }
                for key in keys
            },
        }  # fmt: skip

    def step(amount: float) -> dict[str, Any]:
        given = {key: {"accuracy": values.score(), "lost": values.score()} for key in keys}
        return {"amount": amount, "classifiers": given}

    return {
        "synthetic": False,
        "protocol": "by source",
        "quick": True,
        "seed": 7,
        "repeats": ["seed-7", "seed-8"],
        "home": tested("pbc"),
        "shift": [tested("bcisc") for _ in range(others)],
        "few_cells": [
            {"cells": cells, "draws": 3, "classifiers": {key: overall() for key in keys[:3]}}
            for cells in (5, 50)
        ],
        "unknown": [
            {"label": label, "cells": 99, "nearest": values.score(), "mahalanobis": values.score()}
            for label in classes
        ],
        "damage": {
            "cells": [120, 118],
            "undamaged": {key: values.score() for key in keys},
            "kinds": {
                "blur": {
                    "title": "blur",
                    "unit": "% of the width",
                    "steps": [step(0.5), step(2)],
                    "telling": {key: 0.5 if key == keys[0] else None for key in keys},
                }
            },
        },
        "notes": ["few cells: 20 a class were left out, as a class has fewer to train on"],
    }


def _metrics(
    values: Values, classes: tuple[str, ...], keys: tuple[str, ...], repeats: tuple[str, ...]
) -> dict[str, Any]:
    def scores(names: tuple[str, ...]) -> dict[str, Any]:
        return {name: values.score(len(repeats)) for name in names}

    pairs = list(itertools.combinations(keys, 2))
    size = len(classes)
    return {
        "synthetic": False,
        "protocol": "by source",
        "overlap": {
            "test_cells": 2487,
            "shared_test_cells": 0,
            "shared_sources": 0,
            "repeats": [
                {"test_cells": 1000, "shared_test_cells": 0, "shared_sources": 0} for _ in repeats
            ],
        },
        "n_files": 9957,
        "n_cells": 9961,
        "n_sources": 277,
        "classes": list(classes),
        "repeats": list(repeats),
        "counts": {side: dict.fromkeys(classes, 1500) for side in ("train", "test")},
        "notes": ["two cells were photographed twice"],
        "evidence": {
            side: {"files": files, "cells": files + 1, "sources": 77, "effective_sources": 60.25}
            for side, files in (("train", 9000), ("test", 2487), ("all", 9957))
        },
        "classifiers": {
            key: {
                **scores(tuple(METRIC_TITLES)),
                "per_class": {
                    name: {**scores(("precision", "recall", "f1")), "support": 1234}
                    for name in classes
                },
                "probability": {
                    **scores(tuple(PROBABILITY_TITLES)),
                    "per_class": {
                        name: scores(("roc_auc", "average_precision")) for name in classes
                    },
                },
                "confusion": [
                    [1200 - row if row == column else row * 5 for column in range(size)]
                    for row in range(size)
                ],
            }
            for key in keys
        },
        "comparison": {
            "n_sources": 77,
            "drawn": True,
            "cochran": {"q": 3.21, "degrees": len(keys) - 1, "p": 0.523} if pairs else None,
            "pairs": [
                {
                    "first": first,
                    "second": second,
                    "both": 60,
                    "only_first": 5,
                    "only_second": 4,
                    "neither": 8,
                    "p": 0.1 + values.number() / 2,
                    "p_holm": 0.6 + values.number() / 3,
                    "cohens_g": values.number() / 2,
                    "odds_ratio": 1.25,
                    "difference": {"mean": 0.013, "low": -0.02, "high": 0.04},
                }
                for first, second in pairs
            ],
        },
    }


def _ablation(values: Values, classes: tuple[str, ...], repeats: tuple[str, ...]) -> dict[str, Any]:
    def part() -> dict[str, Any]:
        subsets = [
            {
                "features": subset,
                "accuracy": values.score(),
                "recall": {name: values.score() for name in classes},
            }
            for subset in SUBSETS
        ]
        return {
            "subsets": subsets,
            "best": [
                {"size": size, "features": list(range(1, size + 1)), "accuracy": values.score()}
                for size in FEATURES
            ],
            "shapley": {
                "accuracy": [values.score() for _ in FEATURES],
                "recall": {name: [values.score() for _ in FEATURES] for name in classes},
            },
            "permutation": [values.score() for _ in FEATURES],
        }

    return {
        "features": [f"feature {number}" for number in FEATURES],
        "classes": list(classes),
        "repeats": list(repeats),
        "chance": {"accuracy": values.score(), "recall": {n: values.score() for n in classes}},
        "classifiers": {key: part() for key in ABLATED},
    }


def _attributes(values: Values) -> dict[str, Any]:
    def attribute(name: str, kind: str, counts: dict[str, int]) -> dict[str, Any]:
        return {
            "name": name,
            "kind": kind,
            "values": counts,
            "left_out": {"<odd>": 3} if counts else {},
            "cells": 120,
            "sources": 61,
            "effective_sources": 58.25,
            "class_alone": values.score(),
            "subsets": [
                {
                    "features": subset,
                    "alone": values.score(),
                    "with_class": values.score(),
                    "beyond_class": values.score(),
                }
                for subset in SUBSETS
            ],
            "p_holm": values.number(),
        }

    return {
        "table": "morphology.csv",
        "synthetic": False,
        "repeats": ["seed-0", "seed-1"],
        "features": [f"feature {number}" for number in FEATURES],
        "rows": 300,
        "tested": 120,
        "elsewhere": 100,
        "unmatched": 80,
        "named": ["gone-1.png", "gone-2.png", "gone-3.png", "gone-4.png"],
        "without_row": 7,
        "unused": [{"name": "label", "reason": "the class itself"}],
        "attributes": [
            attribute("nucleus_shape", "categories", {"round": 70, "lobed": 50}),
            attribute("cell_area", "number", {}),
        ],
    }


def _health(values: Values, repeats: tuple[str, ...]) -> dict[str, Any]:
    return {
        "repeats": [
            {
                "name": name,
                "features": [
                    {
                        "name": f"feature {number}",
                        **{
                            measure: -10 * values.number()
                            for measure in ("mean", "deviation", "minimum", "maximum")
                        },
                        "constant": number == 2,
                        "silhouette": values.number(),
                        "fisher_ratio": None,
                        "drift": values.number(),
                    }
                    for number in FEATURES
                ],
                "all": {"silhouette": values.number(), "fisher_ratio": 12.5, "drift": None},
                "correlation": [[values.number() for _ in FEATURES] for _ in FEATURES],
                "duplicates": [{"first": 1, "second": 3, "r": 0.995}],
                "effective_rank": 3.21,
                "scale_ratio": 1234.5,
                "warnings": ["feature 2 is constant: train longer"],
            }
            for name in repeats
        ],
        "warnings": [{"text": "feature 2 is constant: train longer", "repeats": list(repeats)}],
    }


def _mistake(values: Values, classes: tuple[str, ...], keys: tuple[str, ...]) -> dict[str, Any]:
    true, other = classes[0], classes[-1]
    return {
        "id": "slide-3.jpg",
        "true": true,
        "answers": {key: other if key == keys[0] else true for key in keys},
        "image": picture("WEBP"),
        "neighbours": [
            {
                "id": f"slide-{number}.jpg",
                "label": label,
                "distance": 3 * values.number(),
                "image": picture("WEBP"),
            }
            for number, label in ((7, true), (8, other), (9, true))
        ],
    }


def _cells(classes: tuple[str, ...], keys: tuple[str, ...]) -> dict[str, Any]:
    cells, _ = scatter_cells(
        np.outer((1, -1), FEATURES),
        np.zeros(2, dtype=int),
        ("train", "test"),
        ("slide-7.jpg", "slide-3.jpg"),
        classes,
        dict.fromkeys(keys, classes[:2]),
        None,
        titles={key: key for key in keys},
        sources=("slide-7", "slide-3"),
    )
    return cells


class Outline(HTMLParser):
    """Follows the open tags, and keeps addresses, headings, ids and alternative texts."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.titles: list[str] = []
        self.levels: list[int] = []
        self.ids: list[str] = []
        self.alternatives: list[str | None] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.add(tag)
        self.addresses += [given[key] or "" for key in ("src", "href", "srcset") if key in given]
        self.ids += [given["id"] or ""] if "id" in given else []
        if tag == "img" and "hidden" not in given:
            self.alternatives.append(given.get("alt"))
        if re.fullmatch(r"h\d", tag):
            self.levels.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("h1", "h2"):
            self.titles.append(data)


def read(html: str) -> Outline:
    outline = Outline()
    outline.feed(html)
    outline.close()
    assert outline.open == []
    return outline


def text_of(html: str) -> str:
    """Give a page's words as they are read, without its styles and scripts."""
    body = re.sub(r"(?s)<(style|script).*?</\1>", "", html)
    return " ".join(entities.unescape(re.sub(r"<[^>]+>", " ", body)).split())
