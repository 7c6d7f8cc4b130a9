"""Duplicate rules at work: which rows a row being saved would double, and what is answered.

Rule 1: `block` refuses; `alert` refuses unless the request says allowSave; `allow` says nothing.
Rule 2: an edit is looked at only when it changes a field that the rule compares (assumed).
Rule 3: with sharing enforced (standard rules, runAsCurrentUser=true) a row the caller cannot see is no match.
Rule 4: rows are looked for among the living rows of the store, one by one: a rule costs as much as the object has rows.
Source: REST API Developer Guide v66, Duplicate Rule Header; SOAP API Developer Guide, DuplicateResult and MatchResult;
the misspelled key of the body is quoted in public issues.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from fake_salesforce.errors import SalesforceError, error_rows, salesforce_error
from fake_salesforce.operations import rows
from fake_salesforce.operations.access import enter
from fake_salesforce.operations.automation.matching import METHODS
from fake_salesforce.operations.automation.operands import Moment
from fake_salesforce.operations.automation.rules import Comparison, DuplicateRule, MatchingRule
from fake_salesforce.operations.caller import Caller
from fake_salesforce.operations.prepared import prepared
from fake_salesforce.operations.save import Save

MATCHES_MAX = 100  # rows named in one answer; more are counted and left out (assumed)


def refuse_duplicates(rules: list[DuplicateRule], moment: Moment, caller: Caller) -> None:
    """Raise DUPLICATES_DETECTED for the first rule that does not let the row of *moment* pass."""
    creating = moment.save.old is None
    for rule in rules:
        action = rule.on_create if creating else rule.on_edit
        if action == "allow" or (action == "alert" and caller.options.allow_save) or not rule.when(moment):
            continue
        if not creating and not _compared_changed(rule, moment):
            continue
        found = [(each, ids) for each in rule.matching if (ids := _seen(rule, each, moment, caller))]
        if found:
            raise _refusal(rule, action, found, moment, caller)


def _compared_changed(rule: DuplicateRule, moment: Moment) -> bool:
    ways = [one.mine for each in rule.matching for group in each.groups for one in group]
    return any(way.read(moment) != way.read(moment, of_old=True) for way in ways)


def _seen(rule: DuplicateRule, matching: MatchingRule, moment: Moment, caller: Caller) -> list[str]:
    """Ids of the matches that count: all, or those the caller may see when sharing is enforced."""
    ids = _matches(matching, moment)
    access = enter(moment.save.org, caller.user_id).access
    if access is None or not (rule.enforce_sharing or caller.options.as_current_user):
        return ids
    return [one for one in ids if access.reaches(moment.save.conn, matching.sobject, one, "read")]


def _matches(rule: MatchingRule, moment: Moment) -> list[str]:
    """Ids of the living rows that *rule* takes for the row being saved."""
    save = moment.save
    wanted: list[list[tuple[Comparison, str | None]]] = []
    for group in rule.groups:
        forms = [(one, _form(one.mine.read(moment), one)) for one in group]
        if all(form is not None or one.blanks for one, form in forms):
            wanted.append(forms)
    sobject = save.org.schema.sobject(rule.sobject)
    if not wanted or sobject is None:
        return []
    prep = prepared(save.org, sobject)
    query = sa.select(prep.table).where(prep.table.c.Id != save.new["Id"]).order_by(prep.table.c.Id)
    if prep.has_bin:
        query = query.where(prep.table.c.IsDeleted == 0)
    found = []
    for values in save.conn.execute(query).fetchall():
        row = dict(zip(prep.column_names, values, strict=True))
        there = Moment(Save(save.org, save.conn, prep, row, None, frozenset(), save.stamp), moment.user_id, moment.now)
        if any(all(_form(one.other.read(there), one) == form for one, form in forms) for forms in wanted):
            found.append(row["Id"])
    return found


def _form(value: Any, one: Comparison) -> str | None:
    """What must be equal; None for null and for a value of which the method leaves nothing."""
    return None if value is None else METHODS[one.method](str(value)) or None


def _refusal(
    rule: DuplicateRule,
    action: str,
    found: list[tuple[MatchingRule, list[str]]],
    moment: Moment,
    caller: Caller,
) -> SalesforceError:
    result = {
        "allowSave": action == "alert",
        "duplicateRule": rule.name,
        "duplicateRuleEntityType": moment.save.prep.name,
        "errorMessage": rule.message,
        "matchResults": [
            {
                "entityType": each.sobject,
                "errors": [],
                "matchEngine": each.engine,
                "matchRecords": [_match_record(moment.save, each, one, caller) for one in ids[:MATCHES_MAX]],
                "rule": each.name,
                "size": len(ids),
                "success": True,
            }
            for each, ids in found
        ],
    }
    usual = rule.message == error_rows()["DUPLICATES_DETECTED"]["message"]
    key = "DUPLICATES_DETECTED" if usual else "DUPLICATES_DETECTED.rule"
    return salesforce_error(key, text=rule.message, extra={"duplicateResut": result})


def _match_record(save: Save, rule: MatchingRule, record_id: str, caller: Caller) -> Mapping[str, Any]:
    sobject = save.org.schema.sobject(rule.sobject)
    assert sobject is not None
    base = f"/services/data/v{caller.number}.0"
    if caller.options.include_details:
        seen = enter(save.org, caller.user_id)
        shown = seen.schema.sobject(sobject.name) or sobject
        record = rows.get(seen, sobject=shown, record_id=record_id, base=base)
    else:
        url = f"{base}/sobjects/{sobject.name}/{record_id}"
        record = {"attributes": {"type": sobject.name, "url": url}, "Id": record_id}
    return {"additionalInformation": [], "fieldDiffs": [], "matchConfidence": 100.0, "record": record}
