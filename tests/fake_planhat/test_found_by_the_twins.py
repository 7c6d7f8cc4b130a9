"""What the state machine `properties/test_reference_planhat.py` found, each as a plain test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fake_planhat import ApiToken

from .conftest import COMPANY_ID, TOKEN, Api

NOBODY = "5f" * 12


@pytest.mark.evidence("documented", "HTTP response codes: 403 without permission for one or all operations")
def test_bulk_tells_nothing_about_what_may_not_be_touched(make_api: Callable[..., Api]) -> None:
    """Without permission an item is refused before anything is told of whether its record, or company, exists."""
    api = make_api(tokens=[ApiToken(TOKEN, permissions={"Task": frozenset({"read"})})])
    items = [{"_id": NOBODY}, {"_id": "nonsense"}, {"sourceId": "s", "companyId": "extid-nowhere"}]

    answer = api.put("/tasks", items)

    refused = [(one["message"], one["index"]) for one in answer.json()["permissionErrors"]]
    assert (403, [("Forbidden", 0), ("Forbidden", 1), ("Forbidden", 2)]) == (answer.status_code, refused)


@pytest.mark.evidence("documented", "help centre, keyables: sourceId is changed by _id, externalId by _id or sourceId")
def test_a_record_found_by_external_id_keeps_its_source_id(api: Api) -> None:
    """To change sourceId a record is addressed by `_id`; through extid- it stays."""
    by_external = api.put("/companies/extid-acme", {"sourceId": "new", "externalId": "other", "phase": "x"}).json()
    by_source = api.put("/companies/srcid-001A", {"sourceId": "new", "externalId": "other"}).json()

    api.made("/endusers", {"companyId": COMPANY_ID, "email": "a@x.example", "sourceId": "s"})
    api.put("/endusers", [{"email": "a@x.example", "sourceId": "", "externalId": None, "phone": "1"}])
    person = api.row("/endusers/srcid-s")

    assert ("s", "1") == (person["sourceId"], person["phone"])
    assert "externalId" not in person
    assert ("001A", "acme", "x") == (by_external["sourceId"], by_external["externalId"], by_external["phase"])
    assert ("001A", "other") == (by_source["sourceId"], by_source["externalId"])


@pytest.mark.evidence("assumed", "what no record may be without is told first, as a value of no type is")
@pytest.mark.parametrize("value", [None, "", []])
def test_a_key_that_is_required_is_not_emptied_through_itself(api: Api, value: object) -> None:
    """Addressed by its sourceId or by `_id`, an issue is refused without one."""
    made = api.made("/issues", {"title": "Slow", "sourceId": "s-1", "archived": False})

    told = [api.put(f"/issues/{key}", {"sourceId": value}) for key in ("srcid-s-1", made["_id"])]

    assert [400, 400] == [one.status_code for one in told]
    assert "s-1" == api.row(f"/issues/{made['_id']}")["sourceId"]


@pytest.mark.evidence("client-derived", "a Go client reads owners of a list as {_id, nickName}")
def test_the_owner_in_a_list_has_the_nick_name_of_the_user(api: Api) -> None:
    """A user without a nick name is populated without one: none is made up from other names."""
    member = api.made("/users", {"email": "n@us.example", "firstName": "N", "lastName": "O"})
    api.put(f"/companies/{COMPANY_ID}", {"coOwner": member["_id"]})

    assert {"_id": member["_id"], "nickName": None} == api.get("/companies").json()[0]["coOwner"]


@pytest.mark.evidence("assumed", "Mongoose's own words: values as JavaScript shows them")
@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (["x", 1, None], "[ 'x', 1, null ]"),
        ({"a": True}, "{ a: true }"),
        ({"a": {"b": {"c": {"d": 1}}}}, "{ a: { b: { c: [Object] } } }"),
        ([], "[]"),
    ],
)
def test_a_refused_value_is_shown_as_javascript_shows_it(api: Api, value: Any, shown: str) -> None:
    """The text of a failed cast holds the value as Node's inspector writes it."""
    told = api.put(f"/companies/{COMPANY_ID}", {"phase": value}).text

    assert f'Cast to string failed for value "{shown}" at path "phase"' == told


