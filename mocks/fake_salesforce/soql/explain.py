"""How a query would be run: the plans that `explain=` answers.

Rule 1: nothing is estimated. Cardinalities are counted in the store, and an index is one that the store
has on the field.
Rule 2: one plan for each condition that an index serves, one for reading the whole table; cheapest first.
The costs are ours: rows touched over the documented bound under which an index pays.
Source: REST API Developer Guide, Query Performance Feedback (shape, words, the example's notes); Salesforce
help, selective filters, for the bounds (a tenth of the first million rows and a twentieth of the rest).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa

from fake_salesforce.schema.metadata import Schema, SObject
from fake_salesforce.soql import plan
from fake_salesforce.soql.engine import prepare
from fake_salesforce.soql.indexes import Term, indexed, terms
from fake_salesforce.soql.sight import ALL, Sight
from fake_salesforce.soql.statements import Compiling, Moment, compile_query
from fake_salesforce.soql.stopwatch import SECONDS, stopping

MILLION: Final = 1_000_000
FIRST_SHARE, FURTHER_SHARE, THRESHOLD_MAX = 0.1, 0.05, 333_333
SCAN_COST: Final = 0.65  # the documented example's, of a table of three rows
_UNINDEXED: Final = "Not considering filter for optimization because unindexed"


def explain(
    conn: sa.Connection,
    schema: Schema,
    text: str,
    *,
    moment: Moment,
    version: str = "60.0",
    sight: Sight = ALL,
    seconds: float = SECONDS,
) -> dict[str, Any]:
    """The plans of the SOQL *text*; raises as `engine.run` does."""
    query = prepare(schema, text, version=version, sight=sight).query
    sobject = query.sobject
    conditions = terms(query.where)
    compiling = Compiling(schema=schema, include_deleted=True, sight=sight)

    def count(where: plan.Condition | None) -> int:
        asked = plan.RowQuery(sobject=sobject, kind="count", shapes=(), where=where)
        return int(compile_query(compiling, asked).fetch(conn, moment)[0][0])

    with stopping(conn, seconds):
        everything = count(None)
        found = count(query.where)
        notes = _notes(sobject, conditions)
        bound = min(
            max(1.0, FIRST_SHARE * min(everything, MILLION) + FURTHER_SHARE * max(0, everything - MILLION)),
            THRESHOLD_MAX,
        )
        plans: list[dict[str, Any]] = [
            {
                "cardinality": found,
                "fields": [],
                "leadingOperationType": "TableScan",
                "notes": notes,
                "relativeCost": max(SCAN_COST, round(everything / THRESHOLD_MAX, 3)),
                "sobjectCardinality": everything,
                "sobjectType": sobject.name,
            }
        ]
        for field, condition in conditions:
            if field is None or not indexed(sobject, field):
                continue
            rows = count(condition)
            plans.append(
                {
                    **plans[0],
                    "cardinality": rows,
                    "fields": [field],
                    "leadingOperationType": "Index",
                    "relativeCost": 0.0 if everything == 0 else round(rows / bound, 3),
                }
            )
    plans.sort(key=lambda each: each["relativeCost"])
    return {"plans": plans, "sourceQuery": text}


def _notes(sobject: SObject, conditions: Sequence[Term]) -> list[dict[str, Any]]:
    """A note for each field that is filtered by and has no index; deleted rows are always filtered out."""
    names = [field for field, _ in conditions if field is not None]
    if sobject.has_recycle_bin:
        names.append("IsDeleted")
    return [
        {"description": _UNINDEXED, "fields": [name], "tableEnumOrId": sobject.name}
        for name in dict.fromkeys(names)
        if not indexed(sobject, name)
    ]
