"""Rows between people and things that follow from a reference: contact roles, direct account relations, case comments.

Source: Object Reference v62, Opportunity.ContactId, OpportunityContactRole, AccountContactRelation, Case.Comments,
EmailMessage; that a primary role takes the flag from the others is assumed.
"""

from __future__ import annotations

from fake_salesforce.errors import salesforce_error
from fake_salesforce.operations import inside
from fake_salesforce.operations.save import Save

NAME_CHARS = 255


def opportunity_contact(save: Save) -> None:
    """An opportunity made with a contact has it as primary contact role."""
    if save.old is None and save.new["ContactId"] is not None:
        values = {"OpportunityId": save.new["Id"], "ContactId": save.new["ContactId"], "IsPrimary": 1}
        inside.make(save.org, save.conn, "OpportunityContactRole", values, user=save.user, at=save.stamp)


def one_primary(save: Save) -> None:
    """Of the contact roles of one opportunity or account one is primary: the last that was made so."""
    if not save.new["IsPrimary"] or not save.changed("IsPrimary"):
        return
    parent = "OpportunityId" if "OpportunityId" in save.new else "AccountId"
    for each in inside.children(save.org, save.conn, save.prep.name, parent, save.new[parent]):
        if each["IsPrimary"] and each["Id"] != save.new["Id"]:
            values = {"IsPrimary": 0, "SystemModstamp": save.stamp}
            inside.change(save.org, save.conn, save.prep.name, each["Id"], values)


def direct_relation(save: Save) -> None:
    """A contact's own account is its direct relation, where contacts may have several accounts."""
    if inside.prep_of(save.org, "AccountContactRelation") is None or not save.changed("AccountId"):
        return
    account = save.new["AccountId"]
    found = False
    for each in inside.children(save.org, save.conn, "AccountContactRelation", "ContactId", save.new["Id"]):
        direct = int(each["AccountId"] == account)
        found = found or bool(direct)
        if direct != each["IsDirect"]:
            values = {"IsDirect": direct, "SystemModstamp": save.stamp}
            inside.change(save.org, save.conn, "AccountContactRelation", each["Id"], values)
    if account is not None and not found:
        values = {"AccountId": account, "ContactId": save.new["Id"], "IsDirect": 1}
        inside.make(save.org, save.conn, "AccountContactRelation", values, user=save.user, at=save.stamp)


def relation(save: Save) -> None:
    """AccountContactRelation: one for each pair."""
    if save.old is not None:
        return
    for each in inside.children(save.org, save.conn, "AccountContactRelation", "ContactId", save.new["ContactId"]):
        if each["AccountId"] == save.new["AccountId"]:
            raise salesforce_error("DUPLICATE_VALUE.relation")


def case_comment(save: Save) -> None:
    """Case.Comments is not kept: it makes a comment."""
    text = save.new["Comments"]
    if text is not None:
        values = {"ParentId": save.new["Id"], "CommentBody": text}
        inside.make(save.org, save.conn, "CaseComment", values, user=save.user, at=save.stamp)
        inside.change(save.org, save.conn, "Case", save.new["Id"], {"Comments": None})


def email_name(save: Save) -> None:
    """EmailMessage: its name is its subject."""
    save.new["Name"] = (save.new["Subject"] or "[No Subject]")[:NAME_CHARS]
