"""What a save of Salesforce does besides: rows it locks, duplicates it finds, rights that bring others along."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from tests.crm_contracts.ledger.causes import soap
from tests.crm_contracts.ledger.salesforce_tables import BRINGS, FOLLOWS, LOCKS, MATCHING, ROLES
from tests.crm_contracts.ledger.world import DAY, World
from tests.fake_salesforce.conftest import HOST, Caller
from tests.fake_salesforce.secured import logged_in, made, user
from tests.fake_salesforce.test_locks import hold, locked

from crm_contracts.ledger import entries
from crm_contracts.ledger.entry import Entry
from fake_core.clock import FrozenClock
from fake_salesforce import OrgConfig, create_app

SALESFORCE = entries("salesforce")


def each(prefix: str) -> list[Any]:
    """A case for each entry of *prefix*, named by its id."""
    return [pytest.param(one, id=one.id) for one in SALESFORCE if one.id.startswith(prefix)]


def key_of(one: Entry) -> str:
    return one.id.rpartition("/")[2]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    made = World()
    yield made
    made.fake.close()


# --- locks ----------------------------------------------------------------------------------------------------------


def pointing(world: World, sobject: str, field: str) -> tuple[str, dict[str, Any]]:
    """A new row, and the body of a row of *sobject* whose *field* points at it or comes to."""
    body = {**world.least(sobject), **({"ActivityDate": DAY} if sobject == "Task" else {})}
    if field in {"WhoId", "ContactId"}:
        parent = world.make("Contact")
        return parent, {**body, field: parent}
    parent = world.make("Account")
    if sobject in {"Task", "Event"} and field == "AccountId":  # worked out of the contact
        return parent, {**body, "WhoId": world.make("Contact", AccountId=parent)}
    return parent, {**body, field: parent}


@pytest.mark.ledger("salesforce/side-effect/lock/*-*")
@pytest.mark.parametrize(
    "one", [case for case in each("salesforce/side-effect/lock/") if "-" in key_of(case.values[0])]
)
def test_which_rows_a_save_locks(world: World, one: Entry) -> None:
    """While somebody holds the row that a field points at, these calls are refused, and pass later."""
    sobject, calls, fields, open_and_dated = LOCKS[key_of(one)]
    path = f"/sobjects/{sobject}"
    for field in fields:
        for on in calls:
            parent, body = pointing(world, sobject, field)
            child = world.org.make(sobject, **body) if on != "create" else ""
            method = {"create": "POST", "update": "PATCH", "delete": "DELETE"}[on]
            given = {"create": body, "update": {"Description": "x"}, "delete": None}[on]
            hold(world.org, parent)
            refused = world.org.call(method, f"{path}/{child}".rstrip("/"), given)
            undated = world.org.post(path, {**body, "ActivityDate": None}).status if open_and_dated else 201
            world.org.clock.advance(30)
            later = world.org.call(method, f"{path}/{child}".rstrip("/"), given).status

            assert (field, on, locked(parent), 201) == (field, on, refused.error, undated)
            assert (field, on, 201 if on == "create" else 204) == (field, on, later)


@pytest.mark.ledger("salesforce/side-effect/lock/other")
def test_a_save_locks_what_its_references_select(world: World) -> None:
    """On create, and on an update where the reference changes; a deletion locks no such row."""
    parent, other = world.make("Account"), world.make("Account")
    child, free = world.make("Account", ParentId=parent), world.make("Account")
    hold(world.org, parent)
    answers = [
        world.org.post("/sobjects/Account", {"Name": "c", "ParentId": parent}),
        world.org.patch(f"/sobjects/Account/{free}", {"ParentId": parent}),
        world.org.patch(f"/sobjects/Account/{child}", {"ParentId": other}),
    ]
    untouched = [
        world.org.patch(f"/sobjects/Account/{free}", {"ParentId": other}).status,
        world.org.delete(f"/sobjects/Account/{child}").status,
    ]

    assert [locked(parent)] * 3 == [one.error for one in answers]
    assert [204, 204] == untouched


@pytest.mark.ledger("salesforce/side-effect/lock/master")
@pytest.mark.parametrize(("sobject", "field"), [("CaseComment", "ParentId"), ("Asset", "AccountId")])
def test_a_save_locks_its_master(world: World, sobject: str, field: str) -> None:
    """A row that goes with its parent, or that keeps it from being deleted, locks it: created, changed and deleted."""
    body = world.least(sobject)
    child = world.org.make(sobject, **body)
    parent = body[field]
    hold(world.org, parent)
    change = {"CommentBody": "x"} if sobject == "CaseComment" else {"Name": "x", "AccountId": world.make("Account")}
    answers = [
        world.org.post(f"/sobjects/{sobject}", body),
        world.org.patch(f"/sobjects/{sobject}/{child}", change),
        world.org.delete(f"/sobjects/{sobject}/{child}"),
    ]

    assert [locked(parent)] * 3 == [one.error for one in answers]


# --- duplicates -----------------------------------------------------------------------------------------------------

NUMBERS = count(1_000)


class Rows:
    """Rows of one object by role: which field a role is, and how its values are spelt."""

    def __init__(self, sobject: str) -> None:
        extra = {"duplicate_rules": [{"object": sobject, "standard": True}]}
        fake = create_app(clock=FrozenClock(), org=OrgConfig(extra=extra))
        self.org = Caller(fake, fake.credentials(f"https://{HOST}")["access_token"])
        self.sobject = sobject
        self.roles: dict[str, str] = ROLES[sobject]

    def body(self, spelt: dict[str, str]) -> dict[str, Any]:
        """A body of the values by role, and of values that nobody else has for what is required."""
        needed = {"Account": ["name"], "Contact": ["last"], "Lead": ["last", "company"]}[self.sobject]
        found: dict[str, Any] = {}
        for role in dict.fromkeys([*needed, *spelt]):
            value = spelt.get(role) or f"nobody {next(NUMBERS)}"
            field = self.roles[role]
            if field == "Account.Name":
                found["AccountId"] = self.org.make("Account", Name=value)
            else:
                found[field] = value
        return found

    def post(self, spelt: dict[str, str]) -> Any:
        return self.org.post(f"/sobjects/{self.sobject}", self.body(spelt))


def spellings(role: str) -> tuple[str, str, str]:
    """A value of a role, the same one in other characters, and another."""
    number, other = next(NUMBERS), next(NUMBERS)
    if role == "phone":
        return f"(415) 555-{number}", f"415.555.{number}", f"415 555 {other}"
    if role == "website":
        return f"https://www.w{number}.example/en", f"w{number}.example", f"w{other}.example"
    if role == "email":
        return f"e{number}@x.example", f"E{number}@X.example", f"e{other}@x.example"
    return f"{role}, No. {number}", f"{role.upper()} no {number}", f"{role} no {other}"


@pytest.mark.ledger(
    "salesforce/side-effect/duplicate-matching/*",
    "salesforce/side-effect/duplicate-fields/*",
    "salesforce/side-effect/duplicate-rule/*",
    "salesforce/side-effect/duplicate-comparison",
)
@pytest.mark.parametrize(
    "one",
    [case for case in each("salesforce/side-effect/duplicate-") if key_of(case.values[0]) != "duplicate-comparison"],
)
def test_a_standard_rule_finds_what_agrees_in_a_group(one: Entry) -> None:
    """Each group of fields that agrees, but for its spelling, is found; one field that differs and it is not."""
    sobject = next(each for each, (rule, _) in MATCHING.items() if key_of(one) in {rule, each})
    matching, groups = MATCHING[sobject]
    rows = Rows(sobject)
    used = set()
    for group in (words.split() for words in groups):
        used |= set(group)
        values = {role: spellings(role) for role in group}
        assert 201 == rows.post({role: value[0] for role, value in values.items()}).status
        other = rows.post({role: value[2 if role == group[0] else 1] for role, value in values.items()})
        same = rows.post({role: value[1] for role, value in values.items()})
        assert (group, 201, 400) == (group, other.status, same.status)
        result = same.json[0]["duplicateResut"]
        assert ("DUPLICATES_DETECTED", "Use one of these records?", f"Standard_{sobject}_Duplicate_Rule") == (
            *same.error[1:],
            result["duplicateRule"],
        )
        assert [matching] == [each["rule"] for each in result["matchResults"]]
        back = {rows.roles[group[0]]: values[group[0]][1]}
        assert 204 == rows.org.patch(f"/sobjects/{sobject}/{other.json['id']}", back).status  # allowed on edit
    rows.org.fake.close()

    assert set(rows.roles) == used


@pytest.mark.ledger("salesforce/side-effect/duplicate-rule/Contact", "salesforce/side-effect/duplicate-rule/Lead")
@pytest.mark.parametrize(("sobject", "other"), [("Contact", "Lead"), ("Lead", "Contact")])
def test_a_rule_of_people_looks_at_contacts_and_leads(sobject: str, other: str) -> None:
    """A contact that is there as a lead is found by the rule of leads, and a lead by that of contacts."""
    org = Rows(sobject).org
    body = {"FirstName": "Zoe", "LastName": "Quill", "Email": "zoe@x.example"}
    bodies = {"Contact": body, "Lead": {**body, "Company": "Acme"}}
    there = org.make(other, **bodies[other])
    [refused] = org.post(f"/sobjects/{sobject}", bodies[sobject]).json
    org.fake.close()
    results = refused["duplicateResut"]["matchResults"]

    assert [(MATCHING[other][0], other, [there])] == [
        (each["rule"], each["entityType"], [match["record"]["Id"] for match in each["matchRecords"]])
        for each in results
    ]


# --- rights ---------------------------------------------------------------------------------------------------------


OBJECT_PERMISSIONS = {
    "read": "Read", "create": "Create", "edit": "Edit", "delete": "Delete", "view_all": "ViewAllRecords",
    "modify_all": "ModifyAllRecords",
}  # fmt: skip


@pytest.fixture(scope="module")
def sharing() -> Iterator[dict[str, Caller]]:
    """An org where accounts are private: its administrator, and a user for each right who has that right alone."""
    users = [user(right, profile=right.title()) for right in BRINGS]
    profiles = {right.title(): {"objects": {"Account": [right]}} for right in BRINGS}
    admin = made(*users, profiles=profiles, sharing={"Account": "Private"})
    yield {"admin": admin, **{right: logged_in(admin, right) for right in BRINGS}}
    admin.fake.close()


@pytest.mark.ledger("salesforce/side-effect/object-right/*")
@pytest.mark.parametrize("one", each("salesforce/side-effect/object-right/"))
def test_what_a_right_on_an_object_brings_along(sharing: dict[str, Caller], one: Entry) -> None:
    """A user with that one right can do with rows of their own, and with others', what goes with it, and no more."""
    right = key_of(one)
    admin, who = sharing["admin"], sharing[right]
    user_id = admin.soql(f"SELECT Id FROM User WHERE Username = '{right}@acme.example'")[0]["Id"]
    mine, others = admin.make("Account", Name="a", OwnerId=user_id), admin.make("Account", Name="b")
    path = "/sobjects/Account"
    can = {
        "create": 201 == who.post(path, {"Name": "c"}).status,
        "read": 200 == who.get(f"{path}/{mine}").status,
        "view_all": 200 == who.get(f"{path}/{others}").status,
        "edit": 204 == who.patch(f"{path}/{mine}", {"Phone": "1"}).status,
        "modify_all": 204 == who.patch(f"{path}/{others}", {"Phone": "1"}).status,
        "delete": 204 == who.delete(f"{path}/{mine}").status,
    }
    if right == "modify_all":
        assert 204 == who.delete(f"{path}/{others}").status

    assert BRINGS[right] == {name for name, is_so in can.items() if is_so}
    fields = {name: f"Permissions{word}" for name, word in OBJECT_PERMISSIONS.items()}
    [row] = admin.soql(
        f"SELECT {', '.join(fields.values())} FROM ObjectPermissions "
        f"WHERE SobjectType = 'Account' AND Parent.Profile.Name = '{right.title()}'"
    )
    assert BRINGS[right] == {name for name, field in fields.items() if row[field]}


