"""Keys by which a record is found: none of them blank, none of them twice in one batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from crm_contracts.integration.outcome import Looked, Seen
from crm_contracts.integration.parsed import ParsedCall, Run
from crm_contracts.integration.table import facts

NOTHING = frozenset({"", "none", "null", "undefined", "nan"})  # what languages make of a value that is not there
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
        named = [(name, one.path_values[name]) for name in _NAMED if name in one.path_values and name not in fields]
        if one.vendor == "planhat" and one.writes:
            items = one.json if isinstance(one.json, list) else [one.json]
            named += [
                (name, item[name])
                for item in items
                if isinstance(item, dict)
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
        for item in one.json:
            name = next((key for key in facts("planhat")["keyables"] if isinstance(item, dict) and item.get(key)), None)
            if name is not None:
                company = f" of company {item['companyId']}" if name == "externalId" and "companyId" in item else ""
                yield name, f"{item[name]}{company}"
