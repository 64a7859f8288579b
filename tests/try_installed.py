"""What `make test-wheel` does with the installed wheel, outside the checkout: README's first steps.

Run it by the Python of an environment that holds nothing but the wheel and what it needs.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import hybrid_wbc
from hybrid_wbc import load_cells, load_run
from hybrid_wbc.data.bundled import installed

SHORT = ("--set", "training.epochs=2")
PER_CLASS = 15


def command(folder: Path, *arguments: str) -> None:
    """Run the command that the wheel installs, in a folder."""
    program = Path(sys.executable).with_name("hybrid-wbc")
    print("hybrid-wbc", *arguments, flush=True)
    subprocess.run([program, *arguments], cwd=folder, check=True)


def main() -> None:
    """Begin as the README says, with the cells that come along and with a folder of one's own."""
    checkout = Path(__file__).resolve().parents[1]
    package = Path(hybrid_wbc.__file__).resolve()
    if package.is_relative_to(checkout / "hybrid_wbc"):
        raise SystemExit(f"{package} is the checkout; run this by the environment of the wheel")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cells = load_cells(installed.folder_of("bcisc"), size=64)
        taken: dict[str, int] = {}
        for path in sorted(installed.folder_of("bcisc").rglob("*.jpg")):
            label = path.name.split("_")[0]
            taken[label] = taken.get(label, 0) + 1
            if taken[label] <= PER_CLASS:
                place = folder / "my-cells" / label
                place.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, place)
        assert len(taken) == len(set(cells.labels.tolist())) == 5
        command(folder, "run", "quickstart", *SHORT)
        command(folder, "data", "check", "my-cells")
        command(folder, "run", "my-cells", *SHORT)
        command(folder, "predict", "my-cells", "--as", "cells", "--csv", "said.csv")
        assert len((folder / "said.csv").read_text().splitlines()) == 1 + 5 * PER_CLASS
        for run in sorted((folder / "artifacts").glob("0*")):
            assert (run / "report.html").is_file()
            load_run(run).scatter().savefig(folder / f"{run.name}.png")
            print(f"{run.name}: {(folder / f'{run.name}.png').stat().st_size:,} bytes of scatter")
        assert len(list(folder.glob("0*.png"))) == 2


if __name__ == "__main__":
    main()
