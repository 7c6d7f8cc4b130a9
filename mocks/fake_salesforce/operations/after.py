"""What a saved or deleted row changes in others.

Rule 1: a hook sees the row as it was written; what it changes are rows of other objects, with system stamps only.
Rule 2: an object without an entry costs one look-up.
Source: Object Reference, the object's own page; what is assumed stands beside the rule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fake_salesforce.operations import campaigns, files, inside, last_activity, people, products, recurrence, relations
from fake_salesforce.operations.prepared import prepared
from fake_salesforce.operations.save import CASE_MIRROR, Hook, Save

Bury = Callable[[str, Mapping[str, Any]], None]  # object and row: delete it, too, in the same way
GoneHook = Callable[[Save, Bury], None]


def _cases_mirror(save: Save) -> None:
    """Cases show their contact's phone and email."""
    old, new = save.old, save.new
    case = save.org.schema.sobject("Case")
    if old is None or case is None:
        return
    mirrored = {mine: new[theirs] for mine, theirs in CASE_MIRROR.items() if new[theirs] != old[theirs]}
    if not mirrored:
        return
    cases = prepared(save.org, case)
    shown = {name: value for name, value in mirrored.items() if name in cases.blank}
    save.conn.execute(cases.table.update().where(cases.table.c.ContactId == new["Id"]).values(shown))


def _twin(name: str) -> GoneHook:
    """A note is a file: the one goes with the other."""

    def bury(save: Save, bury: Bury) -> None:
        row = inside.row(save.org, save.conn, name, save.new["Id"])
        if row is not None and not row["IsDeleted"]:
            bury(name, row)

    return bury


def _twin_back(name: str) -> GoneHook:
    def bring(save: Save, bring: Bury) -> None:
        row = inside.row(save.org, save.conn, name, save.new["Id"])
        if row is not None and row["IsDeleted"]:
            bring(name, row)

    return bring


AFTER_SAVE: dict[str, tuple[Hook, ...]] = {
    "AccountContactRole": (people.one_primary,),
    "Campaign": (campaigns.campaign_saved,),
    "CampaignMember": (campaigns.member_saved,),
    "Case": (people.case_comment,),
    "Contact": (_cases_mirror, campaigns.person_saved, people.direct_relation),
    "ContentDocument": (files.document_saved,),
    "ContentNote": (files.note_saved,),
    "ContentVersion": (files.version_saved,),
    "Event": (last_activity.saved, recurrence.saved, relations.activity_saved),
    "EventRelation": (relations.relation_saved,),
    "Lead": (campaigns.person_saved,),
    "Opportunity": (people.opportunity_contact, campaigns.opportunity_saved),
    "OpportunityContactRole": (people.one_primary,),
    "OpportunityLineItem": (products.line_saved,),
    "Task": (last_activity.saved, recurrence.saved, relations.activity_saved),
    "TaskRelation": (relations.relation_saved,),
}
AFTER_DELETE: dict[str, tuple[GoneHook, ...]] = {
    "CampaignMember": (campaigns.member_gone,),
    "ContentDocument": (_twin("ContentNote"),),
    "ContentNote": (_twin("ContentDocument"),),
    "Event": (last_activity.gone,),
    "EventRelation": (relations.relation_gone,),
    "Opportunity": (campaigns.opportunity_gone,),
    "OpportunityLineItem": (products.line_gone,),
    "Task": (last_activity.gone,),
    "TaskRelation": (relations.relation_gone,),
}
AFTER_UNDELETE: dict[str, tuple[GoneHook, ...]] = {
    "ContentDocument": (_twin_back("ContentNote"),),
    "Event": (last_activity.back,),
    "Task": (last_activity.back,),
}


def saved(save: Save) -> None:
    """The row of *save* is written."""
    for hook in AFTER_SAVE.get(save.prep.name, ()):
        hook(save)


def deleted(save: Save, bury: Bury) -> None:
    """The row of *save* is in the recycle bin, or gone."""
    for hook in AFTER_DELETE.get(save.prep.name, ()):
        hook(save, bury)


def undeleted(save: Save, bring: Bury) -> None:
    """The row of *save* is out of the recycle bin again."""
    for hook in AFTER_UNDELETE.get(save.prep.name, ()):
        hook(save, bring)
