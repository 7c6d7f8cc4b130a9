"""`understudy contract check`: does a program keep its vendors' contracts? Exit status: 0 yes, 1 no, 2 a wrong
call or nothing to judge.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crm_contracts.findings.options import Chosen, reporting
from crm_contracts.vendors import TITLES, VENDORS

if TYPE_CHECKING:
    from crm_contracts.findings import Finding, Report, Result
    from crm_contracts.integration.parsed import Run
    from crm_contracts.integration.running import Performed


@click.group("contract", short_help="Hold an integration to its vendors' contracts.")
def contract() -> None:
    """Hold an integration to its vendors' contracts, by what it sends."""


@contract.command(short_help="Run a program against fakes and judge what it sends.")
@click.argument("command", nargs=-1, metavar="[-- COMMAND…]")
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="NAME[:VENDOR]",
    help="Only this rung of the ladder, beside the plain run; may be given again. none: the plain run alone.",
)
@click.option("--har", type=click.Path(path_type=Path), help="Judge the recorded traffic of this file; nothing is run.")
@click.option("--vendor", "vendors", multiple=True, type=click.Choice(VENDORS), help="Serve only this one.")
@click.option("--org", "orgs", multiple=True, metavar="[VENDOR=]NAME|FILE", help="As `understudy serve` takes it.")
@click.option("--seed", type=click.Path(path_type=Path), help="Starting records by vendor: a TOML or JSON file.")
@click.option("--budget", "budgets", multiple=True, metavar="[VENDOR=]N", help="How many calls the plain run may make.")
@click.option("--allow", multiple=True, metavar="CHECK", help="A check whose findings are known and wanted.")
@click.option("--strict", is_flag=True, help="A warning fails the check, too.")
@click.option("--tls", is_flag=True, help="Serve https: the CA is in the variables that clients read for it.")
@click.option("--timeout", type=click.FloatRange(0.1), default=60, show_default=True, help="Seconds until a run hangs.")
@click.option("--pact", type=click.Path(path_type=Path), help="Also write the plain run as Pact files to this folder.")
@click.option("--name", default="integration", show_default=True, help="What the program is called (in a Pact file).")
@click.option("--quiet", is_flag=True, help="Say nothing of what the program itself says.")
@reporting
def check(*, chosen: Chosen, command: tuple[str, ...], har: Path | None, **given: Any) -> None:
    """Run COMMAND against fakes served for it and judge what it sends; put -- in front of it.

    The program runs once as it is, and once for each fault that can strike it (a lost answer, a refused item, a 503,
    the limit, an ended session, small pages): its error paths are where contracts break. Where the fakes are stands in
    its environment, as `understudy env` prints it: SALESFORCE_URL, PLANHAT_TOKEN, … Exit status: 0 it kept its
    contracts, 1 it did not, 2 a wrong call, or nothing to judge.
    """
    from crm_contracts.findings.options import show
    from fake_core.errors import MisuseError

    if bool(command) == (har is not None):
        raise MisuseError("name a program behind --, or --har FILE, one of them")
    report = _of_file(har, **given) if har is not None else _of_command(command, **given)
    sys.exit(show(report, chosen))


@contract.command("checks", short_help="Print what is checked, and why.")
def list_checks() -> None:
    """Print every check: its name (for --allow and @pytest.mark.contract), what it holds, and the evidence."""
    from crm_contracts.integration.table import rows

    for row in rows().values():
        click.echo(f"{row.name}  ({row.level})\n    {row.title}\n    {row.why}\n    {row.grade}: {row.source}")


