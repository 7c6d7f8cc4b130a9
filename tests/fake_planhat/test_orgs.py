"""fixtures/orgs/planhat-tenant.toml shows what it says it shows: each rule that lives in the fake."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.fake_planhat.conftest import Api

from crm_contracts.rules import load
from fake_core import Fake, FrozenClock
from fake_core.testing import clean
from fake_planhat import create_app

FILE = Path(__file__).parents[2] / "fixtures/orgs/planhat-tenant.toml"
CALL_ADA, OFFER, INVOICE, WORKSHOP, USAGE = (f"5b000000000000000000000{n}" for n in range(1, 6))


@pytest.fixture(scope="module")
def made() -> Iterator[Fake]:
    fake = create_app(clock=FrozenClock(), org=str(FILE))
    yield fake
    fake.close()


@pytest.fixture
def api(made: Fake) -> Api:
    clean(made)
    api = Api(made)
    api.session.headers["Authorization"] = "Bearer planhat-sync-token"
    return api


def test_it_shows_each_rule_of_the_fake() -> None:
    """Every rule that lives in the fake is named beside rows that show it."""
    living = {rule.id for rule in load().values() if rule.vendor == "planhat" and rule.lives == "fake"}
    assert {"P12", "H1"} <= living
    assert set() == living - set(re.findall(r"\b[PH]\d+\b", FILE.read_text("utf-8")))


@pytest.mark.rule("P12", "P14")
def test_archived_tasks_are_out_of_the_list_and_there_by_id(api: Api) -> None:
    """Done and Ignored archive; only what is Done was logged."""
    listed = {task["_id"] for task in api.get("/tasks").json()}
    archived = [api.row(f"/tasks/{one}") for one in (OFFER, INVOICE)]

    assert {CALL_ADA, WORKSHOP, USAGE} == listed
    assert [("Done", True), ("Ignored", True)] == [(one["status"], one["isArchived"]) for one in archived]
    assert [200, 404] == [api.get(f"/conversations/{one}").status_code for one in (OFFER, INVOICE)]


@pytest.mark.rule("P13", "P15")
def test_completing_logs_once_under_the_tasks_id(api: Api) -> None:
    """The note has the Task's _id, and the Task's sourceId as externalId; the file has one that looks the same."""
    done = api.done({"_id": CALL_ADA})
    api.done({"_id": CALL_ADA})
    notes = [one for one in api.get("/conversations").json() if one.get("taskId") == CALL_ADA]
    logged, before = (api.row(f"/conversations/{one}") for one in (CALL_ADA, OFFER))

    assert (CALL_ADA, "5a0000000000000000000001", [CALL_ADA]) == (
        done["noteId"], done["doneBy"], [one["_id"] for one in notes]
    )  # fmt: skip
    assert ("00T5e000001AAAAEA4", "00T5e000001BBBBEA4") == (logged["externalId"], before["externalId"])
    assert ["note"] * 2 == [logged["type"], before["type"]]


@pytest.mark.rule("H1", "H5")
def test_an_unknown_status_and_a_stale_name_stay(api: Api) -> None:
    """What is stored is what was sent; ownerName is not refreshed."""
    workshop = api.row(f"/tasks/{WORKSHOP}")

    assert ("Somewhere in between", "Alex") == (workshop["status"], workshop["ownerName"])
    assert "5a0000000000000000000002" == workshop["ownerId"]


@pytest.mark.rule("H2")
def test_a_source_id_finds_its_task_in_bulk(api: Api) -> None:
    """Nothing is created."""
    told = api.put("/tasks", [{"sourceId": "00T5e000001CCCCEA4", "action": "Look again"}]).json()

    assert (0, 1) == (told["created"], told["updated"])
    assert "Look again" == api.row(f"/tasks/{USAGE}")["action"]


@pytest.mark.rule("H3")
@pytest.mark.parametrize("key", ["extid-acme", "srcid-0015e00000AcMeAAA"])
def test_a_company_is_named_by_its_own_keys(api: Api, key: str) -> None:
    """In the path and as a companyId; a Task knows only srcid-."""
    made = api.task(companyId=key)

    assert ("Acme", "5c0000000000000000000001") == (api.row(f"/companies/{key}")["name"], made["companyId"])
    assert CALL_ADA == api.row("/tasks/srcid-00T5e000001AAAAEA4")["_id"]


@pytest.mark.rule("H4")
def test_the_snippet_is_that_of_the_description(api: Api) -> None:
    """What the file says is what the fake derives."""
    written = api.row(f"/tasks/{CALL_ADA}")
    derived = api.task(description=written["description"], companyId="extid-acme")

    assert derived["snippet"] == written["snippet"]


@pytest.mark.rule("H6")
def test_repeat_custom_needs_its_days(api: Api) -> None:
    """The file's task has them; one without is refused, new or changed."""
    usage = api.row(f"/tasks/{USAGE}")
    refused = api.post("/tasks", {"action": "x", "companyId": "extid-acme", "repeat": "custom"})
    emptied = api.put(f"/tasks/{USAGE}", {"repeatDays": None})
    other = api.put(f"/tasks/{USAGE}", {"repeat": "weekly", "repeatDays": None})
    again = api.put(f"/tasks/{USAGE}", {"repeat": "custom"})

    assert ("custom", 10, 400) == (usage["repeat"], usage["repeatDays"], refused.status_code)
    assert [400, 200, 400] == [answer.status_code for answer in (emptied, other, again)]


def test_the_other_token_may_what_the_file_says(api: Api) -> None:
    """Companies are read only, tasks are not deleted, conversations are not there for it."""
    api.session.headers["Authorization"] = "Bearer planhat-tasks-token"
    calls: dict[tuple[str, str], Any] = {
        ("GET", "/companies"): None,
        ("POST", "/companies"): {"name": "x"},
        ("POST", "/tasks"): {"action": "x", "companyId": "extid-acme"},
        ("PUT", f"/tasks/{CALL_ADA}"): {"action": "y"},
        ("DELETE", f"/tasks/{CALL_ADA}"): None,
        ("GET", "/conversations"): None,
    }

    assert [200, 403, 200, 200, 403, 403] == [api.call(*call, body).status_code for call, body in calls.items()]


def test_the_same_external_id_in_two_companies_and_custom_types(api: Api) -> None:
    """Legal for people; a custom type is kept for a new Conversation, an unknown one becomes note."""
    people = [one["externalId"] for one in api.get("/endusers").json()]
    made = [
        api.made("/conversations", {"companyId": "extid-bolt", "type": kind, "subject": "x"})["type"]
        for kind in ("workshop", "seance")
    ]

    assert (["person-1"] * 2, ["workshop", "note"]) == (people, made)
