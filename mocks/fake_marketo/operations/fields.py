"""Records from what somebody gives: keys, kinds, closed sets of data/fields.toml. One check for the API and for seeds.

Rule 1: a key that is not in the table, or not written this way, is refused; nothing is dropped in silence.
Rule 2: values of a closed set are compared as they are: there is no priority low and no third status (M4, M7).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fake_marketo.data_files import read_toml
from fake_marketo.errors import SiaError
from fake_marketo.moments import is_day, moment_of
from fake_marketo.store import Row

SF_ID = re.compile(r"[0-9A-Za-z]{18}", re.ASCII)
WHOLE_MAX = 10**15 - 1  # as many digits as a path and a cursor take


@dataclass(frozen=True)
class Field:
    """One key of a record. *default* may name where it comes from: `now`, `the caller`, `switch NAME`."""

    name: str
    kind: str
    values: tuple[str, ...] = ()
    default: Any = None
    null: bool = False
    filled: bool = False
    hidden: bool = False
    by: str = "api"

    @property
    def required(self) -> bool:
        return self.default is None and not self.null


def _fields(rows: Mapping[str, Any]) -> dict[str, Field]:
    return {name: Field(name=name, **{**row, "values": tuple(row.get("values", ()))}) for name, row in rows.items()}


KINDS = {kind: _fields(rows) for kind, rows in read_toml("fields.toml").items()}


def is_whole(value: Any, least: int = 1) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= WHOLE_MAX


def is_zone(value: Any) -> bool:
    """An IANA time zone that this machine knows."""
    try:
        return isinstance(value, str) and bool(ZoneInfo(value))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


_WANTED = {
    "id": "a whole number from 1",
    "number": "a whole number from 0",
    "text": "a text",
    "day": "a day such as 2026-01-05",
    "moment": "a moment with its zone, such as 2026-01-05T09:00:00Z",
    "flag": "true or false",
    "sf_id": "a Salesforce id of 18 letters and digits",
    "zone": "a time zone such as Europe/Berlin",
}
_IS: dict[str, Callable[[Any], bool]] = {
    "id": is_whole,
    "number": lambda value: is_whole(value, 0),
    "text": lambda value: isinstance(value, str),
    "day": lambda value: isinstance(value, str) and is_day(value),
    "moment": lambda value: isinstance(value, str) and moment_of(value) is not None,
    "flag": lambda value: isinstance(value, bool),
    "sf_id": lambda value: isinstance(value, str) and SF_ID.fullmatch(value) is not None,
    "zone": is_zone,
}


def checked(field: Field, value: Any) -> Any:
    """*value* as it is kept; SiaError (bad_value)."""
    if value is None and field.null:
        return None
    if field.kind == "choice":
        fits = isinstance(value, str) and value in field.values
        wanted = "one of " + ", ".join(field.values)
    else:
        fits = _IS[field.kind](value)
        wanted = _WANTED[field.kind]
    if fits and field.filled and not value.strip():
        fits, wanted = False, "a text that is not blank"
    if not fits:
        raise SiaError("bad_value", name=field.name, wanted=wanted, value=value)
    return moment_of(value) if field.kind == "moment" else value


def parameter(kind: str, name: str, parameters: Mapping[str, str]) -> str:
    """The text of a list's parameter of *kind*; SiaError (bad_parameter)."""
    text = parameters[name]
    if not _IS[kind](text):
        raise SiaError("bad_parameter", name=name, wanted=_WANTED[kind], value=text)
    return text


def read(kind: str, given: Mapping[str, Any], *, seed: bool = False, filled: bool = True) -> Row:
    """What *given* says of a record of *kind*, checked. *filled* False takes blank texts, too. SiaError."""
    fields = KINDS[kind]
    known = [name for name, one in fields.items() if seed or one.by == "api"]
    row = {}
    for name, value in given.items():
        if name not in known:
            raise SiaError("unknown_key", name=name, known=", ".join(known))
        field = fields[name]
        if not filled and field.filled and isinstance(value, str):
            row[name] = value
        else:
            row[name] = checked(field, value)
    return row


def whole(kind: str, row: Row, **defaults: Any) -> Row:
    """*row* with every key of *kind* in order; *defaults* by the words of the table. SiaError (missing_key)."""
    made = {}
    for name, field in KINDS[kind].items():
        if name in row:
            made[name] = row[name]
            continue
        if field.required:
            raise SiaError("missing_key", name=name)
        word = str(field.default).replace(" ", "_")
        made[name] = defaults.get(word, field.default)
    return made


def shown(kind: str, row: Row) -> Row:
    """*row* without what is never sent (a user's token)."""
    return {name: value for name, value in row.items() if name not in _HIDDEN[kind]}


_HIDDEN = {kind: {name for name, one in fields.items() if one.hidden} for kind, fields in KINDS.items()}