@pytest.mark.evidence("assumed", "Mongoose's castNumber: an empty text is null")
def test_an_empty_text_is_no_number(api: Api) -> None:
    """An empty text for a number empties it, as for a date."""
    assert api.put(f"/companies/{COMPANY_ID}", {"csmScore": ""}).json()["csmScore"] is None


@pytest.mark.evidence("assumed", "switch note_when_reopened: a task done again updates its Conversation")
def test_a_task_done_again_without_its_text(api: Api) -> None:
    """The Conversation follows the task's text also where that was emptied, and has no keys that the task never had."""
    task = api.done(api.task(description="<p>Old</p>"))
    api.put(f"/tasks/{task['_id']}", {"status": "In-progress", "description": None})
    api.done(task)
    bare = api.done(api.made("/tasks", {"companyId": COMPANY_ID}))

    again = api.row(f"/conversations/{task['_id']}")
    assert (None, None, "Call") == (again["description"], again["snippet"], again["note"])
    assert not {"subject", "description", "note"} & api.row(f"/conversations/{bare['_id']}").keys()


@pytest.mark.evidence("assumed", "what is derived from a value goes with it")
def test_what_is_derived_goes_with_its_source(api: Api) -> None:
    """Without a date there are no time buckets, without an e-mail address no digest of it."""
    talk = api.made("/conversations", {"companyId": COMPANY_ID, "date": "2031-01-02"})
    person = api.made("/endusers", {"companyId": COMPANY_ID, "email": "a@x.example", "externalId": "e"})

    assert [] == api.put(f"/conversations/{talk['_id']}", {"date": None}).json()["timeBucket"]
    assert api.put(f"/endusers/{person['_id']}", {"email": ""}).json()["emailMd5"] is None


@pytest.mark.evidence("client-derived", "`externalId,email duplicated`, also across companies")
def test_an_email_that_makes_an_enduser_a_duplicate(api: Api) -> None:
    """The same externalId in two companies is legal until the e-mail addresses become the same, too."""
    api.made("/endusers", {"companyId": "extid-acme", "externalId": "e", "email": "a@x.example"})
    other = api.made("/endusers", {"companyId": "extid-bolt", "externalId": "e", "email": "b@x.example"})

    answer = api.put(f"/endusers/{other['_id']}", {"email": "a@x.example"})

    assert (400, "externalId,email duplicated") == (answer.status_code, answer.text)


@pytest.mark.evidence("assumed", "custom is merged key by key: an empty one has nothing to merge")
def test_an_empty_custom_changes_nothing(api: Api) -> None:
    """A Conversation without custom values stays without, and is counted as not updated."""
    talk = api.made("/conversations", {"companyId": COMPANY_ID})

    assert 1 == api.put("/conversations", [{"_id": talk["_id"], "custom": {}}]).json()["nonupdates"]


@pytest.mark.evidence("assumed", "switches list_over_max and bad_paging")
def test_paging_is_judged_before_anything_is_looked_for(api: Api) -> None:
    """A limit that is refused is refused also where nothing could be found."""
    api.switch(list_over_max="refuse", bad_paging="refuse")

    assert 400 == api.get("/tasks?companyId=extid-nobody&limit=99999").status_code
    assert 400 == api.get("/tasks?companyId=extid-nobody&offset=x").status_code


@pytest.mark.evidence("assumed", "switch note_when_reopened: what is updated is what is copied")
def test_a_logged_conversation_keeps_its_type(api: Api) -> None:
    """A task done again leaves the Conversation's type alone, also when the tenant no longer has it."""
    api.control.seed({"settings": {"conversation_types": ["workshop"]}})
    task = api.done(api.task(type="workshop"))
    api.control.seed({"settings": {"conversation_types": []}})
    api.put(f"/tasks/{task['_id']}", {"status": "Blocked", "action": "Again"})
    api.done(task)

    row = api.row(f"/conversations/{task['_id']}")
    assert ("workshop", "Again") == (row["type"], row["subject"])


