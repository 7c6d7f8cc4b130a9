"""From the tables of an org file to the rules of each object.

Rule 1: everything that can be wrong with a rule is refused when the org is made, with one line that says where, what
and what to do; a rule that is read always runs.
Rule 2: a rule with `active = false` is checked like any other and then left out.
Source: our own notation; the names of the tables follow the vendor's metadata types.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fake_salesforce import record_ids
from fake_salesforce.errors import SalesforceError, salesforce_error
from fake_salesforce.operations.automation.conditions import Condition, always, read_condition
from fake_salesforce.operations.automation.matching import read_duplicate_rule
from fake_salesforce.operations.automation.operands import operand, path
from fake_salesforce.operations.automation.rules import (
    EVENTS,
    ApprovalLock,
    AssignmentRule,
    LookupFilter,
    ObjectRules,
    Update,
    ValidationRule,
)
from fake_salesforce.org import Org
from fake_salesforce.schema.metadata import Field, Schema, SObject
from fake_salesforce.schema.org_file import Kinds, checked, refuse, texts

ASSIGNMENT_PREFIX = "01Q"
ASSIGNED_OBJECTS = ("Case", "Lead")  # an account's rules are territory rules, which are not played
_COMMON: Kinds = {"object": str, "name": str, "active": bool}
_VALIDATION: Kinds = {**_COMMON, "when": (dict, list), "message": str, "field": str}
_UPDATE: Kinds = {
    **_COMMON, "when": (dict, list), "on": list, "timing": str, "target": str, "set": dict, "refuse": dict,
}  # fmt: skip
_REFUSE: Kinds = {"flow": str, "trigger": str, "text": str}
_FILTER: Kinds = {**_COMMON, "field": str, "when": (dict, list), "message": str}
_LOCK: Kinds = {**_COMMON, "when": (dict, list), "users": list}
_ASSIGNMENT: Kinds = {**_COMMON, "entries": list}
_ENTRY: Kinds = {"when": (dict, list), "owner": str}


def read_rules(org: Org) -> None:
    """Fill `org.rules` from the org's own file; raises MisuseError."""
    extra = org.config.extra or {}
    for table, read in _TABLES.items():
        seen: set[tuple[str, str]] = set()
        for number, row in enumerate(extra.get(table, []), start=1):
            where = f"{table}[{number}]"
            if not isinstance(row, dict):
                refuse(where, f"is {row!r}", "make it a table")
            sobject = _sobject(org.schema, row, where)
            name = row.get("name", where)
            if (sobject.name, name) in seen:
                refuse(where, f"{sobject.name} has two rules called {name!r}", "give each its own name")
            seen.add((sobject.name, name))
            rules = org.rules.setdefault(sobject.name, ObjectRules())
            read(org, rules, sobject, row, where)


def _sobject(schema: Schema, row: Mapping[str, Any], where: str) -> SObject:
    name = row.get("object")
    sobject = schema.sobject(name) if isinstance(name, str) else None
    if sobject is None:
        refuse(where, f"object is {name!r}", "name an object of this org")
    return sobject


def _when(row: Mapping[str, Any], sobject: SObject, org: Org, where: str) -> Condition:
    if "when" not in row:
        return always
    return read_condition(row["when"], sobject, org.schema, f"{where}.when")


def _needed(row: Mapping[str, Any], key: str, where: str) -> Any:
    if not row.get(key):
        refuse(where, f"has no {key}", "give it one")
    return row[key]


def _field(sobject: SObject, name: Any, where: str) -> Field:
    found = sobject.stored_field(name) if isinstance(name, str) else None
    if found is None or not found.column:
        refuse(where, f"{sobject.name} has no field {name!r}", "use the API name of a field that holds a value")
    return found


# --- one reader for each table ----------------------------------------------------------------------


def _validation(org: Org, rules: ObjectRules, sobject: SObject, row: dict[str, Any], where: str) -> None:
    checked(row, _VALIDATION, where)
    message = _needed(row, "message", where)
    _needed(row, "when", where)
    shown_at = None if "field" not in row else _field(sobject, row["field"], f"{where}.field").name
    rule = ValidationRule(row.get("name", where), _when(row, sobject, org, where), message, shown_at)
    if row.get("active", True):
        rules.validations.append(rule)


def _update(org: Org, rules: ObjectRules, sobject: SObject, row: dict[str, Any], where: str) -> None:
    checked(row, _UPDATE, where)
    name = _needed(row, "name", where)
    timing = row.get("timing", "before")
    if timing not in {"before", "after"}:
        refuse(f"{where}.timing", f"is {timing!r}", "use before or after")
    events = texts(row.get("on", ["create", "update"]), f"{where}.on")
    for event in events:
        if event not in EVENTS:
            refuse(f"{where}.on", f"{event!r} is unknown", f"use {', '.join(EVENTS)}")
    if ("set" in row) == ("refuse" in row):
        refuse(where, "has both set and refuse, or neither", "say what it sets or how it refuses")
    if "delete" in events and "set" in row and "target" not in row:
        refuse(where, "sets fields of a deleted row", "leave delete out of `on`, give a target, or refuse")
    if "target" in row and timing == "before":
        refuse(where, "changes another row before the save", 'say timing = "after"')
    target = path(row["target"], sobject, org.schema, f"{where}.target") if "target" in row else None
    changed = sobject if target is None else _target(org.schema, target.field, f"{where}.target")
    sets = []
    for key, given in row.get("set", {}).items():
        here = f"{where}.set.{key}"
        field = _field(changed, key, here)
        if field.type == "id" or field.calculated or field.auto_number:
            refuse(here, "cannot be set", "use a field that a save may change")
        sets.append((field, operand(given, field, sobject, org.schema, here)))
    update = Update(
        name=name,
        when=_when(row, sobject, org, where),
        events=frozenset(events),
        sets=tuple(sets),
        target=target,
        refusal=_refusal(row["refuse"], name, f"{where}.refuse") if "refuse" in row else None,
    )
    if row.get("active", True):
        (rules.before if timing == "before" else rules.after).append(update)


