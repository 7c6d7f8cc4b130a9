"""Tasks of /api/v3: two ways to name one, status, priority, dates; the SuccessPlay that makes one."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import JO, NOW, Api


@pytest.mark.evidence("documented", "Tasks API, Create a task; a GitHub Action reads the id")
def test_create_and_read(api: Api) -> None:
    """Creating answers the id; reading by it answers an array of one."""
    task_id = api.task(description="Why", due_date="2024-02-28", priority=1, status="open", assignee=JO.uuid)

    (row,) = api.get("/api/v3/tasks", params={"id": task_id}).json()

    expected = {"id": task_id, "title": "Call", "description": "Why", "due_date": "2024-02-28", "priority": 1}
    expected |= {"status": "open", "assignee": JO.email, "account_id": "a1", "created_at": NOW, "updated_at": NOW}
    assert expected.items() <= row.items()


@pytest.mark.evidence("documented", "Tasks API: Status 400, message Account not found")
@pytest.mark.parametrize("account_id", ["nope", "A1"])
def test_an_unknown_account_is_400(api: Api, account_id: str) -> None:
    """A task on an account that is not there: 400 and the words of the page. Ids of accounts are not folded (T8)."""
    body = {"account_id": account_id, "title": "Call", "activity_type_id": "support"}

    answer = api.post("/api/v3/tasks", json=body)

    assert (400, "Account not found") == (answer.status_code, answer.json()["error"]["message"])


@pytest.mark.evidence("documented", "Tasks API: `Success`")
def test_the_bare_word_success_by_a_switch(api: Api) -> None:
    """What the page prints instead of an id: the word, as plain text or as a JSON text."""
    api.switch(task_create_answer="success_text", task_update_answer="success_text")
    body = {"account_id": "a1", "title": "Call", "activity_type_id": "support"}

    created = api.post("/api/v3/tasks", json=body)

    assert (200, "Success", "text/plain; charset=utf-8") == (
        created.status_code, created.text, created.headers["Content-Type"],
    )  # fmt: skip
    api.switch(success_body="json")
    assert "Success" == api.post("/api/v3/tasks", json=body).json()
    assert "Success" == api.put(f"/api/v3/tasks/{api.events()[0]['task_content']['task_id']}", json={}).json()


@pytest.mark.evidence("documented", "Tasks API: id in the path; a GitHub Action: id in the form")
@pytest.mark.parametrize("by", ["path", "form"])
def test_closing_a_task(api: Api, by: str) -> None:
    """Both ways of naming a task work, and closing is an update of its status; what is not sent stays."""
    task_id = api.task(description="Why")
    api.clock.advance(60)

    if by == "path":
        answer = api.put(f"/api/v3/tasks/{task_id}", json={"status": "closed"})
    else:
        answer = api.put("/api/v3/tasks", form={"id": task_id, "status": "closed"})

    row = api.row(task_id)
    assert (200, "closed", "Why", NOW + 60_000) == (
        answer.status_code, row["status"], row["description"], row["updated_at"],
    )  # fmt: skip


@pytest.mark.evidence("client-derived", "Pipedream keeps events whose action is create")
def test_each_action_is_an_event(api: Api) -> None:
    """Create, update and close of a task are events of their own; with task_events at create_only one is left."""
    task_id = api.task()
    api.put(f"/api/v3/tasks/{task_id}", json={"title": "Call again"})
    api.put(f"/api/v3/tasks/{task_id}", json={"status": "closed"})

    assert {"create", "update", "close"} == {event["task_content"]["action"] for event in api.events()}
    assert 3 == len({event["id"] for event in api.events()})
    api.switch(task_events="create_only")
    api.put(f"/api/v3/tasks/{task_id}", json={"status": "open"})
    assert 3 == len(api.events())


@pytest.mark.evidence("documented", "Tasks API: priority 1, 2, 3; activity_type_id required")
@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""}, {"title": "  "}, {"title": 17}, {"activity_type_id": ""}, {"priority": 0}, {"priority": 4},
        {"priority": "high"}, {"priority": True}, {"priority": 1.5}, {"status": "done"}, {"due_date": "28.02.2024"},
        {"due_date": "2024-02-30"}, {"due_date": "2024-W01-1"}, {"account_id": None}, {"description": ["x"]},
    ],
)  # fmt: skip
def test_wrong_values_are_refused_and_nothing_is_made(api: Api, wrong: dict[str, Any]) -> None:
    """A value of the wrong kind is 400, and no half of a task is left."""
    before = api.fake.store.contents()
    body = {"account_id": "a1", "title": "Call", "activity_type_id": "support", **wrong}

    assert 400 == api.post("/api/v3/tasks", json=body).status_code
    assert before == api.fake.store.contents()


@pytest.mark.evidence("assumed", "a value's default is not documented")
def test_defaults(api: Api) -> None:
    """A task is open and of normal priority; an empty form field says nothing."""
    answer = api.post(
        "/api/v3/tasks",
        form={"account_id": "a1", "title": "Call", "activity_type_id": "x", "priority": "", "due_date": ""},
    )

    row = api.row(answer.json()["id"])
    assert (2, "open", None, None) == (row["priority"], row["status"], row["due_date"], row["assignee"])


@pytest.mark.evidence("assumed", "not observed")
def test_a_task_that_is_not_there(api: Api) -> None:
    """Reading is an empty array, changing and deleting 404, or 400 by a switch."""
    assert [] == api.get("/api/v3/tasks", params={"id": 17}).json()
    assert 400 == api.get("/api/v3/tasks").status_code
    assert 404 == api.put("/api/v3/tasks/17", json={"title": "x"}).status_code
    assert 404 == api.delete("/api/v3/tasks/17").status_code
    api.switch(unknown_record=400)
    assert 400 == api.put("/api/v3/tasks", json={"id": 17}).status_code


@pytest.mark.evidence("assumed", "integration products delete tasks; the form is a stand-in")
def test_delete_is_a_stand_in_that_takes_the_events_along(api: Api) -> None:
    """204 without a body, a header that says what it is, and a deletion to be read."""
    task_id = api.task()

    answer = api.delete(f"/api/v3/tasks/{task_id}")

    assert (204, b"") == (answer.status_code, answer.content)
    assert "not public" in answer.headers["X-Understudy-Stand-In"]
    assert ([], []) == (api.events(), api.get("/api/v3/tasks", params={"id": task_id}).json())


@pytest.mark.evidence("assumed", "whether an assignee is checked is not said")
def test_an_unknown_assignee_is_refused_by_a_switch(api: Api) -> None:
    """Anybody, or with unknown_assignee at refuse only who has a login."""
    assert "who@x.example" == api.row(api.task(assignee="who@x.example"))["assignee"]
    api.switch(unknown_assignee="refuse")

    assert JO.email == api.row(api.task(assignee="JO@us.example"))["assignee"]
    body = {"account_id": "a1", "title": "Call", "activity_type_id": "support", "assignee": "who@x.example"}
    assert 400 == api.post("/api/v3/tasks", json=body).status_code


@pytest.mark.evidence("documented", "SuccessPlay API: manual and active plays only; `Success`")
def test_a_manual_successplay_makes_its_task(api: Api) -> None:
    """The answer is the word Success; an inactive or automatic play, and an unknown account, are refused."""
    plays = [{"id": "p1", "active": True, "manual": True, "task": {"title": "From a play"}}]
    plays += [{"id": "p2", "active": False, "manual": True}, {"id": "p3", "active": True, "manual": False}]
    api.control.seed({"settings": {"successplays": plays}})
    path = "/api/v2/automations/run-manual-successplay"

    answer = api.post(path, json={"successplayId": "p1", "accountId": "a1"})

    assert (200, "Success") == (answer.status_code, answer.text)
    assert ["From a play"] == [event["task_content"]["title"] for event in api.events()]
    for play, account in (("p2", "a1"), ("p3", "a1"), ("p4", "a1"), ("p1", "a9")):
        assert 400 == api.post(path, json={"successplayId": play, "accountId": account}).status_code
    assert 1 == len(api.events())