def _of_file(
    har: Path, *, budgets: Sequence[str], allow: Sequence[str], strict: bool, vendors: Sequence[str], **other: Any
) -> Report:
    from crm_contracts.integration.judging import judge
    from crm_contracts.integration.parsed import Run
    from crm_contracts.traffic import WITHHELD
    from crm_contracts.traffic.har import read
    from crm_contracts.world.story import counted
    from fake_core.errors import MisuseError

    for name, option in (("faults", "fault"), ("orgs", "org"), ("seed", "seed"), ("tls", "tls")):
        if other[name]:
            raise MisuseError(f"--{option} goes with a program: recorded traffic stays as it is")
    recording = read(har, vendor=vendors[0] if vendors else "")
    if not recording.calls:
        left = ", ".join(f"{count} {why}" for why, count in recording.left.items())
        raise MisuseError(f"{har}: no call of a vendor that we know{f' ({left})' if left else ''}; see --vendor")
    run = Run(calls=recording.calls, budget=_budget(budgets))
    _pact(other["pact"], other["name"], run)
    facts = {"traffic": har.name, "calls": str(len(recording.calls))}
    if recording.source:
        facts["recorded"] = f"{recording.source} {recording.date}".strip()
    if recording.left:
        facts["left out"] = ", ".join(f"{count} {why}" for why, count in recording.left.items())
    withheld = sum(one.header(WITHHELD) is not None or one.answered(WITHHELD) is not None for one in recording.calls)
    if withheld:
        facts["without a body"] = f"{counted(withheld, 'call')} whose body is not in the file, or cannot be unpacked"
    return judge([run], title=f"contract check: {har.name}", allow=allow, strict=strict, facts=facts)


def _of_command(
    command: Sequence[str],
    *,
    faults: Sequence[str],
    vendors: Sequence[str],
    orgs: Sequence[str],
    seed: Path | None,
    budgets: Sequence[str],
    allow: Sequence[str],
    strict: bool,
    tls: bool,
    timeout: float,
    pact: Path | None,
    name: str,
    quiet: bool,
) -> Report:
    from crm_contracts.integration.judging import judge
    from crm_contracts.integration.running import Stage, climb, read_seed
    from crm_contracts.serving import orgs_by_vendor

    _check_installed()
    _check_names(faults, allow)
    chosen = list(dict.fromkeys(vendors)) or list(VENDORS)
    records, budget = read_seed(seed), _budget(budgets)
    _check_vendors(records, chosen)
    with Stage(chosen, orgs=orgs_by_vendor(orgs, chosen), seed=records, tls=tls) as stage:
        bar = _Bar()
        done = climb(
            stage,
            command,
            faults=None if "none" in faults else faults,
            budget=budget,
            timeout_seconds=timeout,
            progress=bar.show,
        )
    if not quiet:
        _echo(done)
    _pact(pact, name, done[0].run)
    return judge(
        [one.run for one in done],
        title=f"contract check: {' '.join(command)}",
        allow=allow,
        strict=strict,
        facts=_facts(done),
        more=[*_ends(done, timeout), *([] if "none" in faults else _not_struck(done[0], faults))],
    )


def _not_struck(plain: Performed, chosen: Sequence[str]) -> Iterator[Result]:
    """What no run of the ladder showed: rungs that were asked for and met nothing, kinds of call beyond the most."""
    from crm_contracts.findings import Result
    from crm_contracts.integration.ladder import KINDS_MAX, unmet, unstruck

    for one in unmet(plain.heard, chosen):
        why = "the plain run made no call that it could strike"
        yield Result(name=f"--fault {one}", state="not run", title="the rung that was asked for", why=why)
    for name, kinds in unstruck(plain.heard, chosen).items():
        why = f"it strikes the first {KINDS_MAX} kinds of call, and not {', '.join(kinds)}"
        yield Result(name=name, state="not run", title="every kind of write is struck", why=why)


def _check_installed() -> None:
    from importlib.util import find_spec

    from fake_core.errors import MisuseError

    missing = [name for name in ("cheroot", "trustme") if find_spec(name) is None]
    if missing:
        raise MisuseError(f"{missing[0]} is not installed: pip install 'understudy[serve]'")


def _check_names(faults: Sequence[str], allow: Sequence[str]) -> None:
    """Before anything runs."""
    from crm_contracts.integration.ladder import steps
    from crm_contracts.integration.table import rows
    from fake_core.errors import MisuseError

    named = [one for one in faults if one != "none"]
    steps((), named)
    if named and len(named) < len(faults):
        raise MisuseError(f"--fault none: is the plain run alone; leave it out for --fault {named[0]}")
    for one in allow:
        if one not in rows():
            raise MisuseError(f"--allow {one}: is no check; `understudy contract checks` prints them")


def _check_vendors(records: dict[str, Any], chosen: Sequence[str]) -> None:
    from fake_core.errors import MisuseError

    for vendor in records:
        if vendor not in chosen:
            raise MisuseError(f"--seed: {vendor!r} is not served: its tables are named {', '.join(chosen)}")


