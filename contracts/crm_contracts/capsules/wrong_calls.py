"""Exit status 2 for a wrong call and for input that cannot be read: 1 says that something was found wrong in it."""

from __future__ import annotations

import sys
from typing import Any

import click

__all__ = ["Command", "Group"]


class Command(click.Command):
    """One line on standard error and exit status 2 for a MisuseError."""

    def invoke(self, ctx: click.Context) -> Any:
        from fake_core.errors import MisuseError

        try:
            return super().invoke(ctx)
        except MisuseError as error:
            click.echo(f"understudy: {error}", err=True)
            sys.exit(2)


class Group(Command, click.Group):
    """The same for every command of a group."""
