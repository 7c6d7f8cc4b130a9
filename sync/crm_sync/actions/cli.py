"""The command line: `actions run`, `actions check`, `actions connect`.

Every error is one line that says what, where and what to do. Exit status: 0 done, 1 bad input, 2 an item did not get
through.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from pathlib import Path

import click
import requests

from crm_sync.actions import document
from crm_sync.actions.events import load_event
from crm_sync.actions.failures import Failure
from crm_sync.actions.memory import Memory
from crm_sync.actions.runner import Runner
from crm_sync.actions.settings import Settings, load_settings
from crm_sync.cli_errors import Errors, opening
from crm_sync.clock import RealClock
from crm_sync.errors import SyncError

DEFAULT_STATE = "sqlite:///understudy-actions.db"
_FILE = click.Path(dir_okay=False, path_type=Path)

_config = click.option(
    "--config",
    "config_path",
    required=True,
    type=_FILE,
    help="The configuration, a TOML file (see fixtures/configs/actions.toml).",
)
_state = click.option("--state", "state_url", default="", help="State database, an SQLAlchemy URL.")
_ca = click.option(
    "--ca-file",
    type=click.Path(exists=True, dir_okay=False),
    help="CA bundle to trust, e.g. the one `understudy serve --tls` prints.",
)
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


@click.group("actions")
def actions() -> None:
    """Run an agent's workflow for an event: create Tasks and update Opportunities in Salesforce."""


@actions.command("run", short_help="Run a workflow for an event.")
@click.argument("workflow_path", metavar="WORKFLOW", type=_FILE)
@click.argument("event_path", metavar="EVENT", type=_FILE)
@_config
@_state
@_ca
@_json
@click.option("--dry-run", is_flag=True, help="Print what would be written; send nothing, remember nothing.")
@click.option("--retry", is_flag=True, help="Try again what a finished run was refused.")
def run_command(
    workflow_path: Path,
    event_path: Path,
    config_path: Path,
    state_url: str,
    ca_file: str | None,
    *,
    as_json: bool,
    dry_run: bool,
    retry: bool,
) -> None:
    """Run WORKFLOW for EVENT, both JSON files, and print what became of each item."""
    with _Errors():
        workflow = document.load_workflow(workflow_path)
        event = load_event(event_path)
        settings = load_settings(config_path, os.environ)
        meetings = config_path.parent / settings.options.meetings if settings.options.meetings else None
        runner = _runner(settings, state_url, ca_file, meetings or event_path.parent / "meetings")
        report = runner.run(workflow, event, dry_run=dry_run, retry=retry)
    if as_json:
        click.echo(json.dumps(report.as_dict(), indent=2, default=str))
    else:
        for line in report.lines():
            click.echo(line)
    if not report.good:
        sys.exit(2)


@actions.command("check", short_help="Say what is wrong with a workflow.")
@click.argument("workflow_path", metavar="WORKFLOW", type=_FILE)
@_json
def check_command(workflow_path: Path, *, as_json: bool) -> None:
    """Say what is wrong with WORKFLOW, without an event and without Salesforce."""
    with _Errors():
        given = document.read_json(workflow_path, "the workflow")
        found = document.problems(given)
        checked = None if found else document.workflow(given)
    notes = document.notes(checked) if checked else []
    if as_json:
        click.echo(json.dumps({"problems": found, "notes": notes}, indent=2))
    for line in () if as_json else found:
        click.echo(f"{workflow_path}: {line}", err=True)
    if found:
        sys.exit(1)
    if not as_json and checked is not None:
        nodes = f"{len(checked.nodes)} nodes"
        click.echo(
            f"{checked.name} version {checked.version} ({checked.status}), on {checked.event}: {nodes}, no mistakes"
        )
        for line in notes:
            click.echo(f"note: {line}")


@actions.command("connect", short_help="Log in to Salesforce and make one call.")
@_config
@_state
@_ca
def connect_command(config_path: Path, state_url: str, ca_file: str | None) -> None:
    """Log in to Salesforce and make one call: after needs_reconnect, or to see whether it works."""
    with _Errors():
        connection = _runner(load_settings(config_path, os.environ), state_url, ca_file, Path()).connection
        try:
            connection.connect()
        except Failure as failure:
            raise SyncError(f"{failure.code}: {failure.message}; {failure.remedy or 'check salesforce.*'}") from None
    click.echo(f"{connection.state}: {connection.instance_url}")


def _runner(settings: Settings, state_url: str, ca_file: str | None, meetings: Path) -> Runner:
    session = requests.Session()
    if ca_file:
        session.verify = ca_file
    with opening():
        memory = Memory(state_url or settings.state_url or DEFAULT_STATE)
    return Runner(
        settings,
        session=session,
        clock=RealClock(),
        memory=memory,
        owner=secrets.token_hex(8),
        meetings=meetings,
    )


class _Errors(Errors):
    """A service that does not answer is told with the key that names it."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        from crm_sync.errors import ServiceUnavailable

        if isinstance(error, ServiceUnavailable):
            click.echo(f"Error: {error}; check salesforce.base_url", err=True)
            sys.exit(1)
        super().__exit__(kind, error, trace)
