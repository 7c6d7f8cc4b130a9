"""The life of a task: snippet, completion, the logged Conversation, re-opening."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import COMPANY_ID, OTHER_ID, USER_ID, Api


@pytest.mark.evidence("documented", "developer documentation, Task: list and create examples")
@pytest.mark.parametrize(
    ("description", "snippet"),
    [
        ("<p>Book a thing</p><p>Was it fun?</p>", "Book a thing\n\nWas it fun?"),
        ("<p>Call the client.</p>", "Call the client."),
        ("", ""),
        ("plain & simple", "plain & simple"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("<p>a</p>\n<p>b</p>\n\n\n<p>c</p>", "a\n\nb\n\nc"),
        ("<ul><li>one</li><li>two</li></ul>", "one\ntwo"),
        ("line<br>break<br/>twice", "line\nbreak\ntwice"),
        ("<b>A</b>&amp;<i>B</i>&nbsp;&#233;", "A&B \u00e9"),
        ("<!-- hidden --><script>alert(1)</script>seen", "seen"),
    ],
)
def test_snippet(api: Api, description: str, snippet: str) -> None:
    """The snippet is the description without its markup, paragraphs apart."""
    assert snippet == api.task(description=description)["snippet"]


@pytest.mark.evidence("documented", "developer documentation, Task: first row of the list example")
def test_snippet_follows_the_description(api: Api) -> None:
    """No description, no snippet; a new description makes a new one; a cleared one clears it."""
    task = api.task()
    path = f"/tasks/{task['_id']}"

    assert "snippet" not in task
    assert "b" == api.put(path, {"description": "<p>b</p>", "snippet": "mine"}).json()["snippet"]
    assert api.put(path, {"description": None}).json()["snippet"] is None


@pytest.mark.rule("P13", "P15")
@pytest.mark.evidence("assumed", "copying is documented without a list of fields")
def test_what_a_note_takes_from_its_task(make_api: Any) -> None:
    """Title, text, company, owner, people, tags, completion date, and custom fields that Conversation has, too."""
    api = make_api(inherit_source_id=True, conversation_custom_fields=["Shared"])
    person = api.made("/endusers", {"companyId": COMPANY_ID, "email": "p@x.example", "firstName": "Pat"})
    task = api.task(
        action="Review", description="<p>Go <b>on</b></p>", ownerId=USER_ID, endusers=[person["_id"]], sourceId="00T5",
        activityTags=["qbr"], custom={"Shared": 1, "Own": 2},
    )  # fmt: skip

    answer = api.done(task, dateDone="2026-01-04T15:00:00Z")

    note = api.row(f"/conversations/{answer['noteId']}")
    assert {
        "subject": "Review",
        "description": "<p>Go <b>on</b></p>",
        "snippet": "Go on",
        "companyId": COMPANY_ID,
        "companyName": "Acme",
        "users": [{"id": USER_ID, "name": "Alex", "isOwner": True}],
        "endusers": [{"id": person["_id"], "name": "Pat"}],
        "activityTags": ["qbr"],
        "date": "2026-01-04T15:00:00.000Z",
        "timeBucket": ["2026", "2026-Q1", "2026-1", "2026-W1"],
        "externalId": "00T5",
        "taskId": task["_id"],
        "custom": {"Shared": 1},
        "type": "note",
    }.items() <= note.items()
    assert "sourceId" not in note


@pytest.mark.evidence("assumed", "completion fields are named by the documentation, their rules are not")
def test_completion_fields(api: Api) -> None:
    """Done sets dateDone and doneBy unless they are sent; Ignored sets neither."""
    sent = {"dateDone": "2025-12-24T08:00:00Z", "doneBy": "5b" + "0" * 22}
    plain, told, ignored = api.done(api.task()), api.done(api.task(), **sent), api.task()
    ignored = api.put(f"/tasks/{ignored['_id']}", {"status": "Ignored"}).json()

    assert ("2026-01-05T09:00:00.000Z", USER_ID) == (plain["dateDone"], plain["doneBy"])
    assert ("2025-12-24T08:00:00.000Z", sent["doneBy"]) == (told["dateDone"], told["doneBy"])
    assert not {"dateDone", "doneBy"} & set(ignored)


@pytest.mark.rule("P12")
@pytest.mark.evidence("documented", "help article on Tasks and Conversations")
def test_done_archives_even_against_the_body(api: Api) -> None:
    """Completion archives; isArchived alone is a plain field that logs nothing."""
    done, hidden = api.done(api.task(), isArchived=False), api.task()
    api.put(f"/tasks/{hidden['_id']}", {"isArchived": True})

    assert done["isArchived"] is True
    assert [done["_id"]] == [one["_id"] for one in api.get("/conversations").json()]


@pytest.mark.rule("P13", "P10")
@pytest.mark.evidence("assumed", "task and Conversation share one _id, so there can be one only")
def test_done_again_updates_the_one_conversation(make_api: Any) -> None:
    """Re-opened and completed again, in single and bulk calls: the same Conversation, its externalId kept."""
    api = make_api(inherit_source_id=True)
    task = api.task(sourceId="00T1")
    path = f"/tasks/{task['_id']}"
    api.done(task)
    api.put(path, {"status": "In-progress", "sourceId": "00T2", "action": "Second"})
    api.put("/tasks", [{"_id": task["_id"], "status": "Done"}])
    api.put(path, {"status": "Ignored"})
    api.done(task)

    (note,) = api.get("/conversations").json()

    assert (task["_id"], "Second", "00T1") == (note["_id"], note["subject"], note["externalId"])


@pytest.mark.rule("P13")
@pytest.mark.evidence("assumed", "bulk completion was tested by nobody")
def test_bulk_completion_logs_once_per_transition(make_api: Any) -> None:
    """Bulk Done logs as a single Done does; created as Done logs none; a second item for the same task adds none."""
    api = make_api(inherit_source_id=True)
    task = api.task(sourceId="s")

    answer = api.put(
        "/tasks",
        [
            {"sourceId": "s", "status": "Done"},
            {"sourceId": "s", "status": "Done"},
            {"companyId": COMPANY_ID, "status": "Done", "sourceId": "born"},
            {"companyId": COMPANY_ID, "sourceId": "two"},
            {"sourceId": "two", "status": "Done"},
        ],
    ).json()

    assert (2, 2, 1) == (answer["created"], answer["updated"], answer["nonupdates"])
    two = api.row("/tasks/srcid-two")
    assert {task["_id"]: "s", two["_id"]: "two"} == {
        one["_id"]: one["externalId"] for one in api.get("/conversations").json()
    }


@pytest.mark.rule("P15")
@pytest.mark.evidence("assumed", "externalId is unique per company; what gives way is not documented")
def test_an_inherited_id_is_not_given_twice_in_a_company(make_api: Any) -> None:
    """If a Conversation of the company has the id, the new one goes without; another company does not matter."""
    api = make_api(inherit_source_id=True)
    for company, external_id in ((COMPANY_ID, "taken"), (OTHER_ID, "elsewhere")):
        api.made("/conversations", {"companyId": company, "externalId": external_id})
    tasks = [api.task(sourceId="taken"), api.task(sourceId="elsewhere")]

    for task in tasks:
        api.done(task)

    assert [None, "elsewhere"] == [api.row(f"/conversations/{one['_id']}").get("externalId") for one in tasks]


@pytest.mark.evidence("assumed", "what a failed call leaves behind is not documented")
def test_a_refused_completion_leaves_nothing(api: Api) -> None:
    """A completion that fails on another key archives nothing and logs nothing."""
    task = api.task()
    api.task(sourceId="taken")
    before = api.fake.store.contents()

    answer = api.put(f"/tasks/{task['_id']}", {"status": "Done", "sourceId": "taken"})

    assert (400, "sourceId duplicated") == (answer.status_code, answer.text)
    assert before == api.fake.store.contents()


@pytest.mark.evidence("assumed", "roll-over of repeating tasks is not documented (switch repeat_on_done)")
@pytest.mark.parametrize(
    ("repeat", "days", "start", "following"),
    [
        ("daily", None, "2026-01-31T10:00:00.000Z", "2026-02-01T10:00:00.000Z"),
        ("monthly", None, "2026-01-31T10:00:00.000Z", "2026-02-28T10:00:00.000Z"),
        ("quarterly", None, "2026-11-05T10:00:00.000Z", "2027-02-05T10:00:00.000Z"),
        ("yearly", None, "2026-01-05T10:00:00.000Z", "2027-01-05T10:00:00.000Z"),
        ("custom", 10, "2026-01-05T10:00:00.000Z", "2026-01-15T10:00:00.000Z"),
        ("sometimes", None, "2026-01-05T10:00:00.000Z", None),
    ],
)
def test_next_occurrence(make_api: Any, repeat: str, days: int | None, start: str, following: str | None) -> None:
    """With the switch on, the next occurrence is a new open task, moved by the interval."""
    api = make_api(switches={"repeat_on_done": True})
    task = api.task(repeat=repeat, repeatDays=days, startTime=start, sourceId="s")

    api.done(task)

    open_tasks = api.get("/tasks").json()
    assert ([following] if following else []) == [one["startTime"] for one in open_tasks]
    assert all("sourceId" not in one for one in open_tasks)
