"""What was written is read back: silent failures, and what the acting user may do."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.crm_sync.actions.desk import EXTRACT, LOAD, ORG_FILE, SF, TRIGGER, UPDATE, Desk, Go, chain, items, node, part

from crm_sync.actions.document import workflow
from crm_sync.actions.salesforce import same
from fake_salesforce.org import ADMIN, UserConfig

AGENT = UserConfig(username="agent@understudy.example", password="understudy-3", last_name="Agent", profile="Agent")
PROFILE: dict[str, Any] = {
    "like": "Standard User",
    "permissions": {"view_setup": True},
    "objects": {name: ["create", "read", "edit"] for name in ("Account", "Contact", "Opportunity")},
}


def of_agent() -> dict[str, Any]:
    """The log-in of the user whose rights are narrow."""
    return {"access_token": "", "refresh_token": "", "username": AGENT.username, "password": AGENT.password}


def _shout(name: str, field: str) -> dict[str, Any]:
    """A workflow rule that makes "quietly" loud."""
    change = {field: {"from": field, "change": "upper"}}
    return {"object": name, "name": f"Shout_{name}", "when": {"field": field, "is": "quietly"}, "set": change}


@pytest.fixture(scope="module")
def narrow() -> Desk:
    """An org in which the agent's profile can be changed."""
    org = {
        **ORG_FILE,
        "profiles": {"Agent": PROFILE},
        "sharing": {"Opportunity": "Private", "roles": {}},
        "updates": [_shout("Opportunity", "NextStep"), _shout("Task", "Subject")],
        "validation_rules": [
            {
                "object": "Opportunity",
                "name": "No_Zero",
                "when": {"field": "Amount", "is": 0},
                "message": "Not for nothing",
            }
        ],
    }
    return Desk(org=org, users=(ADMIN, AGENT))


def profile(desk: Desk, **changes: Any) -> None:
    desk.control.seed({"settings": {"profiles": {"Agent": changes}}})


@pytest.mark.rule("A28")
@given(st.sets(st.sampled_from(["NextStep", "Amount", "Description"])), st.booleans())
@part(5)
def test_what_did_not_take_is_reported(narrow: Desk, closed: set[str], silent: bool) -> None:
    """Reported are exactly the fields whose value differs from the one asked for, in both modes of the org."""
    desk = narrow.again()
    _give_opportunity(desk)
    right = "read, silent" if silent else "read"
    profile(desk, fields={f"Opportunity.{name}": right for name in closed})
    wanted = {"NextStep": "Call", "Amount": 12.5, "Description": "Text"}

    (outcome,) = desk.update(wanted, desk.settings(**of_agent())).outcomes

    row = desk.opportunity_now()
    differ = {name for name, value in wanted.items() if row[name] != value}
    if closed and not silent:
        assert ("INVALID_FIELD_FOR_INSERT_UPDATE", closed, set(wanted)) == (outcome.code, set(outcome.fields), differ)
    else:
        assert ("updated", closed, closed) == (outcome.status, set(outcome.not_applied), differ)


@pytest.mark.rule("A28", "A29")
def test_a_task_is_read_back_as_well(narrow: Desk) -> None:
    """A created task whose subject the org changes is created, and the field is named."""
    (outcome,) = narrow.again().tasks_of(items("quietly")).outcomes

    assert ("created", ("Subject",), ["QUIETLY"]) == (outcome.status, outcome.not_applied, narrow.subjects())


@pytest.mark.rule("A28")
def test_what_cannot_be_read_back_is_said_and_not_sent_again(desk: Desk) -> None:
    """The task is made; reading it back fails; the next firing only reads."""
    desk.fault("unavailable", verb="read", object="Task", times=3)

    first = desk.tasks_of(items("Call"))
    again = desk.tasks_of(items("Call"))

    assert [True, False] == [bool(o.unread) for made in (first, again) for o in made.outcomes]
    assert (["created", "created"], 1) == ([o.status for m in (first, again) for o in m.outcomes], len(desk.writes))
    assert ["Call"] == desk.subjects()


@pytest.mark.rule("A29")
def test_a_workflow_rule_that_overwrites_is_seen(narrow: Desk) -> None:
    """The org makes another value of it: the field is named."""
    desk = narrow.again()

    (outcome,) = desk.update({"NextStep": "quietly", "Amount": 3}).outcomes

    assert ("QUIETLY", ("NextStep",)) == (desk.opportunity_now()["NextStep"], outcome.not_applied)


@pytest.mark.rule("A29")
def test_a_validation_rule_refuses(narrow: Desk) -> None:
    """The item is refused with the rule's words; a page layout plays no part in the API."""
    (outcome,) = narrow.again().update({"Amount": 0}).outcomes

    assert ("refused", "FIELD_CUSTOM_VALIDATION_EXCEPTION") == (outcome.status, outcome.code)
    assert "Not for nothing" in outcome.message


