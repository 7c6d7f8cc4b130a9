"""Keys by which a record is found: none of them blank, none of them twice in one batch."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from crm_contracts.integration.outcome import Looked, Seen
from crm_contracts.integration.parsed import ParsedCall, Run
from crm_contracts.integration.table import facts

NOTHING = frozenset({"", "none", "null", "undefined", "nan"})  # what languages make of a value that is not there
_FIELD = re.compile(r"__c$", re.IGNORECASE)
_OF_A_COMPANY = frozenset({"externalId", "email"})  # unique within one
_NAMED = ("record_id", "value", "key", "note_id", "task_id", "account_id", "reminder_id", "company")


def duplicate_key_in_batch(run: Run) -> Looked:
    looked = Looked()
    for one in run.parsed:
        keys = list(_batch_keys(one))
        if len(keys) < 2:
            continue
        looked.number += 1
        for (name, value), count in Counter(keys).items():
            if count > 1:
                what = f"{one.operation}: {count} items of one batch have {name} {value!r}"
                looked.seen.append(Seen(what=what, calls=[one], about=f"{one.operation} {name}"))
    return looked


def blank_key(run: Run) -> Looked:
    looked = Looked()
    for one in run.parsed:
        fields = {"key"} if one.vendor == "salesforce" else set()  # there it names a field, elsewhere a record
        values = one.path_values
        named = [(name, values[name]) for name in _NAMED if name in values and name not in fields]
        if one.vendor == "salesforce" and one.path.endswith("/") and _FIELD.search(values.get("record_id", "")):
            named.append((values["record_id"], ""))  # …/Key__c/: the value behind the field is not there
        if one.vendor == "planhat" and one.writes:
            named += [
                (name, item[name])
                for item in one.items
                for name in ("sourceId", "externalId", "companyId")
                if isinstance(item.get(name), str)  # null is said on purpose
            ]
        for name, value in named:
            looked.number += 1
            if value.strip().lower().removeprefix("srcid-").removeprefix("extid-") in NOTHING:
                what = f"{one.operation}: {name} is {value!r}"
                looked.seen.append(Seen(what=what, calls=[one], about=f"{one.operation} {name}"))
    return looked


def _batch_keys(one: ParsedCall) -> Iterator[tuple[str, str]]:
    if one.operation == "upsertRecords" and isinstance(one.json, dict):
        field = one.path_values.get("key", "")
        for record in one.json.get("records", ()):
            value = record.get(field) if isinstance(record, dict) else None
            if value and field.lower() != "id":
                yield field, str(value)
    elif one.vendor == "planhat" and one.method == "PUT" and isinstance(one.json, list):
        for item in one.items:
            name = keyable(one, item)
            if name:
                company = f" of company {item['companyId']}" if name in _OF_A_COMPANY and "companyId" in item else ""
                yield name, f"{item[name]}{company}"


def keyable(one: ParsedCall, item: Mapping[str, Any]) -> str:
    """By which of its keys Planhat would know *item* again; "" for none. An address is one to who upserts alone."""
    named = facts("planhat")["keyables"]
    names = named.get(one.path.strip("/").partition("/")[0], named["others"])
    return next((name for name in names if item.get(name) and (name != "email" or one.method == "PUT")), "")
