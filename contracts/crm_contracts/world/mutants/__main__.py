"""`python -m crm_contracts.world.mutants`: plant each bug, see what notices it. Exit status 1 when one survives."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from time import process_time

import click

from crm_contracts.world.mutants import MUTANTS
from crm_contracts.world.mutants.lane import Lane
from crm_contracts.world.mutants.runner import CAUGHT, PLAYS_MAX, SECONDS_MAX, Outcome, run_all


@click.command()
@click.option("--only", "names", multiple=True, metavar="NAME", help="This bug alone; may be said several times.")
@click.option("--failure", "failures", multiple=True, metavar="F01", help="The bugs of this failure mode alone.")
@click.option("--list", "listed", is_flag=True, help="Only say which there are; plant nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option(
    "--seconds", type=click.FloatRange(0), default=SECONDS_MAX, show_default=True, help="For each, of the CPU."
)
@click.option(
    "--plays", type=click.IntRange(0), default=PLAYS_MAX, show_default=True, help="For making a history short."
)
@click.option("--share", default="1/1", metavar="N/M", show_default=True, help="Every M-th bug, from the N-th on.")
def main(
    *,
    names: tuple[str, ...],
    failures: tuple[str, ...],
    listed: bool,
    as_json: bool,
    seconds: float,
    plays: int,
    share: str,
) -> None:
    """Plant each bug into the engine or a fake and let the proof look for it."""
    unknown = sorted(set(names) - {one.name for one in MUTANTS})
    if unknown:
        raise click.UsageError(f"no planted bug {unknown[0]!r}: --list names them all")
    chosen = [one for one in MUTANTS if not names or one.name in names]
    chosen = [one for one in chosen if not failures or one.failure in failures]
    first, _, every = share.partition("/")
    if not (first.isdigit() and every.isdigit() and 1 <= int(first) <= int(every)):
        raise click.UsageError(f"--share is N/M such as 1/2, not {share!r}")
    chosen = chosen[int(first) - 1 :: int(every)]
    if listed:
        for bug in chosen:
            where = "a fake" if bug.of_a_fake else f"the {bug.profile} sync"
            click.echo(f"{bug.failure}  {bug.name}  [{where}]: {bug.wrong}")
        return
    here = Path.cwd()
    lane = Lane(here if (here / "tests" / "crm_contracts").is_dir() else None)
    done: list[Outcome] = []
    for one in run_all(chosen, lane, clock=process_time, seconds_max=seconds, plays_max=plays):
        done.append(one)
        click.echo(json.dumps(one.to_dict(), ensure_ascii=False) if as_json else _line(one))
    lane.close()
    if not as_json:
        _summary(done)
    sys.exit(0 if all(one.outcome == CAUGHT for one in done) else 1)


def _line(one: Outcome) -> str:
    name = f"{one.mutant.failure} {one.mutant.name}"
    if one.outcome != CAUGHT:
        tried = f"{one.examples} examples, {one.seconds:.1f} s"
        return f"{one.outcome.upper()}: {name}: {one.mutant.wrong} {one.what} ({tried}) [{one.means}]"
    short = f", {one.steps} operations shrunk to {len(one.history)}" if one.history else ""
    return f"{name}: {one.check}, example {one.examples}, {one.seconds:.1f} s{short} [{one.means}]"


def _summary(done: list[Outcome]) -> None:
    caught = [one for one in done if one.outcome == CAUGHT]
    fakes = [one for one in done if one.mutant.of_a_fake]
    click.echo(
        f"{len(caught)} of {len(done)} planted bugs were caught ({len(done) - len(fakes)} in the engine, "
        f"{len(fakes)} in the fakes); {sum(one.seconds for one in done):.0f} s of the processor"
    )
    for check, times in Counter(one.check.split(" (")[0] for one in caught).most_common():
        click.echo(f"  {times:3} by {check}")


if __name__ == "__main__":
    main()
