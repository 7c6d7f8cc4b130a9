"""What an org does by itself: validation rules, updates before and after a save, refusals, lookup filters, locks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.fake_salesforce.bulk1_client import Bulk
from tests.fake_salesforce.conftest import HOST, Caller

from fake_core.clock import FrozenClock, SteppedClock
from fake_core.errors import MisuseError
from fake_salesforce import OrgConfig, create_app
from fake_salesforce.org import ADMIN, INTEGRATION

Make = Callable[..., Caller]


@pytest.fixture
def make() -> Iterator[Make]:
    """A caller of an org made with these tables of an org file."""
    made: list[Caller] = []

    def of(*, clock: FrozenClock | None = None, **tables: Any) -> Caller:
        fake = create_app(clock=clock or FrozenClock(), org=OrgConfig(extra=tables))
        caller = Caller(fake)
        caller.token = fake.credentials(f"https://{HOST}")["access_token"]
        made.append(caller)
        return caller

    yield of
    for one in made:
        one.fake.close()


def typed(sobject: str, **fields: Any) -> dict[str, Any]:
    return {"attributes": {"type": sobject}, **fields}


NO_CALLS = {
    "object": "Task",
    "name": "No_Calls",
    "when": {"field": "Subject", "is": "Call"},
    "message": "Calls are logged elsewhere",
}


# --- validation rules -------------------------------------------------------------------------------


@pytest.mark.evidence("client-derived", "FIELD_CUSTOM_VALIDATION_EXCEPTION in client test suites")
def test_validation_rule(make: Make) -> None:
    """The rule's own words, status 400, fields an empty list; nothing is written."""
    org = make(validation_rules=[NO_CALLS])
    before = org.rows
    answer = org.post("/sobjects/Task", {"Subject": "Call"})

    assert 400 == answer.status
    assert [
        {"message": "Calls are logged elsewhere", "errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "fields": []}
    ] == answer.json
    assert ["message", "errorCode", "fields"] == list(answer.json[0])
    assert before == org.rows
    assert org.make("Task", Subject="Meeting")


def test_validation_rule_at_a_field(make: Make) -> None:
    """A rule shown at a field names it."""
    org = make(validation_rules=[{**NO_CALLS, "field": "Subject"}])

    assert ["Subject"] == org.post("/sobjects/Task", {"Subject": "Call"}).json[0]["fields"]


def test_validation_rule_on_update(make: Make) -> None:
    """The row is judged as it would be after the save."""
    org = make(validation_rules=[NO_CALLS])
    task = org.make("Task", Subject="Meeting")

    assert "FIELD_CUSTOM_VALIDATION_EXCEPTION" == org.patch(f"/sobjects/Task/{task}", {"Subject": "Call"}).error[1]
    assert 204 == org.patch(f"/sobjects/Task/{task}", {"Subject": "Mail"}).status


def test_inactive_rule(make: Make) -> None:
    """active = false: as if it were not there."""
    org = make(validation_rules=[{**NO_CALLS, "active": False}])

    assert org.make("Task", Subject="Call")


def test_every_door(make: Make) -> None:
    """Collections, composite, tree and upsert meet the same rule in their own shapes."""
    org = make(
        objects={"Task": {"fields": {"Key__c": {"type": "string(20)", "external_id": True, "unique": True}}}},
        validation_rules=[NO_CALLS],
    )
    code = "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    good, bad = org.post(
        "/composite/sobjects", {"records": [typed("Task", Subject="x"), typed("Task", Subject="Call")]}
    ).json
    assert good["success"]
    assert [{"statusCode": code, "message": "Calls are logged elsewhere", "fields": []}] == bad["errors"]

    sub = {
        "method": "POST",
        "url": "/services/data/v60.0/sobjects/Task",
        "referenceId": "t",
        "body": {"Subject": "Call"},
    }
    (one,) = org.post("/composite", {"compositeRequest": [sub]}).json["compositeResponse"]
    assert (400, code) == (one["httpStatusCode"], one["body"][0]["errorCode"])

    assert code == org.patch("/sobjects/Task/Key__c/k", {"Subject": "Call"}).error[1]

    tree = {"records": [{"attributes": {"type": "Task", "referenceId": "r"}, "Subject": "Call"}]}
    answer = org.post("/composite/tree/Task", tree)
    assert (400, code) == (answer.status, answer.json["results"][0]["errors"][0]["statusCode"])


