"""What a hand-written Totango gets wrong, and the checks that have to notice."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from tests.crm_contracts.conform.unfaithful import (
    ANYTHING,
    Answer,
    Infidelity,
    PassOn,
    Request,
    body,
    header,
    status,
    text,
)

from crm_contracts.world.mutants.model import Text, Value

__all__ = ["TOTANGO"]


EVENTS = "GET /api/v2/events/$"


def _with_event(request: Request, pass_on: PassOn) -> Answer:
    """A touchpoint is changed without its event's id."""
    answer = pass_on(request)
    told = answer.body.decode("latin-1")
    return replace(answer, status=200, body=b'{"note":{"id":1}}') if "event_id is required" in told else answer


def _record_offset(request: Request, pass_on: PassOn) -> Answer:
    """The offset of an event search is the number of a record."""
    if not request.fits("POST /api/v2/events/search"):
        return pass_on(request)
    form = dict(parse_qsl(request.body.decode()))
    try:
        query = json.loads(form["query"])
    except (ValueError, KeyError):
        return pass_on(request)
    offset, count = query["offset"], query["count"]
    query |= {"offset": 0, "count": 1_000}
    answer = pass_on(replace(request, body=urlencode({**form, "query": json.dumps(query)}).encode()))
    if answer.status != 200:
        return answer
    told = answer.json
    told["response"]["events"]["hits"] = told["response"]["events"]["hits"][offset : offset + count]
    return answer.saying(told)


def _one_page(told: Any) -> Any:
    for kind in told.get("response", {}).values():
        if "total_hits" in kind:
            kind["total_hits"] = len(kind["hits"])
    return told


TOTANGO = [
    Infidelity(
        name="totango/another-error-type",
        wrong="A missing token has another type of error.",
        reported_by=["totango/auth/missing-token"],
        lie=text(ANYTHING, "authentication_failed", "unauthorized", of=401),
    ),
    Infidelity(
        name="totango/errors-without-type",
        wrong="A refusal is {message} only.",
        reported_by=["totango/errors/task-on-an-unknown-account"],
        lie=body(ANYTHING, lambda told: {"message": told["error"]["message"]} if "error" in told else told, of=[400]),
    ),
    Infidelity(
        name="totango/unknown-account-is-404",
        wrong="A task on an unknown account is 404.",
        reported_by=["totango/errors/task-on-an-unknown-account"],
        lie=status("POST /api/v3/tasks", 400, 404),
    ),
    Infidelity(
        name="totango/429-is-an-object",
        wrong="The body of a 429 is an object.",
        reported_by=["totango/limits/429"],
        lie=body(ANYTHING, lambda told: {"error": {"message": told}}, of=[429]),
    ),
    Infidelity(
        name="totango/limit-does-not-bite",
        wrong="Calls past the limit are answered.",
        reported_by=["totango/limits/429"],
        patches=[Text("fake_totango.limits.FixedWindow.take", "", "return True")],
    ),
    Infidelity(
        name="totango/no-rate-headers",
        wrong="Answers do not tell the limit.",
        reported_by=["totango/limits/headers"],
        lie=header(ANYTHING, "RateLimit-Reset"),
    ),
    Infidelity(
        name="totango/task-create-says-success",
        wrong="Creating a task answers the word Success.",
        reported_by=["totango/tasks/create-answers-an-id"],
        lie=lambda request, pass_on: (
            replace(answer, body=b'"Success"')
            if (answer := pass_on(request)).status == 200 and request.fits("POST /api/v3/tasks$")
            else answer
        ),
    ),
    Infidelity(
        name="totango/a-task-is-an-object",
        wrong="A task is read as an object.",
        reported_by=["totango/tasks/read-is-an-array-of-one"],
        lie=body("GET /api/v3/tasks$", lambda told: told[0] if told else {}),
    ),
    Infidelity(
        name="totango/external-id-keeps-its-case",
        wrong="An External Id keeps its case.",
        reported_by=["totango/hub/external-id-is-lower-case"],
        patches=[Text("fake_totango.operations.keys.fold", "", "return text.strip() if text else None")],
    ),
    Infidelity(
        name="totango/event-offset-is-a-record",
        wrong="The offset of an event search is the number of a record.",
        reported_by=["totango/search/offset-of-events-is-a-page"],
        lie=_record_offset,
    ),
    Infidelity(
        name="totango/total-is-of-the-page",
        wrong="total_hits counts the hits of the page.",
        reported_by=["totango/search/offset-of-accounts-is-a-record"],
        lie=body("POST /api/v1/search", _one_page),
    ),
    Infidelity(
        name="totango/no-stand-in-header",
        wrong="A stand-in does not say that it is one.",
        reported_by=["totango/standins/*-says-so"],
        lie=header(ANYTHING, "X-Understudy-Stand-In"),
    ),
    Infidelity(
        name="totango/touchpoint-without-its-event",
        wrong="A touchpoint is changed without its event's id.",
        reported_by=["totango/touchpoints/an-update-needs-both-ids"],
        lie=_with_event,
    ),
    Infidelity(
        name="totango/notes-have-text-ids",
        wrong="The number of a note is a text.",
        reported_by=["totango/touchpoints/create-answers-a-note-id"],
        lie=body("POST /api/v3/touchpoints", lambda told: {"note": {"id": str(told["note"]["id"])}}),
    ),
    Infidelity(
        name="totango/oldest-first",
        wrong="Events are listed oldest first.",
        reported_by=["totango/events/newest-first"],
        lie=body(EVENTS, lambda told: told[::-1]),
    ),
    Infidelity(
        name="totango/pixel-refuses",
        wrong="The pixel refuses a wrong call.",
        reported_by=["totango/ingest/a-picture-whatever-was-sent"],
        lie=lambda request, pass_on: (
            replace(answer, status=400)
            if (answer := pass_on(request)) and request.fits("GET /pixel") and "sdr_o=" not in request.query
            else answer
        ),
    ),
    Infidelity(
        name="totango/participants-change",
        wrong="Participants of a touchpoint change with a later import.",
        reported_by=["totango/hub/participants-are-set-once"],
        patches=[Value("fake_totango.operations.records.WRITE_ONCE", {"assigner", "created_by", "created_at"})],
    ),
]
