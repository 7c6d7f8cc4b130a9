"""Reminders: what is kept of them, how an update merges, how a list goes on, what a deleted one leaves."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import OTHER_ID, TASK_ID, Api

OURS = pytest.mark.evidence("assumed", "no public API of this product is known: the stand-in is ours")


@OURS
def test_a_reminder_is_kept_as_it_was_given(api: Api) -> None:
    """Every key comes back from the answer, the read and the list alike; text keeps its lines and its bytes."""
    given = {
        "type": "InMail", "name": "Süß {{name}} \"'\\ \U0001f4a9", "status": "complete", "priority": "high",
        "due_date": "2026-02-28", "details": " one\r\n\ttwo\n\n{{three}}\x00 ", "person": 2, "campaign_step": 1,
        "call_outcome": "No answer", "call_reason": None, "sf_task_id": TASK_ID,
    }  # fmt: skip
    made = api.told("POST", "/reminders", given)

    assert given == {name: made[name] for name in given}
    assert (1, 1, None) == (made["assignee"], made["creator"], made["deleted_at"])
    assert "2026-01-05T09:00:00.000Z" == made["created_at"] == made["updated_at"]
    assert made == api.told("GET", f"/reminders/{made['id']}") == api.told("GET", "/reminders")["items"][0]


@OURS
def test_a_reminder_needs_a_name_only(api: Api) -> None:
    """The rest has a default: open, normal, no date, no text, the caller's."""
    made = api.remind()

    assert ("Custom", "open", "normal", None, "", None) == tuple(
        made[name] for name in ("type", "status", "priority", "due_date", "details", "sf_task_id")
    )
    assert (400, "MISSING_KEY") == api.refused("POST", "/reminders", {})


@pytest.mark.rule("M4", "M7")
@pytest.mark.evidence("documented", "Marketo documentation, Reminder Task Sync with Salesforce, field table")
@pytest.mark.parametrize(
    ("key", "value"),
    [("status", "In Progress"), ("status", "Not Started"), ("status", "Open"), ("status", None), ("priority", "low"),
     ("priority", "Low"), ("priority", "Normal"), ("type", "Meeting"), ("type", 1)],
)  # fmt: skip
def test_values_outside_the_closed_sets_are_refused(api: Api, key: str, value: Any) -> None:
    """There are two statuses and two priorities here: a third one, or Low, cannot get in, and nothing else changes."""
    before = api.remind()
    path = f"/reminders/{before['id']}"

    assert (400, "BAD_VALUE") == api.refused("POST", "/reminders", {"name": "x", key: value})
    assert (400, "BAD_VALUE") == api.refused("PATCH", path, {"name": "x", key: value})
    assert before == api.told("GET", path)


@OURS
@pytest.mark.parametrize(
    ("body", "error"),
    [({"due": "2026-01-05"}, "UNKNOWN_KEY"), ({"id": 7}, "UNKNOWN_KEY"), ({"creator": 1}, "UNKNOWN_KEY"),
     ({"updated_at": "2026-01-05T09:00:00Z"}, "UNKNOWN_KEY"), ({"name": " \n"}, "BAD_VALUE"),
     ({"name": None}, "BAD_VALUE"),
     ({"details": None}, "BAD_VALUE"), ({"assignee": None}, "BAD_VALUE"), ({"assignee": True}, "BAD_VALUE"),
     ({"assignee": 10**400}, "BAD_VALUE"), ({"person": 99}, "UNKNOWN_REFERENCE"),
     ({"assignee": 99}, "UNKNOWN_REFERENCE"),
     ({"campaign_step": 2}, "UNKNOWN_REFERENCE"), ({"sf_task_id": TASK_ID[:15]}, "BAD_VALUE"),
     ({"sf_task_id": TASK_ID + "A"}, "BAD_VALUE"), ({"sf_task_id": TASK_ID[:-1] + "-"}, "BAD_VALUE")],
)  # fmt: skip
def test_what_cannot_be_is_refused_whole(api: Api, body: dict[str, Any], error: str) -> None:
    """A key that is not there, a value of another kind, a reference to nothing: 400, and nothing is written."""
    before = api.remind(details="as it was")
    path = f"/reminders/{before['id']}"

    assert (400, error) == api.refused("POST", "/reminders", {"name": "x", **body})
    assert (400, error) == api.refused("PATCH", path, {"details": "new", **body})
    assert ([before["id"]], before) == (api.listed(), api.told("GET", path))


