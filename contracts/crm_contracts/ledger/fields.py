"""Entries from the files of objects and models: what a record is, what its fields start with, who fills them.

Rule 1: each object (model) is one entry: which fields it has, of which types, and who may write them.
Rule 2: a field whose evidence differs from its file's is an entry of its own, as is every default.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import Any

from crm_contracts.ledger.entry import Entry
from crm_contracts.ledger.tables import read


def rows_of_fields(vendor: str) -> Iterator[Entry]:
    """The entries of a vendor's objects; none of a vendor that has no such files."""
    yield from _READERS.get(vendor, _none)()


def fields_files(vendor: str) -> list[str]:
    """The files this module reads, relative to the package."""
    if vendor == "marketo":
        return ["data/fields.toml"]
    folder = {"salesforce": "objects", "planhat": "models"}.get(vendor)
    if folder is None:
        return []
    there = files(f"fake_{vendor}").joinpath("data", folder).iterdir()
    return sorted(f"data/{folder}/{one.name}" for one in there if one.name.endswith(".toml"))


def _salesforce() -> Iterator[Entry]:
    for name in fields_files("salesforce"):
        data = read("salesforce", name)
        sobject = data["name"]
        for field, row in data["fields"].items():
            known = {"grade": row.get("grade", data["grade"]), "source": row.get("source", data["source"])}
            where = f"{name} [fields/{field}]"
            if "grade" in row:
                yield _entry(
                    "salesforce", "shape", f"field/{sobject}.{field}", f"{row['label']}: {row['type']}", where, known
                )
            if "default" in row:
                said = f"{sobject}.{field} is {_shown(row['default'])} where nobody says otherwise"
                yield _entry("salesforce", "default", f"default/{sobject}.{field}", said, where, known)
            elif "values_from" in row and _has_default(row["values_from"]):
                said = f"{sobject}.{field} is the row of {row['values_from']} that is the default"
                said += "" if data["abilities"] else ", in the describe: its rows are made of others'"
                yield _entry("salesforce", "default", f"default/{sobject}.{field}", said, where, known)
            if "auto_number" in row:
                said = f"{sobject}.{field} counts on, as {row['auto_number']}"
                yield _entry("salesforce", "derived", f"derived/{sobject}.{field}", said, where, known)
            if row.get("on_delete"):
                said = f"when the row that {sobject}.{field} points at is deleted: {row['on_delete']}"
                yield _entry(
                    "salesforce", "side-effect", f"side-effect/on-delete/{sobject}.{field}", said, where, known
                )
        said = f"{sobject} has {len(data['fields'])} fields of its own, with these types and rights"
        yield _entry("salesforce", "shape", f"object/{sobject}", said, name, data)


def _has_default(table: str) -> bool:
    """Whether a row of the values is the default: nobody's stage of an opportunity is."""
    return any(row.get("IsDefault") for row in read("salesforce", "data/rows.toml")["rows"][table])


def _planhat() -> Iterator[Entry]:
    for name in fields_files("planhat"):
        data = read("planhat", name)
        model = data.get("name", "every model")
        tag = data.get("name", "any")
        rows = data.get("properties", [])
        yield _entry("planhat", "shape", f"model/{tag}", f"{model} has {len(rows)} properties of its own", name, data)
        for key in ("list_default", "list_max"):
            if key in data:
                said = f"a list of {model} has {'at most ' if key == 'list_max' else ''}{data[key]:,} rows" + (
                    "" if key == "list_max" else " where no limit is given"
                )
                yield _entry("planhat", "limit", f"limit/{tag}.{key}", said, f"{name} [{key}]", data)
        for number, row in enumerate(rows):
            known = {"grade": row.get("grade", data["grade"]), "source": row.get("source", data["source"])}
            where = f"{name} [properties/{number}]"
            if "grade" in row:
                yield _entry("planhat", "shape", f"property/{tag}.{row['name']}", f"{row['type']}", where, known)
            if "default" in row:
                said = f"{model}: {row['name']} is {row['default']} where nobody says otherwise"
                said += f" (switch {row['switch']})" if "switch" in row else ""
                yield _entry("planhat", "default", f"default/{tag}.{row['name']}", said, where, known)
            elif row.get("auto"):
                said = f"{model}: {row['name']} is Planhat's to fill; a caller's value is ignored"
                yield _entry("planhat", "derived", f"derived/{tag}.{row['name']}", said, where, known)
        for row in data.get("read_defaults", []):
            said = f"{model}: a read shows {row['name']} as {row['default']} where it was never written"
            where = f"{name} [read_defaults]"
            yield _entry("planhat", "default", f"default/{tag}.{row['name']}.read", said, where, data)


def _marketo() -> Iterator[Entry]:
    name = "data/fields.toml"
    known = {
        "grade": "assumed",
        "source": "what the keys hold is documented (Marketo documentation); their names are ours",
    }
    for record, rows in read("marketo", name).items():
        yield _entry(
            "marketo",
            "shape",
            f"record/{record}",
            f"a {record} has the keys {', '.join(rows)}",
            f"{name} [{record}]",
            known,
        )
        for key, row in rows.items():
            if "default" in row:
                said = f"{record}: {key} is {_shown(row['default'])!r} where nobody says otherwise"
                yield _entry("marketo", "default", f"default/{record}.{key}", said, f"{name} [{record}/{key}]", known)


def _entry(vendor: str, kind: str, name: str, says: str, driver: str, known: Any) -> Entry:
    return Entry(
        id=f"{vendor}/{name}",
        vendor=vendor,
        kind=kind,
        says=says,
        grade=known["grade"],
        source=known["source"],
        driver=driver,
    )


def _none() -> Iterator[Entry]:
    yield from ()


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


_READERS: dict[str, Callable[[], Iterator[Entry]]] = {
    "salesforce": _salesforce,
    "planhat": _planhat,
    "marketo": _marketo,
}
