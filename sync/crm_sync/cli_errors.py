"""What every command does with an error that a person can put right."""

from __future__ import annotations

import sys

import click

from crm_sync.errors import SyncError

DRIVERS = ("psycopg", "psycopg2")  # of the databases that are not Python's own
HOW = "pip install 'understudy[postgres]', and write the address as postgresql+psycopg://…"


class Errors:
    """Turns what a person can put right into one line and exit status 1."""

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        import sqlalchemy.exc

        if isinstance(error, SyncError):
            click.echo(f"Error: {error}", err=True)
            sys.exit(1)
        if isinstance(error, (sqlalchemy.exc.OperationalError, sqlalchemy.exc.ArgumentError)):
            text = " ".join(str(getattr(error, "orig", error)).split())  # a driver's words may be of several lines
            click.echo(f"Error: the state database cannot be used: {text}; check --state", err=True)
            sys.exit(1)
        if isinstance(error, ModuleNotFoundError) and error.name in DRIVERS:
            click.echo(f"Error: the state database needs {error.name}, which is not installed: {HOW}", err=True)
            sys.exit(1)
