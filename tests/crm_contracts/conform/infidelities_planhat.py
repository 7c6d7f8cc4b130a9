"""What a hand-written Planhat gets wrong, and the checks that have to notice."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from tests.crm_contracts.conform.unfaithful import (
    ANYTHING,
    Answer,
    Infidelity,
    PassOn,
    Request,
    body,
    header,
    parameters,
    stale,
    status,
    text,
    without,
)

from crm_contracts.world.mutants.model import Text, Value

__all__ = ["PLANHAT"]

ONE = "[0-9a-f]{24}$"


def _each(told: Any, change: Any) -> Any:
    """*change* of a document, or of each document of a list."""
    return [change(one) for one in told] if isinstance(told, list) else change(told)


def _archived_too(request: Request, pass_on: PassOn) -> Answer:
    """A list of tasks has the archived ones, too."""
    answer = pass_on(request)
    if request.fits("GET /tasks$") and "isArchived" not in request.query:
        archived = pass_on(replace(request, query=f"{request.query}&isArchived=true"))
        return answer.saying(answer.json + archived.json)
    return answer


def _custom_replaced() -> Any:
    """PUT of custom replaces the whole of it."""
    last: dict[str, Any] = {}

    def lie(request: Request, pass_on: PassOn) -> Answer:
        answer = pass_on(request)
        given = request.json if request.method == "PUT" and request.body else None
        if isinstance(given, dict) and "custom" in given:
            last[request.path] = given["custom"]
        if request.path in last and answer.status == 200 and request.method in {"GET", "PUT"}:
            return answer.saying(answer.json | {"custom": last[request.path]})
        return answer

    return lie


def _page(given: dict[str, str]) -> dict[str, str]:
    """The offset of a page is that of its first row."""
    if "offset" in given and "limit" in given:
        return given | {"offset": str(int(given["offset"]) * int(given["limit"]))}
    return given


def _unknown_kept(request: Request, pass_on: PassOn) -> Answer:
    """A create answers whatever key it was sent."""
    answer = pass_on(request)
    if request.fits("POST /tasks$") and answer.status == 200:
        return answer.saying(request.json | answer.json)
    return answer


def _all_upserted(told: Any) -> Any:
    return told | {"upsertedIds": told["upsertedIds"] + told["modified"]} if "modified" in told else told


def _no_nonupdates(told: Any) -> Any:
    return told | {"updated": told["updated"] + told["nonupdates"], "nonupdates": 0} if "nonupdates" in told else told


def _anybody(request: Request, pass_on: PassOn) -> Answer:
    """Who shows nothing acceptable is taken for the first token there is."""
    answer = pass_on(request)
    return replace(answer, status=200, body=b"[]") if answer.status == 401 else answer


PLANHAT = [
    Infidelity(
        name="planhat/create-answers-201",
        wrong="A create answers 201.",
        reported_by=["planhat/assets/create-answers-200-with-the-document", "planhat/tasks/defaults"],
        lie=status("POST ", 200, 201),
    ),
    Infidelity(
        name="planhat/partial-bulk-is-200",
        wrong="A bulk upsert of which a part failed answers 200.",
        reported_by=["planhat/bulk/partial-success-is-206"],
        lie=status("PUT /", 206, 200),
    ),
    Infidelity(
        name="planhat/failed-bulk-is-200",
        wrong="A bulk upsert that did nothing answers 200.",
        reported_by=["planhat/bulk/nothing-done-is-400-with-the-same-body", "planhat/bulk/an-unknown-id-is-an-error"],
        patches=[Text("fake_planhat.operations.bulk.Result.status", "return 206 if done else 400", "return 200")],
    ),
    Infidelity(
        name="planhat/upserted-ids-with-updates",
        wrong="upsertedIds holds the updated records, too.",
        reported_by=["planhat/bulk/upserted-ids-are-the-new-ones"],
        lie=body("PUT /[a-z]+$", _all_upserted),
    ),
    Infidelity(
        name="planhat/nonupdates-are-updates",
        wrong="A record that did not change is counted as updated.",
        reported_by=[
            "planhat/bulk/an-identical-item-is-a-nonupdate",
            "planhat/assets/bulk-upsert-tells-new-from-changed",
        ],
        lie=body("PUT /[a-z]+$", _no_nonupdates),
    ),
    Infidelity(
        name="planhat/archived-in-the-default-list",
        wrong="A list of tasks has the archived ones, too.",
        reported_by=["planhat/tasks/archived-leaves-the-default-list"],
        lie=_archived_too,
    ),
    Infidelity(
        name="planhat/prefixed-ids-refused",
        wrong="srcid- names nothing in a path.",
        reported_by=["planhat/assets/source-id-prefix-names-the-record"],
        patches=[Value("fake_planhat.operations.keys.PREFIXES", {"extid-": "externalId"})],
    ),
    Infidelity(
        name="planhat/prefixed-company-refused",
        wrong="A prefixed companyId in a body is refused.",
        reported_by=["planhat/tasks/company-by-extid-", "planhat/tasks/company-by-srcid-"],
        patches=[Value("fake_planhat.operations.keys.PREFIXES", {})],
    ),
    Infidelity(
        name="planhat/external-id-of-a-task",
        wrong="A task has an externalId.",
        reported_by=["planhat/tasks/no-external-id", "planhat/tasks/unknown-key-vanishes"],
        lie=_unknown_kept,
    ),
    Infidelity(
        name="planhat/custom-is-replaced",
        wrong="A PUT of custom replaces the whole of it.",
        reported_by=["planhat/tasks/custom-merges-key-by-key"],
        lie=_custom_replaced(),
    ),
    Infidelity(
        name="planhat/updated-at-stands-still",
        wrong="updatedAt does not move.",
        reported_by=["planhat/tasks/update-moves-updated-at"],
        lie=stale("POST|PUT|GET /tasks", ["updatedAt"]),
    ),
    Infidelity(
        name="planhat/read-only-key-is-written",
        wrong="createdAt is taken from a body.",
        reported_by=["planhat/tasks/read-only-createdAt"],
        lie=lambda request, pass_on: (
            (answer := pass_on(request)).saying(answer.json | request.json)
            if request.fits(f"PUT /tasks/{ONE}") and b"createdAt" in request.body
            else pass_on(request)
        ),
    ),
    Infidelity(
        name="planhat/limit-does-not-bite",
        wrong="`limit` is not heeded.",
        reported_by=["planhat/lists/limit-of-one-collection", "planhat/companies/limit-bites"],
        lie=parameters("GET /[a-z]+$", lambda given: without(given, "limit")),
    ),
    Infidelity(
        name="planhat/offset-is-a-page",
        wrong="`offset` counts pages of `limit` rows.",
        reported_by=["planhat/lists/offset-skips-rows"],
        lie=parameters("GET /assets$", _page),
    ),
    Infidelity(
        name="planhat/offset-is-ignored",
        wrong="`offset` is not heeded.",
        reported_by=["planhat/lists/past-the-end-is-empty", "planhat/lists/offset-skips-rows"],
        lie=parameters("GET /assets$", lambda given: without(given, "offset")),
    ),
    Infidelity(
        name="planhat/sort-is-ignored",
        wrong="`sort` is not heeded.",
        reported_by=["planhat/lists/sort-descending"],
        lie=parameters("GET /[a-z]+$", lambda given: without(given, "sort")),
    ),
    Infidelity(
        name="planhat/conversations-are-100-by-default",
        wrong="A list of Conversations has 100 rows unless a limit is given.",
        reported_by=["planhat/lists/conversations-are-30-by-default"],
        lie=parameters("GET /conversations$", lambda given: {"limit": "100"} | given),
    ),
    Infidelity(
        name="planhat/lists-have-an-envelope",
        wrong="A list is an object with `data`.",
        reported_by=["planhat/assets/list-is-a-bare-array-of-one-company"],
        lie=body("GET /", lambda told: {"data": told} if isinstance(told, list) else told),
    ),
    Infidelity(
        name="planhat/rows-of-conversations-have-a-description",
        wrong="A list of Conversations shows the description.",
        reported_by=["planhat/conversations/a-row-has-a-snippet-and-no-description"],
        lie=body("GET /conversations$", lambda told: _each(told, lambda row: row | {"description": "<p>One</p>"})),
    ),
    Infidelity(
        name="planhat/done-does-not-archive",
        wrong="A task that is Done is not archived.",
        reported_by=["planhat/tasks/Done-archives"],
        patches=[Text("fake_planhat.operations.task_life.follow", 'life.made["isArchived"] = True', "pass")],
    ),
    Infidelity(
        name="planhat/done-logs-nothing",
        wrong="A task that is Done logs no Conversation.",
        reported_by=["planhat/tasks/done-logs-a-conversation"],
        patches=[
            Text(
                "fake_planhat.operations.task_life.follow",
                'life.repeats = switches["repeat_on_done"]',
                'life.logs = False; life.repeats = switches["repeat_on_done"]',
            )
        ],
    ),
    Infidelity(
        name="planhat/the-note-has-an-id-of-its-own",
        wrong="The Conversation of a completed task has an _id of its own.",
        reported_by=["planhat/tasks/done-logs-a-conversation"],
        lie=body("PUT /tasks/", lambda told: told | {"noteId": "64f0" * 6} if "noteId" in told else told),
    ),
    Infidelity(
        name="planhat/lower-case-done-works",
        wrong="`done` in lower case is saved.",
        reported_by=["planhat/tasks/lower-case-done-fails"],
        patches=[Text("fake_planhat.operations.task_life._refuse_lower_case", "if refused:", "if False:")],
    ),
    Infidelity(
        name="planhat/snippet-has-tags",
        wrong="The snippet is the description as it is.",
        reported_by=["planhat/tasks/snippet-is-made-of-the-description"],
        lie=body("POST /tasks$", lambda told: told | {"snippet": told.get("description")}),
    ),
    Infidelity(
        name="planhat/default-missing",
        wrong="A new task has no status.",
        reported_by=["planhat/tasks/defaults"],
        lie=body("POST /tasks$", lambda told: without(told, "status")),
    ),
    Infidelity(
        name="planhat/dates-without-decimals",
        wrong="Dates have no decimals of a second.",
        reported_by=["planhat/tasks/dates-have-three-decimals", "planhat/assets/create-answers-200-with-the-document"],
        lie=text("POST /", r"(:\d\d)\.000Z", r"\1Z"),
    ),
    Infidelity(
        name="planhat/unknown-type-is-kept",
        wrong="A Conversation of an unknown type keeps it.",
        reported_by=["planhat/conversations/an-unknown-type-becomes-note"],
        lie=lambda request, pass_on: (
            (answer := pass_on(request)).saying(answer.json | {"type": request.json["type"]})
            if request.fits("POST /conversations$") and b'"type"' in request.body
            else pass_on(request)
        ),
    ),
    Infidelity(
        name="planhat/conversation-delete-counts",
        wrong="DELETE of a Conversation answers the counts.",
        reported_by=["planhat/conversations/delete-answers-the-document"],
        lie=body("DELETE /conversations/", lambda _told: {"n": 1, "ok": 1, "deletedCount": 1}),
    ),
    Infidelity(
        name="planhat/deleted-is-still-there",
        wrong="A deleted record can still be read.",
        reported_by=["planhat/assets/delete-counts-what-it-deleted"],
        lie=lambda request, pass_on: (
            Answer(200, [("Content-Type", "application/json")], b'{"n":1,"ok":1,"deletedCount":1}')
            if request.fits(f"DELETE /assets/{ONE}")
            else pass_on(request)
        ),
    ),
    Infidelity(
        name="planhat/refusals-are-json",
        wrong="A refusal is a JSON object.",
        reported_by=["planhat/errors/a-refusal-is-a-plain-text"],
        patches=[
            Text("fake_planhat.routes.wire.refusal", 'shape = tenant.switches["error_body"]', 'shape = "json_error"')
        ],
    ),
    Infidelity(
        name="planhat/another-text",
        wrong="A missing key is refused in other words.",
        reported_by=["planhat/assets/refuses-a-create-without-*"],
        lie=text("POST /", "(\\w+) is required", r"Missing \1", of=400),
    ),
    Infidelity(
        name="planhat/unauthorized-is-403",
        wrong="A missing token is 403.",
        reported_by=["planhat/auth/missing-token"],
        lie=status(ANYTHING, 401, 403),
    ),
    Infidelity(
        name="planhat/anybody-may-read",
        wrong="A call without a token is answered.",
        reported_by=["planhat/auth/*"],
        lie=_anybody,
    ),
    Infidelity(
        name="planhat/no-rate-headers",
        wrong="Answers do not tell the limit.",
        reported_by=["planhat/limits/headers-on-every-answer"],
        lie=header(ANYTHING, "X-Rate-Limit-Remaining"),
    ),
    Infidelity(
        name="planhat/limit-of-calls-does-not-bite",
        wrong="Calls past the limit are answered.",
        reported_by=["planhat/limits/429-past-the-hard-limit"],
        patches=[
            Text(
                "fake_planhat.routes.wire.take_from_limits",
                'enforced = switches["rate_limits"] == "enforce"',
                "enforced = False",
            )
        ],
    ),
    Infidelity(
        name="planhat/duplicate-is-taken",
        wrong="Two companies may have one sourceId.",
        reported_by=["planhat/errors/duplicate-company-*"],
        lie=lambda request, pass_on: (
            pass_on(replace(request, body=re.sub(rb', "(?:source|external)Id": "[^"]*"', b"", request.body)))
            if request.fits("POST /companies$")
            else pass_on(request)
        ),
    ),
    Infidelity(
        name="planhat/owner-populated-everywhere",
        wrong="The owner is an object where one company is read.",
        reported_by=["planhat/companies/owner-is-an-id-by-id"],
        lie=body(f"GET /companies/{ONE}", lambda told: told | {"owner": {"_id": told.get("owner"), "nickName": "x"}}),
    ),
]
