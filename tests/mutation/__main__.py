"""`python -m tests.mutation`: cosmic-ray's mutations of deciding, planning and the journal, and who notices them.

Exit status 1: fewer than 95 % are killed, a survivor is not explained in survivors.toml, or an explanation is stale.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import pytest
from hypothesis import Phase, settings
from tests.mutation.explained import compare, read
from tests.mutation.mutations import Mutation, mutations
from tests.mutation.running import Outcome, Reach, Session, spans

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ENGINE = ROOT / "sync" / "crm_sync"
#: What an activity is (cases), what follows (decide; the tables are held against an oracle, case by case), what is to
#: be done (plan), and what survives a death (journal).
MODULES = ("decide", "cases", "plan", "losers", "journal")
TESTS = (
    "test_cases.py",
    "test_configuration.py",
    "test_conflict_log.py",
    "test_crashes.py",
    "test_custom_fields.py",
    "test_decide.py",
    "test_faults.py",
    "test_field_rights.py",
    "test_journal*.py",
    "test_kept_out.py",
    "test_losers.py",
    "test_many.py",
    "test_marketo_*.py",
    "test_one_task.py",
    "test_plan*.py",
    "test_pure.py",
    "test_put_aside.py",
    "test_recognise.py",
    "test_rules.py",
    "test_runs.py",
    "test_scenarios.py",
    "test_tombstones.py",
    "test_totango_*.py",
    "test_verdict*.py",
)
SHARE_MIN = 0.95
SECONDS = 60.0


class Loop:
    """The pytest plugin that runs mutations in the place of tests."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options
        self.status = 1

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self) -> None:
        """A mutation is dead at the first failing example; nobody reads how short it can be made."""
        ci = settings.get_profile("ci")
        settings.register_profile("mutation", ci, phases=(Phase.explicit, Phase.generate), report_multiple_bugs=False)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.status = _run(session.items, **self.options)
        return True


@click.command()
@click.option("--module", "modules", multiple=True, type=click.Choice(MODULES), help="This one alone; may be repeated.")
@click.option("--function", "functions", multiple=True, help="Mutations of this function alone; may be repeated.")
@click.option("--share", default="1/1", metavar="N/M", show_default=True, help="Every M-th, from the N-th on.")
@click.option("--jobs", type=click.IntRange(1), default=os.cpu_count() or 1, show_default=True, help="At a time.")
@click.option(
    "--seconds", type=click.FloatRange(0), default=SECONDS, show_default=True, help="Of tests for each, of the CPU."
)
@click.option("--results", type=click.Path(dir_okay=False, path_type=Path), help="Write one JSON object a line here.")
@click.option(
    "--again", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Survivors of these results."
)
@click.option(
    "--tests", multiple=True, metavar="PATTERN", help="These files of tests/crm_sync alone, for a quick look."
)
@click.option(
    "--traced", type=click.Path(dir_okay=False, path_type=Path), help="Keep here what tests reach, or take it."
)
@click.option(
    "--skip", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Not those in these results."
)
def main(**options: Any) -> None:
    """Mutate, run the tests that reach the line, compare the survivors with the explained ones."""
    first, _, every = options["share"].partition("/")
    if not (first.isdigit() and every.isdigit() and 1 <= int(first) <= int(every)):
        raise click.UsageError(f"--share is N/M such as 1/2, not {options['share']!r}")
    try:
        read(HERE / "survivors.toml")
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    os.chdir(ROOT)
    files = sorted(
        str(file) for pattern in options.pop("tests") or TESTS for file in (ROOT / "tests" / "crm_sync").glob(pattern)
    )
    quietly = [
        "-q",
        "-s",
        "-p",
        "no:xdist",
        "--no-header",
        "--no-summary",
        "-W",
        "ignore::pytest.PytestAssertRewriteWarning",
    ]
    loop = Loop(options)
    ended = pytest.main([*quietly, "--hypothesis-profile=mutation", *files], plugins=[loop])
    sys.exit(loop.status if ended == pytest.ExitCode.OK else 2)


