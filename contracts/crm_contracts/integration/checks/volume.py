"""How many calls it takes.

Source: Salesforce's limits sheet (an org's calls are shared by all its integrations, over a rolling day); Planhat's 200
calls a minute; Totango's 100.
"""

from __future__ import annotations

import re
from collections import defaultdict

from crm_contracts.integration.outcome import Looked, Seen
from crm_contracts.integration.parsed import ParsedCall, Run
from crm_contracts.integration.table import facts

READS_MAX = 5  # of single records that one call could have brought
WRITES_MAX = 10
_ONE = re.compile(r"(?:=|\bIN\s*\()\s*…", re.IGNORECASE)
_MANY = re.compile(r"[<>]|…\s*,")  # a list of keys; what follows the last key, or lies between two stamps
_VALUES = re.compile(r"'(?:\\.|[^'\\])*'|\b[0-9][0-9T:.+Z-]*")


def over_budget(run: Run) -> Looked:
    looked = Looked(number=len(run.budget))
    for vendor, most in run.budget.items():
        calls = run.of(vendor) if vendor else run.parsed
        if len(calls) > most:
            named = f" to {vendor}" if vendor else ""
            what = f"{len(calls)} calls{named}, the budget is {most}"
            looked.seen.append(Seen(what=what, calls=[calls[most]], about=vendor))
    return looked


def call_for_each_record(run: Run) -> Looked:
    looked = Looked(number=len(run.calls))
    reads: dict[tuple[str, str], dict[str, ParsedCall]] = defaultdict(dict)
    writes: dict[tuple[str, str], dict[str, ParsedCall]] = defaultdict(dict)
    for one in run.parsed:
        singles = facts(one.vendor).get("single_reads", ())
        kind = one.path_values.get("sobject", "")
        if one.operation in singles:
            reads[one.operation, kind].setdefault(one.path, one)
        elif one.operation in {"query", "queryAll"} and one.soql:
            shape = _VALUES.sub("…", one.soql)
            if _ONE.search(shape) and not _MANY.search(shape):
                reads[one.operation, shape[:160]].setdefault(one.soql, one)
        elif one.operation in facts(one.vendor).get("single_writes", ()):
            writes[one.operation, kind].setdefault(f"{one.path} {one.text}", one)
    for (operation, kind), found in reads.items():
        if len(found) > READS_MAX:
            what = f"{operation}{f' ({kind})' if kind else ''}: {len(found)} calls of one record each"
            looked.seen.append(Seen(what=what, calls=list(found.values())[:3], about=f"{operation} {kind}"))
    for (operation, kind), found in writes.items():
        if len(found) > WRITES_MAX:
            what = f"{operation}{f' ({kind})' if kind else ''}: {len(found)} records, a call for each"
            looked.seen.append(
                Seen(what=what, calls=list(found.values())[:3], about=f"{operation} {kind}", level="note")
            )
    return looked