@OURS
def test_an_update_merges(api: Api) -> None:
    """Only sent keys change, and updated_at with them."""
    before = api.remind(priority="high", details="a\nb")
    api.clock.advance(1.5)
    after = api.edit(before, status="complete", due_date="2026-01-06")

    assert {
        **before, "status": "complete", "due_date": "2026-01-06", "updated_at": "2026-01-05T09:00:01.500Z"
    } == after  # fmt: skip
    assert after == api.told("GET", f"/reminders/{before['id']}")


@pytest.mark.rule("M21")
@pytest.mark.evidence(
    "assumed", "the product deletes in both directions; what it keeps of a deleted task is not published"
)
def test_a_deleted_reminder_leaves_a_tombstone(api: Api) -> None:
    """It is gone for every call but the list with include_deleted, which tells when."""
    made = api.remind(sf_task_id=TASK_ID)
    path = f"/reminders/{made['id']}"
    api.clock.advance(60)
    gone = api.told("DELETE", path)
    calls = [
        ("GET", path, None),
        ("PATCH", path, {"name": "x"}),
        ("DELETE", path, None),
        ("POST", f"{path}/complete", None),
    ]

    assert {**made, "updated_at": "2026-01-05T09:01:00.000Z", "deleted_at": "2026-01-05T09:01:00.000Z"} == gone
    assert [(404, "NOT_FOUND")] * 4 == [api.refused(*one) for one in calls]
    assert ([], [gone]) == (api.listed(), api.told("GET", "/reminders", include_deleted="true")["items"])
    assert made["id"] < api.remind()["id"]


@OURS
def test_a_list_by_the_moment_of_change(api: Api) -> None:
    """What changed at the moment or later, in the order of change; the moment may be written in any zone."""
    made = []
    for _ in range(3):
        made.append(api.remind())
        api.clock.advance(60)
    api.edit(made[0], details="late")
    ids = [one["id"] for one in made]

    assert [ids[1], ids[2], ids[0]] == api.listed()
    assert [ids[2], ids[0]] == api.listed(changed_since=made[2]["updated_at"])
    assert [ids[2], ids[0]] == api.listed(changed_since="2026-01-05T10:02:00+01:00")
    assert [ids[0]] == api.listed(changed_since="2026-01-05T09:02:00.001Z")
    assert [] == api.listed(changed_since="9999-12-31T23:59:59-12:00")
    assert 3 == len(api.listed(changed_since="0001-01-01T00:00:00+12:00"))


@OURS
@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
def test_pages_give_each_reminder_once(api: Api, size: int) -> None:
    """Pages joined are the whole list, also where many changed at one moment, and the last one says so."""
    ids = []
    for number in range(4):
        ids.append(api.remind()["id"])
        api.clock.advance(number % 2)
    seen, query = [], {"limit": size}
    while True:
        page = api.told("GET", "/reminders", **query)
        assert len(page["items"]) <= size
        seen += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]

    assert ids == seen


@OURS
def test_what_changes_between_two_pages_is_not_missed(api: Api) -> None:
    """An edited reminder moves to the end of the list: it comes again, and the others are not skipped."""
    ids = [api.remind()["id"] for _ in range(3)]
    first = api.told("GET", "/reminders", limit=2)
    api.clock.advance(1)
    api.edit(first["items"][0], name="edited")

    assert [ids[2], ids[0]] == api.listed(limit=2, cursor=first["next"])


