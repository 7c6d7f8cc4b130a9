"""`understudy compare`: evidence played again on a fresh fake. Exit status 0: nothing differs; 1: something does."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crm_contracts.findings.options import Chosen, reporting, show
from crm_contracts.vendors import VENDORS, by_host

if TYPE_CHECKING:
    from crm_contracts.traffic.har import Recording


@click.command("compare", short_help="Compare recorded answers with the fake's.")
@click.argument("evidence", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--vendor", type=click.Choice(VENDORS), help="Whose calls those are that no host or path tells.")
@click.option(
    "--host",
    "hosts",
    multiple=True,
    metavar="HOST=VENDOR",
    help="Whose a host of the recording is: localhost:8444=planhat.",
)
@click.option(
    "--org",
    "orgs",
    multiple=True,
    metavar="[VENDOR=]NAME|FILE",
    help="How the fake starts: an edition or an org file; without VENDOR=, Salesforce's.",
)
@click.option(
    "--seed",
    type=click.Path(path_type=Path),
    help="The records that were there when it was recorded, by vendor: a TOML or JSON file.",
)
@reporting
def compare(
    *,
    evidence: tuple[Path, ...],
    vendor: str | None,
    hosts: tuple[str, ...],
    orgs: tuple[str, ...],
    seed: Path | None,
    chosen: Chosen,
) -> None:
    """Ask a fresh fake what each exchange of EVIDENCE asked, in order, and tell where its answers differ.

    EVIDENCE is a HAR file (of `understudy record`, a browser or another proxy) or a folder of them. Ids, stamps, hosts
    and numbers of the hour are not compared by what they say. An exchange that starts from records which the evidence
    does not show is not comparable: it is told, and counts neither as agreed nor as different.
    Exit status: 0 nothing differs, 1 something does, 2 nothing could be judged.
    """
    from crm_contracts.integration.running import read_seed
    from crm_contracts.record.findings import report_of
    from crm_contracts.traffic.har import read

    seeds = read_seed(seed)
    whose = by_host(hosts)
    found: dict[Path, Recording] = {file: read(file, hosts=whose, vendor=vendor or "") for file in _files(evidence)}
    sys.exit(show(report_of(found, orgs=_orgs(orgs), seeds=seeds), chosen))


def _files(given: tuple[Path, ...]) -> list[Path]:
    from fake_core.errors import MisuseError

    found: list[Path] = []
    for path in given:
        files = sorted(path.rglob("*.har")) if path.is_dir() else [path]
        if not files:
            raise MisuseError(f"{path}: there is no HAR file in this folder")
        found += [file for file in files if file not in found]
    return found


def _orgs(given: tuple[str, ...]) -> dict[str, str]:
    from fake_core.errors import MisuseError

    found: dict[str, str] = {}
    for one in given:
        vendor, equals, name = one.partition("=")
        if not equals or vendor not in VENDORS:
            vendor, name = "salesforce", one
        if vendor in found:
            raise MisuseError(f"--org {one}: {vendor} has one already: a fake starts once")
        found[vendor] = name
    return found
