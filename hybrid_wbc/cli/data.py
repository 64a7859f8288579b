"""The commands that look at a data set or audit it, fetch one, cut its cells out, or draw one."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from hybrid_wbc.cli import places, waiting

# What each command needs beyond this is imported when it is called, so that help is there at once.


@click.group()
def data() -> None:
    """Look at a data set or audit it, fetch one, cut its cells out, or draw one."""


@data.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--layout", default="auto", show_default=True, help="See `list layouts`.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def check(path: Path, layout: str, as_json: bool) -> None:
    """Show counts, drops with their reasons, sizes and warnings. Nothing is changed."""
    waiting.say(f"reading {path}")
    from hybrid_wbc.cli.views.check import show_check
    from hybrid_wbc.progress import Reporter
    from hybrid_wbc.studies.check import check as check_set

    summary = check_set(path, Reporter(), layout=layout)
    if as_json:
        from hybrid_wbc.studies import formats

        click.echo(formats.CHECK.text(summary))
    else:
        show_check(summary)


@data.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--layout", default="auto", show_default=True, help="See `list layouts`.")
@click.option(
    "--json",
    "json_file",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="File for everything as JSON, the source of each image included; - prints it.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    show_default=True,
    help="Folder that audit.html is written in.",
)
def audit(path: Path, layout: str, json_file: Path | None, out: Path) -> None:
    """Show copies, conflicting labels, shared photographs, and what they are worth.

    Finds which images of PATH show the same photograph, says whether its own split shares any, and
    how far one nearest neighbour by bare colours gets with copies about and without. The worst
    pairs are in audit.html. Nothing is changed.
    """
    places.check({"--json": json_file}, {"--out": out})
    waiting.say(f"reading {path}")
    from hybrid_wbc.cli.views.audit import show_audit
    from hybrid_wbc.progress import Reporter
    from hybrid_wbc.studies import formats
    from hybrid_wbc.studies.audit import audit as audit_set

    found = audit_set(path, out, Reporter(), layout=layout)
    if json_file is None or str(json_file) != "-":
        if json_file is not None:
            formats.AUDIT.write(json_file, found)
        show_audit(found)
    else:
        click.echo(formats.AUDIT.text(found))
        click.echo(f"page: {found['page']}", err=True)


@data.command()
@click.argument("name")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("data"),
    show_default=True,
    help="Folder that the data set's own folder is made in.",
)
@click.option("--yes", is_flag=True, help="Fetch without asking; a set's own terms are asked for.")
def fetch(name: str, out: Path, yes: bool) -> None:
    """Fetch the public data set NAME (see `list datasets`) and unpack it.

    Says first what comes from where, how big it is, under which licence, and how to cite it. A
    fetch that was stopped goes on; one that is there is checked and left alone.
    """
    from hybrid_wbc.cli.views import catalog
    from hybrid_wbc.data.sets import fetching
    from hybrid_wbc.data.sets.catalog import DATASETS
    from hybrid_wbc.progress import Reporter

    reporter = Reporter()
    edition = fetching.edition_of(name)
    folder = out / name
    if folder.exists():
        count = fetching.check(folder, job=reporter.job)
        click.echo(f"nothing to fetch: {count} files are there as they were fetched", err=True)
        click.echo(folder)
        return
    places.check({}, {"--out": out})
    dataset = DATASETS[edition.dataset]
    catalog.show_offer(dataset, edition, fetching.sizes_of(edition), folder)
    if dataset.terms:
        click.echo(f"\n{dataset.terms}", err=True)
        click.confirm("Do you accept these terms?", abort=True, err=True)
    if edition.files and not yes:
        click.confirm(f"Fetch {name}?", abort=True, err=True)
    click.echo(fetching.fetch(name, out, job=reporter.job))
    click.echo(f"look at it with: hybrid-wbc data check {shlex.quote(str(folder))}", err=True)


@data.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--per-class", type=click.IntRange(min=1), default=40, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
def synth(out: Path, per_class: int, seed: int) -> None:
    """Draw smears with expert masks in LISC's layout. They are SYNTHETIC and say so."""
    places.check({}, {"OUT": out})
    waiting.say(f"drawing smears into {out}")
    from hybrid_wbc.data.drawn.synthetic import write_smears
    from hybrid_wbc.progress import Reporter

    with Reporter().job("drawing smears") as advance:
        count = write_smears(out, per_class=per_class, seed=seed, progress=advance)
    click.echo(f"{out}: {count} SYNTHETIC smears", err=True)


@data.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--layout", default="auto", show_default=True, help="See `list layouts`.")
@click.option("--size", type=click.IntRange(16, 1024), default=96, show_default=True)
@click.option(
    "--margin",
    type=click.FloatRange(0, 2),
    default=0.25,
    show_default=True,
    help="Room on each side of a large cell.",
)
@click.option(
    "--side",
    type=click.IntRange(min=1),
    help="Side of the square cut out, in pixels of the pictures; by default from the cells.",
)
def crop(path: Path, out: Path, layout: str, size: int, margin: float, side: int | None) -> None:
    """Cut each cell of PATH out into OUT, one folder a class, all at one scale.

    By LISC's masks or BCCD's boxes; in other layouts the one cell of each picture is found.
    OUT/crops.csv says where each crop comes from, and is itself a data set. It names each crop's
    photograph: found from the whole pictures, where the set does not say.
    """
    places.check({}, {"OUT": out})
    waiting.say(f"reading {path}")
    from hybrid_wbc.cli.views.crop import show_crops
    from hybrid_wbc.progress import Reporter
    from hybrid_wbc.studies.crop import crop as crop_cells

    cropped = crop_cells(path, out, Reporter(), layout=layout, size=size, margin=margin, side=side)
    show_crops(cropped, out, size)


COMMANDS = (data,)