CONDITIONS: list[tuple[str, Any, dict[str, Any], bool]] = [
    ("is", {"field": "Name", "is": "a"}, {"Name": "a"}, True),
    ("is minds case", {"field": "Name", "is": "a"}, {"Name": "A"}, False),
    ("is, one of several", {"field": "Name", "is": ["b", "a"]}, {"Name": "a"}, True),
    ("is_not", {"field": "Name", "is_not": ["b", "c"]}, {"Name": "a"}, True),
    ("is null", {"field": "Phone", "is": {"null": True}}, {"Name": "a"}, True),
    ("blank", {"field": "Phone", "blank": True}, {"Name": "a"}, True),
    ("not blank", {"field": "Phone", "blank": False}, {"Name": "a"}, False),
    ("greater", {"field": "AnnualRevenue", "greater": 10}, {"Name": "a", "AnnualRevenue": 11}, True),
    ("greater, equal", {"field": "AnnualRevenue", "greater": 10}, {"Name": "a", "AnnualRevenue": 10}, False),
    ("at_least", {"field": "AnnualRevenue", "at_least": 10}, {"Name": "a", "AnnualRevenue": 10}, True),
    ("null is not less", {"field": "AnnualRevenue", "less": 10}, {"Name": "a"}, False),
    (
        "a range",
        {"field": "NumberOfEmployees", "greater": 1, "at_most": 3},
        {"Name": "a", "NumberOfEmployees": 3},
        True,
    ),
    ("contains", {"field": "Name", "contains": "bc"}, {"Name": "abcd"}, True),
    ("starts", {"field": "Name", "starts": "bc"}, {"Name": "abcd"}, False),
    ("matches the whole", {"field": "Name", "matches": "[a-z]+"}, {"Name": "abc1"}, False),
    ("matches", {"field": "Name", "matches": "[a-z]+[0-9]"}, {"Name": "abc1"}, True),
    ("another field", {"field": "Phone", "is": {"from": "Fax"}}, {"Name": "a", "Phone": "1", "Fax": "1"}, True),
    ("all, a list", [{"field": "Name", "is": "a"}, {"field": "Phone", "is": "1"}], {"Name": "a", "Phone": "2"}, False),
    (
        "any",
        {"any": [{"field": "Name", "is": "b"}, {"field": "Phone", "is": "1"}]},
        {"Name": "a", "Phone": "1"},
        True,
    ),
    ("not", {"not": {"field": "Name", "is": "a"}}, {"Name": "a"}, False),
    ("new", {"new": True}, {"Name": "a"}, True),
    ("changed, on create", {"field": "Name", "changed": True}, {"Name": "a"}, False),
    ("was, on create", {"field": "Name", "was": "a"}, {"Name": "a"}, False),
    ("the user", {"user": ADMIN.username}, {"Name": "a"}, True),
    ("another user", {"user": [INTEGRATION.username]}, {"Name": "a"}, False),
    ("over a relationship", {"field": "Owner.Username", "is": ADMIN.username}, {"Name": "a"}, True),
    ("over no relationship", {"field": "Parent.Name", "is": "x"}, {"Name": "a"}, False),
]


CHANGES: list[tuple[Any, dict[str, Any], bool]] = [
    ({"field": "Name", "changed": True}, {"Name": "b"}, True),
    ({"field": "Name", "changed": True}, {"Name": "a"}, False),
    ({"field": "Name", "changed": False}, {"Phone": "1"}, True),
    ({"field": "Name", "was": "a"}, {"Name": "b"}, True),
    ({"field": "Name", "was": "a", "is": "a"}, {"Name": "b"}, False),
    ({"new": False}, {"Phone": "1"}, True),
]


@pytest.fixture(scope="module")
def judged() -> Iterator[Caller]:
    """An org with a rule for each condition, which looks only at accounts with the rule's number."""
    conditions = [(f"c{n}", row[1]) for n, row in enumerate(CONDITIONS)]
    conditions += [(f"u{n}", [{"new": False}, row[0]]) for n, row in enumerate(CHANGES)]
    rules = [
        {
            "object": "Account",
            "name": number,
            "when": [{"field": "AccountNumber", "is": number}, when],
            "message": number,
        }
        for number, when in conditions
    ]
    fake = create_app(clock=FrozenClock(), org=OrgConfig(extra={"validation_rules": rules}))
    caller = Caller(fake)
    caller.token = fake.credentials(f"https://{HOST}")["access_token"]
    yield caller
    fake.close()


