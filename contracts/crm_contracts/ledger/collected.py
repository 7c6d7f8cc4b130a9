"""The entries of the ledger, collected from the data of the fakes, and found by their ids or by an answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from typing import Any

from crm_contracts.ledger.answers import rows_of_document
from crm_contracts.ledger.entry import Entry
from crm_contracts.ledger.fields import rows_of_fields
from crm_contracts.ledger.tables import faults_of, read, rows_of_tables
from crm_contracts.rules import load as load_rules
from crm_contracts.vendors import VENDORS
from fake_core.faults import KINDS as FAULTS

BEHAVIOURS = "data/behaviours.toml"


def entries(vendor: str) -> list[Entry]:
    """Every entry of *vendor*, in the order of its documents and tables."""
    return list(_by_id(vendor).values())


def all_entries() -> list[Entry]:
    """Every entry of every vendor."""
    return [one for vendor in VENDORS for one in entries(vendor)]


def find(entry_id: str) -> Entry | None:
    """The entry of that id. `VENDOR/OPERATION/STATUS/CODE` is the error row that such an answer shows."""
    vendor, _, rest = entry_id.partition("/")
    if vendor not in VENDORS:
        return None
    found = _by_id(vendor).get(entry_id)
    if found is not None or rest.count("/") != 2:
        return found
    operation_id, status, code = rest.split("/")
    if not status.isdigit() or f"{vendor}/{operation_id}" not in _by_id(vendor):
        return None
    there = entry_for(vendor, operation_id, int(status), code)
    return there if there is not None and there.kind == "error" else None


def near(entry_id: str, count: int = 3) -> list[str]:
    """The ids that look most like *entry_id*."""
    known = [one.id for one in all_entries()]
    within = [one for one in known if entry_id.lower() in one.lower()]
    return within[:count] or get_close_matches(entry_id, known, count, 0.8)


def entry_for(vendor: str, operation_id: str, status: int, code: str = "", message: str = "") -> Entry | None:
    """What the ledger says of an answer: of its error row where *code* (or *message*) names one, else of its status.

    A code that several rows have is told apart by the *message*: without one, it is the row without a situation. None:
    the answer is not in the ledger, so the fake does not give it.
    """
    assert vendor in VENDORS
    rows = _by_id(vendor)
    told = [one for one in rows.values() if one.kind == "error" and (not status or one.status in {0, status})]
    if code:
        told = [one for one in told if code in {one.code, one.id.rpartition("/")[2]}]
    if message:
        told = [one for one in told if _fits(one, message)] or (told if code else [])
    if told and (code or message):
        return min(told, key=lambda one: (one.id.rpartition("/")[2] != code, "/error/" not in one.id, -len(one.says)))
    return rows.get(f"{vendor}/{operation_id}/{status}")


def _fits(one: Entry, message: str) -> bool:
    """Whether *message* is one that the row's words make."""
    words = one.says.partition(": ")[2]
    pattern = "".join(".*" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{\w+\})", words))
    return re.fullmatch(pattern, " ".join(message.split()), re.DOTALL) is not None


@cache
def _by_id(vendor: str) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for one in _collected(vendor):
        assert one.id not in found, f"the ledger has {one.id} twice: {found[one.id].driver} and {one.driver}"
        found[one.id] = one
    return found


def _collected(vendor: str) -> Iterator[Entry]:
    tables = list(rows_of_tables(vendor))
    yield from rows_of_document(vendor, [one for one in tables if one.kind == "error"])
    yield from tables
    yield from _switches(vendor)
    yield from rows_of_fields(vendor)
    yield from _behaviours(vendor)
    yield from _rules(vendor)
    for kind in faults_of(vendor):
        yield Entry(
            id=f"{vendor}/fault/{kind}",
            vendor=vendor,
            kind="fault",
            says=FAULTS[kind],
            grade="assumed",
            source="a test asks for it; what an answer says is an error row's",
            driver=f"fake_core/faults.py [KINDS/{kind}]",
        )


def _switches(vendor: str) -> Iterator[Entry]:
    name = "data/switches.toml"
    for key, row in read(vendor, name).items():
        if key != "unknowns":
            values = ", ".join(_shown(one) for one in row["values"])
            yield Entry(
                id=f"{vendor}/switch/{key}",
                vendor=vendor,
                kind="switch",
                says=f"{_shown(row['default'])} (of {values}): {row['meaning']}",
                grade=row["grade"],
                source=row["source"],
                driver=f"{name} [{key}]",
            )


def _rules(vendor: str) -> Iterator[Entry]:
    """The numbered rules of the vendor that its fake holds (`understudy rules`)."""
    for name, rule in load_rules().items():
        if rule.vendor == vendor and rule.lives == "fake":
            yield Entry(
                id=f"{vendor}/rule/{name}",
                vendor=vendor,
                kind="rule",
                says=rule.text,
                grade=rule.grade,
                source=rule.source,
                driver="crm_contracts/rules",
            )


def _behaviours(vendor: str) -> Iterator[Entry]:
    """Rows of what only code does: `[kind."name"]` with says, grade, source, place and tests."""
    for kind, rows in read(vendor, BEHAVIOURS).items():
        for key, row in rows.items():
            yield Entry(
                id=f"{vendor}/{kind}/{key}",
                vendor=vendor,
                kind=kind,
                says=" ".join(row["says"].split()),
                grade=row["grade"],
                source=row["source"],
                driver=row["place"],
                tests=tuple(row["tests"]),
            )


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
