"""`understudy simulate`: histories by seed; what breaks is written as a capsule."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from crm_contracts.capsules.found import of_finding
from crm_contracts.capsules.writing import write_capsule
from crm_contracts.world.profiles import PROFILES
from crm_contracts.world.simulation import Finding
from crm_contracts.world.simulation import simulate as play_many

CAPSULE = "understudy.capsule.yaml"


@click.command(short_help="Random histories of users, faults and deaths, from a seed.")
@click.option("--profile", "name", type=click.Choice(list(PROFILES)), default="planhat", show_default=True)
@click.option("--histories", type=click.IntRange(1), default=100, show_default=True, help="How many are played.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Another seed, other histories.")
@click.option("--steps", type=click.IntRange(1), default=12, show_default=True, help="Operations of each history.")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes that share the work.")
@click.option("--capsule", type=click.Path(dir_okay=False, path_type=Path), default=CAPSULE, show_default=True)
def simulate(*, name: str, histories: int, seed: int, steps: int, jobs: int, capsule: Path) -> None:
    """Play random histories and demand that every world converges and comes to rest.

    Users work on both sides, settings change, clocks are skewed, commits show late, requests fail and the sync dies;
    then everything is healed. Each history is played twice and must make the same requests. The first that breaks an
    invariant is made as short as possible, told, and written to --capsule; the exit status is then 1. The same seed
    gives the same result on any machine, whatever --jobs says.
    """
    with click.progressbar(
        length=histories, label=name, file=sys.stderr, hidden=not sys.stderr.isatty(), show_pos=True
    ) as bar:
        done = play_many(name, histories=histories, seed=seed, steps=steps, jobs=jobs, progress=bar.update)
    if done.finding is None:
        click.echo(
            f"{name}: {done.histories} histories of {steps} operations from seed {seed}: every world came to rest"
        )
        click.echo(f"each was played twice with the same requests; sha256 of all logs {done.sha256}")
        return
    _tell(done.finding)
    write_capsule(of_finding(done.finding), capsule)
    click.echo(f"understudy capsule run {capsule} plays it again", err=True)
    sys.exit(1)


def _tell(found: Finding) -> None:
    click.echo(
        f"{found.profile}: history {found.number} of seed {found.seed} breaks {found.violation.invariant}; "
        f"made shorter from {found.steps} operations to {len(found.history)}:"
    )
    for op in found.history:
        click.echo(f"  {op.to_dict()}")
    click.echo(str(found.violation))