@pytest.mark.parametrize("number", range(len(CONDITIONS)), ids=[row[0] for row in CONDITIONS])
def test_conditions_on_create(judged: Caller, number: int) -> None:
    """Each test of the small language, seen through a validation rule."""
    _, _, fields, holds = CONDITIONS[number]
    answer = judged.post("/sobjects/Account", {**fields, "AccountNumber": f"c{number}"})

    assert (400 if holds else 201) == answer.status


@pytest.mark.parametrize("number", range(len(CHANGES)))
def test_conditions_on_update(judged: Caller, number: int) -> None:
    """`changed` and `was` look at the row before the save."""
    _, body, holds = CHANGES[number]
    account = judged.make("Account", Name="a", AccountNumber=f"u{number}")

    assert (400 if holds else 204) == judged.patch(f"/sobjects/Account/{account}", body).status


# --- before-save updates ----------------------------------------------------------------------------


@pytest.mark.rule("A29", "F40")
def test_a_rule_that_always_rewrites(make: Make) -> None:
    """What is read back is not what was written, however often it is written."""
    rule = {"object": "Task", "name": "Shout", "set": {"Subject": {"from": "Subject", "change": "upper"}}}
    org = make(updates=[rule])
    task = org.make("Task", Subject="Call Ada")
    org.patch(f"/sobjects/Task/{task}", {"Subject": "again"})

    assert "AGAIN" == org.row("Task", task)["Subject"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("fixed", "fixed"),
        ({"from": "Name"}, "Ada Account"),
        ({"from": "Name", "change": "lower"}, "ada account"),
        ({"from": "Name", "cut": 3}, "Ada"),
        ({"text": "{Name} of {Owner.Username}!"}, f"Ada Account of {ADMIN.username}!"),
        ({"user": "Username"}, ADMIN.username),
        ({"today": 1}, "2026-01-06"),
        ({"null": True}, None),
        ({"from": "Phone"}, None),
    ],
)
def test_what_an_update_can_set(make: Make, given: Any, expected: str | None) -> None:
    """Fixed values, other fields, today, the user, templates, null."""
    org = make(updates=[{"object": "Account", "name": "u", "set": {"Description": given}}])
    account = org.make("Account", Name="Ada Account", Description="mine")

    assert expected == org.row("Account", account)["Description"]


def test_dates_and_numbers(make: Make) -> None:
    """`plus` adds to numbers and days; `now` is the moment of the save."""
    org = make(
        objects={"Account": {"fields": {"At__c": {"type": "datetime"}, "Next__c": {"type": "date"}}}},
        updates=[
            {"object": "Account", "name": "a", "set": {"At__c": {"now": 60}}},
            {"object": "Account", "name": "b", "set": {"Next__c": {"from": "Next__c", "plus": 7}}},
            {"object": "Account", "name": "c", "set": {"NumberOfEmployees": {"from": "NumberOfEmployees", "plus": 1}}},
        ],
    )
    row = org.row("Account", org.make("Account", Name="a", Next__c="2026-02-26", NumberOfEmployees=3))

    assert ("2026-01-05T09:01:00.000+0000", "2026-03-05", 4) == (
        row["At__c"],
        row["Next__c"],
        row["NumberOfEmployees"],
    )


def test_what_follows_from_a_rewritten_field(make: Make) -> None:
    """A rule that closes a task has IsClosed follow; other rules see the new value."""
    org = make(
        updates=[{"object": "Task", "name": "Close", "when": NO_CALLS["when"], "set": {"Status": "Completed"}}],
        validation_rules=[
            {"object": "Task", "name": "v", "when": {"field": "IsClosed", "is": True}, "message": "closed"}
        ],
    )

    assert "closed" == org.post("/sobjects/Task", {"Subject": "Call"}).error[2]
    assert org.make("Task", Subject="Meeting")


