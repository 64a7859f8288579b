"""The test cells of a finished run damaged step by step, and what the run still says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from hybrid_wbc.config.names import TARGET
from hybrid_wbc.data.cells.measuring import measure_changed
from hybrid_wbc.data.damage import DAMAGES, Damage
from hybrid_wbc.data.pixels import Pixels, prepare_changed
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.data.splitting import TEST
from hybrid_wbc.evaluation.stress import Damaged, Right, score_damage
from hybrid_wbc.studies.asking import AskedRun


def damage_cells(
    run: AskedRun, samples: Mapping[str, Sample], *, most: int, steps: slice
) -> Damaged:
    """Damage test cells of each repeat in every way, and ask the repeat about them.

    Each picture is damaged as it was decoded, before its cell is found, cut out and sized.

    Parameters
    ----------
    run : AskedRun
    samples : mapping of str to Sample
        The run's, by id.
    most : int
        Test cells of each repeat; they are drawn where it has more.
    steps : slice
        Of the steps of each damage.

    Returns
    -------
    Damaged
    """
    chosen = [_some(e.split, most, run.seed) for e in run.embedded]
    pairs = list(zip(run.embedded, chosen, strict=True))
    cells = [[samples[cell] for cell in e.ids[of].tolist()] for e, of in pairs]
    truth = [e.classes[e.y[of]] for e, of in pairs]

    def right(damage: Damage | None, amounts: Sequence[float]) -> list[list[Right]]:
        """Give which cells are classed right: of each amount, of each repeat."""
        # A target is the cells of one amount, not of all that happen to be asked about at once.
        if run.config.network.statistics == TARGET and len(amounts) > 1:
            return [step for amount in amounts for step in right(damage, [amount])]
        found: list[list[Right]] = [[] for _ in amounts]
        for asked, of, true in zip(run.asked, cells, truth, strict=True):
            images, measured = zip(*(_damaged(run, of, damage, a) for a in amounts), strict=True)
            numbers = np.concatenate(measured) if run.measures else None
            said = asked.say(np.concatenate(images), numbers).said
            hits = {key: answer.reshape(-1, len(of)) == true for key, answer in said.items()}
            for number, of_step in enumerate(found):
                of_step.append({key: hit[number] for key, hit in hits.items()})
        return found

    damaged: Damaged = {"cells": [len(of) for of in cells], "undamaged": {}, "kinds": {}}
    with run.reporter.job("damaging cells") as advance:
        (whole,) = right(None, [0.0])
        for number, (name, damage) in enumerate(DAMAGES.items(), start=1):
            amounts = damage.steps[steps]
            damaged["undamaged"], scored, telling = score_damage(
                whole,
                dict(zip(amounts, right(damage, amounts), strict=True)),
                [e.sources[of] for e, of in pairs],
                seed=run.seed,
                groups=run.groups,
            )
            damaged["kinds"][name] = {
                "title": damage.title,
                "unit": damage.unit,
                "steps": scored,
                "telling": telling,
            }
            advance(number, len(DAMAGES))
    return damaged


def _some(split: np.ndarray, most: int, seed: int) -> np.ndarray:
    """Draw test cells of a repeat, all of them where they are few."""
    tested = np.flatnonzero(split == TEST)
    return np.sort(np.random.default_rng(seed).permutation(tested)[:most])


def _damaged(
    run: AskedRun, cells: Sequence[Sample], damage: Damage | None, amount: float
) -> tuple[np.ndarray, np.ndarray]:
    """Give the pixels of damaged cells, and what is measured of them where the run measures."""

    def change(image: np.ndarray, position: int) -> np.ndarray:
        if damage is None:
            return image
        # A cell meets the same chance at every step.
        return damage.change(image, amount, np.random.default_rng([run.seed, position]))

    measured = measure_changed(cells, change) if run.measures else np.empty((len(cells), 0))
    return prepare_changed(cells, Pixels.of(run.config.data), change), measured
