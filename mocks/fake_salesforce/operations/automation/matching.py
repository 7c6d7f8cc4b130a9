"""Duplicate and matching rules: how an org file says them, and when two values are the same.

    {object = "Contact", name = "One_Email", on_create = "block", fields = ["Email"]}
    {object = "Account", name = "Same", groups = [["Name", "BillingCity"], ["Website"]], method = "normalised"}
    {object = "Lead", standard = true}

Rule 1: rows match when all fields of one group do (`fields` is one group). A null matches nothing unless
`match_blanks = true`, as with the vendor's NullNotAllowed, its default.
Rule 2: methods: `exact`; `folded` (without regard to case); `normalised` (letters and digits only, folded); `digits`
(of a phone number, without a leading 1 of eleven); `website` (the host, without www).
Source: Object Reference, MatchingRule and MatchingRuleItem; standard rules in `data/duplicates.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from fake_salesforce.data_files import load
from fake_salesforce.operations.automation.conditions import always, read_condition
from fake_salesforce.operations.automation.operands import path
from fake_salesforce.operations.automation.rules import Comparison, DuplicateRule, MatchingRule
from fake_salesforce.org import Org
from fake_salesforce.schema.metadata import SObject
from fake_salesforce.schema.org_file import Kinds, checked, refuse, texts

ACTIONS = ("block", "alert", "allow")
ALERT = "You're creating a duplicate record. We recommend you use an existing record instead."
_KEYS: Kinds = {
    "object": str,
    "name": str,
    "active": bool,
    "standard": bool,
    "when": (dict, list),
    "on_create": str,
    "on_edit": str,
    "message": str,
    "fields": list,
    "groups": list,
    "method": str,
    "match_blanks": bool,
    "matching_rule": str,
    "enforce_sharing": bool,
}


def _digits(text: str) -> str:
    found = "".join(char for char in text if char.isdecimal())
    return found[1:] if len(found) == 11 and found.startswith("1") else found


def _website(text: str) -> str:
    return re.sub(r"^(?:https?://)?(?:www\.)?", "", text.strip().casefold()).split("/")[0]


METHODS: Mapping[str, Callable[[str], str]] = {
    "exact": lambda text: text,
    "folded": str.casefold,
    "normalised": lambda text: "".join(char for char in text.casefold() if char.isalnum()),
    "digits": _digits,
    "website": _website,
}


def read_duplicate_rule(org: Org, sobject: SObject, row: dict[str, Any], where: str) -> DuplicateRule:
    """One row of `duplicate_rules`; raises MisuseError."""
    checked(row, _KEYS, where)
    shipped = load("duplicates.toml")["rule"].get(sobject.name, {})
    if row.get("standard"):
        if not shipped:
            refuse(where, f"{sobject.name} has no standard rule", "say its fields instead")
        if "fields" in row or "groups" in row:
            refuse(where, "is standard and has fields of its own", "leave out standard, or fields and groups")
        matching = tuple(_standard(org, sobject, name, where) for name in shipped["matching"])
    else:
        shipped = {}
        matching = (_own(org, sobject, row, where),)
    given = {"on_create": "alert", "on_edit": "alert", "message": ALERT, **shipped, **row}
    if "name" not in given:
        refuse(where, "has no name", "give it one")
    for key in ("on_create", "on_edit"):
        if given[key] not in ACTIONS:
            refuse(f"{where}.{key}", f"is {given[key]!r}", f"use one of {', '.join(ACTIONS)}")
    when = read_condition(row["when"], sobject, org.schema, f"{where}.when") if "when" in row else always
    sharing = row.get("enforce_sharing", bool(row.get("standard")))
    return DuplicateRule(given["name"], when, given["on_create"], given["on_edit"], given["message"], sharing, matching)


def _own(org: Org, sobject: SObject, row: Mapping[str, Any], where: str) -> MatchingRule:
    if ("fields" in row) == ("groups" in row):
        refuse(where, "has both fields and groups, or neither", 'say e.g. fields = ["Email"]')
    method = row.get("method", "exact")
    if method not in METHODS:
        refuse(f"{where}.method", f"is {method!r}", f"use one of {', '.join(METHODS)}")
    groups = [row["fields"]] if "fields" in row else row["groups"]
    made = []
    for number, group in enumerate(groups, start=1):
        here = f"{where}.groups[{number}]" if "groups" in row else f"{where}.fields"
        if not isinstance(group, list) or not group:
            refuse(here, f"is {group!r}", "make it a list of fields")
        ways = [path(name, sobject, org.schema, here) for name in texts(group, here)]
        made.append(tuple(Comparison(way, way, method, row.get("match_blanks", False)) for way in ways))
    name = row.get("matching_rule", f"{row.get('name', where)}_Match_Rule")
    engine = "ExactMatchEngine" if method == "exact" else "FuzzyMatchEngine"
    return MatchingRule(name, sobject.name, engine, tuple(made))


def _standard(org: Org, sobject: SObject, name: str, where: str) -> MatchingRule:
    """A shipped rule; its object may be another than the rule's, and fields are then matched by role."""
    data = load("duplicates.toml")
    shipped = data["matching"][name]
    other = org.schema.sobject(shipped["object"])
    if other is None:
        refuse(where, f"{shipped['object']} is not an object of this org", "leave out standard")
    mine, theirs = (
        {role: path(name, each, org.schema, where) for role, name in data["roles"][each.name].items()}
        for each in (sobject, other)
    )
    methods = data["methods"]
    groups = tuple(
        tuple(Comparison(mine[role], theirs[role], methods.get(role, "normalised"), blanks=False) for role in one)
        for one in shipped["groups"]
    )
    return MatchingRule(name, shipped["object"], "FuzzyMatchEngine", groups)