def test_a_value_the_field_cannot_hold(make: Make) -> None:
    """A rule's value is saved like a client's: too long is too long."""
    rule = {"object": "Account", "name": "u", "set": {"Phone": {"text": "{Name}{Name}{Name}{Name}{Name}"}}}
    org = make(updates=[rule])

    assert "STRING_TOO_LONG" == org.post("/sobjects/Account", {"Name": "1234567890"}).error[1]


def test_only_on_update(make: Make) -> None:
    """`on` says which saves a rule is about."""
    org = make(updates=[{"object": "Account", "name": "u", "on": ["update"], "set": {"Phone": "1"}}])
    account = org.make("Account", Name="a")
    created = org.row("Account", account)["Phone"]
    org.patch(f"/sobjects/Account/{account}", {"Name": "b"})

    assert (None, "1") == (created, org.row("Account", account)["Phone"])


# --- after-save updates -----------------------------------------------------------------------------


def test_workflow_field_update_saves_again(make: Make) -> None:
    """The row is saved once more: its stamps move on, and before-save rules run a second time."""
    org = make(
        clock=SteppedClock(),
        updates=[
            {
                "object": "Account",
                "name": "Count",
                "set": {"NumberOfEmployees": {"from": "NumberOfEmployees", "plus": 1}},
            },
            {"object": "Account", "name": "Workflow", "timing": "after", "set": {"Phone": "1"}},
        ],
    )
    row = org.row("Account", org.make("Account", Name="a", NumberOfEmployees=0))

    assert ("1", 2) == (row["Phone"], row["NumberOfEmployees"])
    assert row["CreatedDate"] < row["LastModifiedDate"] == row["SystemModstamp"]


@pytest.mark.evidence("documented", "Apex Developer Guide, Triggers and Order of Execution")
def test_the_second_save_runs_no_validation(make: Make) -> None:
    """A field update may write what a validation rule would refuse."""
    org = make(
        updates=[{"object": "Task", "name": "W", "timing": "after", "set": {"Subject": "Call"}}],
        validation_rules=[NO_CALLS],
    )
    task = org.make("Task", Subject="Meeting")

    assert "Call" == org.row("Task", task)["Subject"]


def test_after_save_updates_a_parent(make: Make) -> None:
    """The account of a task is saved, too: value and SystemModstamp move, its own rules run."""
    org = make(
        updates=[
            {
                "object": "Task",
                "name": "Touch",
                "timing": "after",
                "target": "AccountId",
                "set": {"Description": {"text": "Last: {Subject}"}},
            },
            {"object": "Account", "name": "Mark", "set": {"Fax": {"from": "Description"}}},
        ]
    )
    account = org.make("Account", Name="a")
    org.clock.advance(60)
    org.make("Task", Subject="Call Ada", WhatId=account)
    row = org.row("Account", account)

    assert ("Last: Call Ada", "Last: Call Ada") == (row["Description"], row["Fax"])
    assert row["SystemModstamp"] > row["CreatedDate"]


def test_rules_that_wake_each_other_stop(make: Make) -> None:
    """Each rule runs once for a row: parent and child cannot go on for ever."""
    org = make(
        updates=[
            {
                "object": "Account",
                "name": "Up",
                "timing": "after",
                "target": "ParentId",
                "set": {"NumberOfEmployees": 1},
            },
            {"object": "Account", "name": "Again", "timing": "after", "set": {"Phone": {"from": "Name"}}},
        ]
    )
    top = org.make("Account", Name="top")
    low = org.make("Account", Name="low", ParentId=top)
    org.patch(f"/sobjects/Account/{top}", {"ParentId": low})

    assert 1 == org.row("Account", low)["NumberOfEmployees"]


def test_a_parent_that_refuses(make: Make) -> None:
    """What the parent's rules refuse refuses the save of the child."""
    org = make(
        updates=[
            {"object": "Task", "name": "T", "timing": "after", "target": "AccountId", "set": {"Phone": "1"}},
        ],
        validation_rules=[
            {"object": "Account", "name": "v", "when": {"field": "Phone", "is": "1"}, "message": "not that phone"}
        ],
    )
    account = org.make("Account", Name="a")
    before = org.rows
    answer = org.post("/sobjects/Task", {"WhatId": account})

    assert "not that phone" == answer.error[2]
    assert before == org.rows


# --- refusals, filters, locks -----------------------------------------------------------------------


