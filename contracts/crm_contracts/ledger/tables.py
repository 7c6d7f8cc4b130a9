"""Entries from the tables that drive a fake: each row of its data files that is a behaviour.

Rule 1: `tables.toml` says which tables are read, and as what. A file of a fake that no row of it reads fails a test.
Rule 2: the grade and source of an entry are its row's; else those that `tables.toml` gives for the table; else those of
the nearest table around the row that has them.
Rule 3: a table whose rows are one fact together (a list of names) is one entry; `as = "whole"` says so.
Rule 4: of a vendor that `tables.toml` does not name (of another distribution) the files of `[[others]]` are read.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from crm_contracts.ledger.entry import Entry

_ABOUT = frozenset({"source", "grade", "default_grade"})  # of the table, no rows of it


def data_of(vendor: str, name: str) -> dict[str, Any]:
    """A data file of *vendor*'s fake; {} where it has none."""
    return read(vendor, f"data/{name}")


@cache
def read(vendor: str, name: str) -> dict[str, Any]:
    """A TOML file of *vendor*'s package; {} where it has none."""
    place = files(f"fake_{vendor}").joinpath(*name.split("/"))
    return tomllib.loads(place.read_text(encoding="utf-8")) if place.is_file() else {}


@cache
def specs(vendor: str) -> tuple[dict[str, Any], ...]:
    """What `tables.toml` says of the vendor's tables."""
    table = _tables()
    return tuple(table.get(vendor, table["others"]))


def faults_of(vendor: str) -> list[str]:
    """The scripted faults that the vendor's fake answers in the vendor's words."""
    told: list[str] = _tables()["faults"].get(vendor, [])
    return told


@cache
def _tables() -> dict[str, Any]:
    return tomllib.loads(files("crm_contracts.ledger").joinpath("tables.toml").read_text(encoding="utf-8"))


def rows_of_tables(vendor: str) -> Iterator[Entry]:
    """An entry for each row of each table."""
    for spec in specs(vendor):
        data = read(vendor, spec["file"])
        node, known = _walk(data, spec)
        if node is None:
            assert spec.get("optional"), f"tables.toml: {vendor} has no {spec['file']} {spec.get('at', '')}"
            continue
        if spec.get("as") == "whole":
            yield _entry(vendor, spec, "", node, known)
            continue
        for key, row in _rows(node, spec):
            if isinstance(row, dict) and spec.get("unless") in row:
                continue
            yield _entry(vendor, spec, key, row, known)


def _walk(data: Mapping[str, Any], spec: Mapping[str, Any]) -> tuple[Any, dict[str, str]]:
    """The table a spec speaks of, and the grade and source around it."""
    node: Any = data
    known: dict[str, str] = {}
    for name in (None, *filter(None, spec.get("at", "").split("/"))):
        node = node if name is None else node.get(name)
        if node is None:
            return None, known
        if isinstance(node, dict):
            known |= {key: node[key] for key in ("grade", "source") if isinstance(node.get(key), str)}
    return (node or None), known | {key: spec[key] for key in ("grade", "source") if key in spec}


def _rows(node: Any, spec: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    left_out = {*_ABOUT, *spec.get("without", ())}
    if isinstance(node, list):
        seen: dict[str, int] = {}
        for row in node:
            key = str(spec["key"].format_map(row)) if "key" in spec else str(len(seen))
            seen[key] = seen.get(key, 0) + 1
            yield (key if seen[key] == 1 else f"{key}-{seen[key]}"), row
        return
    for key, row in node.items():
        if key not in left_out:
            yield key, row


def _entry(vendor: str, spec: Mapping[str, Any], key: str, row: Any, known: Mapping[str, str]) -> Entry:
    own = row if isinstance(row, dict) else {}
    words = _Words({**own, "key": key, "row": _shown(row)})
    name = "-".join(spec["id"].format_map(words).split())
    where = "/".join(filter(None, (spec.get("at", ""), key if spec.get("as") != "whole" else "")))
    status = own.get("status", spec.get("status", 0))
    return Entry(
        id=f"{vendor}/{name}",
        vendor=vendor,
        kind=spec["kind"],
        says=" ".join(str(spec.get("says", "{row}")).format_map(words).split()),
        grade=own.get("grade", known.get("grade", "assumed")),
        source=own.get("source") or known.get("source", "none is given"),
        driver=f"{spec['file']} [{where}]" if where else spec["file"],
        status=status if spec["kind"] == "error" else 0,
        code=spec["code"].format_map({**words, "key": key.partition(".")[0], "KEY": key.upper()})
        if "code" in spec
        else "",
        operation=key if spec.get("operation") else "",
        no_cause=own.get("no_cause", ""),
        tests=tuple(own.get("tests", spec.get("tests", ()))),
    )


class _Words(dict[str, Any]):
    """What a template may name; a word that a row does not have is left out."""

    def __missing__(self, _key: str) -> str:
        return ""


def _shown(row: Any) -> str:
    """A row as text: what it holds besides its evidence."""
    if isinstance(row, dict):
        told = {key: one for key, one in row.items() if key not in _ABOUT}
        if set(told) == {"value"}:
            return _shown(told["value"])
        return "; ".join(f"{key}: {_shown(one)}" for key, one in told.items())
    if isinstance(row, list):
        return ", ".join(_shown(one) for one in row)
    if isinstance(row, bool):
        return str(row).lower()
    return f"{row:,}" if isinstance(row, int) else str(row)