@pytest.mark.ledger("salesforce/side-effect/implied-permissions")
def test_what_a_permission_brings_along() -> None:
    """Modify All Data shows every row; Manage Users lets see the setup, and every user where users are private."""
    none = {"view_setup": False, "view_all_data": False, "view_all_users": False}
    profiles: dict[str, Any] = {"plain": {"permissions": none}}
    profiles |= {name: {"permissions": {**none, name: True}} for name in ("modify_all_data", "manage_users")}
    admin = made(
        *(user(name, profile=name) for name in profiles),
        profiles=profiles,
        sharing={"Account": "Private", "User": "Private"},
    )
    account = admin.make("Account", Name="a")
    callers = {name: logged_in(admin, name) for name in profiles}
    seen = {
        name: (
            one.get(f"/sobjects/Account/{account}").status,
            one.get("/limits").status,
            len(one.soql("SELECT Id FROM User WHERE Username LIKE '%@acme.example'")),
        )
        for name, one in callers.items()
    }
    admin.fake.close()

    assert {"plain": (404, 403, 1), "modify_all_data": (200, 403, 1), "manage_users": (404, 200, 4)} == seen


@pytest.mark.ledger("salesforce/side-effect/rights-follow")
def test_rights_that_are_those_of_another_object() -> None:
    """Whoever may not read the other object does not see this one; whoever may, does."""
    profiles: dict[str, Any] = {"Blind": {"objects": {name: [] for name in FOLLOWS.values()}}}
    admin = made(user("blind", profile="Blind"), user("sam"), profiles=profiles, features=["shared_activities"])
    callers = [logged_in(admin, name) for name in ("blind", "sam")]
    seen = {name: [one.get(f"/sobjects/{name}/describe").status for one in callers] for name in FOLLOWS}
    admin.fake.close()

    assert {name: [404, 200] for name in FOLLOWS} == seen


