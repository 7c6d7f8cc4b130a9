"""The command line: `sync run`, `sync plan`, `sync status`, `sync lint`.

Every error is one line that says what, where and what to do, and the exit status is not zero.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import click
import requests
from sqlalchemy import make_url

from crm_sync.cli_errors import Errors, opening
from crm_sync.clock import RealClock, clock_of
from crm_sync.config import PROFILES, Config
from crm_sync.errors import ConfigError
from crm_sync.holders import this_process
from crm_sync.jobs.cli import jobs
from crm_sync.linter import Severity, lint, pairs_of, used_by_config, used_by_profile
from crm_sync.run import Progress, State, Sync
from crm_sync.settings import inheritance
from crm_sync.settings_file import Unset
from crm_sync.sides.salesforce import Salesforce

DEFAULT_STATE = "sqlite:///understudy-sync.db"

_config = click.option(
    "--config",
    "config_path",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The configuration, a TOML file (see fixtures/configs/planhat.toml).",
)
_state = click.option("--state", "state_url", default="", help="State database, an SQLAlchemy URL.")
_ca = click.option(
    "--ca-file",
    type=click.Path(exists=True, dir_okay=False),
    help="CA bundle to trust, e.g. the one `understudy serve --tls` prints.",
)
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


@click.group("sync")
def sync() -> None:
    """Sync activities between Salesforce and Planhat, Totango or Marketo, both ways."""


@sync.command("run", short_help="One round both ways, and a report.")
@_config
@_state
@_ca
@_json
@click.option("--dry-run", is_flag=True, help="Read both sides, write nothing anywhere.")
@click.option("--allow-mass", is_flag=True, help="Also delete or make very many records at once (the brake is off).")
def run_command(
    config_path: Path, state_url: str, ca_file: str | None, *, as_json: bool, dry_run: bool, allow_mass: bool
) -> None:
    """One round in both directions, and a report of every record seen."""
    _run(config_path, state_url, ca_file, as_json=as_json, dry_run=dry_run, allow_mass=allow_mass)


@sync.command("plan")
@_config
@_state
@_ca
@_json
def plan_command(config_path: Path, state_url: str, ca_file: str | None, *, as_json: bool) -> None:
    """What a run would write. The same as `run --dry-run`."""
    _run(config_path, state_url, ca_file, as_json=as_json, dry_run=True)


@sync.command("status", short_help="What the sync remembers.")
@_config
@_state
@_json
def status_command(config_path: Path, state_url: str, *, as_json: bool) -> None:
    """What the sync remembers: links, quarantine, conflicts, the inheritance switch."""
    with Errors():
        config = Config.load(config_path)
        state = _open_state(config, state_url, is_there=True)
        pending = state.pending()
        links = state.links()
        shown = {
            "links": len(links),
            "tombstones": sum(link.dead for link in links),
            "dormant": sum(link.dormant for link in links),
            "open_intents": len(state.intents()),
            "quarantined": [
                {
                    "record": f"{p.place} {p.model} {p.record_id}",
                    "reason": p.reason,
                    "attempts": p.attempts,
                    "next": p.next_at.isoformat(),
                }
                for p in pending
                if p.kind == "quarantine"
            ],
            "waiting": [
                {"record": f"{p.place} {p.model} {p.record_id}", "reason": p.reason}
                for p in pending
                if p.kind != "quarantine"
            ],
            "conflicts": [conflict.as_dict() for conflict in state.conflicts()],
            "inheritance": inheritance(state).on,
        }
        state.close()
    if as_json:
        click.echo(json.dumps(shown, indent=2, default=str))
        return
    click.echo(
        f"{shown['links']} links, {shown['tombstones']} with a deleted side, "
        f"{shown['dormant']} dormant, {shown['open_intents']} creations open"
    )
    for item in pending:
        click.echo(f"{item.kind}: {item.place} {item.model} {item.record_id}: {item.reason}")
    click.echo(f"{len(state.conflicts())} conflicts logged")
    if shown["inheritance"]:
        click.echo("Notes to inherit Task sourceId: on (read-only here)")


@sync.command("lint", short_help="Hold the mapping against the org.")
@_config
@_ca
@_json
def lint_command(config_path: Path, ca_file: str | None, *, as_json: bool) -> None:
    """Hold the mapping against the org: derived targets, unknown fields, values, types. Writes nothing."""
    with Errors():
        config = Config.load(config_path)
        session = requests.Session()
        if ca_file:
            session.verify = ca_file
        org = Salesforce(config.salesforce, session=session, clock=RealClock())
        pairs = pairs_of(config)
        findings = lint(pairs, {pair.sobject: org.describe(pair.sobject) for pair in pairs})
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    if as_json:
        click.echo(json.dumps([finding.as_dict() for finding in findings], indent=2))
    else:
        for finding in findings:
            click.echo(finding.line())
        fields = sum(len(pair.rows) for pair in pairs)
        rest = f"{errors} errors, {len(findings) - errors} warnings"
        click.echo(f"{fields} fields of {len(pairs)} sections: {rest if findings else 'nothing found'}")
    if errors:
        sys.exit(1)


@sync.command("fields", short_help="The fields of Salesforce that a mapping uses.")
@click.argument("mapping", metavar="PROFILE|CONFIG")
@_json
def fields_command(mapping: str, *, as_json: bool) -> None:
    """The fields of Salesforce that a mapping uses: a profile's (planhat, totango, marketo) or a configuration's.

    mapped: read or written by a row; constant: written with each new record; key: creations are found again by it;
    read: read beside the mapping. Nothing of the environment is needed, and nothing is reached.
    """
    with Errors():
        if mapping in PROFILES:
            used = used_by_profile(mapping)
        elif not Path(mapping).is_file():
            raise ConfigError(f"{mapping}: is neither a profile ({', '.join(PROFILES)}) nor a file")
        else:
            used = used_by_config(Config.load(mapping, environment=Unset()))
    if as_json:
        click.echo(json.dumps([one.as_dict() for one in used], indent=2))
        return
    width = max((len(f"{one.object}.{one.field}") for one in used), default=0)
    for one in used:
        row = f" as {one.name}" if one.name else ""
        click.echo(f"{f'{one.object}.{one.field}':<{width}}  {one.use:<8}  {one.way:<9}  {one.section}{row}")


@sync.command("decisions", short_help="What follows in every case, and by which rule.")
@click.option("--write", type=click.Path(dir_okay=False, path_type=Path), help="Write the page to this file.")
def decisions_command(write: Path | None) -> None:
    """What follows for every pair of records and for every field, and by which rule: the tables of the engine."""
    from crm_sync.decisions_page import render_decisions

    page = render_decisions()
    if write is None:
        click.echo(page, nl=False)
        return
    try:
        write.write_text(page, "utf-8")
    except OSError as error:
        raise click.ClickException(f"{write} cannot be written: {error.strerror}; choose another --write") from error


def _run(
    config_path: Path,
    state_url: str,
    ca_file: str | None,
    *,
    as_json: bool,
    dry_run: bool,
    allow_mass: bool = False,
) -> None:
    with Errors():
        config = Config.load(config_path)
        session = requests.Session()
        if ca_file:
            session.verify = ca_file
        state = _open_state(config, state_url)
        holder, dead = this_process(state.lease_holder())
        clock = clock_of(os.environ, session)
        engine = Sync(config, session=session, clock=clock, state=state, holder=holder, dead_holders=dead)
        report = engine.run(dry_run=dry_run, progress=_progress(), allow_mass=allow_mass)
        state.close()
    if as_json:
        click.echo(json.dumps(report.as_dict(), indent=2, default=str))
    else:
        for line in report.lines():
            click.echo(line)
    if report.stopped:
        sys.exit(2)


def _open_state(config: Config, state_url: str, *, is_there: bool = False) -> State:
    """The state; with *is_there* no new one is made. Raises ConfigError."""
    chosen = state_url or config.state_url or DEFAULT_STATE
    with opening():
        file = make_url(chosen).database if is_there and chosen.startswith("sqlite") else None
        if file and not file.startswith((":memory:", "file:")) and not Path(file).exists():
            raise ConfigError(f"{file}: there is no state here; `understudy sync run` makes it, or check --state")
        return State(chosen)


def _progress() -> Progress | None:
    """A bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        return None
    width = 30

    def show(step: str, done: int, total: int) -> None:
        filled = width * done // total if total else width
        bar = "#" * filled + "." * (width - filled)
        end = "\n" if total and done == total else ""
        click.echo(f"\r{step:<8} [{bar}] {done}/{total}{end}", err=True, nl=False)

    return show


sync.add_command(jobs)
