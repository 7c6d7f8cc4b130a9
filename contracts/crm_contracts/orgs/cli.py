"""`understudy org import` and `understudy org diff`."""

from __future__ import annotations

import json
import re
import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crm_contracts.findings.options import Chosen, reporting, show, write_whole
from fake_core.clock import RealClock
from fake_core.errors import MisuseError

if TYPE_CHECKING:
    from crm_contracts.orgs.drift_report import Compared

SHOWN_MISSING = 12  # names of objects a summary line shows


@click.group(short_help="Your own org: import its describes, tell its drift.")
def org() -> None:
    """Your own org: make an org file of its describes, and tell where a fake and the real one differ."""


@org.command("import", short_help="Make an org file from describe results.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")
@click.option(
    "-o", "--output", "out", type=click.Path(path_type=Path, dir_okay=False), help="Where to write (default: stdout)."
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def import_(*, files: tuple[Path, ...], out: Path | None, force: bool) -> None:
    """Make an org file from describe results: FILEs or folders, as any client or the sf command line saves them.

    The fake of such a file has the objects, fields, picklists and record types of the org:
    `understudy serve salesforce --org OUT`. Every describe is checked against the one the fake then gives.
    """
    from crm_contracts.orgs.files import parts, read_describes
    from crm_contracts.orgs.toml_text import to_toml
    from fake_salesforce.describes.org_import import NotADescribe, import_describes

    if out is not None and out.exists() and not force:
        raise MisuseError(f"{out}: is there already; choose another name, or say --force")
    found = read_describes(files)
    if not found.objects:
        raise MisuseError("only a global describe, which has no fields: add describes of the objects you need")
    try:
        data = import_describes(list(found.objects.values()))
    except NotADescribe as error:
        raise MisuseError(f"a describe cannot be used: {error}") from error
    text = _head(found.objects) + to_toml(data, remarks=_remarks(data))
    differing = _differing(data, found.objects)
    if out is None:
        click.echo(text, nl=False)
    else:
        write_whole(out, text)
    told = "; ".join(parts(found))
    click.echo(f"imported {told}" + (f" -> {out}" if out else ""), err=True)
    if differing:
        raise MisuseError(f"the fake would not describe {', '.join(differing)} as the real org does: please report it")
    click.echo("checked: the fake describes each of them as the real org does, key by key", err=True)


def _head(objects: dict[str, Any]) -> str:
    return (
        "# An org file made by `understudy org import`: serve it with `understudy serve salesforce --org THIS_FILE`.\n"
        f"# Objects: {', '.join(sorted(objects))}.\n"
        "# A describe does not tell what follows from a status or a stage, nor rules and rights: see the remarks.\n"
    )


def _remarks(data: dict[str, Any]) -> dict[str, str]:
    text = "A describe does not tell what follows from these values: standard names as ever, others open. Correct it."
    remarks = {f"rows.{name}": text for name in data["rows"]}
    for name, table in data["imported"].items():
        if '"master": false' in table.get("json", {}).get("recordTypeInfos", ""):
            remarks[f"imported.{name}"] = (
                "A describe does not tell which values of a picklist a record type offers: here each offers all."
            )
    return remarks


def _differing(data: dict[str, Any], objects: dict[str, Any]) -> list[str]:
    """The objects that a fake of *data* would describe otherwise than *objects* do."""
    from fake_salesforce.describes import describe
    from fake_salesforce.describes.org_import import neutral, version_of
    from fake_salesforce.schema.object_files import load_schema

    schema = load_schema(data)
    differing = []
    for name, real in objects.items():
        sobject = schema.sobject(name)
        assert sobject is not None, f"{name} was just imported"
        if describe.object_describe(schema, sobject, version_of(real)) != neutral(real):
            differing.append(name)
    return differing


@org.command(short_help="Tell where a fake org and a real one differ.")
@click.argument("fake")
@click.argument("real", nargs=-1, required=True)
@click.option("--all", "everything", is_flag=True, help="Also differences that change no answer a sync reads.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option(
    "--allowed", type=click.Path(path_type=Path), metavar="FILE", help="Differences that are allowed, a TOML file."
)
@click.option(
    "--mapped",
    metavar="PROFILE|FILE",
    help="What a sync maps: a profile of ours (planhat, ...), its configuration, or a TOML file with a list of fields.",
)
@click.option(
    "--today",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day on which rows of --allowed end or do not. [default: today]",
)
@reporting
def diff(*, everything: bool, as_json: bool, today: datetime | None, chosen: Chosen, **given: Any) -> None:
    """Tell where the org FAKE and the org REAL differ, and what each difference means for a sync.

    Each is an edition (developer, enterprise, ...), an org file (.toml), or describe results: a FILE, or a folder of
    them. Exit status 0: no difference, or only allowed ones; 1: some; 2: something cannot be read; 3: some, and one
    hits a field that --mapped names. Without --format or --output: one line for each difference.
    """
    reported = chosen.said or bool(chosen.files)
    if as_json and reported:
        raise MisuseError("--json is one object a line, --format and --output are a report: give one of them")
    compared = _compared(everything=everything, today=(today or RealClock().now()).date(), **given)
    if reported:
        show(compared.report(), chosen)
    else:
        _lines(compared, as_json=as_json)
    sys.exit(compared.status)


def _compared(
    *, fake: str, real: tuple[str, ...], everything: bool, allowed: Path | None, mapped: str | None, today: date
) -> Compared:
    from crm_contracts.orgs.allowed import read_allowed, sort_out
    from crm_contracts.orgs.drift import compare
    from crm_contracts.orgs.drift_report import Compared
    from crm_contracts.orgs.mapped import mapped_by, read_mapping

    rows = read_allowed(allowed) if allowed else []
    uses = read_mapping(mapped) if mapped else None
    theirs, entries = _org_of(real)
    mine, _ = _org_of((fake,))
    drifts = list(compare(mine, theirs, everything=everything))
    return Compared(
        fake=fake,
        real=real,
        objects={name: len(one["fields"]) for name, one in theirs.items()},
        undescribed=sorted(set(entries) - set(mine) - set(theirs)),
        drifts=drifts,
        sorted=sort_out(drifts, rows, today),
        mapped=mapped_by(mapped, uses, mine, theirs) if mapped and uses is not None else None,
    )


def _lines(compared: Compared, *, as_json: bool) -> None:
    """One line for each difference, allowed ones only as JSON; the rest on standard error."""
    allowed = {id(drift): row for drift, row in compared.sorted.allowed}
    for drift in compared.drifts:
        uses = compared.mapped.hit_by(drift) if compared.mapped else []
        row = allowed.get(id(drift))
        if as_json:
            data: dict[str, Any] = drift.data() | ({"mapped": uses} if compared.mapped else {})
            click.echo(json.dumps(data | ({"allowed": row.reason} if row else {}), ensure_ascii=False))
        elif row is None:
            click.echo(drift.line() + (f" [mapped: {'; '.join(uses)}]" if uses else ""))
    for row in compared.sorted.stale:
        click.echo(f"{row.place}: allows nothing, remove it: no difference is {row.at}: {row.what}", err=True)
    for row, number in compared.sorted.expired:
        click.echo(f"{row.place}: allowed until {row.until}, {number} told again: {row.reason}", err=True)
    if as_json:
        return
    if compared.undescribed:
        missing = compared.undescribed
        more = f" and {len(missing) - SHOWN_MISSING} more" if len(missing) > SHOWN_MISSING else ""
        click.echo(f"not in the fake, and not described: {', '.join(missing[:SHOWN_MISSING])}{more}", err=True)
    if compared.unseen:
        click.echo(f"mapped, and not described: {', '.join(compared.unseen)}", err=True)
    from crm_contracts.findings.grouping import words

    objects = len({one.at.partition(".")[0] for one in compared.sorted.kept})
    parts = [
        f"{words(len(compared.sorted.kept), 'difference')} in {objects} of {words(len(compared.objects), 'object')}"
    ]
    if compared.sorted.allowed:
        parts.append(f"{len(compared.sorted.allowed)} allowed")
    if compared.mapped:
        parts.append(f"{len(compared.hits)} hit{'s' if len(compared.hits) == 1 else ''} a mapped field")
    click.echo("; ".join(parts), err=True)


def _org_of(choices: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, Any]]:
    """(describes by object, entries of a global describe) of an edition, an org file, or describe results."""
    from crm_contracts.orgs.files import read_describes

    if len(choices) == 1 and (choices[0].endswith(".toml") or not (_is_json(choices[0]) or Path(choices[0]).exists())):
        return _describes_of_fake(choices[0]), {}
    found = read_describes(Path(one) for one in choices)
    return found.objects, found.entries


def _is_json(choice: str) -> bool:
    return choice.endswith(".json")  # a file, also when it is not there: then that is what is wrong


def _describes_of_fake(choice: str) -> dict[str, Any]:
    """Every object's describe, asked of a fake of this org the way any client asks."""
    import requests

    from crm_contracts.vendors import HOSTS, create_fake
    from fake_core.transport import InProcess

    host = HOSTS["salesforce"]
    try:
        fake = create_fake("salesforce", org=choice)
    except MisuseError as error:  # which speaks of the option of `understudy serve`
        said = str(error).removeprefix("--org ")
        raise MisuseError(re.sub("^org file: ", f"{choice}: ", said)) from error  # of two sides it is one
    try:
        words = fake.credentials(host)
        session = requests.Session()
        session.mount(host, InProcess([fake]).adapter())
        session.headers["Authorization"] = f"Bearer {words['access_token']}"
        base = f"{host}/services/data/v{words['api_version']}/sobjects"
        names = [each["name"] for each in session.get(base, timeout=60).json()["sobjects"]]
        return {name: session.get(f"{base}/{name}/describe", timeout=60).json() for name in names}
    finally:
        fake.close()
