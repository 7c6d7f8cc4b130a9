"""What a hand-written Salesforce gets wrong, and the checks that have to notice."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from tests.crm_contracts.conform.unfaithful import (
    ANYTHING,
    Answer,
    Infidelity,
    Lie,
    PassOn,
    Request,
    body,
    header,
    parameters,
    sent,
    stale,
    status,
    text,
)

from crm_contracts.world.mutants.model import Text

__all__ = ["SALESFORCE"]

ROWS = r"POST /services/data/[^/]+/sobjects/\w+$"
ROW = r"/services/data/[^/]+/sobjects/\w+/\w{15,18}$"
QUERY = r"GET /services/data/[^/]+/query$"
COLLECTION = r"/services/data/[^/]+/composite/sobjects$"
COMPOSITE = r"POST /services/data/[^/]+/composite$"
TREE = r"POST /services/data/[^/]+/composite/tree/"
BY_KEY = r"PATCH /services/data/[^/]+/sobjects/\w+/\w+/.+"


def _soql(change: Callable[[str], str]) -> Lie:
    """What is queried is what *change* makes of it."""
    return parameters(QUERY, lambda given: given | {"q": change(given["q"])} if "q" in given else given)


def _cut(pattern: str, instead: str = "") -> Lie:
    return _soql(lambda soql: re.sub(pattern, instead, soql))


def _rows(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Lie:
    """Each row of a query is what *change* makes of it."""
    return body(QUERY, lambda told: told | {"records": [change(row) for row in told["records"]]})


def _forgiving(code: str, fields: Callable[[Mapping[str, Any]], list[str]]) -> Lie:
    """What is refused with *code* is done all the same, without the fields that the refusal is about."""

    def lie(request: Request, pass_on: PassOn) -> Answer:
        answer = pass_on(request)
        if answer.status != 400 or code.encode() not in answer.body or not answer.is_json or not request.body:
            return answer
        wrong = fields(answer.json[0])
        given = {key: value for key, value in request.json.items() if key not in wrong}
        return pass_on(replace(request, body=json.dumps(given).encode()))

    return lie


def _swallowed(request: Request, pass_on: PassOn) -> Answer:
    """A delete is told as done, and is not."""
    if request.fits(f"DELETE {ROW}"):
        return Answer(204, [], b"")
    return pass_on(request)


def _again(request: Request, pass_on: PassOn) -> Answer:
    """A delete of a deleted row is done, too."""
    answer = pass_on(request)
    if request.method == "DELETE" and b"ENTITY_IS_DELETED" in answer.body:
        return Answer(204, [], b"")
    return answer


def _any_case(request: Request, pass_on: PassOn) -> Answer:
    """The 15-character id is found in any case, as if ids were looked up in a database that folds case."""
    answer = pass_on(request)
    if not request.fits(f"GET {ROW}") or answer.status != 404:
        return answer
    start, _, wanted = request.path.rpartition("/")
    version, name = start.split("/")[3], start.rpartition("/")[2]
    found = pass_on(
        replace(
            request, path=f"/services/data/{version}/query", query=urlencode({"q": f"SELECT Id FROM {name} LIMIT 200"})
        )
    )
    same = [row["Id"] for row in found.json["records"] if row["Id"].lower().startswith(wanted.lower())]
    return pass_on(replace(request, path=f"{start}/{same[0]}")) if same else answer


def _with_deleted(request: Request, pass_on: PassOn) -> Answer:
    """A query has deleted rows, too."""
    return pass_on(replace(request, path=f"{request.path}All") if request.fits(QUERY) else request)


def _first_of_several(request: Request, pass_on: PassOn) -> Answer:
    """An upsert of a key that several records have updates the first."""
    answer = pass_on(request)
    if answer.status == 300:
        return replace(answer, status=200).saying(
            {"id": answer.json[0].rpartition("/")[2], "success": True, "errors": [], "created": False}
        )
    return answer


def _never_closed(told: Any) -> Any:
    return told | {"IsClosed": False} if isinstance(told, dict) and "IsClosed" in told else told


def _no_more(told: Any) -> Any:
    return {key: value for key, value in told.items() if key != "nextRecordsUrl"} | {"done": True}


def _in_a_composite(request: Request, pass_on: PassOn) -> Answer:
    """A composite of which a call is refused is refused itself."""
    answer = pass_on(request)
    if not request.fits(COMPOSITE) or answer.status != 200:
        return answer
    bad = [one for one in answer.json["compositeResponse"] if one["httpStatusCode"] >= 400]
    return replace(answer, status=400) if bad else answer


def _all_bad(request: Request, pass_on: PassOn) -> Answer:
    """A collection of which every record is refused is 400."""
    answer = pass_on(request)
    if (
        request.fits(f"POST|PATCH {COLLECTION}")
        and answer.status == 200
        and not any(one["success"] for one in answer.json)
    ):
        return replace(answer, status=400)
    return answer


def _fields(error: Mapping[str, Any]) -> list[str]:
    return list(error.get("fields") or re.findall(r"column '(\w+)'", error["message"]))


SALESFORCE = [
    # ---- statuses and bodies of writes ----
    Infidelity(
        name="salesforce/create-answers-200",
        wrong="A create answers 200.",
        reported_by=["salesforce/create/answers-201"],
        lie=status(ROWS, 201, 200),
    ),
    Infidelity(
        name="salesforce/id-of-15",
        wrong="A create answers an id of 15 characters.",
        reported_by=["salesforce/create/answers-201"],
        lie=body(ROWS, lambda told: told | {"id": told["id"][:15]} if "id" in told else told),
    ),
    Infidelity(
        name="salesforce/checksum-is-wrong",
        wrong="The three characters that make 18 of 15 are made up.",
        reported_by=["salesforce/create/answers-201"],
        lie=body(ROWS, lambda told: told | {"id": told["id"][:15] + "ZZZ"} if "id" in told else told),
    ),
    Infidelity(
        name="salesforce/create-without-errors",
        wrong="A create answers no `errors`.",
        reported_by=["salesforce/create/answers-201"],
        lie=body(ROWS, lambda told: {key: value for key, value in told.items() if key != "errors"}),
    ),
    Infidelity(
        name="salesforce/no-location",
        wrong="A create has no Location.",
        reported_by=["salesforce/create/answers-201"],
        lie=header(ROWS, "Location"),
    ),
    Infidelity(
        name="salesforce/update-answers-200",
        wrong="An update answers 200.",
        reported_by=["salesforce/update/answers-204"],
        lie=status(f"PATCH {ROW}", 204, 200),
    ),
    Infidelity(
        name="salesforce/no-limit-info",
        wrong="Sforce-Limit-Info is missing.",
        reported_by=["salesforce/wire/limit-info/*", "salesforce/wire/calls-are-counted"],
        lie=header(ANYTHING, "Sforce-Limit-Info"),
    ),
    Infidelity(
        name="salesforce/tree-answers-200",
        wrong="A tree answers 200.",
        reported_by=["salesforce/tree/creates"],
        lie=status(TREE, 201, 200),
    ),
    # ---- refusals ----
    Infidelity(
        name="salesforce/another-error-code",
        wrong="A missing field has another error code.",
        reported_by=["salesforce/create/required-field-missing"],
        lie=text(ANYTHING, "REQUIRED_FIELD_MISSING", "MISSING_REQUIRED_FIELD"),
    ),
    Infidelity(
        name="salesforce/another-message",
        wrong="A missing field is told in other words.",
        reported_by=["salesforce/create/required-field-missing"],
        lie=text(ANYTHING, r"Required fields are missing: \[(\w+)\]", r"Required field missing: \1"),
    ),
    Infidelity(
        name="salesforce/error-is-an-object",
        wrong="A refusal is an object, not a list of one.",
        reported_by=["salesforce/create/required-field-missing"],
        lie=body(ROWS, lambda told: told[0], of=[400]),
    ),
    Infidelity(
        name="salesforce/error-without-fields",
        wrong="A refusal does not name the field.",
        reported_by=["salesforce/create/required-field-missing"],
        lie=body(ROWS, lambda told: [{key: one[key] for key in ("message", "errorCode")} for one in told], of=[400]),
    ),
    Infidelity(
        name="salesforce/first-missing-field-only",
        wrong="Only the first of several missing fields is named.",
        reported_by=["salesforce/create/all-missing-fields-at-once"],
        lie=text(ROWS, r"missing: \[(\w+), [^\]]*\]", r"missing: [\1]", of=400),
    ),
    Infidelity(
        name="salesforce/unknown-field-is-dropped",
        wrong="A key that is no field is dropped in silence.",
        reported_by=["salesforce/create/unknown-field"],
        lie=_forgiving("INVALID_FIELD", _fields),
    ),
    Infidelity(
        name="salesforce/read-only-is-written",
        wrong="A read-only field is taken from a body.",
        reported_by=["salesforce/create/read-only-*"],
        lie=_forgiving("INVALID_FIELD_FOR_INSERT_UPDATE", _fields),
    ),
    Infidelity(
        name="salesforce/restricted-picklist-takes-all",
        wrong="A restricted picklist takes any value.",
        reported_by=["salesforce/values/refused/restricted-picklist", "salesforce/event/restricted-show-as"],
        lie=_forgiving("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", _fields),
    ),
    Infidelity(
        name="salesforce/long-text-is-dropped",
        wrong="A text that is too long is not refused.",
        reported_by=["salesforce/values/refused/text-too-long"],
        lie=_forgiving("STRING_TOO_LONG", _fields),
    ),
    Infidelity(
        name="salesforce/bad-session-is-403",
        wrong="A bad session is 403.",
        reported_by=["salesforce/session/bad-token"],
        lie=status(ANYTHING, 401, 403),
    ),
    Infidelity(
        name="salesforce/not-found-is-400",
        wrong="A row that is not there is 400.",
        reported_by=["salesforce/get/no-such-row"],
        lie=status(f"GET {ROW}", 404, 400),
    ),
    Infidelity(
        name="salesforce/unknown-column-says-less",
        wrong="A query of an unknown field is refused without the caret.",
        reported_by=["salesforce/query/refused/unknown-field"],
        lie=text(QUERY, r'"message":"[^"]*\^[^"]*?(No such column)', r'"message":"\1', of=400),
    ),
    # ---- rows ----
    Infidelity(
        name="salesforce/id-in-an-update-is-ignored",
        wrong="An Id in the body of an update is ignored.",
        reported_by=["salesforce/update/id-in-body"],
        lie=sent(f"PATCH {ROW}", lambda given: {key: value for key, value in given.items() if key != "Id"}),
    ),
    Infidelity(
        name="salesforce/null-changes-nothing",
        wrong="Null in an update leaves the field.",
        reported_by=["salesforce/update/null-clears"],
        lie=sent(f"PATCH {ROW}", lambda given: {key: value for key, value in given.items() if value is not None}),
    ),
    Infidelity(
        name="salesforce/stamps-stand-still",
        wrong="LastModifiedDate does not move.",
        reported_by=["salesforce/update/moves-the-stamp"],
        lie=stale(f"GET {ROW}", ["LastModifiedDate", "SystemModstamp"]),
    ),
    Infidelity(
        name="salesforce/deleted-is-still-there",
        wrong="A deleted row can be read.",
        reported_by=["salesforce/delete/answers-204"],
        lie=_swallowed,
    ),
    Infidelity(
        name="salesforce/deleted-twice",
        wrong="A delete of a deleted row is 204.",
        reported_by=["salesforce/delete/again"],
        lie=_again,
    ),
    Infidelity(
        name="salesforce/ids-fold-case",
        wrong="The 15-character id is found in any case.",
        reported_by=["salesforce/ids/fifteen-in-another-case"],
        lie=_any_case,
    ),
    Infidelity(
        name="salesforce/is-closed-is-not-derived",
        wrong="IsClosed does not follow the status.",
        reported_by=["salesforce/task/status/completed"],
        lie=body(f"GET {ROW}", _never_closed),
    ),
    Infidelity(
        name="salesforce/default-missing",
        wrong="A task without a priority has none.",
        reported_by=["salesforce/task/empty"],
        lie=body(f"GET {ROW}", lambda told: told | {"Priority": None} if "Priority" in told else told),
    ),
    Infidelity(
        name="salesforce/whole-decimals",
        wrong="A currency without a fraction has no decimals.",
        reported_by=["salesforce/values/kept/currency-has-decimals"],
        lie=text(f"GET {ROW}", r"(:\d+)\.0\b", r"\1"),
    ),
    Infidelity(
        name="salesforce/attributes-without-url",
        wrong="A row's attributes have no url.",
        reported_by=["salesforce/query/shape"],
        lie=_rows(lambda row: row | {"attributes": {"type": row["attributes"]["type"]}}),
    ),
    # ---- queries ----
    Infidelity(
        name="salesforce/limit-does-not-bite",
        wrong="LIMIT is not heeded.",
        reported_by=["salesforce/query/limit-and-offset"],
        lie=_cut(r" LIMIT \d+"),
    ),
    Infidelity(
        name="salesforce/order-is-ignored",
        wrong="ORDER BY is not heeded.",
        reported_by=["salesforce/query/order-nulls-first"],
        lie=_cut(r" ORDER BY \w+"),
    ),
    Infidelity(
        name="salesforce/nulls-last",
        wrong="Rows without a value come last.",
        reported_by=["salesforce/query/order-nulls-first"],
        lie=_cut(r"( ORDER BY \w+)$", r"\1 NULLS LAST"),
    ),
    Infidelity(
        name="salesforce/query-shows-deleted",
        wrong="A query has deleted rows.",
        reported_by=["salesforce/query/all-shows-deleted"],
        lie=_with_deleted,
    ),
    Infidelity(
        name="salesforce/done-too-soon",
        wrong="The first page says that it is the last.",
        reported_by=["salesforce/query/pages-to-the-end"],
        lie=body(QUERY, _no_more),
    ),
    Infidelity(
        name="salesforce/total-is-of-the-page",
        wrong="totalSize counts the rows of the page.",
        reported_by=["salesforce/query/pages-to-the-end"],
        lie=body(QUERY, lambda told: told | {"totalSize": len(told["records"])}),
    ),
    Infidelity(
        name="salesforce/next-page-is-absolute",
        wrong="nextRecordsUrl is an absolute URL.",
        reported_by=["salesforce/query/pages-to-the-end"],
        lie=text(QUERY, r'"nextRecordsUrl":"', '"nextRecordsUrl":"https://understudy.my.salesforce.com'),
    ),
    Infidelity(
        name="salesforce/batch-size-is-ignored",
        wrong="Sforce-Query-Options is not heeded: a page has 2,000 rows.",
        reported_by=["salesforce/wire/batch-size"],
        patches=[Text("fake_salesforce.operations.query.batch_rows", "", "return BATCH_ROWS_MAX")],
    ),
    Infidelity(
        name="salesforce/batch-size-is-exact",
        wrong="A page has as many rows as Sforce-Query-Options asks for, be it one.",
        reported_by=["salesforce/wire/batch-size"],
        patches=[
            Text(
                "fake_salesforce.operations.query.batch_rows",
                "return min(max(int(found[1]), BATCH_ROWS_MIN), BATCH_ROWS_MAX)",
                "return int(found[1])",
            )
        ],
    ),
    Infidelity(
        name="salesforce/today-is-yesterday",
        wrong="TODAY is a day off.",
        reported_by=["salesforce/query/date-literal/today"],
        lie=_cut(r"\bTODAY\b", "YESTERDAY"),
    ),
    Infidelity(
        name="salesforce/unlike-drops-null",
        wrong="!= drops rows without a value, as SQL does.",
        reported_by=["salesforce/query/compares/unlike-keeps-null"],
        lie=_cut(r"(\w+) != ('[^']*')", r"(\1 != \2 AND \1 != null)"),
    ),
    Infidelity(
        name="salesforce/count-has-rows",
        wrong="COUNT() answers a row.",
        reported_by=["salesforce/query/count"],
        lie=body(QUERY, lambda told: told if told["records"] else told | {"records": [{"expr0": told["totalSize"]}]}),
    ),
    # ---- many at once ----
    Infidelity(
        name="salesforce/all-bad-is-400",
        wrong="A collection of which every record is refused is 400.",
        reported_by=["salesforce/collections/all-fail"],
        lie=_all_bad,
    ),
    Infidelity(
        name="salesforce/all-or-none-is-ignored",
        wrong="allOrNone does not roll back.",
        reported_by=["salesforce/collections/all-or-none"],
        lie=sent(f"POST {COLLECTION}", lambda given: given | {"allOrNone": False}),
    ),
    Infidelity(
        name="salesforce/composite-is-refused-whole",
        wrong="A composite of which a call is refused is 400.",
        reported_by=["salesforce/composite/refused-call"],
        lie=_in_a_composite,
    ),
    Infidelity(
        name="salesforce/upsert-always-creates",
        wrong="An upsert that updates says created.",
        reported_by=["salesforce/upsert/updates"],
        lie=text(BY_KEY, '"created":false', '"created":true'),
    ),
    Infidelity(
        name="salesforce/upsert-of-several",
        wrong="An upsert of a key that several records have updates the first.",
        reported_by=["salesforce/upsert/several"],
        lie=_first_of_several,
    ),
    Infidelity(
        name="salesforce/retrieve-without-null",
        wrong="A collection that is read leaves out rows that are not there.",
        reported_by=["salesforce/collections/retrieve"],
        lie=body(r"GET /services/data/[^/]+/composite/sobjects/\w+", lambda told: [one for one in told if one]),
    ),
    Infidelity(
        name="salesforce/describe-without-keys",
        wrong="A describe's fields lack keys.",
        reported_by=["salesforce/describe/field"],
        lie=text(r"GET /services/data/[^/]+/sobjects/\w+/describe$", '"aiPredictionField":false,', ""),
    ),
]
