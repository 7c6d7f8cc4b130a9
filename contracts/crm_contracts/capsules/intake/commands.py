"""What `capsule from-har`, `from-csv` and `record` do once their words are read: make, check, write, tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from crm_contracts.capsules.capsule import Capsule
from crm_contracts.capsules.reading import from_text
from crm_contracts.capsules.writing import to_text, write_capsule
from crm_contracts.vendors import VENDORS
from crm_contracts.world.story import counted
from fake_core.errors import MisuseError

__all__ = ["hand_over", "har", "hosts_of"]


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

    made = from_har(files, profile=profile, sync_users=sync_users, hosts=hosts_of(hosts), pause_seconds=pause_seconds)
    hand_over(made.capsule, out, made.tally.line())


def hosts_of(given: Sequence[str]) -> Mapping[str, str]:
    """HOST=VENDOR words as a mapping. Raises MisuseError for one that is none."""
    found = {}
    for one in given:
        host, equals, vendor = one.partition("=")
        if not host or not equals or vendor not in VENDORS:
            raise MisuseError(f"--host {one}: write HOST=VENDOR or HOST:PORT=VENDOR; vendors are {', '.join(VENDORS)}")
        found[host.lower()] = vendor
    return found


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
        chosen = _named(urls, "--url", "URL")
    else:
        served = notes.what_is_served()
        chosen = {vendor: str(words["url"]) for vendor, words in served.items() if vendor != "control"}
    found = {
        vendor: every for vendor, every in served_journals(chosen, _named(tenants, "--tenant", "NAME")).items() if every
    }
    made = recorded(
        found, profile=profile, sync_users=sync_users, pause_seconds=pause_seconds, source="the served journals"
    )
    hand_over(made.capsule, out, made.tally.line())


def _named(given: Sequence[str], option: str, word: str) -> dict[str, str]:
    found = {}
    for one in given:
        vendor, equals, value = one.partition("=")
        if vendor not in VENDORS or not equals or not value:
            raise MisuseError(f"{option} {one}: write VENDOR={word}; vendors are {', '.join(VENDORS)}")
        found[vendor] = value
    return found
