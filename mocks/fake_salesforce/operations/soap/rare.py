"""What only SOAP can do: undelete, empty the recycle bin, merge, convert a lead.

Rule: up to 200 ids or ten merge requests or a hundred leads in one call (as documented); each has its own result, and
AllOrNoneHeader is obeyed for undelete.
Source: SOAP API Developer Guide v66, undelete(), emptyRecycleBin(), merge(), convertLead().
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.etree.ElementTree import Element

from fake_salesforce.errors import SalesforceError, salesforce_error
from fake_salesforce.operations.collections import RECORDS_MAX
from fake_salesforce.operations.convert import LeadConvert, convert_lead
from fake_salesforce.operations.merge import merge
from fake_salesforce.operations.outcomes import ConvertOutcome, MergeOutcome, Outcome
from fake_salesforce.operations.soap.calls import Context, Operation
from fake_salesforce.operations.soap.envelope import local, record
from fake_salesforce.operations.soap.saves import all_or_none
from fake_salesforce.operations.soap.xml import error_of, saved, tag
from fake_salesforce.operations.undelete import empty_recycle_bin, undelete
from fake_salesforce.schema.metadata import SObject

MERGES_MAX = 10
CONVERTS_MAX = 100


class _RolledBack(Exception):
    """One was refused and the call is all or none."""


def _undelete(context: Context) -> str:
    ids = _ids(context)
    outcomes: list[Outcome] = []
    try:
        with context.org.store.begin():
            outcomes = undelete(context.org, context.caller, ids)
            if all_or_none(context) and any(one.errors for one in outcomes):
                raise _RolledBack  # noqa: TRY301 - the transaction is left by raising
    except _RolledBack:
        rolled_back = salesforce_error("ALL_OR_NONE_OPERATION_ROLLED_BACK")
        outcomes = [one if one.errors else Outcome(id=one.id, errors=[rolled_back]) for one in outcomes]
    return saved([_item(one) for one in outcomes])


def _empty_recycle_bin(context: Context) -> str:
    return saved([_item(one) for one in empty_recycle_bin(context.org, context.caller, _ids(context))])


def _merge(context: Context) -> str:
    asked = list(context.envelope.element)
    _refuse_more_than(MERGES_MAX, asked)
    read = [_merge_request(context, one) for one in asked]  # what is none is a fault, before anything is merged
    return saved([_merged(context, *one) for one in read])


def _merge_request(context: Context, asked: Element) -> tuple[SObject, dict[str, Any], list[str]]:
    """The object, the master as it is to be, and the ids that go; raises the fault INVALID_TYPE.

    Assumed: that nothing of a call is carried out which a fault answers (the guide has faults for a call as a whole).
    """
    master = next((record(one) for one in asked if local(one) == "masterRecord"), {})
    sobject = context.sobject(master.pop("attributes", {}).get("type", ""))
    return sobject, master, [(one.text or "").strip() for one in asked if local(one) == "recordToMergeIds"]


def _merged(context: Context, sobject: SObject, master: dict[str, Any], losers: list[str]) -> dict[str, Any]:
    outcome: MergeOutcome = merge(context.org, context.caller, sobject, master, losers)
    return {
        **_item(outcome),
        "mergedRecordIds": outcome.merged_ids,
        "updatedRelatedIds": outcome.updated_related_ids,
    }


def _convert_lead(context: Context) -> str:
    asked = context.envelope.elements("leadConverts")
    _refuse_more_than(CONVERTS_MAX, asked)
    return "".join(_converted(convert_lead(context.org, context.caller, _request(one))) for one in asked)


def _request(asked: Element) -> LeadConvert:
    words = {local(one): (one.text or "").strip() for one in asked}
    return LeadConvert(
        lead_id=words.get("leadId", ""),
        converted_status=words.get("convertedStatus", ""),
        account_id=words.get("accountId") or None,
        contact_id=words.get("contactId") or None,
        opportunity_id=words.get("opportunityId") or None,
        opportunity_name=words.get("opportunityName") or None,
        do_not_create_opportunity=words.get("doNotCreateOpportunity") == "true",
        overwrite_lead_source=words.get("overwriteLeadSource") == "true",
        owner_id=words.get("ownerId") or None,
    )


def _converted(outcome: ConvertOutcome) -> str:
    errors = "".join(f"<errors>{error_of(one.as_item('statusCode'))}</errors>" for one in outcome.errors)
    made = tag("accountId", outcome.account_id) + tag("contactId", outcome.contact_id)
    rest = tag("leadId", outcome.id) + tag("opportunityId", outcome.opportunity_id)
    return f"<result>{made}{errors}{rest}{tag('success', not outcome.errors)}</result>"


def _ids(context: Context) -> list[str]:
    ids = list(context.envelope.texts("ids"))
    _refuse_more_than(RECORDS_MAX, ids)
    return ids


def _refuse_more_than(limit: int, asked: Sequence[Any]) -> None:
    if len(asked) > limit:
        raise salesforce_error("EXCEEDED_ID_LIMIT", limit=limit)


def _item(outcome: Outcome | MergeOutcome) -> dict[str, Any]:
    """The outcome as `saved` writes it: without its id when it was refused."""
    errors: Sequence[SalesforceError] = outcome.errors
    shown = None if errors else outcome.id
    return {"id": shown, "success": not errors, "errors": [one.as_item("statusCode") for one in errors]}


OPERATIONS: dict[str, Operation] = {
    "undelete": _undelete,
    "emptyRecycleBin": _empty_recycle_bin,
    "merge": _merge,
    "convertLead": _convert_lead,
}
