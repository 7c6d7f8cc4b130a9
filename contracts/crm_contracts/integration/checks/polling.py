"""How changes are looked for: what a query's own words show to be unsafe.

Source: failure modes of two-way syncs F51 (stamps are whole seconds: `>` skips rows of the same second), F53 (offset
paging while rows move) and F55 (changes that do not move LastModifiedDate); REST API Developer Guide, Get Updated
(SystemModstamp where there is one).
"""

from __future__ import annotations

import re

from crm_contracts.integration.outcome import Looked, Seen
from crm_contracts.integration.parsed import Run

_CURSOR = re.compile(r"\b(SystemModstamp|LastModifiedDate)\s*(>=|>)\s*([0-9]{4}-[0-9T:.+Z\- ]+)", re.IGNORECASE)
_OFFSET = re.compile(r"\bOFFSET\s+[1-9]", re.IGNORECASE)
_FROM = re.compile(r"\bFROM\s+(\w+)", re.IGNORECASE)


def unsteady_cursor(run: Run) -> Looked:
    looked = Looked()
    for one in run.of("salesforce"):
        query = one.soql or ""
        for field, sign, _ in _CURSOR.findall(query):
            looked.number += 1
            name = _named(query)
            if field.lower() == "lastmodifieddate":
                what = f"changes of {name} are looked for by LastModifiedDate"
                why = "system changes (roll-ups, back-dated rows) move SystemModstamp and leave LastModifiedDate"
                remedy = "filter and sort by SystemModstamp"
                looked.seen.append(Seen(what=what, calls=[one], about=f"{name} stamp", why=why, remedy=remedy))
            if sign == ">" and not re.search(r"\bId\s*>\s*'", query):
                what = f"changes of {name} are looked for with {field} > the last stamp"
                looked.seen.append(Seen(what=what, calls=[one], about=f"{name} >"))
    return looked


def offset_in_query(run: Run) -> Looked:
    looked = Looked()
    for one in run.of("salesforce"):
        if not one.soql:
            continue
        looked.number += 1
        if _OFFSET.search(one.soql):
            what = f"rows of {_named(one.soql)} are paged by OFFSET"
            looked.seen.append(Seen(what=what, calls=[one], about=_named(one.soql)))
    return looked


def _named(query: str) -> str:
    match = _FROM.search(query)
    return match[1] if match else "records"
