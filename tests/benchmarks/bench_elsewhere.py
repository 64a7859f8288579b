"""What each option makes of a network that is trained on PBC and asked about other sets.

`HYBRID_WBC_DATA=... pytest -s tests/benchmarks/bench_elsewhere.py` trains one network an option,
of 500 cells of each of the five types, 6 epochs, seed 0: five to ten minutes each on two cores.
`-k NAME` chooses. The sets asked about are development sets: `elsewhere` was chosen by them.
"""

import os
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from hybrid_wbc.config.load import load
from hybrid_wbc.progress import Reporter
from hybrid_wbc.stages.run import begin
from hybrid_wbc.studies.asking import AskedRun
from hybrid_wbc.studies.shifting import ask_about, read_other

ASKED = {
    "BCISC": "bcisc",
    "segmentation-wbc-1": "segmentation-wbc-1",
    "Kaggle's 71": "kaggle-blood-cells/images/TEST_SIMPLE",
}
KAGGLE = "kaggle-blood-cells/images/TRAIN"
# Of which a fifth is tested.
CELLS = 625
FIVE = ("basophil", "eosinophil", "lymphocyte", "monocyte", "neutrophil")
PLAIN = [
    "augmentation.colour={}", "augmentation.sharpness={}", "augmentation.scale=[0.9,1.1]",
    "network.weights=none", "network.backbone=auto",
]  # fmt: skip
IMAGENET = ["network.weights=imagenet", "network.backbone=trained"]
MILD = (
    "augmentation.colour={stain_scale: 0.2, stain_shift: 0.15, brightness: 0.1, contrast: 0.2, "
    "hue: 10.0, saturation: 0.3}"
)
MEDIUM = (
    "augmentation.colour={stain_scale: 0.3, stain_shift: 0.2, brightness: 0.15, contrast: 0.25, "
    "hue: 15.0, saturation: 0.4}"
)
STRONG = (
    "augmentation.colour={stain_scale: 0.4, stain_shift: 0.3, brightness: 0.2, contrast: 0.3, "
    "hue: 25.0, saturation: 0.6}"
)
SCALE = "augmentation.scale=[0.65,1.5]"
BLUR = "augmentation.sharpness={blur: 1.2, noise: 0.02}"
OPTIONS = {
    "nothing": PLAIN,
    "imagenet": [*PLAIN, *IMAGENET],
    "colour": [*PLAIN, *IMAGENET, MILD],
    "strong-colour": [*PLAIN, *IMAGENET, STRONG],
    "scale": [*PLAIN, *IMAGENET, MILD, SCALE],
    "sharpness": [*PLAIN, *IMAGENET, MILD, SCALE, BLUR],
    "background": [*PLAIN, *IMAGENET, MILD, SCALE, "data.background=removed"],
    "reinhard": [*PLAIN, *IMAGENET, MILD, SCALE, "data.stain=reinhard"],
    "two-sets": [*PLAIN, *IMAGENET, MILD],
    "two-sets-sharpness": [*PLAIN, *IMAGENET, MILD, SCALE, BLUR],
    "two-sets-elsewhere": [*PLAIN, *IMAGENET, MEDIUM, SCALE, BLUR],
    "two-sets-strong": [*PLAIN, *IMAGENET, STRONG, SCALE, BLUR],
}


@pytest.mark.parametrize("option", OPTIONS)
def test_macro_recall_elsewhere(option, tmp_path):
    place = os.environ.get("HYBRID_WBC_DATA")
    if not place:
        pytest.skip("HYBRID_WBC_DATA is not set: no real cells to train on")
    data = Path(place)
    trained_on = [data / "pbc-128", *([data / KAGGLE] if option.startswith("two-sets") else [])]
    draw = ", ".join(f"{name}: {CELLS}" for name in FIVE)
    changes = [
        f"data.path=[{', '.join(map(str, trained_on))}]", f"data.draw={{{draw}}}",
        "split.method=ratio", "training.epochs=6", *OPTIONS[option],
    ]  # fmt: skip
    config = load("elsewhere", changes)
    reporter = Reporter(Console(file=StringIO()))
    folder = begin(config, tmp_path)
    run = AskedRun(config, folder, 1, reporter)
    home = run.files.metrics()["classifiers"]
    print(f"\n{option:<20} home {told(home['cnn']['macro_recall'])}", end="")
    for name, place in ASKED.items():
        tested = ask_about(run, read_other(run, data / place, None))
        print(f"; {name} {told(tested['classifiers']['cnn']['macro_recall'])}", end="")
    print()
    assert home["cnn"]["macro_recall"]["mean"] > 0.5


def told(score) -> str:
    return f"{score['mean']:.3f} ({score['low']:.3f} to {score['high']:.3f})"