# --- change events --------------------------------------------------------------------------------------------------


@pytest.mark.ledger("salesforce/side-effect/change-events/left-out", "salesforce/side-effect/change-events/compounds")
def test_what_a_change_event_holds() -> None:
    """Parts are told below their compound; the fields of the table and what is base64 are not told at all."""
    made_world = World(extra={"change_data_capture": ["Contact", "Attachment"]})
    contact = made_world.make("Contact", FirstName="Ann", MailingCity="Rome")
    made_world.make("Task", WhoId=contact, Status="Completed", ActivityDate="2026-01-05")
    row = made_world.org.row("Contact", contact)
    events = made_world.fake.events
    assert events is not None
    made_world.make("Attachment", ParentId=contact)
    made_world.org.delete(f"/sobjects/Contact/{contact}")
    soap(made_world.org, f"<urn:undelete><urn:ids>{contact}</urn:ids></urn:undelete>")
    told = {
        (each["ChangeEventHeader"]["entityName"], each["ChangeEventHeader"]["changeType"]): each
        for each in (one["data"]["payload"] for one in events(-2, None)["events"])
    }
    payload, attached = told["Contact", "CREATE"], told["Attachment", "CREATE"]
    again = told["Contact", "UNDELETE"]  # tells the whole row, as it is now
    made_world.fake.close()
    left_out = {
        "Id", "IsDeleted", "SystemModstamp", "LastViewedDate", "LastReferencedDate", "LastActivityDate", "PhotoUrl",
    }  # fmt: skip

    assert set() == left_out & {*payload, *attached, *again}
    assert (True, False) == ("BodyLength" in attached, "Body" in attached)
    assert {True} == {row[name] is not None for name in left_out - {"LastViewedDate", "LastReferencedDate"}}
    assert ({"FirstName": "Ann", "LastName": "c"}, {"City": "Rome"}) == (payload["Name"], payload["MailingAddress"])
    assert set() == {"FirstName", "MailingCity"} & set(payload)
