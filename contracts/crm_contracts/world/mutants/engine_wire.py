"""Planted bugs of the engine: transport, limits and operations, F60 to F70."""

from __future__ import annotations

from crm_contracts.world.mutants.model import Mutant, Text

__all__ = ["WIRE"]

HTTP = "tests/crm_contracts/failure_modes/test_over_http.py::"
ACT = "crm_sync.act.Actor."
SALESFORCE = "crm_sync.sides.salesforce.Salesforce."

WIRE = (
    Mutant(
        "200 means all of them",
        "F60",
        "The items that a collection's answer refuses count as written.",
        (
            Text(f"{SALESFORCE}_update_chunk", 'if not item.get("success")', "if False"),
            Text(
                f"{ACT}_read_back_salesforce",
                "plan.activity.salesforce = row",
                "plan.activity.salesforce = replace(row, values={**row.values, **plan.write[SALESFORCE]})",
            ),
        ),
    ),
    Mutant(
        "what was refused has a loser",
        "F60",
        "The log of conflicts keeps a value that stands, for the write over it was refused.",
        (Text("crm_sync.telling.Telling.refused", "self.unsent(plan)", "pass"),),
        tests=("tests/crm_sync/test_conflict_log.py::test_a_loser_is_told_when_its_value_is_overwritten",),
    ),
    Mutant(
        "answers are taken by order",
        "F61",
        "What was created at the partner is matched by its place in the list.",
        (
            Text(
                f"{ACT}_read_back_partner",
                "return found",
                "return dict(zip(found, reversed(list(found.values())), strict=True))",
            ),
        ),
    ),
    Mutant(
        "the limit is asked again",
        "F62",
        "When the day's calls are used up the sync insists.",
        (
            Text(
                f"{SALESFORCE}_judge",
                'raise DailyLimitReached("Salesforce\'s daily limit of API calls is used up; the next run continues")',
                "return Verdict.NOT_NOW",
            ),
        ),
    ),
    Mutant(
        "a batch without a budget",
        "F62",
        "Nobody counts the calls that a batch takes before it begins.",
        (Text("crm_sync.budget.affordable", "", "return len(plans)"),),
        tests=("tests/crm_sync/test_lease.py", "tests/crm_sync/test_faults.py"),
    ),
    Mutant(
        "an expired session has written",
        "F63",
        "A change that met an expired session counts as done.",
        (
            Text(
                f"{SALESFORCE}_send",
                "if not repeatable: raise ExpiredSession",
                "if write and method == 'PATCH':\n            return response\n        if not repeatable:\n"
                "            raise ExpiredSession",
            ),
            Text(
                f"{SALESFORCE}_update_chunk",
                "response.status_code in {200, 204}",
                "response.status_code in {200, 204, 401}",
            ),
            Text(
                f"{SALESFORCE}_update_chunk",
                "items = response.json()",
                "if response.status_code == 401:\n        return {}\n    items = response.json()",
            ),
            Text(
                f"{SALESFORCE}_update_chunk",
                "if response.status_code != 200:",
                "if response.status_code not in {200, 401}:",
            ),
            Text(
                f"{ACT}_read_back_salesforce",
                "plan.activity.salesforce = row",
                "plan.activity.salesforce = replace(row, values={**row.values, **plan.write[SALESFORCE]})",
            ),
        ),
    ),
    Mutant(
        "a session is renewed for ever",
        "F63",
        "A fresh session that is refused, too, is renewed again, without an end.",
        (Text(f"{SALESFORCE}_send", "for renewed in (False, True):", "for renewed in iter(bool, True):"),),
    ),
    Mutant(
        "a locked row is written",
        "F64",
        "UNABLE_TO_LOCK_ROW counts as done.",
        (
            Text(f"{SALESFORCE}update", "locked.append(record_id)", "pass"),
            Text(
                f"{ACT}_read_back_salesforce",
                "plan.activity.salesforce = row",
                "plan.activity.salesforce = replace(row, values={**row.values, **plan.write[SALESFORCE]})",
            ),
        ),
    ),
    Mutant(
        "one refusal ends the run",
        "F65",
        "A record that is refused keeps the others from being synced.",
        (
            Text(
                f"{ACT}_guard",
                "except RecordRefused as error: self._fail(plan, str(error))",
                "except RecordRefused as error:\n        raise ServiceUnavailable(str(error)) from error",
            ),
        ),
        tests=(f"{HTTP}test_a_poisoned_record",),
    ),
    Mutant(
        "a poisoned record is tried for ever",
        "F65",
        "What is refused is tried again in every run, without waiting longer.",
        (Text("crm_sync.observe.aside.put_aside", "min(2 ** (attempts - 2), 24 * 60)", "0"),),
        tests=(f"{HTTP}test_a_poisoned_record", "tests/crm_sync/test_rules.py"),
    ),
    Mutant(
        "any owner will do",
        "F66",
        "An owner whom Salesforce does not have is sent all the same.",
        (
            Text(
                "crm_sync.mapping.Owner.to_sf",
                'known or Held(owner, "this owner is not an active user of Salesforce")',
                "known or owner",
            ),
        ),
        tests=("tests/crm_sync/test_rules.py::test_an_unknown_owner",),
    ),
    Mutant(
        "what is skipped is not counted",
        "F67",
        "A record whose customer is unknown is in no count.",
        (
            Text(
                "crm_sync.run.Sync._account",
                "report.section(key).add(plan.label, outcome, reason)",
                "_ = outcome is Outcome.SKIPPED or report.section(key).add(plan.label, outcome, reason)",
            ),
        ),
    ),
    Mutant(
        "the lease is anybody's",
        "F68",
        "A second run takes the lease of one that is under way.",
        (
            Text("crm_sync.lease.take_lease", '"now": _text(now)', '"now": "9999"'),
            Text("crm_sync.lease.Lease.prolong", "", "return"),
        ),
        tests=("tests/crm_sync/test_lease.py",),
    ),
    Mutant(
        "fields are as they were",
        "F69",
        "A mapped field that the org lost is asked for.",
        (
            Text(
                "crm_sync.engine.Engine._select",
                "sobject.field(f) is not None and f not in read[:n]",
                "f not in read[:n]",
            ),
        ),
        tests=(f"{HTTP}test_a_mapped_field_disappears",),
    ),
    Mutant(
        "a change that did not take is sent again",
        "F70",
        "What was read back is not written down: the same change goes out in every run.",
        (
            Text(f"{ACT}_commit", 'changed["base"] = base', "pass"),
            Text("crm_sync.plan._keep_unsettled", "", "return"),
        ),
        tests=(f"{HTTP}test_accepted_and_not_written",),
    ),
    Mutant(
        "a right that is given wakes nobody",
        "F70",
        "What a missing right held back goes out with the record's next edit, and not before.",
        (Text("crm_sync.observe.aside._may_go_now", "", "return False"),),
        tests=("tests/crm_sync/test_field_rights.py::test_what_was_held_back_goes_out_once_it_may",),
    ),
)
