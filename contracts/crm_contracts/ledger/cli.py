"""`understudy ledger`: the first page, the entries that are asked for, or all of one of them."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import click

from crm_contracts.conform.entries import held_by_checks
from crm_contracts.ledger import KINDS, VENDORS, all_entries, entries, find, near, render_ledger, render_page
from crm_contracts.ledger.entry import GRADES, Entry
from crm_contracts.ledger.held import checkout_tests, held_by

_SHOWN = 100  # characters of a behaviour in a list


class Unknown(click.ClickException):
    """A wrong call, told in one line."""

    exit_code = 2


@click.command(short_help="Print what the fakes do, and how well each thing is known.")
@click.argument("entry_id", metavar="[ID]", required=False)
@click.option("--vendor", type=click.Choice(VENDORS), help="List the entries of this vendor.")
@click.option("--grade", type=click.Choice(tuple(GRADES)), help="List the entries of this grade.")
@click.option("--kind", type=click.Choice(tuple(KINDS)), help="List the entries of this kind.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: every entry that is asked for, with its tests.")
@click.option(
    "--write", metavar="FOLDER", help="Write ledger.md and a page for each fake, ledger/VENDOR.md, to this folder."
)
def ledger(
    *, entry_id: str | None, vendor: str | None, grade: str | None, kind: str | None, as_json: bool, write: str | None
) -> None:
    """Print what the fakes do, and how well each thing is known.

    With an ID all of that entry: what the fake does, how well that is known and from where, what drives it, which tests
    hold it. An ID is salesforce/error/MALFORMED_ID or, of an answer, salesforce/getRecord/400/MALFORMED_ID.
    """
    if write:
        if Path(write).suffix or Path(write).is_file():
            raise Unknown(f"--write {write}: this is no folder: name the one that holds ledger.md, such as docs")
        _write(Path(write))
    elif entry_id:
        click.echo(json.dumps(_whole(_found(entry_id)), indent=2) if as_json else _told(_found(entry_id)))
    elif as_json or vendor or grade or kind:
        rows = [
            one
            for one in (entries(vendor) if vendor else all_entries())
            if grade in {None, one.grade} and kind in {None, one.kind}
        ]
        click.echo(_json(rows) if as_json else _listed(rows))
    else:
        click.echo(render_ledger(checkout_tests()), nl=False)


def _found(entry_id: str) -> Entry:
    """The entry, or one line with the ids that look most like it."""
    entry = find(entry_id)
    if entry is None:
        like = near(entry_id)
        hint = f": did you mean {', '.join(like)}?" if like else ": `understudy ledger --vendor salesforce` lists them"
        raise Unknown(f"the ledger has no {entry_id}{hint}")
    return entry


def _told(one: Entry) -> str:
    lines = [one.id, f"  {one.says}", ""]
    lines += [
        f"{name:<12}{text}"
        for name, text in (
            ("kind", f"{one.kind}: {KINDS[one.kind]}"),
            ("known", f"{one.grade}: {GRADES[one.grade]}"),
            ("from", one.source),
            ("driven by", one.driver if "/" not in one.driver else _place(one)),
        )
    ]
    tests = _tests(one)
    if one.no_cause:
        lines.append(f"{'no cause':<12}{one.no_cause}")
    elif tests:
        lines += [f"{'held by' if not number else '':<12}{test}" for number, test in enumerate(tests)]
    else:
        lines.append(
            f"{'held by':<12}no test"
            if checkout_tests()
            else f"{'held by':<12}not known here: the tests are not installed"
        )
    return "\n".join(lines)


def _place(one: Entry) -> str:
    return f"fake_{one.vendor}/{one.driver}" if one.driver.startswith(("data/", "soql/", "operations/")) else one.driver


def _tests(one: Entry) -> list[str]:
    return _held(one.vendor).get(one.id, [])


@cache
def _held(vendor: str) -> dict[str, list[str]]:
    """What holds each entry: the tests of this checkout, and the checks of `understudy conform`."""
    found = held_by(entries(vendor), checkout_tests())
    for name, checks in held_by_checks(vendor).items():
        found.setdefault(name, []).extend(f"understudy conform: {check}" for check in checks)
    return found


def _whole(one: Entry) -> dict[str, Any]:
    return {**asdict(one), "tests": _tests(one)}


def _json(rows: list[Entry]) -> str:
    return json.dumps([_whole(one) for one in rows], indent=2)


def _listed(rows: list[Entry]) -> str:
    width = min(max((len(one.id) for one in rows), default=0), 60)
    lines = [f"{one.id:<{width}}  {one.grade:<14}  {_short(one.says)}" for one in rows]
    return "\n".join([*lines, f"{len(rows)} entries"])


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _write(folder: Path) -> None:
    pages = {folder / "ledger.md": render_ledger(checkout_tests())}
    pages |= {folder / "ledger" / f"{vendor}.md": render_page(vendor, checkout_tests()) for vendor in VENDORS}
    for path, text in pages.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
