"""What `understudy capsule scrub` does, and what it says."""

from __future__ import annotations

import secrets
from pathlib import Path

import click

from crm_contracts.capsules.reading import read_capsule
from crm_contracts.capsules.scrub.proof import BugGone, prove
from crm_contracts.capsules.scrub.scrubbing import summed
from crm_contracts.capsules.stages import Stages
from crm_contracts.capsules.writing import write_capsule
from fake_core.errors import MisuseError

__all__ = ["scrub"]

KEPT = (
    "kept: the length and the kind of every character, HTML, dates and numbers of fields that hold such, values of",
    "  picklists, names of the vendors' own fields, handles like act-1",
)


def scrub(file: Path, output: Path, *, key: str, at_fault: bool, title: str) -> int:
    """Scrub *file*; the exit status."""
    given = read_capsule(file, tell=lambda line: click.echo(line, err=True))
    secret = key.encode() if key else secrets.token_bytes(32)  # not kept: nobody can try names against the stand-ins
    try:
        with Stages() as stages:
            proven = prove(given, stages, secret, at_fault=at_fault)
    except BugGone as gone:
        click.echo(f"understudy: {file}: {gone}; nothing is written", err=True)
        return 1
    except MisuseError as error:
        raise MisuseError(f"{file}: {error}") from None
    made = proven.scrubbed
    write_capsule(made.titled(title) if title else made.capsule, output)
    for where in made.blanked:
        click.echo(f"{file}, {where}: what looks like a credential is blanked", err=True)
    click.echo(f"{output}: replaced" + ("" if made.counts else " nothing"))
    for line in summed(made.counts):
        click.echo(f"  {line}")
    for line in KEPT:
        click.echo(line)
    if not proven.whole:
        click.echo("words that begin alike have stand-ins that begin alike: without that the bug would be gone")
    click.echo(proven.said)
    if not key:
        click.echo("the key is thrown away; with --key several files get the same stand-ins")
    return 0
