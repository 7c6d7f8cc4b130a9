"""The command line of integration jobs: `sync jobs list`, `preview`, `run`."""

from __future__ import annotations

import json
import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Self

import click
import requests

from crm_sync.cli_errors import Errors, opening
from crm_sync.clock import clock_of
from crm_sync.config import Config
from crm_sync.errors import ConfigError
from crm_sync.holders import this_process
from crm_sync.jobs.job import Job
from crm_sync.jobs.pairs import warnings
from crm_sync.jobs.runner import JobRun, JobRunner
from crm_sync.report import Report
from crm_sync.run import State, Sync

DEFAULT_STATE = "sqlite:///understudy-sync.db"

_config = click.option(
    "--config",
    "config_path",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The configuration, a TOML file (see fixtures/configs/totango.toml).",
)
_state = click.option("--state", "state_url", default="", help="State database, an SQLAlchemy URL.")
_ca = click.option("--ca-file", type=click.Path(exists=True, dir_okay=False), help="CA bundle to trust.")
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


@click.group("jobs", short_help="Totango's jobs: list, preview, run.")
def jobs() -> None:
    """Totango's integration jobs: each one direction, with a mapping and a schedule of its own."""


@jobs.command("list", short_help="The jobs of the configuration, checked.")
@_config
def list_command(config_path: Path) -> None:
    """The jobs of the configuration, checked, with what is probably not meant. Asks nobody."""
    with Errors():
        config = _loaded(config_path)
        for job in config.jobs:
            new = "makes new records" if job.create_new else "updates only"
            click.echo(f"{job.name}: {job.section} {job.direction}, {job.schedule}, {new}, {len(job.mapping)} rows")
        for text in warnings(config.jobs):
            click.echo(f"warning: {text}")


@jobs.command("preview", short_help="The first ten rows that a job would carry.")
@_config
@_state
@_ca
@_json
@click.argument("name")
def preview_command(name: str, config_path: Path, state_url: str, ca_file: str | None, *, as_json: bool) -> None:
    """The first ten rows that job NAME would carry; writes nothing, and does not leave out what a run skips."""
    with Errors():
        config = _loaded(config_path)
        job = _named(config, name)
        with _Desk(config, state_url, ca_file) as desk:
            rows = desk.sync.preview(job.section_key, job.way)
    if as_json:
        click.echo(json.dumps([row.as_dict() for row in rows], indent=2, default=str))
        return
    for row in rows:
        click.echo(f"{row.record}: {json.dumps(row.values, ensure_ascii=False, default=str)}")
        for field, reason in row.held.items():
            click.echo(f"  held back {field}: {reason}")
    click.echo(f"{len(rows)} rows")


@jobs.command("run", short_help="Run the jobs that are due, or one now.")
@_config
@_state
@_ca
@_json
@click.argument("name", required=False)
@click.option("--full", is_flag=True, help="Every row, not only what changed since (with NAME).")
@click.option("--allow-mass", is_flag=True, help="Also delete or make very many records at once (the brake is off).")
@click.option("--minutes", type=click.IntRange(min=0), default=0, help="Keep running due jobs for so long.")
def run_command(
    name: str | None,
    config_path: Path,
    state_url: str,
    ca_file: str | None,
    *,
    as_json: bool,
    full: bool,
    allow_mass: bool,
    minutes: int,
) -> None:
    """Run the jobs that are due, or job NAME now. A job that is new is due."""
    with Errors():
        config = _loaded(config_path)
        if name is not None:
            _named(config, name)
        elif full:
            raise ConfigError("--full: say which job, such as `sync jobs run tasks-in --full`")
        with _Desk(config, state_url, ca_file, allow_mass=allow_mass) as desk:
            runner = desk.runner()
            runner.save()
            if name is not None:
                runs = [runner.run(name, full=full)]
            else:
                runs = list(runner.run_until(desk.clock.now() + timedelta(minutes=minutes)))
    _tell(runs, as_json=as_json)
    if any(run.report.stopped for run in runs):
        sys.exit(2)


class _Desk:
    """A sync over a state that is closed at the end."""

    def __init__(self, config: Config, state_url: str, ca_file: str | None, *, allow_mass: bool = False) -> None:
        session = requests.Session()
        if ca_file:
            session.verify = ca_file
        self.config, self._allow_mass = config, allow_mass
        self.clock = clock_of(os.environ, session)
        with opening():
            self.state = State(state_url or config.state_url or DEFAULT_STATE)
        holder, dead = this_process(self.state.lease_holder())
        self.sync = Sync(config, session=session, clock=self.clock, state=self.state, holder=holder, dead_holders=dead)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.state.close()

    def runner(self) -> JobRunner:
        return JobRunner(self.config.jobs, memory=self.state, clock=self.clock, run=self._run)

    def _run(self, job: Job, full: bool) -> Report:
        return self.sync.run(sections=(job.section_key,), ways=(job.way,), full=full, allow_mass=self._allow_mass)


def _loaded(path: Path) -> Config:
    config = Config.load(path)
    if not config.jobs:
        raise ConfigError(f"{path}: there are no [[jobs]]; write some, or use `understudy sync run`")
    return config


def _named(config: Config, name: str) -> Job:
    found = next((job for job in config.jobs if job.name == name), None)
    if found is None:
        raise ConfigError(f"no job {name!r}: there are {', '.join(job.name for job in config.jobs)}")
    return found


def _tell(runs: list[JobRun], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([run.as_dict() for run in runs], indent=2, default=str))
        return
    for run in runs:
        figures = run.statistics.as_dict()
        counted = ", ".join(
            f"{figures[name]} {name}" for name in ("created", "updated", "failed", "deleted", "unchanged")
        )
        click.echo(f"{run.started_at:%Y-%m-%d %H:%M} {run.job.name}: {figures['processed']} processed = {counted}")
        click.echo(f"  the sync's own account: {run.accounting.account()}")
        for reason, count in run.statistics.skipped.items():
            click.echo(f"  skipped {count} (not counted): {reason}")
        for record, reason in run.statistics.failures.items():
            click.echo(f"  failed {record}: {reason}")
        if run.report.stopped:
            click.echo(f"  STOPPED EARLY: {run.report.stopped}")
    if not runs:
        click.echo("no job is due")
