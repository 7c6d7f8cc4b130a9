"""Merging rows: one survives, up to two others go into it.

Rule 1: the losers are deleted with MasterRecordId; everything that pointed at them points at the master.
Rule 2: the master gets the values the call gives and no others; what it would have twice, it has once.
Source: SOAP API Developer Guide, merge(); Object Reference, MasterRecordId; what is assumed stands beside the rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from fake_salesforce import record_ids
from fake_salesforce.errors import salesforce_error
from fake_salesforce.operations import after, last_activity, removal
from fake_salesforce.operations.access import refuse_row
from fake_salesforce.operations.body import read
from fake_salesforce.operations.caller import Caller
from fake_salesforce.operations.outcomes import MergeOutcome, refusal
from fake_salesforce.operations.prepared import prepared
from fake_salesforce.operations.records import change, row_with_id
from fake_salesforce.operations.save import Save
from fake_salesforce.org import Org, stamp
from fake_salesforce.schema.metadata import DELETED_AT, ChildRelationship, SObject

LOSERS_MAX = 2
# Of two children that agree in these fields the loser's is deleted (assumed).
_ONCE = {
    "CampaignMember": "CampaignId",
    "ContentDocumentLink": "ContentDocumentId",
    "AccountContactRelation": "AccountId",
}


def merge(
    org: Org, caller: Caller, sobject: SObject, master_body: Mapping[str, Any], loser_ids: Sequence[str]
) -> MergeOutcome:
    """Merge the rows *loser_ids* into the row that *master_body* names by Id, with its other values. Never raises.

    Only objects with MasterRecordId can be merged: accounts, contacts, leads and cases.
    """
    text = next((str(value) for key, value in master_body.items() if key.lower() == "id"), "")
    body = {key: value for key, value in master_body.items() if key.lower() not in {"id", "type"}}
    related: list[str] = []
    losers: list[str] = []

    def act() -> None:
        if sobject.stored_field("MasterRecordId") is None:
            raise salesforce_error("INVALID_TYPE_FOR_OPERATION.merge", object=sobject.name)
        if not 1 <= len(loser_ids) <= LOSERS_MAX:
            raise salesforce_error("INVALID_OPERATION.merge_count")
        master = _row_id(sobject, text)
        losers.extend(_row_id(sobject, each) for each in loser_ids)
        if len({master, *losers}) <= len(losers):
            raise salesforce_error("INVALID_OPERATION.merge_itself")
        with org.store.begin() as conn:
            change(org, caller, conn, sobject, master, read(org, sobject, body, creating=False))
            for each in losers:
                refuse_row(org, conn, sobject.name, each, "all")
                related.extend(_absorb(org.whole, conn, sobject, master, each, stamp(caller.now)))

    error = refusal(org.whole, act)
    if error is not None:
        return MergeOutcome(id=record_ids.canonical(text) or text, errors=[error])
    return MergeOutcome(id=record_ids.to_18(text), merged_ids=losers, updated_related_ids=list(dict.fromkeys(related)))


def _row_id(sobject: SObject, text: str) -> str:
    record_id = record_ids.canonical(text)
    if record_id is None or record_id[:3] != sobject.key_prefix:
        raise salesforce_error("MALFORMED_ID", label=sobject.id_label, field="Id", value=text)
    return record_id


def _absorb(org: Org, conn: sa.Connection, sobject: SObject, master: str, loser: str, at: str) -> list[str]:
    """Give the loser's children to the master and delete it; the ids of the children."""
    prep = prepared(org, sobject)
    row = row_with_id(conn, prep, loser)
    if row is None:
        raise salesforce_error("INVALID_CROSS_REFERENCE_KEY")
    if row["IsDeleted"]:
        raise salesforce_error("ENTITY_IS_DELETED")
    moved: list[str] = []
    for relation in removal.stored_children(org.schema, sobject):
        if relation.field.name != "MasterRecordId":
            moved += _hand_over(org, conn, relation, loser, master, at)
    gone = {"IsDeleted": 1, DELETED_AT: at, "SystemModstamp": at, "LastModifiedDate": at, "MasterRecordId": master}
    prep.update(frozenset(gone)).run(conn, {**gone, "id_": loser})
    org.recycle_bin.note(prep.name, at)
    if row.get(last_activity.FIELD) is not None:
        last_activity.raise_to(org, conn, master, row[last_activity.FIELD])
    if prep.name in after.AFTER_DELETE:
        after.deleted(Save(org, conn, prep, dict(row), None, frozenset(), at), lambda _name, _row: None)
    return moved


def _hand_over(
    org: Org, conn: sa.Connection, relation: ChildRelationship, loser: str, master: str, at: str
) -> list[str]:
    child = prepared(org, relation.child)
    name = relation.field.name
    once = _ONCE.get(child.name)
    has = set() if once is None else {each[once] for each in removal.children(conn, child, relation.field, master)}
    moved = []
    for each in removal.children(conn, child, relation.field, loser):
        if each["Id"] == master:
            values: dict[str, Any] = {name: None}  # the master is not its own parent
        elif once is not None and each[once] in has:
            removal.bury(org, conn, child, each, at)
            continue
        else:
            values = {name: master}
        values = {key: value for key, value in {**values, "SystemModstamp": at}.items() if key in child.blank}
        child.update(frozenset(values)).run(conn, {**values, "id_": each["Id"]})
        moved.append(each["Id"])
    return moved
