"""What each setting of `elsewhere` is worth: the config as it is, and with one thing changed.

`HYBRID_WBC_DATA=... pytest -s tests/benchmarks/bench_elsewhere.py` trains each on 625 cells of each
of the five types, drawn from PBC and Kaggle TRAIN together, a fifth of them tested, for 6 epochs
with the seeds 0 to 2: some ten minutes each on two cores. The networks of the config as it is are
asked again with the statistics of each set. `-k NAME` chooses. The runs stay in the folder that
`HYBRID_WBC_ELSEWHERE` names, by default artifacts/elsewhere, and another call goes on with them,
but for what was said. The last test sets all that are there side by side, and tests each against
the config as it is in pairs of the same cells. The sets asked about are development sets:
`elsewhere` was chosen by them.
"""

import os
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from hybrid_wbc.config.load import load
from hybrid_wbc.evaluation.comparison import correct
from hybrid_wbc.evaluation.statistics import summarise
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.other_sets import read_answers, write_answers
from hybrid_wbc.runs.results import Run
from hybrid_wbc.stages.run import begin, classify, extract, train
from hybrid_wbc.studies.asking import AskedRun
from hybrid_wbc.studies.opening import open_finished
from hybrid_wbc.studies.pairing import paired_tests, why_not_paired
from hybrid_wbc.studies.shifting import ask_about, read_other

ASKED = ("bcisc", "segmentation-wbc-1", "kaggle-blood-cells/images/TEST_SIMPLE")
PBC, KAGGLE = "pbc-128", "kaggle-blood-cells/images/TRAIN"
FIVE = ("basophil", "eosinophil", "lymphocyte", "monocyte", "neutrophil")
# Of which a fifth is tested.
CELLS, EPOCHS, SEEDS = 625, 6, 3
AS_IT_IS, OF_TARGET = "as-it-is", "statistics-of-target"
STRONG = (
    "{stain_scale: 0.4, stain_shift: 0.3, brightness: 0.2, contrast: 0.3, hue: 25.0, "
    "saturation: 0.6}"
)
OPTIONS = {
    AS_IT_IS: [],
    "one-laboratory": [],
    "drawn-weights": ["network.weights=none", "network.backbone=auto"],
    "no-colour": ["augmentation.colour={}"],
    "stronger-colour": [f"augmentation.colour={STRONG}"],
    "no-size": ["augmentation.scale=[0.9,1.1]"],
    "no-sharpness": ["augmentation.sharpness={}"],
    "background-removed": ["data.background=removed"],
    "light": ["data.stain=light"],
    "reinhard": ["data.stain=reinhard"],
    "fixed-statistics": ["network.normalisation=fixed", "training.backbone_rate=0.05"],
    "averaged": ["training.averaged_share=0.5"],
    OF_TARGET: [],
}


def place() -> Path:
    kept = Path(__file__).parents[2] / "artifacts" / "elsewhere"
    return Path(os.environ.get("HYBRID_WBC_ELSEWHERE", kept))


def data() -> Path:
    if not os.environ.get("HYBRID_WBC_DATA"):
        pytest.skip("HYBRID_WBC_DATA is not set: no real cells to train on")
    return Path(os.environ["HYBRID_WBC_DATA"])


def trained(option: str) -> str:
    """Name the run whose networks answer."""
    return AS_IT_IS if option == OF_TARGET else option


def said(option: str) -> Path:
    return place() / f"{option}.csv"


@pytest.mark.parametrize("option", OPTIONS)
def test_an_option_is_trained_and_asked_about_other_sets(option):
    name = trained(option)
    sets = [PBC] if option == "one-laboratory" else [PBC, KAGGLE]
    config = load(
        "elsewhere",
        [
            f"name={name}", f"data.path=[{', '.join(str(data() / each) for each in sets)}]",
            f"data.draw={{{', '.join(f'{each}: {CELLS}' for each in FIVE)}}}",
            "split.method=ratio", f"evaluation.seeds={SEEDS}", f"training.epochs={EPOCHS}",
            *OPTIONS[option],
        ],
    )  # fmt: skip
    folder = begin(config, place(), as_far_as_scores, resume=RunFolder.is_begun(place(), name))
    if option == OF_TARGET:
        config, folder = open_finished(folder.path, "target")
    run = AskedRun(config, folder, SEEDS, Reporter(Console(file=StringIO())))
    others = [read_other(run, data() / each, None) for each in ASKED]
    write_answers(said(option), [each for other in others for each in ask_about(run, other)[1]])
    assert run.files.metrics()["classifiers"]["cnn"]["accuracy"]["mean"] > 0.2


def as_far_as_scores(config, folder, reporter) -> None:
    kept = Run(folder).repeats()
    if len(kept) == SEEDS and all(repeat.is_classified for repeat in kept):
        return
    for stage in (train, extract, classify):
        stage(config, folder, reporter)


def test_each_option_is_tested_in_pairs_against_the_config_as_it_is():
    answers = {option: read_answers(said(option)) for option in OPTIONS if said(option).exists()}
    if AS_IT_IS not in answers or len(answers) < 2:
        pytest.skip("fewer than two options are trained")
    tests = {}
    rows = {option: [told(home(option))] for option in answers}
    for name in dict.fromkeys(each.name for each in answers[AS_IT_IS]):
        of_set = {k: [each for each in of_k if each.name == name] for k, of_k in answers.items()}
        base = of_set[AS_IT_IS][0]
        source_of = dict(zip(base.table.ids.tolist(), base.sources.tolist(), strict=True))
        tables = {option: [each.table for each in of_k] for option, of_k in of_set.items()}
        for option, of_option in tables.items():
            predicted = [table.predictions("cnn", source_of) for table in of_option]
            scored = summarise(predicted, list(FIVE), seed=0, groups=list(range(SEEDS)))
            rows[option].append(told(scored["macro_recall"]))
            if option == AS_IT_IS:
                continue
            pair = [tables[AS_IT_IS], of_option]
            sums = dict(zip(base.table.ids.tolist(), base.sha256.tolist(), strict=True))
            assert not why_not_paired([AS_IT_IS, option], pair, [sums, sums])
            found = paired_tests([option, AS_IT_IS], pair[::-1], source_of, 0)
            tests[option, name] = found["cnn"]["pairs"][0]
    correct(list(tests.values()))
    print(f"\n| | home | {' | '.join(dict.fromkeys(name for _, name in tests))} |")
    for option, cells in rows.items():
        print(f"| {option} | {' | '.join(cells)} |")
    print("\n| less the config as it is, accuracy | set | difference | p, Holm |")
    for (option, name), pair in tests.items():
        apart = pair["difference"]
        print(
            f"| {option} | {name} | {apart['mean']:+.3f} ({apart['low']:+.3f} to "
            f"{apart['high']:+.3f}) | {pair['p_holm']:.3f} |"
        )
    assert all(0 <= pair["p_holm"] <= 1 for pair in tests.values())


def home(option):
    return Run(RunFolder.named(place(), trained(option))[-1]).metrics()["classifiers"]["cnn"][
        "macro_recall"
    ]


def told(score) -> str:
    return f"{score['mean']:.3f} ({score['low']:.3f} to {score['high']:.3f})"
