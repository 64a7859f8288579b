"""How often the limits of a differential hold, on slides drawn from a run's held-out cells.

`HYBRID_WBC_RUN` names the run. Its test sources are parted in halves: one half tells the
classifier's errors, from the other slides of 50 to 400 cells are drawn with shares of their own,
most like those of healthy blood. The binomial limits, which take every cell to be named right,
stand beside them.
"""

import os
from pathlib import Path

import numpy as np
import pytest

from hybrid_wbc.evaluation.differential import BESIDE, Errors, binomial_limits, in_order
from hybrid_wbc.studies.model import open_model

HEALTHY = {"neutrophil": 0.6, "lymphocyte": 0.28, "monocyte": 0.06, "eosinophil": 0.03}
HALVINGS, SLIDES = 20, 20


def test_limits_hold_the_true_shares_of_slides_drawn_from_held_out_cells():
    place = os.environ.get("HYBRID_WBC_RUN")
    if not place:
        pytest.skip("HYBRID_WBC_RUN is not set: no run to draw slides from")
    model = open_model(Path(place))
    held_out, names = model.held_out, np.array(model.classes)
    labels = in_order(name for name in model.classes if name not in BESIDE)
    k = len(labels)
    number = {name: i for i, name in enumerate(labels)}
    true, said = names[held_out.y], names[held_out.said]
    counted = np.isin(true, labels) & np.isin(said, labels)
    true, said, sources = true[counted], said[counted], held_out.sources[counted]
    usual = np.array([HEALTHY.get(name, 0.015) for name in labels])
    generator = np.random.default_rng(0)
    found = {cells: ([], []) for cells in (50, 100, 200, 400)}
    for halving in range(HALVINGS):
        kinds, of = np.unique(sources, return_inverse=True)
        known = (generator.permutation(len(kinds)) < len(kinds) / 2)[of]
        errors = Errors.of(true[known], said[known], sources[known], labels=labels, seed=halving)
        pools = [np.flatnonzero(~known & (true == name)) for name in labels]
        if min(map(len, pools)) == 0:
            continue
        for cells, (wide, exact) in found.items():
            for _ in range(SLIDES):
                share = generator.dirichlet(12 * usual / usual.sum())
                kind = generator.choice(k, size=cells, p=share)
                drawn = [generator.choice(pools[i]) for i in kind]
                counts = np.bincount([number[said[i]] for i in drawn], minlength=k)
                for limits, into in (
                    (errors.limits(counts, seed=halving), wide),
                    (binomial_limits(counts, cells), exact),
                ):
                    into.append((limits[0] - 1e-9 <= share) & (share <= limits[1] + 1e-9))
    right = (true == said).mean()
    print(f"\n{model.mark}{model.answered_by}: {right:.3f} of {len(true)} held-out cells right")
    for cells, (wide, exact) in found.items():
        for title, held in (("with the errors", wide), ("binomial", exact)):
            by_class = ", ".join(
                f"{name} {value:.3f}"
                for name, value in zip(labels, np.mean(held, axis=0), strict=True)
            )
            print(f"{cells} cells, {title}: {np.mean(held):.3f} ({by_class})")
    fewest = min(len(set(sources[true == name].tolist())) for name in labels)
    if fewest < 20:
        pytest.skip(f"{fewest} held-out sources of a class: a half is too few for such limits")
    assert all(np.mean(wide) > 0.9 for wide, _ in found.values())
