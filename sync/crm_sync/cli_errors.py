"""What every command does with an error that a person can put right."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from crm_sync.errors import ConfigError, SyncError

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
        # DatabaseError: no database at all, a broken one, one that is locked, or that nobody may write.
        if isinstance(error, (sqlalchemy.exc.DatabaseError, sqlalchemy.exc.ArgumentError)):
            text = " ".join(str(getattr(error, "orig", error)).split())  # a driver's words may be of several lines
            click.echo(f"Error: the state database cannot be used: {text}; check --state", err=True)
            sys.exit(1)


@contextmanager
def opening() -> Iterator[None]:
    """Around whatever opens the state database. Raises ConfigError: it is no address, or its driver is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise ConfigError(f"the state database needs {error.name}, which is not installed: {HOW}") from None
    except ValueError as error:  # SQLAlchemy's own for a port that is no number
        raise ConfigError(f"the state database cannot be used: {error}; check --state") from None