def _target(schema: Schema, field: Field | None, where: str) -> SObject:
    if field is None or not field.is_reference or len(field.reference_to) != 1:
        refuse(where, "is no lookup to one object", "name a lookup such as AccountId")
    found = schema.sobject(field.reference_to[0])
    if found is None:
        refuse(where, f"{field.reference_to[0]} is not an object of this org", "name another lookup")
    return found


def _refusal(given: dict[str, Any], name: str, where: str) -> Callable[[str], SalesforceError]:
    """The error of a rule that refuses: a flow's, or an Apex trigger's."""
    row = checked(given, _REFUSE, where)
    text = _needed(row, "text", where)
    if ("flow" in row) == ("trigger" in row):
        refuse(where, "names both a flow and a trigger, or neither", "say which of them refuses")
    if "flow" in row:
        return lambda _event: salesforce_error("CANNOT_EXECUTE_FLOW_TRIGGER", flow=row["flow"] or name, text=text)
    return lambda event: salesforce_error(
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY.trigger", trigger=row["trigger"] or name, event=event, text=text
    )


def _filter(org: Org, rules: ObjectRules, sobject: SObject, row: dict[str, Any], where: str) -> None:
    checked(row, _FILTER, where)
    field = _field(sobject, _needed(row, "field", where), f"{where}.field")
    _needed(row, "when", where)
    targets = [found for name in field.reference_to if (found := org.schema.sobject(name)) is not None]
    if not targets:
        refuse(f"{where}.field", f"{field.name} is no lookup", "name a lookup")
    when = {each.name: _when(row, each, org, where) for each in targets}
    if row.get("active", True):
        rules.filters.append(LookupFilter(field, when, row.get("message")))


def _lock(org: Org, rules: ObjectRules, sobject: SObject, row: dict[str, Any], where: str) -> None:
    checked(row, _LOCK, where)
    _needed(row, "when", where)
    users = _usernames(org, texts(row.get("users", []), f"{where}.users"), f"{where}.users")
    lock = ApprovalLock(row.get("name", where), _when(row, sobject, org, where), frozenset(users))
    if row.get("active", True):
        rules.locks.append(lock)


def _usernames(org: Org, names: list[str], where: str) -> list[str]:
    for name in names:
        if name.lower() not in org.user_ids:
            refuse(where, f"no user {name!r}", f"use one of {', '.join(sorted(org.user_ids))}")
    return [name.lower() for name in names]


def _duplicate(org: Org, rules: ObjectRules, sobject: SObject, row: dict[str, Any], where: str) -> None:
    rule = read_duplicate_rule(org, sobject, row, where)
    if row.get("active", True):
        rules.duplicates.append(rule)


def _assignment(org: Org, rules: ObjectRules, sobject: SObject, row: dict[str, Any], where: str) -> None:
    checked(row, _ASSIGNMENT, where)
    if sobject.name not in ASSIGNED_OBJECTS:
        refuse(f"{where}.object", f"is {sobject.name}", f"use one of {', '.join(ASSIGNED_OBJECTS)}")
    name = _needed(row, "name", where)
    active = row.get("active", True)
    if active and any(one.active for one in rules.assignments):
        refuse(where, f"{sobject.name} has two active rules", "say active = false for all but one")
    entries = []
    owner_field = _field(sobject, "OwnerId", where)
    for number, entry in enumerate(_needed(row, "entries", where), start=1):
        here = f"{where}.entries[{number}]"
        checked(entry, _ENTRY, here)
        owner = _needed(entry, "owner", here)
        if "@" in owner:
            _usernames(org, [owner], f"{here}.owner")
        when = _when(entry, sobject, org, here)
        entries.append((when, operand(owner, owner_field, sobject, org.schema, f"{here}.owner")))
    serial = 1 + sum(len(each.assignments) for each in org.rules.values())
    rule = AssignmentRule(record_ids.mint(ASSIGNMENT_PREFIX, serial), name, active, tuple(entries))
    rules.assignments.append(rule)


_Read = Callable[[Org, ObjectRules, SObject, dict[str, Any], str], None]
_TABLES: Mapping[str, _Read] = {
    "updates": _update,
    "validation_rules": _validation,
    "lookup_filters": _filter,
    "approval_locks": _lock,
    "duplicate_rules": _duplicate,
    "assignment_rules": _assignment,
}
