"""`understudy conform`."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

import click

from crm_contracts.findings.options import Chosen, bar, reporting, show, write_whole
from crm_contracts.vendors import TITLES, VENDORS, by_vendor
from fake_core.clock import Clock, RealClock
from fake_core.errors import MisuseError

if TYPE_CHECKING:
    from crm_contracts.conform.check import Check
    from crm_contracts.conform.target import Target

BUDGET = 2_500  # enough for all checks of any vendor
# The shortest way to name an account in the environment.
ACCOUNTS = {
    "salesforce": "SALESFORCE_URL with SALESFORCE_ACCESS_TOKEN",
    "planhat": "PLANHAT_TOKEN with PLANHAT_TENANT",
    "totango": "TOTANGO_TOKEN with TOTANGO_SERVICE_ID",
}
ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"


@click.command(short_help="Ask a fake, or a real account, whether it does what the vendor does.")
@click.option(
    "--target",
    "where",
    default="in-process",
    show_default=True,
    metavar="in-process|URL|sandbox",
    help="in-process: fakes of this command's own. URL: a fake of `understudy serve`, and those served beside it. "
    "sandbox: accounts whose credentials stand in the environment, as `understudy env` names them.",
)
@click.option("-V", "--vendor", "vendors", multiple=True, type=click.Choice(VENDORS), help="Only this vendor's checks.")
@click.option("--only", multiple=True, metavar="GLOB", help="Only checks of such names: 'salesforce/query/*'.")
@click.option("--list", "listing", is_flag=True, help="Print the checks and how well each is known; ask nobody.")
@click.option(
    "--budget", default=BUDGET, show_default=True, type=click.IntRange(min=1), help="An account's calls at most."
)
@click.option("--patch", type=click.Path(path_type=Path, dir_okay=False), help="Write what differs as data, here.")
@click.option("--run", "word", metavar="WORD", help="The run's own word in zz-understudy-WORD [default: by the clock].")
@click.option(
    "--allow-developer-edition", is_flag=True, help="Of an account: a Developer Edition org may be written to."
)
@click.option("--i-know-this-is-production", "production", is_flag=True, help="Of an account; takes the next one, too.")
@click.option("--write-to-production-org", "production_org", default="", metavar="ID", help="The org that is meant.")
@click.option(
    "--account", "accounts", multiple=True, metavar="VENDOR=NAME", help="The Planhat or Totango account that is meant."
)
@reporting
def conform(
    *,
    where: str,
    vendors: tuple[str, ...],
    only: tuple[str, ...],
    listing: bool,
    budget: int,
    patch: Path | None,
    word: str | None,
    allow_developer_edition: bool,
    production: bool,
    production_org: str,
    accounts: tuple[str, ...],
    chosen: Chosen,
) -> None:
    """Play named checks of vendor behaviour on a fake or on a real account, and tell what differs.

    Everything a check makes carries zz-understudy-WORD and is taken away again. A check that could not be asked is
    told as not run, never as passed. Exit status: 0 all that ran held, 1 something differs, 2 nothing could be asked,
    or nobody answered any more.
    """
    from crm_contracts.conform import accounts as guard
    from crm_contracts.conform.check import checks
    from crm_contracts.conform.drift import page
    from crm_contracts.conform.run import chosen as fitting
    from crm_contracts.conform.run import conform as play
    from crm_contracts.conform.target import in_process

    found = fitting([check for vendor in vendors or VENDORS for check in checks(vendor)], only)
    if not found:
        raise MisuseError(f"no check fits {' '.join(only) or ' '.join(vendors)}: --list prints all")
    if listing:
        for check in found:
            click.echo(f"{check.name:<64} {check.grade:<15} {check.title}")
        click.echo()
        for line in covered(found):
            click.echo(line)
        return
    clock = RealClock()
    allowed = guard.Allowed(
        developer_edition=allow_developer_edition,
        production=production,
        production_org=production_org,
        accounts=by_vendor(accounts, "--account", "NAME"),
    )
    wanted = list(dict.fromkeys(check.vendor for check in found))
    missing: dict[str, str] = {}
    with ExitStack() as stack:
        if where == "in-process":
            targets = {one: stack.enter_context(in_process(one)) for one in wanted}
        elif where == "sandbox":
            targets, missing = _accounts(wanted, allowed, clock=clock, budget=budget)
        else:
            targets, missing = _served(where, wanted)
        _tell_plan(found, targets, budget if where == "sandbox" else None)
        with bar(len(found), "checks") as progress:
            run = play(
                found,
                targets,
                word=word or _word(clock),
                clock=clock,
                missing=missing,
                done=lambda: progress.update(1),
            )
        facts = {
            TITLES[one]: f"{target.url}, {target.calls:,} calls, cleaning up among them"
            for one, target in targets.items()
        }
    if patch is not None and run.drifts:
        write_whole(patch, page(run.drifts))
        click.echo(f"written: {patch}", err=True)
    report = run.report(f"conform: {where}", facts)
    status = show(report, chosen)
    if not report.ran:
        named = "; ".join(ACCOUNTS[one] for one in missing if where == "sandbox" and one in ACCOUNTS)
        click.echo("nothing could be asked" + (f": set {named}" if named else ""), err=True)
    for why in run.silent.values():
        click.echo(f"broken off: {why}", err=True)
    if not report.ran or run.silent:
        status = 2
    sys.exit(status)


def covered(found: Sequence[Check]) -> Iterator[str]:
    """How many of each vendor, how well they are known, and what they are about."""
    for vendor in dict.fromkeys(check.vendor for check in found):
        mine = [check for check in found if check.vendor == vendor]
        grades = Counter(check.grade for check in mine)
        areas = dict.fromkeys(check.name.split("/")[1] for check in mine)
        operations = {one for check in mine for one in check.operations}
        known = ", ".join(f"{count} {grade}" for grade, count in grades.most_common())
        yield f"{TITLES[vendor]}: {len(mine)} checks of {len(operations)} operations: {known}"
        yield fill(", ".join(areas), 100, initial_indent="  ", subsequent_indent="  ")


def _word(clock: Clock) -> str:
    """A word of its own for each run: the second in base 36, and whose process."""
    number, word = int(clock.now().timestamp()) * 1_000 + os.getpid() % 1_000, ""
    while number:
        number, digit = divmod(number, 36)
        word = ALPHABET[digit] + word
    return word


def _tell_plan(found: Sequence[Check], targets: Mapping[str, Target], budget: int | None) -> None:
    """How many calls it will take, before the first is made."""
    from crm_contracts.conform.run import planned

    for vendor, count, calls in planned([check for check in found if check.vendor in targets]):
        limit = "" if budget is None else f" of {budget:,} allowed"
        click.echo(f"{TITLES[vendor]}: {count} checks, about {calls:,} calls{limit}, {targets[vendor].url}", err=True)


def _accounts(
    wanted: Sequence[str], allowed: Any, *, clock: Clock, budget: int
) -> tuple[dict[str, Target], dict[str, str]]:
    from crm_contracts.conform.accounts import NoAccount, account

    targets, missing = {}, {}
    for vendor in wanted:
        try:
            targets[vendor] = account(vendor, os.environ, allowed, clock=clock, budget=budget)
        except NoAccount as why:
            missing[vendor] = str(why)
    return targets, missing


def _served(url: str, wanted: Sequence[str]) -> tuple[dict[str, Target], dict[str, str]]:
    """The fake at *url* and those that are served beside it. Raises MisuseError where it is no fake."""
    from crm_contracts.conform.served import served_beside

    targets = served_beside(url, wanted)
    return targets, {vendor: f"not served beside {url}" for vendor in wanted if vendor not in targets}
