"""The command `cluster`: how a scheduler and workers are started, to be named by --cluster."""

from __future__ import annotations

import socket

import click

from hybrid_wbc.config.cluster import ALLOWED_FAILURES

_PORT = 8786


@click.command()
@click.option(
    "--workers", type=click.IntRange(min=1), default=2, show_default=True, help="On each machine."
)
def cluster(workers: int) -> None:
    """Print how to start a scheduler here and workers on this and other machines.

    Whoever reaches the scheduler can run programs on every worker: start it only in a network that
    you trust.
    """
    address = f"{socket.gethostname()}:{_PORT}"
    failures = f"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES={ALLOWED_FAILURES}"
    click.echo(
        f"""\
1. On every machine, the same version of this program, with Dask:
     pip install "hybrid-wbc[dask]"
   and the data under one path, say a folder that all of them mount.

2. Here, the scheduler:
     {failures} dask scheduler --port {_PORT}

3. On each machine that is to train, {workers} at a time, each a process of its own:
     dask worker tcp://{address} --nworkers {workers} --nthreads 1 --memory-limit 0

4. The run, from any machine that sees the data:
     hybrid-wbc run CONFIG --data PATH --cluster tcp://{address}

Whoever reaches the scheduler can run programs on every worker: start it only
in a network that you trust. On this machine alone, `--cluster local:{workers}` needs no
scheduler to be started."""
    )


COMMANDS = (cluster,)
