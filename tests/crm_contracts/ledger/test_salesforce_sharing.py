"""By which reference a row of Salesforce is shared, and rows that are rows of other objects: written down by hand.

Sources: Security Guide (detail records, activities, files); Object Reference of each object. That the rest follows its
parent, too, is assumed.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.crm_contracts.ledger.world import TIMES, World
from tests.fake_salesforce.conftest import Caller
from tests.fake_salesforce.secured import logged_in, made, user

PARENTS = ("Account", "Campaign", "Case", "Lead", "Opportunity")
# Each child with its reference and the parent whose readers see it. A view's rows are made as rows of another object.
SHARED_BY = [
    ("AcceptedEventRelation", "EventId", "Event"),
    ("AccountContactRole", "AccountId", "Account"),
    ("Attachment", "ParentId", "Account"),
    ("CampaignMember", "CampaignId", "Campaign"),
    ("CaseComment", "ParentId", "Case"),
    ("Contact", "AccountId", "Account"),
    ("DeclinedEventRelation", "EventId", "Event"),
    ("EmailMessage", "ParentId", "Case"),
    ("EmailMessage", "ActivityId", "Task"),
    ("Event", "WhatId", "Account"),
    ("Event", "WhoId", "Lead"),
    ("EventRelation", "EventId", "Event"),
    ("EventWhoRelation", "EventId", "Event"),
    ("Note", "ParentId", "Account"),
    ("OpportunityContactRole", "OpportunityId", "Opportunity"),
    ("OpportunityLineItem", "OpportunityId", "Opportunity"),
    ("Task", "WhatId", "Account"),
    ("Task", "WhoId", "Lead"),
    ("TaskRelation", "TaskId", "Task"),
    ("TaskWhoRelation", "TaskId", "Task"),
    ("UndecidedEventRelation", "EventId", "Event"),
]
STATUS = {"AcceptedEventRelation": "Accepted", "DeclinedEventRelation": "Declined", "UndecidedEventRelation": "New"}
OF_A_FILE = ("ContentDocumentLink", "ContentVersion")
ACTIVITY_VIEWS = ("ActivityHistories", "OpenActivities")


@pytest.fixture(scope="module")
def admin() -> Iterator[Caller]:
    """The administrator of an org whose parents are private, with users who own nothing."""
    reads = ["read"]
    profiles = {
        name: {"like": "Minimum Access - Salesforce", "objects": dict.fromkeys(objects, reads)}
        for name, objects in {
            "Products": ("Product2",),
            "Tasks": ("Account", "Contact", "Task"),
            "Events": ("Account", "Contact", "Event"),
        }.items()
    }
    sharing = {**dict.fromkeys(PARENTS, "Private"), "roles": {"Rep": ""}}
    people = [user("sam", role="Rep"), *(user(name.lower(), name) for name in profiles)]
    found = made(*people, profiles=profiles, sharing=sharing, features=["shared_activities"])
    yield found
    found.fake.close()


@pytest.fixture(scope="module")
def sam(admin: Caller) -> Caller:
    return logged_in(admin, "sam")


def seen(caller: Caller, sobject: str, where: str) -> int:
    """How many rows of *sobject* the caller sees."""
    return len(caller.soql(f"SELECT Id FROM {sobject} WHERE {where}"))


def child_of(rows: World, child: str, reference: str, parent: str) -> str:
    """Make a row of *child* below *parent*; what its rows are found by."""
    if child in STATUS:
        rows.make("EventRelation", EventId=parent, RelationId=rows.user(), Status=STATUS[child])
    elif child.endswith("WhoRelation"):
        activity = child.removesuffix("WhoRelation")
        rows.org.patch(f"/sobjects/{activity}/{parent}", {"WhoId": rows.make("Contact")})
    else:
        rows.make(child, **{reference: parent})
    return f"{reference} = '{parent}'"


@pytest.mark.ledger("salesforce/default/sharing/parents")
@pytest.mark.parametrize(("child", "reference", "target"), SHARED_BY)
def test_who_sees_the_parent_sees_the_row(admin: Caller, sam: Caller, child: str, reference: str, target: str) -> None:
    """A row below a private parent is there for nobody else, until the parent is theirs."""
    rows = World.of(admin)
    [me] = admin.soql("SELECT Id FROM User WHERE Username = 'sam@acme.example'")
    parent = rows.make(target)
    where = child_of(rows, child, reference, parent)
    before = (seen(admin, child, where) > 0, seen(sam, child, where))
    assert 204 == admin.patch(f"/sobjects/{target}/{parent}", {"OwnerId": me["Id"]}).status

    assert (True, 0) == before
    assert seen(admin, child, where) == seen(sam, child, where)


@pytest.mark.ledger("salesforce/default/sharing/parents")
@pytest.mark.parametrize("child", OF_A_FILE)
def test_who_sees_a_file_sees_its_versions_and_links(admin: Caller, sam: Caller, child: str) -> None:
    """They are there for whom the file is shared with."""
    rows = World.of(admin)
    [me] = admin.soql("SELECT Id FROM User WHERE Username = 'sam@acme.example'")
    where = f"ContentDocumentId = '{rows.document()}'"
    before = (seen(admin, child, where) > 0, seen(sam, child, where))
    rows.make("ContentDocumentLink", ContentDocumentId=where.split("'")[1], LinkedEntityId=me["Id"])

    assert (True, 0) == before
    assert seen(admin, child, where) == seen(sam, child, where)


@pytest.mark.ledger("salesforce/default/sharing/parents")
def test_what_is_priced_is_no_parent(admin: Caller) -> None:
    """Who may read products sees their prices, also without a right to price books."""
    World.of(admin).make("PricebookEntry")

    assert seen(admin, "PricebookEntry", "Id != null") == seen(
        logged_in(admin, "products"), "PricebookEntry", "Id != null"
    )


@pytest.mark.ledger("salesforce/default/sharing/rows_of")
@pytest.mark.parametrize("view", ACTIVITY_VIEWS)
def test_activities_of_a_parent_are_tasks_and_events(admin: Caller, view: str) -> None:
    """Who may read both sees both, who may read tasks alone sees those; without a right to tasks there is no list."""
    rows = World.of(admin)
    account = rows.make("Account")
    past = view == "ActivityHistories"
    day = "2025-02-01" if past else "2026-02-01"
    activities = {
        "Task": rows.make("Task", WhatId=account, ActivityDate=day, Status="Completed" if past else "Not Started"),
        "Event": rows.make("Event", WhatId=account, **{**TIMES, "StartDateTime": f"{day}T09:00:00Z"}),
    }
    shown = {}
    for name in ("sam", "tasks"):
        caller = logged_in(admin, name)
        [me] = admin.soql(f"SELECT Id FROM User WHERE Username = '{name}@acme.example'")
        admin.patch(f"/sobjects/Account/{account}", {"OwnerId": me["Id"]})
        [row] = caller.soql(f"SELECT (SELECT Id FROM {view}) FROM Account WHERE Id = '{account}'")
        shown[name] = {each["Id"] for each in (row[view] or {"records": []})["records"]}

    nobody = logged_in(admin, "events").get("/query", query={"q": f"SELECT (SELECT Id FROM {view}) FROM Account"})

    assert {"sam": set(activities.values()), "tasks": {activities["Task"]}} == shown
    assert (400, "INVALID_TYPE") == nobody.error[:2]
