"""What a valid Totango call needs to know of the service: an account, notes with their events, queries with a meaning.

And the service that the lane runs on.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import schemathesis
from hypothesis import strategies as st
from schemathesis.core.parameters import ParameterLocation
from werkzeug.test import Client

from crm_contracts.openapi.lane import Case, Lane, positive
from fake_totango import TenantConfig

if TYPE_CHECKING:
    from fake_core.fake import Fake

ACCOUNT = "acme_1"
PLAY = "66b6ea0c-e855-40a1-b875-d4dd96a58638"
_CONFIG = TenantConfig(
    settings={
        "active_lists": {"1": None},
        "successplays": [{"id": PLAY, "active": True, "manual": True, "task": {"title": "From a play"}}],
    }
)
_OF_TASKS = ("title", "description", "due_date", "priority", "status", "assignee", "assigner", "created_at")
_OF_TOUCHPOINTS = ("subject", "content", "created_by", "participants", "touchpoint_date", "disable_sync")
_KINDS = ("note", "task", "campaign_touch")
_TERMS = st.sampled_from(
    [
        {"type": "string", "term": "status_group", "in_list": ["paying"]},
        {"type": "string", "term": "identifier", "eq": ACCOUNT},
        {"type": "string_attribute", "attribute": "Region", "eq": "EU"},
        {"type": "date", "term": "last_activity_time", "gte": 0},
        {"type": "or", "or": [{"type": "string", "term": "status_group", "in_list": ["paying", "free"]}]},
    ]
)
_EVENT_TERMS = st.one_of(
    st.sampled_from(_KINDS).map(lambda kind: {"type": "event_property", "name": "event_type", "eq": kind}),
    st.sampled_from(["gte", "gt", "lte", "lt"]).map(
        lambda one: {"type": "date", "term": "date", one: 1_767_603_600_000}
    ),
    st.just({"type": "date", "term": "date", "joker": "yesterday"}),
    st.just({"type": "or", "or": [{"type": "event_property", "name": "event_type", "eq": "note"}]}),
)
_FIELDS = st.sampled_from(
    [
        {"type": "string", "term": "health", "field_display_name": "Health rank"},
        {"type": "string_attribute", "attribute": "Region"},
        {"type": "health_trend"},
    ]
)
_PAGE = {"count": st.integers(0, 2_000), "offset": st.integers(0, 20_000)}


def _queries(terms: st.SearchStrategy[Any], fields: st.SearchStrategy[Any]) -> st.SearchStrategy[str]:
    made = {"terms": st.lists(terms, max_size=3), "fields": fields, **_PAGE}
    more = {"sort_by": st.sampled_from(["display_name", "Region"]), "sort_order": st.sampled_from(["ASC", "DESC"])}
    return st.fixed_dictionaries(made, optional=more).map(json.dumps)


def lane() -> Lane:
    """The Totango lane."""
    schemathesis.openapi.format("totango-query", _queries(_TERMS, st.lists(_FIELDS, max_size=3)))
    schemathesis.openapi.format("totango-event-query", _queries(_EVENT_TERMS, st.just([])))
    return Lane("totango", seed=seed, fit=fit, session=lambda token, _path: {"app-token": token}, org=_CONFIG)


def seed(fake: Fake, headers: dict[str, str]) -> dict[str, Any]:
    """An account, sent to the ingest; a task and a touchpoint on it, and a job; ids by name of the path parameter."""
    client = Client(fake)
    account = {"sdr_s": _CONFIG.service_id, "sdr_o": ACCOUNT, "sdr_o.status_group": "paying", "sdr_u": "u@acme.example"}
    assert client.get("/pixel.gif", query_string=account).status_code == 200
    task = {"account_id": ACCOUNT, "title": "Call", "activity_type_id": "support"}
    note = {"account_id": ACCOUNT, "content": "Met.", "subject": "Met"}
    made: dict[str, Any] = {"account_id": ACCOUNT, "list_id": "1", "kind": "tasks"}
    made["task_id"] = client.post("/api/v3/tasks", json=task, headers=headers).get_json()["id"]
    made["note_id"] = client.post("/api/v3/touchpoints/", json=note, headers=headers).get_json()["note"]["id"]
    job = client.post("/_standin/totango/jobs", json={"object": "tasks", "direction": "inbound"}, headers=headers)
    made |= {"job_id": job.get_json()["id"], "key": str(made["task_id"])}
    made["event_id"] = event_of(client, headers, made["note_id"])
    return made


def event_of(client: Client, headers: dict[str, str], note_id: Any) -> str | None:
    """The event of a note, as a client looks it up; None for a note that is not there."""
    events = client.get("/api/v2/events/", query_string={"account_id": ACCOUNT}, headers=headers).get_json()
    ids = [one["id"] for one in events if one["type"] == "note" and str(one["note_content"]["note_id"]) == str(note_id)]
    return ids[0] if ids else None


def fit(case: Case, lane: Lane) -> None:
    """What is meant to be valid names the service's account; a path, in two calls of three, a record that is there."""
    if positive(case, ParameterLocation.PATH):
        for name, value in case.path_parameters.items():
            if name in lane.seeded and name != "kind" and sum(map(ord, str(value))) % 3:
                case.path_parameters[name] = lane.seeded[name]
        if case.path_parameters.get("kind") == "touchpoints" and "key" in case.path_parameters:
            case.path_parameters["key"] = str(lane.seeded["note_id"])
    if positive(case, ParameterLocation.QUERY) and case.query:
        _fit_query(case, lane)
    elif case.query:  # an empty object or array would not be sent at all, and what is not sent is not wrong
        case.query |= {name: str(value) for name, value in case.query.items() if value in ({}, [], [""])}
        # Nor is a number of which nothing is said (assumed).
        case.query |= {name: "none" for name in _NUMBERS if case.query.get(name) == ""}
    if positive(case, ParameterLocation.BODY) and isinstance(case.body, dict):
        _fit_body(case, lane)
    elif isinstance(case.body, dict) and case.media_type == "application/x-www-form-urlencoded":  # nor in a form
        case.body.update({name: "{}" for name in _CHOICES if _is_nested(case.body.get(name))})