@pytest.mark.evidence("assumed", "widely reported")
def test_flow_that_fails(make: Make) -> None:
    """A flow's error has the vendor's words around its own."""
    org = make(updates=[{"object": "Task", "name": "X", "refuse": {"flow": "Log Calls", "text": "Details: boom"}}])
    answer = org.post("/sobjects/Task", {})

    words = "We can't save this record because the “Log Calls” process failed."
    words += " Give your Salesforce admin these details. Details: boom"
    assert (400, "CANNOT_EXECUTE_FLOW_TRIGGER", words) == answer.error


@pytest.mark.parametrize(
    ("timing", "event", "words"),
    [("before", "create", "BeforeInsert"), ("after", "update", "AfterUpdate"), ("before", "delete", "BeforeDelete")],
)
@pytest.mark.evidence("assumed", "widely reported")
def test_apex_trigger_that_throws(make: Make, timing: str, event: str, words: str) -> None:
    """An Apex exception names the trigger and the event."""
    text = "System.LimitException: Too many SOQL queries: 101"
    rule = {
        "object": "Task",
        "name": "X",
        "on": [event],
        "timing": timing,
        "refuse": {"trigger": "TaskTrigger", "text": text},
    }
    org = make(updates=[rule])
    if event == "create":
        answer = org.post("/sobjects/Task", {})
    else:
        task = org.make("Task")
        act = org.patch if event == "update" else org.delete
        answer = act(f"/sobjects/Task/{task}", *([{"Subject": "b"}] if event == "update" else []))

    message = f"TaskTrigger: execution of {words}\n\ncaused by: {text}"
    assert (400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message) == answer.error


@pytest.mark.evidence("assumed", "the code is documented, the words are recalled")
def test_lookup_filter(make: Make) -> None:
    """A lookup may only point at rows its filter lets through; the row that looks may be part of it."""
    rule = {
        "object": "Contact",
        "name": "f",
        "field": "ReportsToId",
        "when": {"field": "AccountId", "is": {"source": "AccountId"}},
    }
    org = make(lookup_filters=[rule])
    one, other = org.make("Account", Name="a"), org.make("Account", Name="b")
    boss = org.make("Contact", LastName="Boss", AccountId=one)
    answer = org.post("/sobjects/Contact", {"LastName": "x", "AccountId": other, "ReportsToId": boss})

    assert 400 == answer.status
    assert [
        {
            "message": "Value does not exist or does not match filter criteria.",
            "errorCode": "FIELD_FILTER_VALIDATION_EXCEPTION",
            "fields": ["ReportsToId"],
        }
    ] == answer.json
    assert org.make("Contact", LastName="x", AccountId=one, ReportsToId=boss)


@pytest.mark.evidence("assumed", "widely reported")
def test_approval_lock(make: Make) -> None:
    """A row in approval cannot be changed or deleted, except by those the lock names."""
    lock = {"object": "Opportunity", "name": "l", "when": {"field": "NextStep", "is": "Approval"}}
    org = make(approval_locks=[lock])
    deal = org.make("Opportunity", Name="d", StageName="Prospecting", CloseDate="2026-02-01", NextStep="Approval")
    expected = (400, "ENTITY_IS_LOCKED", "the entity is locked for editing")

    assert expected == org.patch(f"/sobjects/Opportunity/{deal}", {"NextStep": "x"}).error
    assert expected == org.delete(f"/sobjects/Opportunity/{deal}").error

    org = make(approval_locks=[{**lock, "users": [ADMIN.username]}])
    deal = org.make("Opportunity", Name="d", StageName="Prospecting", CloseDate="2026-02-01", NextStep="Approval")
    assert 204 == org.patch(f"/sobjects/Opportunity/{deal}", {"NextStep": "x"}).status


# --- what an org file can get wrong -----------------------------------------------------------------


def subject(given: Any) -> dict[str, Any]:
    """An update that sets a task's Subject."""
    return {"object": "Task", "name": "x", "set": {"Subject": given}}