@OURS
def test_a_list_by_the_salesforce_task(api: Api) -> None:
    """The reminders of one Salesforce task, its id read case and all; deleted ones only when asked for."""
    mine, other = api.remind(sf_task_id=TASK_ID), api.remind(sf_task_id=OTHER_ID)
    api.remind()

    assert [mine["id"]] == api.listed(sf_task_id=TASK_ID)
    assert [] == api.listed(sf_task_id=TASK_ID.upper())
    api.told("DELETE", f"/reminders/{other['id']}")
    assert ([], [other["id"]]) == (
        api.listed(sf_task_id=OTHER_ID),
        api.listed(sf_task_id=OTHER_ID, include_deleted="true"),
    )


@OURS
@pytest.mark.parametrize(
    "query",
    [{"limit": "0"}, {"limit": "501"}, {"limit": "ten"}, {"limit": "٣"}, {"limit": "1_0"}, {"cursor": "x"},
     {"cursor": ""}, {"changed_since": "2026-13-05T09:00:00Z"},
     {"changed_since": "2026-01-05"}, {"changed_since": "2026-01-05T09:00:00"},
     {"include_deleted": "1"}, {"include_deleted": "True"}, {"sf_task_id": TASK_ID[:15]}, {"since": "x"}],
    ids=str,
)  # fmt: skip
def test_parameters_that_cannot_be_read_are_refused(api: Api, query: dict[str, str]) -> None:
    """A list takes what it knows and refuses the rest: a mistyped parameter must not mean everything."""
    status, error = api.refused("GET", "/reminders", **query)

    assert (400, "UNKNOWN_PARAMETER" if "since" in query else "BAD_PARAMETER") == (status, error)


@pytest.mark.rule("M23")
@pytest.mark.evidence("assumed", "one reminder, one Salesforce task is a rule of the sync")
def test_the_link_is_kept_by_its_case(api: Api) -> None:
    """Two ids that differ in case only are two; a link can be taken away again."""
    one, other = api.remind(sf_task_id=TASK_ID), api.remind(sf_task_id=OTHER_ID)

    assert (TASK_ID, OTHER_ID) == (one["sf_task_id"], other["sf_task_id"])
    assert None is api.edit(one, sf_task_id=None)["sf_task_id"]


@pytest.mark.rule("M12")
@pytest.mark.evidence("documented", "Marketo documentation, Configure Salesforce Activity Detail Customization")
def test_the_text_tells_the_step_of_the_campaign(api: Api) -> None:
    """Name, day and step of the reminder's campaign are fields, as are the outcome and the reason of a call."""
    template = "{{sales_campaign_name}} {{sales_campaign_day}}.{{sales_campaign_step}} {{call_outcome}}-{{call_reason}}"
    api.told("PATCH", "/settings", {"activity_detail_template": template})
    in_campaign = api.remind(campaign_step=1, call_outcome="Busy", call_reason="Renewal")
    alone = api.remind()

    assert ["Spring 3.2 Busy-Renewal", " . -"] == [
        api.told("GET", f"/reminders/{one['id']}/activity-detail")["text"] for one in (in_campaign, alone)
    ]


@pytest.mark.rule("M25")
@pytest.mark.evidence("documented", "Marketo documentation, Actions data sync FAQ: emails and calls are logged one way")
def test_logged_tasks_are_on_a_list_of_the_tenant(api: Api) -> None:
    """A Salesforce task that the integration logged is remembered once, for every user, with its case."""
    first = api.told("PUT", f"/logged-activities/{TASK_ID}")
    api.clock.advance(1)
    again = api.as_("bo").told("PUT", f"/logged-activities/{TASK_ID}")
    other = api.told("PUT", f"/logged-activities/{OTHER_ID}")

    assert (first, "2026-01-05T09:00:00.000Z") == (again, first["logged_at"])
    assert [first, other] == api.as_("bo").told("GET", "/logged-activities")["items"]
    assert [other] == api.told("GET", "/logged-activities", changed_since=other["logged_at"])["items"]
    assert (404, "NOT_FOUND") == api.refused("PUT", f"/logged-activities/{TASK_ID[:15]}")
