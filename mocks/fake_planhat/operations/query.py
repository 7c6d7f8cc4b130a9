"""What the parameters of a list say: values between commas, whole numbers, ids of companies, selected keys.

Source: developer documentation per model; what a value that is none of these does is a switch.
"""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from fake_core.switches import Switches
from fake_planhat.errors import PlanhatError
from fake_planhat.models import COMPANY
from fake_planhat.models.model import Document
from fake_planhat.operations.keys import PREFIXES, parse
from fake_planhat.operations.rows import Work


def company_ids(connection: sa.Connection, text: str, switches: Switches) -> list[str]:
    """The ids a companyId filter names; what names no company is left out."""
    found: list[str] = []
    work = Work(connection)
    for one in csv(text):
        key = parse(COMPANY, one)
        if key is None:
            continue
        if key[0] == "_id":
            found.append(key[1])
        elif switches["company_filter_prefixes"]:
            found += [company["_id"] for company in work[COMPANY.name].find(*key)]
    return found


def without_prefixed(text: str) -> str:
    """*text*, a companyId filter, without its prefixed ids: whose they are is the companies' own."""
    kept = [one for one in csv(text) if not one.startswith(tuple(PREFIXES))]
    return ",".join(kept)


def whole(asked: Mapping[str, str], name: str, *, least: int, otherwise: int, switches: Switches) -> int:
    """The whole number from *least* that the parameter *name* says, else *otherwise*. Raises PlanhatError."""
    text = asked.get(name, "").strip()
    if text.isascii() and text.isdigit() and len(text) <= 15 and int(text) >= least:
        return int(text)
    if name in asked and switches["bad_paging"] == "refuse":
        raise PlanhatError("bad_paging", value=asked[name], path=name)
    return otherwise


def csv(text: str) -> list[str]:
    """Values between commas, blanks trimmed."""
    return [one.strip() for one in text.split(",") if one.strip()]


def selected(text: str | None) -> list[str] | None:
    """The keys of `select`, None for all."""
    return csv(text or "") or None


def narrowed(row: Document, select: list[str]) -> Document:
    """`_id` and the selected keys, in the row's order; `custom.X` selects one key of custom."""
    inner = {name[7:] for name in select if name.startswith("custom.")}
    kept: Document = {"_id": row["_id"]}
    for key, value in row.items():
        if key in select:
            kept[key] = value
        elif key == "custom" and inner and isinstance(value, dict):
            kept[key] = {name: one for name, one in value.items() if name in inner}
    return kept
