"""Assignment rules: who owns a lead or case that is created or changed over the API.

Rule 1: the active rule runs unless the header says FALSE; an id in the header names the rule to run, active or not.
Rule 2: the first entry whose condition holds decides; when none does, the owner stays (assumed: the vendor then takes
the org's default owner, which an entry without condition plays).
Rule 3: an id that has no id's form is MALFORMED_ID (documented for SOAP), an id of no rule of the object
INVALID_CROSS_REFERENCE_KEY (assumed).
Source: REST API Developer Guide v66, Assignment Rule Header; SOAP API Developer Guide, AssignmentRuleHeader.
"""

from __future__ import annotations

from fake_salesforce import record_ids
from fake_salesforce.errors import salesforce_error
from fake_salesforce.operations.automation.operands import Moment
from fake_salesforce.operations.automation.rules import AssignmentRule, ObjectRules

ASSIGNED_OBJECTS = frozenset({"Case", "Lead"})


def assign_owner(rules: ObjectRules | None, moment: Moment, chosen: bool | str) -> None:
    """Set OwnerId of the row of *moment*; *chosen* is the header's value. Raises SalesforceError."""
    if chosen is False or moment.save.prep.name not in ASSIGNED_OBJECTS:
        return
    rule = _rule([] if rules is None else rules.assignments, chosen)
    if rule is None:
        return
    for when, owner in rule.entries:
        if when(moment):
            moment.save.new["OwnerId"] = owner(moment) or moment.save.new["OwnerId"]
            return


def _rule(rules: list[AssignmentRule], chosen: bool | str) -> AssignmentRule | None:
    if chosen is True:
        return next((one for one in rules if one.active), None)
    record_id = record_ids.canonical(chosen)
    if record_id is None:
        raise salesforce_error("MALFORMED_ID.delete", value=chosen)
    found = next((one for one in rules if one.record_id == record_id), None)
    if found is None:
        raise salesforce_error("INVALID_CROSS_REFERENCE_KEY")
    return found