MISTAKES: list[tuple[str, dict[str, Any], str]] = [
    ("no object", {"validation_rules": [{"name": "x"}]}, "validation_rules[1]: object is None"),
    ("no message", {"validation_rules": [{"object": "Task", "when": {"new": True}}]}, "has no message"),
    (
        "unknown field",
        {"validation_rules": [{**NO_CALLS, "when": {"field": "Nope", "is": 1}}]},
        "validation_rules[1].when.field: Task has no field 'Nope'",
    ),
    ("unknown test", {"validation_rules": [{**NO_CALLS, "when": {"field": "Subject", "equals": 1}}]}, "'equals'"),
    (
        "a value of another kind",
        {"validation_rules": [{**NO_CALLS, "when": {"field": "ActivityDate", "is": "soon"}}]},
        "'soon' is no value of ActivityDate",
    ),
    ("bad pattern", {"validation_rules": [{**NO_CALLS, "when": {"field": "Subject", "matches": "("}}]}, "regular"),
    ("twice", {"validation_rules": [NO_CALLS, NO_CALLS]}, "two rules called 'No_Calls'"),
    ("set nothing", {"updates": [{"object": "Task", "name": "x"}]}, "both set and refuse, or neither"),
    ("set a formula", {"updates": [{"object": "Task", "name": "x", "set": {"Id": "1"}}]}, "cannot be set"),
    ("before with a target", {"updates": [{"object": "Task", "name": "x", "target": "AccountId", "set": {}}]}, "after"),
    (
        "a target of many kinds",
        {"updates": [{"object": "Task", "name": "x", "timing": "after", "target": "WhatId", "set": {}}]},
        "no lookup to one object",
    ),
    ("unknown event", {"updates": [{"object": "Task", "name": "x", "on": ["merge"], "set": {}}]}, "'merge'"),
    ("unknown change", {"updates": [subject({"from": "Subject", "change": "u"})]}, "'u'"),
    ("unknown way", {"updates": [subject({"from": "Nope.Name"})]}, "relationship"),
    ("no lookup", {"lookup_filters": [{"object": "Task", "field": "Subject", "when": {"new": True}}]}, "no lookup"),
    ("no such user", {"approval_locks": [{"object": "Task", "when": {"new": True}, "users": ["x@y"]}]}, "user 'x@y'"),
    ("unknown key", {"validation_rules": [{**NO_CALLS, "formula": "1=1"}]}, "'formula' is unknown"),
]  # fmt: skip


@pytest.mark.parametrize(("tables", "words"), [row[1:] for row in MISTAKES], ids=[row[0] for row in MISTAKES])
def test_mistakes_are_told_when_the_org_is_made(tables: dict[str, Any], words: str) -> None:
    """One line: where, what, what to do."""
    with pytest.raises(MisuseError) as told:
        create_app(org=OrgConfig(extra=tables))

    assert words in str(told.value)
    assert "\n" not in str(told.value)


# --- the other doors --------------------------------------------------------------------------------


def test_bulk_rows_meet_the_same_rules(make: Make) -> None:
    """A job's rows are judged one by one: refused, rewritten, and nothing lost of the others."""
    rewrite = {"object": "Task", "name": "Shout", "set": {"Subject": {"from": "Subject", "change": "upper"}}}
    org = make(validation_rules=[{**NO_CALLS, "when": {"field": "Subject", "is": "CALL"}}], updates=[rewrite])
    answer = Bulk(org).load("insert", "Task", "Subject\ncall\nmail\n")

    assert "FIELD_CUSTOM_VALIDATION_EXCEPTION:Calls are logged elsewhere" in answer.text
    assert ["MAIL"] == [row["Subject"] for row in org.soql("SELECT Subject FROM Task")]


def test_soap_rows_meet_the_same_rules(make: Make) -> None:
    """A SOAP create is refused in the words of the rule."""
    org = make(validation_rules=[NO_CALLS])
    body = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:u="urn:partner.soap.sforce.com"'
        ' xmlns:o="urn:sobject.partner.soap.sforce.com"><e:Header><u:SessionHeader>'
        f"<u:sessionId>{org.token}</u:sessionId></u:SessionHeader></e:Header><e:Body><u:create><u:sObjects>"
        "<o:type>Task</o:type><o:Subject>Call</o:Subject></u:sObjects></u:create></e:Body></e:Envelope>"
    )
    headers = {"Content-Type": "text/xml", "SOAPAction": '""'}
    answer = org.post("/services/Soap/u/60.0", data=body.encode(), headers=headers)

    assert "<statusCode>FIELD_CUSTOM_VALIDATION_EXCEPTION</statusCode>" in answer.text
    assert "<success>false</success>" in answer.text
