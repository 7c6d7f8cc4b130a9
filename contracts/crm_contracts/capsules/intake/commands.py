"""What `capsule from-har`, `from-csv` and `record` do once their words are read: make, check, write, tell."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from crm_contracts.capsules.capsule import Capsule
from crm_contracts.capsules.reading import from_text
from crm_contracts.capsules.writing import to_text, write_capsule
from crm_contracts.vendors import by_host, by_vendor
from crm_contracts.world.story import counted

__all__ = ["hand_over", "har"]


def har(
    files: Sequence[Path],
    out: Path | None,
    *,
    profile: str,
    sync_users: Sequence[str],
    hosts: Sequence[str],
    pause_seconds: int,
) -> None:
    """`capsule from-har`."""
    from crm_contracts.capsules.intake.from_har import from_har

    made = from_har(files, profile=profile, sync_users=sync_users, hosts=by_host(hosts), pause_seconds=pause_seconds)
    hand_over(made.capsule, out, made.tally.line())


def hand_over(capsule: Capsule, out: Path | None, line: str) -> None:
    """Write the capsule to *out*, or print it; what became of the entries is told beside it."""
    text = to_text(capsule)
    from_text(text, name=str(out or "the capsule"))  # what we write we can read
    if out is None:
        click.echo(text, nl=False)
    else:
        write_capsule(capsule, out)
        done = counted(len(capsule.start) + len(capsule.ops), "op")
        asked = counted(len(capsule.questions), "question")
        click.echo(f"{out}: {done}, {asked} in it; next: understudy capsule run {out}")
    click.echo(line, err=True)


def exports(
    salesforce: Path, partners: Sequence[Path], out: Path | None, *, accounts: Path | None, profile: str
) -> None:
    """`capsule from-csv`."""
    from crm_contracts.capsules.intake.exports import from_csv

    made = from_csv(salesforce, partners, accounts=accounts, profile=profile)
    hand_over(made.capsule, out, made.tally.line().replace("entries", "rows").replace("entry", "row"))


def journals(
    urls: Sequence[str],
    out: Path | None,
    *,
    profile: str,
    sync_users: Sequence[str],
    tenants: Sequence[str],
    pause_seconds: int,
) -> None:
    """`capsule record`. Raises MisuseError where nothing is served, or a word is no VENDOR=URL."""
    from crm_contracts.capsules.intake.journal import recorded, served_journals
    from crm_contracts.serving import notes

    if urls:
        chosen = by_vendor(urls, "--url", "URL")
    else:
        served = notes.what_is_served()
        chosen = {vendor: str(words["url"]) for vendor, words in served.items() if vendor != "control"}
    click.echo(f"journals of {', '.join(f'{vendor} {url}' for vendor, url in chosen.items())}", err=True)
    heard = served_journals(chosen, by_vendor(tenants, "--tenant", "NAME"))
    found = {vendor: every for vendor, every in heard.items() if every}
    made = recorded(
        found, profile=profile, sync_users=sync_users, pause_seconds=pause_seconds, source="the served journals"
    )
    hand_over(made.capsule, out, made.tally.line())