@pytest.mark.rule("A30")
def test_a_record_that_the_user_does_not_see_is_not_found(narrow: Desk) -> None:
    """Sharing bounds the agent: somebody else's opportunity is not there, not forbidden."""
    desk = narrow.again()

    (outcome,) = desk.update({"NextStep": "Call"}, desk.settings(**of_agent())).outcomes

    assert ("refused", "NOT_FOUND", None) == (outcome.status, outcome.code, desk.opportunity_now()["NextStep"])


@pytest.mark.rule("A31")
def test_without_api_enabled(narrow: Desk) -> None:
    """API Enabled is missing: nothing is read or written, and the code says why."""
    desk = narrow.again()
    profile(desk, permissions={"api_enabled": False})

    (outcome,) = desk.tasks_of(items("Call"), desk.settings(**of_agent())).outcomes

    assert ("refused", "API_CURRENTLY_DISABLED", []) == (outcome.status, outcome.code, desk.tasks())


@pytest.mark.rule("A31")
def test_without_the_right_to_edit_opportunities(narrow: Desk) -> None:
    """Edit on Opportunity is missing: the update is refused."""
    desk = narrow.again()
    _give_opportunity(desk)
    profile(desk, objects={"Opportunity": ["read"]})

    (outcome,) = desk.update({"NextStep": "Call"}, desk.settings(**of_agent())).outcomes

    assert ("INSUFFICIENT_ACCESS_OR_READONLY", None) == (outcome.code, desk.opportunity_now()["NextStep"])


@pytest.mark.rule("A31")
@pytest.mark.parametrize("name", ["Account", "Contact"])
def test_without_the_right_to_see_a_related_record(narrow: Desk, name: str) -> None:
    """Read on Account or Contact is missing: a task that points at one is refused."""
    desk = narrow.again()
    profile(desk, objects={"Contact": [], "Opportunity": [], **({"Account": []} if name == "Account" else {})})
    field, given_ = ("what_id", desk.account) if name == "Account" else ("who_id", desk.contact)

    (outcome,) = desk.tasks_of(items("Call"), desk.settings(**of_agent()), **{field: given_}).outcomes

    assert (True, []) == (outcome.wrong, desk.tasks())
    assert "refused" == outcome.status


@pytest.mark.rule("A31")
@pytest.mark.parametrize("permission", [True, False])
def test_view_setup_is_for_reading_metadata(narrow: Desk, permission: bool) -> None:
    """The runner reads no metadata, so that without View Setup its actions work all the same."""
    desk = narrow.again()
    profile(desk, permissions={"view_setup": permission})

    made = desk.tasks_of(items("Call"), desk.settings(**of_agent()))

    assert (True, ["Call"]) == (made.good, desk.subjects())
    assert [] == [url for _, url, _ in desk.wire.sent if "describe" in url]


@pytest.mark.rule("A28")
@pytest.mark.parametrize(
    ("wanted", "actual", "equal"),
    [
        ("a", "a", True),
        ("a", "A", False),
        ("", None, True),
        (None, "", True),
        ("x", None, False),
        (None, "x", False),
        (12, 12.0, True),
        ("12.50", 12.5, True),
        ("much", 12.5, False),
        (True, True, True),
        (True, 1, False),
        (1, True, False),
        (False, None, False),
        ("2024-01-15T14:30:00Z", "2024-01-15T14:30:00.000+0000", True),
        ("2024-01-15T14:30:00Z", "2024-01-15T14:31:00.000+0000", False),
        ("2024-01-15", "2024-01-15", True),
        ("001D000000IqhSL", "001D000000IqhSLIAZ", True),
        ("001D000000IQHsl", "001D000000IqhSLIAZ", False),
        ("a ", "a", False),
    ],
)
def test_what_counts_as_the_same(wanted: Any, actual: Any, equal: bool) -> None:
    """Blanks, numbers, moments and ids are the same in Salesforce's spelling; text is so only letter by letter."""
    assert equal is same(wanted, actual)


def _give_opportunity(desk: Desk) -> None:
    """The agent becomes the owner."""
    owner = desk.get("/query", q=f"SELECT Id FROM User WHERE Username = '{AGENT.username}'")["records"][0]["Id"]
    token = desk.fake.credentials(SF)["access_token"]
    answer = desk.people.patch(
        f"{SF}/services/data/v60.0/sobjects/Opportunity/{desk.opportunity}",
        json={"OwnerId": owner},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status_code == 204, answer.text


@pytest.mark.rule("A28")
def test_a_field_that_cannot_be_seen_does_not_hide_the_others(narrow: Desk) -> None:
    """A field the user may not see cannot be asked for; the rest is read back all the same."""
    desk = narrow.again()
    last = node("update", UPDATE, opportunity_id=desk.opportunity, field_values={"NextStep": "quietly", "Amount": 4})

    def hidden(request: Any, go: Go) -> Any:
        if request.method == "GET" and "fields=" in str(request.url):
            request.url = str(request.url).replace("Amount", "Hidden__c")
        return go(request)

    desk.wire.between = hidden
    desk.meeting()
    (outcome,) = desk.run(workflow(chain(TRIGGER, LOAD, EXTRACT, last))).outcomes

    assert ("updated", ("NextStep",)) == (outcome.status, outcome.not_applied)