_NUMBERS = ("length", "count", "offset", "updated_from", "updated_to", "deleted_from")
_CHOICES = ("priority", "status")  # of a task: what is sent of them is one of a few words


def _is_nested(value: Any) -> bool:
    """Whether *value* is nothing that a form has a way to say: an object, or an array of none or of such."""
    parts = value if isinstance(value, list) and value else [value]
    return any(isinstance(one, (dict, list)) for one in parts)


def _fit_query(case: Case, lane: Lane) -> None:
    if "event_id" in case.query:
        case.query |= {"account_id": ACCOUNT, "event_id": _event(case, lane)}
    elif "service_id" in case.query:
        case.query["service_id"] = _CONFIG.service_id
    elif case.method == "GET" and "id" in case.query and not lane.step:
        case.query["id"] = lane.seeded["task_id"]


def _fit_body(case: Case, lane: Lane) -> None:
    body = case.body
    for name, value in (("account_id", ACCOUNT), ("accountId", ACCOUNT), ("successplayId", PLAY)):
        if name in body:
            body[name] = value
    if "event_id" in body:
        body["event_id"] = _event(case, lane)
    if "note_id" in body and "note_id" in case.path_parameters:
        body["note_id"] = case.path_parameters["note_id"]
    if "parentId" in body:
        body["parentId"] = lane.seeded["note_id"]
    if "id" in body and case.path.endswith("/tasks"):
        body["id"] = str(lane.seeded["task_id"])
    if case.path_parameters.get("kind") and case.method == "PUT":
        body["account_id"] = ACCOUNT
        task = case.path_parameters["kind"] == "tasks"
        for name in _OF_TOUCHPOINTS if task else _OF_TASKS:
            body.pop(name, None)
        body.setdefault(*(("title", "Call") if task else ("content", "Met.")))


def _event(case: Case, lane: Lane) -> str:
    """The event of the note in the path; any for a note that is not there."""
    found = event_of(Client(lane.fake), lane.headers(), case.path_parameters["note_id"])
    return found or str(lane.seeded["event_id"])