@pytest.mark.evidence("assumed", "switch note_when_done_again: its Conversation is written anew, not the task")
def test_done_again_changes_no_task(api: Api) -> None:
    """A task that is Done and is sent Done is not updated, whatever becomes of its Conversation."""
    api.switch(note_when_done_again="update")
    task = api.done(api.task())
    api.put(f"/conversations/{task['_id']}", {"subject": "By hand"})
    api.clock.advance(60)

    answer = api.put("/tasks", [{"_id": task["_id"], "status": "Done"}]).json()

    assert (1, task["updatedAt"]) == (answer["nonupdates"], api.row(f"/tasks/{task['_id']}")["updatedAt"])
    assert "Call" == api.row(f"/conversations/{task['_id']}")["subject"]


@pytest.mark.evidence("client-derived", "live notes: nulls sort first; an empty text stays one")
def test_an_empty_text_sorts_behind_null(api: Api) -> None:
    """Ascending, a row without the key comes before one with an empty text."""
    empty = api.made("/endusers", {"companyId": COMPANY_ID, "email": "b@x.example", "sourceId": ""})
    none = api.made("/endusers", {"companyId": COMPANY_ID, "email": "a@x.example"})

    assert [none["_id"], empty["_id"]] == [one["_id"] for one in api.get("/endusers?sort=sourceId").json()]
    assert [empty["_id"], none["_id"]] == [one["_id"] for one in api.get("/endusers?sort=-sourceId").json()]


@pytest.mark.evidence("documented", "developer page of Task: noSpecificTime is filled where it is not said")
def test_no_specific_time_of_null(api: Api) -> None:
    """Null is no explicit value: the time is looked at, on an update the one that the task has."""
    task = api.task(startTime="2031-01-02T10:00:00.000Z", noSpecificTime=None)

    assert task["noSpecificTime"] is False
    assert api.put(f"/tasks/{task['_id']}", {"noSpecificTime": True}).json()["noSpecificTime"] is True
    assert api.put(f"/tasks/{task['_id']}", {"noSpecificTime": None}).json()["noSpecificTime"] is False


@pytest.mark.evidence("client-derived", "list rows of Conversations have userIds")
def test_user_ids_are_ids(api: Api) -> None:
    """A person of a Conversation without an id adds none to userIds."""
    api.made("/conversations", {"companyId": COMPANY_ID, "users": [{"name": "Nobody"}, {"id": NOBODY}, None]})

    assert [NOBODY] == api.get("/conversations").json()[0]["userIds"]


@pytest.mark.evidence("assumed", "switches delete_missing and delete_by_prefix together")
def test_a_prefixed_id_that_names_nothing_is_deleted_like_any_other(api: Api) -> None:
    """Where DELETE takes prefixed ids, one that names nothing counts zero."""
    api.switch(delete_by_prefix=True)

    assert {"n": 0, "ok": 1, "deletedCount": 0} == api.delete("/tasks/srcid-nothing").json()


@pytest.mark.evidence("assumed", "switches malformed_id, snippet_from_caller, unknown_parameters, default_sort")
def test_switches_hold_where_they_say(api: Api) -> None:
    """A switch holds for every operation it speaks of, and for no other."""
    api.switch(malformed_id=404, snippet_from_caller=True, unknown_parameters="refuse", default_sort="-_id")
    ids = [one["_id"] for one in api.get("/leancompanies").json()]

    assert 404 == api.delete("/tasks/srcid-x").status_code
    assert "snippet" not in api.put(f"/companies/{COMPANY_ID}", {"snippet": "x"}).json()
    assert (400, "limit is not allowed") == (
        api.get("/leancompanies?limit=1").status_code,
        api.get("/leancompanies?limit=1").text,
    )
    assert sorted(ids, reverse=True) == ids
