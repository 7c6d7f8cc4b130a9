"""`understudy simulate`: histories by seed; what breaks is written as a capsule."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import click

from crm_contracts.capsules.capsule import Engine
from crm_contracts.capsules.found import of_finding
from crm_contracts.capsules.writing import write_capsule
from crm_contracts.world.profiles import PROFILES
from crm_contracts.world.simulation import Finding
from crm_contracts.world.simulation import simulate as play_many
from fake_core.errors import MisuseError

CAPSULE = "understudy.capsule.yaml"


@click.command(short_help="Random histories of users, faults and deaths, from a seed.")
@click.option("--profile", "name", type=click.Choice(list(PROFILES)), default="planhat", show_default=True)
@click.option("--histories", type=click.IntRange(1), default=100, show_default=True, help="How many are played.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Another seed, other histories.")
@click.option("--steps", type=click.IntRange(1), default=12, show_default=True, help="Operations of each history.")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes that share the work.")
@click.option(
    "--capsule",
    type=click.Path(dir_okay=False, path_type=Path),
    default=CAPSULE,
    show_default=True,
    help="Where the history that breaks an invariant is kept.",
)
@click.option(
    "--planted",
    "bug",
    metavar="NAME",
    help="Plant a known bug into the sync first, to see one found (`python -m crm_contracts.world.mutants --list`).",
)
def simulate(*, name: str, histories: int, seed: int, steps: int, jobs: int, capsule: Path, bug: str | None) -> None:
    """Play random histories and demand that every world converges and comes to rest.

    Users work on both sides, settings change, clocks are skewed, commits show late, requests fail and the sync dies;
    then everything is healed. Each history is played twice and must make the same requests. The first that breaks an
    invariant is made as short as possible, told, and written to --capsule; the exit status is then 1. The same seed
    gives the same result on any machine, whatever --jobs says.
    """
    if not capsule.parent.is_dir():  # before anything is played: what is found after minutes must have a place
        raise MisuseError(f"--capsule {capsule}: there is no folder {capsule.parent}; make it first")
    with (
        _planted(bug, jobs),
        click.progressbar(
            length=histories, label=name, file=sys.stderr, hidden=not sys.stderr.isatty(), show_pos=True
        ) as bar,
    ):
        done = play_many(name, histories=histories, seed=seed, steps=steps, jobs=jobs, progress=bar.update)
    if done.finding is None:
        click.echo(
            f"{name}: {done.histories} histories of {steps} operations from seed {seed}: every world came to rest"
        )
        click.echo(f"each was played twice with the same requests; sha256 of all logs {done.sha256}")
        return
    _tell(done.finding)
    kept = of_finding(done.finding)
    write_capsule(kept if bug is None else replace(kept, engine=Engine("planted", bug)), capsule)
    again = f"understudy capsule run {'--faulty ' if bug else ''}{capsule}"
    click.echo(f"{again} plays it again", err=True)
    sys.exit(1)


def _planted(bug: str | None, jobs: int) -> ExitStack:
    """The known bug of this name, in the sync for as long as the block runs."""
    block = ExitStack()
    if bug is None:
        return block
    from crm_contracts.world.mutants import MUTANTS
    from crm_contracts.world.mutants.planting import planted

    chosen = next((one for one in MUTANTS if one.name == bug), None)
    if chosen is None:
        raise click.UsageError(f"no planted bug {bug!r}: `python -m crm_contracts.world.mutants --list` names them")
    if jobs > 1:
        raise click.UsageError("--planted goes with one job: the bug is in this process only")
    block.enter_context(planted(chosen))
    return block


def _tell(found: Finding) -> None:
    click.echo(
        f"{found.profile}: history {found.number} of seed {found.seed} breaks {found.violation.invariant}; "
        f"made shorter from {found.steps} operations to {len(found.history)}:"
    )
    for op in found.history:
        click.echo(f"  {op.to_dict()}")
    click.echo(str(found.violation))
