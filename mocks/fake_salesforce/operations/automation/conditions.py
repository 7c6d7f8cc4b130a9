"""When a rule applies: a small language of tables, read once.

    {field = "Status", is = "Completed"}            {field = "Amount", greater = 0, at_most = 1000}
    {all = [...]}  {any = [...]}  {not = {...}}     a list means all
    {new = true}                                    the row is being created
    {user = "integration@understudy.example"}       who saves, by username; or a list of usernames

Tests of a field, several of which must all hold: `is`, `is_not` (a list: one of, none of), `blank`, `changed`, `was`,
`greater`, `at_least`, `less`, `at_most`, `contains`, `starts`, `includes` (one of a multi-select), `matches` (a regular
expression for the whole text).

Rule 1: text is compared as it is, case and all. A comparison with null holds only for `is` and `blank`.
Rule 2: `changed` and `was` do not hold for a row that is being created.
Source: our own notation. `changed` on create follows the documented ISCHANGED; `was` on create is ours.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from fake_salesforce.operations.automation.operands import Moment, Path, Read, operand, path
from fake_salesforce.schema.metadata import Schema, SObject
from fake_salesforce.schema.org_file import refuse

Condition = Callable[[Moment], bool]
_TESTS = (
    "is", "is_not", "blank", "changed", "was", "greater", "at_least", "less", "at_most",
    "contains", "starts", "includes", "matches",
)  # fmt: skip
_ORDERED: Mapping[str, Callable[[Any, Any], bool]] = {
    "greater": operator.gt,
    "at_least": operator.ge,
    "less": operator.lt,
    "at_most": operator.le,
}
_IN_TEXT: Mapping[str, Callable[[str, str], bool]] = {
    "contains": lambda text, part: part in text,
    "starts": str.startswith,
    "includes": lambda text, part: part in text.split(";"),
}


def always(_moment: Moment) -> bool:
    """The condition of a rule without `when`."""
    return True


def read_condition(given: Any, sobject: SObject, schema: Schema, where: str) -> Condition:
    """The condition that *given* says, for rows of *sobject*; raises MisuseError."""
    if isinstance(given, list):
        return _all([read_condition(each, sobject, schema, f"{where}[{n}]") for n, each in enumerate(given, start=1)])
    if not isinstance(given, dict) or not given:
        refuse(where, f"is {given!r}", 'write e.g. {field = "Status", is = "Completed"}')
    if "field" in given:
        return _of_field(given, sobject, schema, where)
    if len(given) != 1:
        refuse(where, f"is {given!r}", "give one of field, all, any, not, new, user")
    ((key, value),) = given.items()
    if key in {"all", "any"}:
        if not isinstance(value, list) or not value:
            refuse(f"{where}.{key}", f"is {value!r}", "make it a list of conditions")
        inner = [read_condition(each, sobject, schema, f"{where}.{key}[{n}]") for n, each in enumerate(value, start=1)]
        return _all(inner) if key == "all" else _any(inner)
    if key == "not":
        refused = read_condition(value, sobject, schema, f"{where}.not")
        return lambda moment: not refused(moment)
    if key == "new":
        wanted = _flag(value, f"{where}.new")
        return lambda moment: (moment.save.old is None) == wanted
    if key != "user":
        refuse(where, f"{key!r} is unknown", "give one of field, all, any, not, new, user")
    return _of_user(value, f"{where}.user")


def _all(inner: list[Condition]) -> Condition:
    return lambda moment: all(one(moment) for one in inner)


def _any(inner: list[Condition]) -> Condition:
    return lambda moment: any(one(moment) for one in inner)


def _flag(given: Any, where: str) -> bool:
    if not isinstance(given, bool):
        refuse(where, f"is {given!r}", "make it true or false")
    return given


def _of_user(given: Any, where: str) -> Condition:
    names = given if isinstance(given, list) else [given]
    if not names or not all(isinstance(name, str) for name in names):
        refuse(where, f"is {given!r}", "give a username, or a list of usernames")
    wanted = {name.lower() for name in names}

    def holds(moment: Moment) -> bool:
        ids = moment.save.org.user_ids
        return any(ids.get(name) == moment.user_id for name in wanted)

    return holds


# --- tests of one field -----------------------------------------------------------------------------


def _of_field(given: Mapping[str, Any], sobject: SObject, schema: Schema, where: str) -> Condition:
    way = path(given["field"], sobject, schema, f"{where}.field")
    tests = {key: value for key, value in given.items() if key != "field"}
    if not tests:
        refuse(where, f"says nothing of {given['field']}", f"add one of {', '.join(_TESTS)}")
    inner = []
    for key, value in tests.items():
        if key not in _TESTS:
            refuse(where, f"{key!r} is unknown", f"use {', '.join(_TESTS)}")
        inner.append(_test(key, value, way, sobject, schema, f"{where}.{key}"))
    return inner[0] if len(inner) == 1 else _all(inner)


def _test(key: str, given: Any, way: Path, sobject: SObject, schema: Schema, where: str) -> Condition:
    if key == "blank":
        blank = _flag(given, where)
        return lambda moment: (way.read(moment) is None) == blank
    if key == "changed":
        changed = _flag(given, where)
        return lambda moment: _changed(way, moment) == changed
    if key == "matches":
        return _matches(way, given, where)
    if key in {"is", "is_not", "was"}:
        return _among(key, given, way, sobject, schema, where)
    # Part of a text need not be a whole value of the field: half an address, say.
    wanted = operand(given, way.field if key in _ORDERED else None, sobject, schema, where)
    compare = _ORDERED.get(key) or _IN_TEXT[key]
    return lambda moment: _compared(compare, way.read(moment), wanted(moment))


def _changed(way: Path, moment: Moment) -> bool:
    return moment.save.old is not None and way.read(moment) != way.read(moment, of_old=True)


def _matches(way: Path, given: Any, where: str) -> Condition:
    try:
        pattern = re.compile(given)
    except (re.error, TypeError) as error:
        refuse(where, f"{given!r} is no regular expression ({error})", "write one for the whole text")
    return lambda moment: isinstance(text := way.read(moment), str) and pattern.fullmatch(text) is not None


def _among(key: str, given: Any, way: Path, sobject: SObject, schema: Schema, where: str) -> Condition:
    several = given if isinstance(given, list) else [given]
    if not several:
        refuse(where, "is an empty list", "give the values")
    wanted: list[Read] = [operand(one, way.field, sobject, schema, where) for one in several]
    of_old = key == "was"

    def holds(moment: Moment) -> bool:
        if of_old and moment.save.old is None:
            return False
        value = way.read(moment, of_old=of_old)
        return any(value == one(moment) for one in wanted)

    if key == "is_not":
        return lambda moment: not holds(moment)
    return holds


def _compared(compare: Callable[[Any, Any], bool], value: Any, wanted: Any) -> bool:
    """False where either is null or the two cannot be compared."""
    if value is None or wanted is None or isinstance(value, str) != isinstance(wanted, str):
        return False
    return compare(value, wanted)
