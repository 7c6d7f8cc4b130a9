"""`understudy verify`: puts a sync to the proof. Exit status: 0 all held, 1 something was violated, 2 it cannot run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from crm_contracts.verify.report import Report
    from crm_contracts.verify.runner import Runner

PROFILES = ("planhat", "totango", "marketo")
SUFFIXES = (".html", ".json", ".txt")


@click.command("verify", short_help="Put any sync to the proof.")
@click.option("--command", metavar="COMMAND", help="The command that performs one run, e.g. 'node mysync.js'.")
@click.option("--hook", metavar="URL", help="Or: where a POST starts one run and is answered when it is over.")
@click.option(
    "--kill-command", metavar="COMMAND", default="", help="With --hook: kills the service and starts it again."
)
@click.option("--profile", type=click.Choice(PROFILES), default="planhat", show_default=True, help="Which partner.")
@click.option(
    "--histories", type=click.IntRange(0), default=20, show_default=True, help="How many by seed, after the ladder."
)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="The first of the seeds.")
@click.option(
    "--steps", type=click.IntRange(1, 500), default=15, show_default=True, help="How long those histories are."
)
@click.option("--set", "sets", multiple=True, metavar="NAME=VALUE", help="A setting, e.g. conversation='Not Syncing'.")
@click.option("--fixed", is_flag=True, help="The sync has this one configuration: no history changes it.")
@click.option("--only", multiple=True, metavar="NAME", help="Only this history of the report; may be given again.")
@click.option("--tls", is_flag=True, help="Serve https: the CA is in the variables that clients read for it.")
@click.option("--external-id", is_flag=True, help="The Salesforce Task has a unique external-id field, Planhat_Id__c.")
@click.option("--timeout", type=click.FloatRange(0.1), default=60, show_default=True, help="Seconds until a run hangs.")
@click.option(
    "--minutes", type=click.FloatRange(0, min_open=True), help="Begin nothing new after so many; what is left is told."
)
@click.option(
    "--report",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write the report to this file: .html, .json or .txt.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def verify(**given: Any) -> None:
    """Put a sync to the proof: served fakes, users on both sides, faults, deaths; a report of what it broke.

    COMMAND performs one run against the addresses in its environment (SALESFORCE_URL, PLANHAT_URL, PLANHAT_TOKEN, … as
    `understudy env` prints them; UNDERSTUDY_NOW, UNDERSTUDY_CLOCK, UNDERSTUDY_STATE, UNDERSTUDY_SETTINGS).
    Exit status: 0 everything held, 1 something was violated, 2 the sync could not be run.
    """
    from fake_core.errors import MisuseError

    try:
        report = _campaign(**given)
    except MisuseError as error:
        click.echo(f"understudy: {error}", err=True)
        sys.exit(2)
    sys.exit(0 if report.held else 1)


def _campaign(*, file: Path | None, as_json: bool, **given: Any) -> Report:
    from crm_contracts.findings.options import colours
    from crm_contracts.findings.text import coloured, plain
    from crm_contracts.verify import text
    from crm_contracts.verify.arena import Arena, changes
    from crm_contracts.verify.campaign import Campaign, Plan
    from crm_contracts.verify.watch import Watch
    from fake_core.clock import RealClock

    _check_installed()
    _check_file(file)
    arena = Arena(given["profile"])
    plan = Plan(
        settings=arena.settings(changes(given["sets"])),
        sets=given["sets"],
        fixed=given["fixed"],
        histories=given["histories"],
        seed=given["seed"],
        steps=given["steps"],
        only=given["only"],
    )
    runner = _runner(given["command"], given["hook"], given["kill_command"], given["timeout"])
    with arena.stage(runner, tls=given["tls"], external_id=given["external_id"]) as stage:
        watch = Watch(RealClock(), _say, terminal=sys.stderr.isatty(), minutes=given["minutes"])
        report = Campaign(stage, plan, progress=watch.progress, enough=watch.enough).run()
    if file is not None:
        _write(report, file)
    if as_json:
        click.echo(report.as_json(), nl=False)
    else:
        click.echo(text.render(report, coloured if colours() else plain), nl=False)
    return report


def _runner(command: str | None, hook: str | None, kill_command: str, timeout: float) -> Runner:
    from crm_contracts.verify.runner import CommandRunner, HookRunner
    from fake_core.errors import MisuseError

    if bool(command) == bool(hook):
        raise MisuseError("name the sync: --command 'COMMAND' or --hook URL, one of them")
    if command:
        if kill_command:
            raise MisuseError("--kill-command goes with --hook: a command is killed without one")
        return CommandRunner(command, timeout_seconds=timeout)
    assert hook is not None
    return HookRunner(hook, timeout_seconds=timeout, kill_command=kill_command)


def _check_installed() -> None:
    from importlib.util import find_spec

    from fake_core.errors import MisuseError

    missing = [name for name in ("cheroot", "trustme") if find_spec(name) is None]
    if missing:
        raise MisuseError(f"{missing[0]} is not installed: pip install 'understudy[serve]'")


def _check_file(file: Path | None) -> None:
    """Before anything runs: the proof takes minutes."""
    from fake_core.errors import MisuseError

    if file is None:
        return
    if file.suffix not in SUFFIXES:
        raise MisuseError(f"--report {file}: the name ends in one of {', '.join(SUFFIXES)}")
    if not file.parent.is_dir():
        raise MisuseError(f"--report {file}: there is no folder {file.parent}; make it first")


def _write(report: Report, file: Path) -> None:
    from crm_contracts.verify import page, text

    if file.suffix == ".html":
        made = page.render_page(report)
    else:
        made = report.as_json() if file.suffix == ".json" else text.render(report)
    file.write_text(made, encoding="utf-8")


def _say(text: str) -> None:
    click.echo(text, err=True, nl=False)