def _budget(given: Sequence[str]) -> dict[str, int]:
    from fake_core.errors import MisuseError

    found = {}
    for one in given:
        vendor, _, count = one.rpartition("=")
        if not count.isdigit() or (vendor and vendor not in VENDORS):
            raise MisuseError(f"--budget {one}: write VENDOR=N with one of {', '.join(VENDORS)}, or N for all")
        found[vendor] = int(count)
    return found


def _pact(folder: Path | None, name: str, run: Any) -> None:
    if folder is None:
        return
    from crm_contracts.pact import write_pact

    for path in write_pact(run.calls, name, folder):
        click.echo(f"written: {path}", err=True)


def _facts(done: Sequence[Performed]) -> dict[str, str]:
    """For the head of the report; the program's own exit status apart."""
    plain = done[0]
    found = {
        "runs": str(len(done)),
        "calls": f"{len(plain.run.calls)} as it is, {sum(len(one.run.calls) for one in done)} in all runs",
        "the program": _end(plain),
    }
    for one in done[1:]:
        found[one.run.name] = f"{one.title}: {len(one.run.calls)} calls, {_end(one)}"
    return found


def _end(one: Performed) -> str:
    """Its own exit status; its last words where that is not 0."""
    return "exit status 0" if one.ended.status == 0 else str(one.ended)


def _ends(done: Sequence[Performed], timeout: float) -> list[Result]:
    """How the runs ended: the plain one has to end well, and none may hang. Who waits as told does not hang."""
    from crm_contracts.findings import Finding, Result
    from crm_contracts.integration.checks.limits import told_seconds, was_waiting

    plain = done[0]
    failed: list[Finding] = []
    if plain.ended.status != 0 and not plain.ended.hung:
        failed = [
            Finding(
                check="plain-run",
                seen=f"the program itself: {plain.ended}",
                why="what it would have done after that was not seen: its contract is not proven",
                remedy="make the plain run end with status 0; --seed gives it records to begin with",
                where="run plain",
                shown=plain.said.splitlines()[-12:],
            )
        ]
    failed += [
        Finding(
            check="plain-run",
            seen=f"{TITLES[vendor]} let it in with none of its calls: {codes}",
            why="nothing that it would have asked was seen: its contract is not proven",
            remedy="log in with what stands in the environment, and end with another status than 0 where that fails",
            where="run plain",
            vendor=vendor,
        )
        for vendor, codes in _kept_out(plain.run)
    ]
    waiting = [
        one.run.name for one in done if one.ended.hung and was_waiting(one.run, timeout + told_seconds(one.run.calls))
    ]
    hung = [
        Finding(
            check="runs-end",
            seen=f"run {one.run.name}: not over after {len(one.run.calls)} calls: it was killed",
            why="a run that does not end holds up all that come after it",
            remedy="give every request a timeout and every retry an end",
            where=f"run {one.run.name}",
        )
        for one in done
        if one.ended.hung and one.run.name not in waiting
    ]
    return [
        Result(
            name="plain-run",
            state="failed" if failed else "passed",
            title="the program ends well where nothing goes wrong",
            findings=failed,
        ),
        Result(name="runs-end", state="failed" if hung else "passed", title="every run ends", findings=hung),
        *(
            Result(
                name=f"runs-end: {name}",
                state="not run",
                title="every run ends",
                why="it waited as it was told until --timeout was over: a longer one shows what it does then",
            )
            for name in waiting
        ),
    ]


def _kept_out(run: Run) -> Iterator[tuple[str, str]]:
    """Vendors of whom each call was refused for who asked, and with which statuses."""
    for vendor in run.vendors:
        calls = [one for one in run.parsed if one.vendor == vendor]
        if all(one.status in {401, 403} or (one.logs_in and one.status >= 400) for one in calls):
            yield vendor, ", ".join(str(status) for status in sorted({one.status for one in calls}))


def _echo(done: Sequence[Performed]) -> None:
    """What the program said in the plain run, so that nobody has to run it again to see."""
    for line in done[0].said.splitlines():
        click.echo(f"{done[0].run.name} | {line}", err=True)


class _Bar:
    """A progress bar on a terminal, nothing elsewhere. Its length is known after the plain run."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()

    def show(self, number: int, of: int) -> None:
        if self._shown:
            click.echo(f"\rrun {number} of {of}", err=True, nl=number == of)
