"""What every command does with an error that a person can put right."""

from __future__ import annotations

import sys

import click

from crm_sync.errors import SyncError


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
            text = str(getattr(error, "orig", error))
            click.echo(f"Error: the state database cannot be used: {text}; check --state", err=True)
            sys.exit(1)
