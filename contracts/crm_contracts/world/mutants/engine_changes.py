"""Planted bugs of the engine: change detection, F49 to F59."""

from __future__ import annotations

from crm_contracts.world.mutants.model import Mutant, Text

__all__ = ["CHANGES"]

HTTP = "tests/crm_contracts/failure_modes/test_over_http.py::"
OBSERVE = "crm_sync.observe."
SALESFORCE = "crm_sync.sides.salesforce.Salesforce."

CHANGES = (
    Mutant(
        "no overlap",
        "F49",
        "A scan begins at its cursor and not before it: what shows late is below it.",
        (Text("crm_sync.observe.scans.scan_start", "cursor - timedelta(seconds=overlap_seconds)", "cursor"),),
    ),
    Mutant(
        "Salesforce's cursor is the wall clock",
        "F50",
        "The cursor is the moment at which the run read, not a stamp of what it read.",
        (
            Text(
                f"{OBSERVE}salesforce.SalesforceReader.read",
                "self._gathered.cursors[cursor] = record.changed_at",
                "self._gathered.cursors[cursor] = engine.clock.now()",
            ),
        ),
        tests=(f"{HTTP}test_edits_while_the_sync_runs",),
    ),
    Mutant(
        "one stamp, one record",
        "F51",
        "Of several records with one stamp at the cursor none is read again, and there is no overlap.",
        (
            Text(f"{SALESFORCE}changed_since", "SystemModstamp >=", "SystemModstamp >"),
            Text("crm_sync.observe.scans.scan_start", "cursor - timedelta(seconds=overlap_seconds)", "cursor"),
        ),
    ),
    Mutant(
        "the cursor moves before the effects",
        "F52",
        "Cursors are saved first; what was not carried out by then is never read again.",
        (
            Text(
                "crm_sync.run.Sync._round",
                "_act(actor, plans, stopped) state.move_cursors(moved(found.cursors, ways, whole, engine, plans))",
                "state.move_cursors(moved(found.cursors, ways, whole, engine, plans))\n"
                "            _act(actor, plans, stopped)",
            ),
        ),
    ),
    Mutant(
        "Planhat's lists have one page",
        "F53",
        "Whoever pages by offset stops after the first page.",
        (
            Text(
                "crm_sync.sides.planhat.Planhat.changed_since",
                "if len(rows) < PAGE_ROWS[model]:",
                "if len(rows) <= PAGE_ROWS[model]:",
            ),
        ),
        tests=("tests/crm_sync/test_runs.py::test_more_than_a_page",),
    ),
    Mutant(
        "the first page is all",
        "F54",
        "nextRecordsUrl is not followed.",
        (Text(f"{SALESFORCE}query", 'answer = self._get(answer["nextRecordsUrl"])', "return"),),
    ),
    Mutant(
        "the query's cursor ran out, and that was all",
        "F54",
        "Where the cursor of a query has run out the scan ends as if it were through.",
        (
            Text(
                f"{SALESFORCE}changed_since",
                "and seen: continue raise",
                "and seen:\n                return\n            raise",
            ),
        ),
    ),
    Mutant(
        "a query goes on from its stamp alone",
        "F54",
        "Where the cursor of a query has run out the scan begins again at the last stamp, of which there are many.",
        (Text(f"{SALESFORCE}changed_since", "if since and last", "if False"),),
    ),
    Mutant(
        "changes by the date of the last edit",
        "F55",
        "LastModifiedDate is asked for instead of SystemModstamp: an undelete does not move it.",
        (Text(f"{SALESFORCE}changed_since", 'f"SystemModstamp >= {', 'f"LastModifiedDate >= {'),),
    ),
    Mutant(
        "Planhat's cursor by our own clock",
        "F56",
        "The cursor of a scan is our own time; Planhat's clock is behind ours.",
        (
            Text(
                f"{OBSERVE}partner.PartnerReader._scan",
                "self._gathered.cursors[name] = record.changed_at",
                "self._gathered.cursors[name] = engine.clock.now()",
            ),
        ),
    ),
    Mutant(
        "equal stamps are the partner's",
        "F57",
        "In one second Planhat's value wins, although ties are Salesforce's.",
        (Text("crm_sync.decide._preferred", "tie != SALESFORCE", "tie == SALESFORCE"),),
    ),
    Mutant(
        "no window",
        "F58",
        "What was not updated for thirty days goes out all the same.",
        (
            Text(f"{OBSERVE}partner.PartnerReader._window", "", "return None"),
            Text(f"{OBSERVE}completing.Completing._shut_out", "", "return None"),
        ),
        tests=("tests/crm_sync/test_totango_rules.py::test_only_the_last_thirty_days_go_out",),
    ),
    Mutant(
        "who waits for a parent is forgotten",
        "F59",
        "A record whose account is unknown is not looked at again once the account is there.",
        (Text("crm_sync.act.Actor._wait", 'put_aside(self._engine, record, plan.wait, kind="waiting")', "pass"),),
    ),
)
