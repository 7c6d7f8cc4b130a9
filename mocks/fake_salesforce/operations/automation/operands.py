"""What a rule may look at and what it may write: paths to fields, and values that are worked out.

Rule 1: a path is a field of the row, or goes up over relationships: `Account.Owner.Name`. A way that leads to no row,
and a field the row at its end does not have, is null.
Rule 2: an operand is a literal, or a table: `{from = "Field"}` (with `change` and `cut` for text, `plus` for numbers
and days), `{today = 0}` and `{now = 0}` (days and seconds from the moment of the save), `{user = "Id"}` (a field of who
saves), `{text = "Call: {Subject}"}` or `{null = true}`. Where a user's id is expected a username may stand.
Source: our own notation; the vendor writes formulas, which this fake does not read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from fake_core.errors import VendorError
from fake_salesforce import record_ids
from fake_salesforce.operations.prepared import prepared
from fake_salesforce.operations.save import Save
from fake_salesforce.operations.values import check, parse
from fake_salesforce.org import stamp
from fake_salesforce.schema.metadata import Field, Schema, SObject
from fake_salesforce.schema.org_file import refuse

STEPS_MAX = 5  # relationships up, as in SOQL


@dataclass(frozen=True, slots=True)
class Moment:
    """A row as a rule sees it: the save, who saves and when. *source* is the row whose lookup filter is judged."""

    save: Save
    user_id: str
    now: datetime
    source: Mapping[str, Any] | None = None


Read = Callable[[Moment], Any]


@dataclass(frozen=True, slots=True)
class Path:
    """A way to a field. *field* is None where a polymorphic step hides which object it will be on."""

    steps: tuple[Field, ...]
    name: str
    field: Field | None

    def read(self, moment: Moment, *, of_old: bool = False) -> Any:
        """The value now, or as it was before the save; the rows above are read as they are now."""
        row: Mapping[str, Any] | None = moment.save.old if of_old else moment.save.new
        for step in self.steps:
            above = None if row is None else row.get(step.name)
            row = None if above is None else _row(moment.save, above)
        return None if row is None else row.get(self.name)


def _row(save: Save, record_id: str) -> Mapping[str, Any] | None:
    sobject = save.org.schema.by_prefix(record_ids.prefix_of(record_id))
    if sobject is None:
        return None
    prep = prepared(save.org, sobject)
    found = prep.select_row.one(save.conn, id=record_id)
    return None if found is None else dict(zip(prep.column_names, found, strict=True))


def path(text: Any, sobject: SObject, schema: Schema, where: str) -> Path:
    """The way that *text* names, from rows of *sobject*; raises MisuseError."""
    if not isinstance(text, str) or not text:
        refuse(where, f"is {text!r}", "name a field, such as Subject or Account.Name")
    *ups, last = text.split(".")
    if len(ups) > STEPS_MAX:
        refuse(where, f"{text!r} goes up {len(ups)} steps", f"go up {STEPS_MAX} at most")
    steps: list[Field] = []
    here: tuple[SObject, ...] = (sobject,)
    for up in ups:
        found = next((one for one in (schema.stored_parent(each, up) for each in here) if one is not None), None)
        if found is None:
            refuse(where, f"{here[0].name} has no relationship {up!r}", "use the relationship's name, such as Account")
        steps.append(found)
        here = tuple(each for each in (schema.sobject(name) for name in found.reference_to) if each is not None)
    fields = [found for found in (each.stored_field(last) for each in here) if found is not None and found.column]
    if not fields:
        refuse(where, f"{sobject.name} has no field {text!r}", "use the API name of a field that holds a value")
    return Path(tuple(steps), fields[0].name, fields[0] if len(here) == 1 else None)


# --- values that are worked out ---------------------------------------------------------------------

_CHANGES: Mapping[str, Callable[[str], str]] = {
    "upper": str.upper,
    "lower": str.lower,
    "trim": str.strip,
    "title": str.title,
}
_HOLE = re.compile(r"\{([A-Za-z][\w.]*)\}")


def operand(given: Any, field: Field | None, sobject: SObject, schema: Schema, where: str) -> Read:
    """What *given* stands for where a value of *field* is expected; raises MisuseError."""
    if not isinstance(given, dict):
        if field is not None and "User" in field.reference_to and "@" in str(given):
            username = str(given).lower()
            return lambda moment: moment.save.org.user_ids.get(username)
        fixed = literal(given, field, where)
        return lambda _moment: fixed
    kinds = [key for key in ("from", "source", "today", "now", "user", "text", "null") if key in given]
    if len(kinds) != 1:
        refuse(where, f"is {given!r}", "give a value, or one of from, source, today, now, user, text, null")
    (kind,) = kinds
    known = {"from": {"from", "change", "cut", "plus"}}.get(kind, {kind})
    for key in given:
        if key not in known:
            refuse(where, f"{key!r} does not go with {kind!r}", f"use {', '.join(sorted(known))}")
    return _OPERANDS[kind](given, field, sobject, schema, where)


def literal(given: Any, field: Field | None, where: str) -> Any:
    """A value of an org file as the column of *field* holds it."""
    if isinstance(given, datetime):
        given = (given if given.tzinfo else given.replace(tzinfo=UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    elif isinstance(given, date | time):
        given = given.isoformat()
    if field is None:
        return int(given) if isinstance(given, bool) else given
    try:
        value = parse(given, field)
        if value is None or field.type == "reference":
            return record_ids.canonical(value) or value if value is not None else None
        return check(value, field)
    except VendorError as error:
        refuse(where, f"{given!r} is no value of {field.name} ({error})", f"give a {field.type}")


def _from(given: Mapping[str, Any], _field: Field | None, sobject: SObject, schema: Schema, where: str) -> Read:
    way = path(given["from"], sobject, schema, where)
    change, cut, plus = given.get("change"), given.get("cut"), given.get("plus")
    if change is not None and change not in _CHANGES:
        refuse(where, f"change {change!r}", f"use one of {', '.join(_CHANGES)}")
    if cut is not None and (not isinstance(cut, int) or cut < 1):
        refuse(where, f"cut {cut!r}", "give the number of characters to keep")
    if plus is not None and (isinstance(plus, bool) or not isinstance(plus, int | float)):
        refuse(where, f"plus {plus!r}", "give a number (days for a date)")

    def read(moment: Moment) -> Any:
        value = way.read(moment)
        if value is not None and isinstance(value, str):
            value = _CHANGES[change](value) if change else value
            value = value[:cut] if cut else value
        return value if plus is None or value is None else _plus(value, plus)

    return read


def _plus(value: Any, plus: float) -> Any:
    if not isinstance(value, str):
        return value + plus
    if len(value) == len("2026-01-05"):
        return (date.fromisoformat(value) + timedelta(days=plus)).isoformat()
    moment = datetime.strptime(value[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    return stamp(moment + timedelta(days=plus))


def _source(given: Mapping[str, Any], _field: Field | None, _sobject: SObject, _schema: Schema, where: str) -> Read:
    name = given["source"]
    if not isinstance(name, str):
        refuse(where, f"source {name!r}", "name a field of the row that has the lookup")
    return lambda moment: (moment.source or {}).get(name)


def _today(given: Mapping[str, Any], _field: Field | None, _sobject: SObject, _schema: Schema, where: str) -> Read:
    days = _number(given["today"], where)
    return lambda moment: (moment.now + timedelta(days=days)).strftime("%Y-%m-%d")


def _now(given: Mapping[str, Any], _field: Field | None, _sobject: SObject, _schema: Schema, where: str) -> Read:
    seconds = _number(given["now"], where)
    return lambda moment: stamp(moment.now + timedelta(seconds=seconds))


def _number(given: Any, where: str) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float):
        refuse(where, f"is {given!r}", "give a number: 0 is the moment of the save")
    return given


def _user(given: Mapping[str, Any], _field: Field | None, _sobject: SObject, schema: Schema, where: str) -> Read:
    user = schema.sobject("User")
    field = None if user is None or not isinstance(given["user"], str) else user.field(given["user"])
    if field is None:
        refuse(where, f"User has no field {given['user']!r}", "use a field of User, such as Id or Name")
    name = field.name
    return lambda moment: (_row(moment.save, moment.user_id) or {}).get(name)


def _text(given: Mapping[str, Any], _field: Field | None, sobject: SObject, schema: Schema, where: str) -> Read:
    text = given["text"]
    if not isinstance(text, str):
        refuse(where, f"text {text!r}", 'write e.g. "Call: {Subject}"')
    ways = {name: path(name, sobject, schema, where) for name in _HOLE.findall(text)}

    def read(moment: Moment) -> Any:
        def shown(match: re.Match[str]) -> str:
            value = ways[match[1]].read(moment)
            return "" if value is None else str(value)

        return _HOLE.sub(shown, text) or None

    return read


def _null(given: Mapping[str, Any], _field: Field | None, _sobject: SObject, _schema: Schema, where: str) -> Read:
    if given["null"] is not True:
        refuse(where, f"null is {given['null']!r}", "write {null = true}")
    return lambda _moment: None


_OPERANDS: Mapping[str, Callable[[Mapping[str, Any], Field | None, SObject, Schema, str], Read]] = {
    "from": _from,
    "source": _source,
    "today": _today,
    "now": _now,
    "user": _user,
    "text": _text,
    "null": _null,
}