def _run(
    items: Sequence[pytest.Item], *, modules: tuple[str, ...], functions: tuple[str, ...], share: str, jobs: int,
    seconds: float, results: Path | None, again: Path | None, traced: Path | None,
    skip: Path | None,
) -> int:  # fmt: skip
    found = {name: list(mutations(ENGINE / f"{name}.py")) for name in modules or MODULES}
    real = [one for all_ in found.values() for one in all_ if one is not None]
    left_out = sum(len(all_) for all_ in found.values()) - len(real)
    click.echo(f"{len(real)} mutations of {', '.join(found)}; {left_out} more change no answer, or are no Python")
    first, _, every = share.partition("/")
    chosen = [one for one in real if not functions or one.function in functions][int(first) - 1 :: int(every)]
    if again:
        names = {name for name, killed in _read_results(again) if not killed}
        chosen = [one for one in chosen if one.name in names]
    if skip:
        names = {name for name, _ in _read_results(skip)}
        chosen = [one for one in chosen if one.name not in names]

    chosen.sort(key=lambda one: not one.inside)  # those that need a process of their own come last
    session = Session(items, {name: importlib.import_module(f"crm_sync.{name}") for name in found}, jobs=jobs)
    if traced and traced.exists():
        reach = Reach.read(traced)
    else:
        with click.progressbar(length=len(items), label="tracing the tests") as bar:
            reach = session.trace(bar.update)
        if traced:
            reach.write(traced)
    if reach.red:
        click.echo(f"{len(reach.red)} tests are red without any mutation: {', '.join(sorted(reach.red)[:5])}")
        return 2
    killers: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    outcomes: list[Outcome] = []
    with click.progressbar(length=len(chosen), label="running mutations") as bar:
        for one in session.run(_with_tests(chosen, reach, killers, seconds)):
            bar.update(1)
            outcomes.append(one)
            if one.killed and one.by in reach.seconds:
                killers[one.mutation.module, one.mutation.function][one.by] += 1
            if results:
                with results.open("a", encoding="utf-8") as lines:
                    told = {
                        "name": one.mutation.name,
                        "operator": one.mutation.operator,
                        "killed": one.killed,
                        "by": one.by,
                    }
                    lines.write(json.dumps(told, ensure_ascii=False) + "\n")
    return _told(outcomes, whole=len(chosen) == len(real) and not modules)


def _with_tests(
    chosen: Sequence[Mutation],
    reach: Reach,
    killers: dict[tuple[str, str], Counter[str]],
    seconds: float,
) -> Iterator[tuple[Mutation, list[str], float]]:
    for one in chosen:
        source = (ENGINE / f"{one.module}.py").read_text(encoding="utf-8")
        reaching = reach.tests(one, *spans(source, one.lines, one.function))
        before = killers[one.module, one.function]
        tests: list[str] = []
        needed = 0.0
        for test in sorted(reaching, key=lambda test: (-before[test], reach.seconds[test], test)):
            if needed + reach.seconds[test] <= seconds or not tests:
                tests.append(test)
                needed += reach.seconds[test]
        yield one, tests, needed


def _read_results(path: Path) -> Iterator[tuple[tuple[str, ...], bool]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        raw = json.loads(line)
        yield tuple(raw["name"]), raw["killed"]


def _told(outcomes: Sequence[Outcome], *, whole: bool) -> int:
    survivors = [one for one in outcomes if not one.killed]
    killed = len(outcomes) - len(survivors)
    explanations = read(HERE / "survivors.toml")
    unexplained, stale = compare(
        explanations,
        survived={one.mutation.name for one in survivors},
        met={one.mutation.name for one in outcomes},
        whole=whole,
    )
    for one in survivors:
        if one.mutation.name in unexplained:
            click.echo(f"SURVIVED: {_words(one.mutation.name)} [{one.mutation.operator}, {one.by}]")
    for name in stale:
        click.echo(f"STALE: {_words(name)}: it is killed, or there no more; take it out of survivors.toml")
    share = killed / len(outcomes) if outcomes else 1.0
    click.echo(
        f"{killed} of {len(outcomes)} mutations were killed ({share:.1%}), {len(survivors)} survived, "
        f"{len(survivors) - sum(one.mutation.name in unexplained for one in survivors)} of them explained"
    )
    if share < SHARE_MIN:
        click.echo(f"fewer than {SHARE_MIN:.0%} are killed: write tests for the survivors")
    return int(bool(unexplained or stale or share < SHARE_MIN))


def _words(name: Sequence[str]) -> str:
    module, function, line, becomes = name
    return f"{module}.{function}: `{line}` becomes `{becomes}`"


if __name__ == "__main__":
    main()
