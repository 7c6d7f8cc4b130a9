"""Salesforce: session, kinds of values, what an answer made.

What a call made is read from its answer alone: an object with `id` and `success`, the results of a tree, of Bulk jobs
and of SOAP. Taking away is one call for 200 records; what is gone already is as good.
Source: REST API Developer Guide (collections: 200 records and 10 runs of a type a call), Bulk API 2.0 Developer Guide.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

from crm_contracts.conform.access import Access as _Access
from crm_contracts.conform.access import Interaction, Made
from crm_contracts.conform.entries import refusal_in

if TYPE_CHECKING:
    from crm_contracts.conform.target import Answer, Target

__all__ = ["Access", "checksum"]

IDS_MAX, RUNS_MAX = 200, 10
GONE = {"ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY", "MALFORMED_ID"}
_ID = re.compile(r"[0-9A-Za-z]{18}")
_ROW = re.compile(r"/sobjects/\w+/([0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?)$")
_JOB = re.compile(r"/jobs/(ingest|query)$")
_SOAP_MADE = re.compile(r"<id>([0-9A-Za-z]{18})</id><success>true</success>")
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def checksum(fifteen: str) -> str:
    """The three characters that make 18 of 15: for each group of five, which of them are capitals."""
    groups = [fifteen[start : start + 5] for start in (0, 5, 10)]
    return "".join(_ALPHABET[sum(1 << at for at, one in enumerate(group) if "A" <= one <= "Z")] for group in groups)


def _is_id(value: Any, prefix: str) -> bool:
    return (
        isinstance(value, str)
        and _ID.fullmatch(value) is not None
        and value.startswith(prefix)
        and checksum(value[:15]) == value[15:]
    )


def _is_time(value: Any, _more: str) -> bool:
    return isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000", value) is not None


class Access(_Access):
    kinds: ClassVar[Mapping[str, Callable[[Any, str], bool]]] = {"id": _is_id, "time": _is_time}

    def headers(self, credentials: Mapping[str, Any]) -> dict[str, str]:
        return {"Authorization": f"Bearer {credentials['access_token']}"}

    def names(self, credentials: Mapping[str, Any]) -> dict[str, Any]:
        version = credentials.get("api_version", "60.0")
        return {
            "version": version,
            "data": f"/services/data/v{version}",
            "async": f"/services/async/{version}",
        }

    @property
    def late(self) -> Mapping[str, Callable[[Target], Any]]:
        return {
            "user_id": lambda target: self._userinfo(target)["user_id"],
            "org_id": lambda target: self._userinfo(target)["organization_id"],
            "user": lambda target: self._userinfo(target)["preferred_username"],
        }

    def refusal(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """`{code, message, fields}`: a list of one error. No *fields*: no such key."""
        error = {"message": told.get("message", "<text>"), "errorCode": told["code"]}
        if "fields" in told:
            error["fields"] = told["fields"]
        return {"equals": [error]}

    def said(self, answer: Answer) -> tuple[str, str] | None:
        try:
            return refusal_in(answer.json)
        except ValueError:
            fault = re.search(r"<faultcode>(?:sf:)?(\w+)</faultcode><faultstring>\w+: (.*?)</faultstring>", answer.text)
            return (fault[1], fault[2]) if fault else None

    # ---- what a call made, and taking it away ------------------------------------------------------------------

    def made(self, interaction: Interaction) -> Iterable[Made]:
        answer = interaction.answer
        if interaction.method == "DELETE" or not 200 <= answer.status < 400:
            return
        kind = answer.headers.get("Content-Type", "")
        if "json" in kind:
            body = answer.json
            if interaction.method == "POST" and (job := _JOB.search(interaction.url.partition("?")[0])):
                yield Made(f"{job[1]} {body['id']}", f"job {body['id']}")
                return
            yield from (Made(one[:15], one) for one in _ids(body))
        elif "csv" in kind:
            yield from (Made(one[:15], one) for one in _ids_of_results(answer.text))
        elif "xml" in kind:
            yield from (Made(one[:15], one) for one in _SOAP_MADE.findall(answer.text))
        if interaction.method == "POST" and re.search(r"/services/async/[^/]+/job/[^/]+/batch$", interaction.url):
            batch = re.search(r'(?:<id>|"id"\s*:\s*")(\w{18})', answer.text)
            if batch:
                yield Made(f"batch {interaction.url}/{batch[1]}/result", f"batch {batch[1]}")

    def gone(self, interaction: Interaction) -> Iterable[str]:
        if interaction.method != "DELETE":
            return
        row = _ROW.search(interaction.url.partition("?")[0])
        if row and interaction.answer.status == 204:
            yield row[1][:15]
        job = re.search(r"/jobs/(ingest|query)/(\w{18})$", interaction.url)
        if job and interaction.answer.status == 204:
            yield f"{job[1]} {job[2]}"
        elif "/composite/sobjects" in interaction.url and interaction.answer.status == 200:
            yield from (one["id"][:15] for one in interaction.answer.json if one.get("success"))

    def remove(self, target: Target, made: Sequence[Made]) -> Iterator[str]:
        ids = [one.what for one in made if " " not in one.key]
        data = self.names(target.credentials)["data"]
        for one in made:
            kind, _, rest = one.key.partition(" ")
            if kind == "ingest":
                ids += self._ids_of_job(target, f"{data}/jobs/ingest/{rest}")
            elif kind == "batch":
                answer = target.send("GET", rest, _session(target), b"", needed=True)
                ids += [] if answer.status != 200 else _any_ids(answer)
            if kind in {"ingest", "query"}:
                yield from self._remove_job(target, f"{data}/jobs/{kind}/{rest}")
        for part in _parts(list(dict.fromkeys(ids))):
            answer = target.call(
                "DELETE", f"{data}/composite/sobjects?ids={','.join(part)}&allOrNone=false", needed=True
            )
            if answer.status != 200:
                yield f"{', '.join(part)}: {answer.status} {answer.text[:200]}"
                continue
            for one_id, result in zip(part, answer.json, strict=True):
                errors = [error for error in result["errors"] if error["statusCode"] not in GONE]
                yield from (f"{one_id}: {error['statusCode']}: {error['message']}" for error in errors)

    def _ids_of_job(self, target: Target, job: str) -> list[str]:
        """What an ingest job made; nothing where it was not carried out."""
        answer = target.call("GET", f"{job}/successfulResults", needed=True)
        return _ids_of_results(answer.text) if answer.status == 200 else []

    def _remove_job(self, target: Target, job: str) -> Iterator[str]:
        answer = target.call("DELETE", job, needed=True)
        if answer.status not in {204, 404}:
            target.call("PATCH", job, {"state": "Aborted"}, needed=True)
            answer = target.call("DELETE", job, needed=True)
            if answer.status not in {204, 404}:
                yield f"{job}: {answer.status} {answer.text[:200]}"

    # ---- what an org is -----------------------------------------------------------------------------------------

    def zone(self, target: Target) -> tzinfo:
        return ZoneInfo(self._userinfo(target)["zoneinfo"])

    def lacks(self, target: Target, need: str) -> str:
        kind, _, name = need.partition(" ")
        if kind == "object":
            return "" if self._fields(target, name) is not None else f"this org has no object {name}"
        if kind == "field":
            object_name, _, field = name.partition(".")
            fields = self._fields(target, object_name)
            return "" if fields is not None and field in fields else f"this org has no field {name}"
        return super().lacks(target, need)

    def _fields(self, target: Target, name: str) -> set[str] | None:
        key = f"fields of {name}"
        if key not in target.known:
            answer = target.call("GET", f"{self.names(target.credentials)['data']}/sobjects/{name}/describe")
            target.known[key] = {one["name"] for one in answer.json["fields"]} if answer.status == 200 else None
        there: set[str] | None = target.known[key]
        return there

    def _userinfo(self, target: Target) -> dict[str, Any]:
        """Asked once."""
        if "userinfo" not in target.known:
            target.known["userinfo"] = target.call("GET", "/services/oauth2/userinfo").json
        told: dict[str, Any] = target.known["userinfo"]
        return told


def _ids(body: Any) -> Iterator[str]:
    """Of every result in *body* that made a record."""
    if isinstance(body, list):
        for one in body:
            yield from _ids(one)
    elif isinstance(body, dict):
        made = body.get("success") is True and body.get("created") is not False
        of_tree = set(body) == {"referenceId", "id"}
        if (made or of_tree) and isinstance(body.get("id"), str):
            yield body["id"]
        for one in body.values():
            if isinstance(one, (dict, list)):
                yield from _ids(one)


def _ids_of_results(text: str) -> list[str]:
    """Of the results of a Bulk job or batch; [] where it is another table."""
    rows = csv.DictReader(io.StringIO(text))
    head = rows.fieldnames or []
    name, made = ("sf__Id", "sf__Created") if "sf__Created" in head else ("Id", "Created")
    if name not in head or made not in head:
        return []
    return [row[name] for row in rows if row[made] == "true"]


def _any_ids(answer: Answer) -> list[str]:
    if answer.text.startswith("["):
        return list(_ids(json.loads(answer.text)))
    if answer.text.startswith("<"):
        results = re.findall(r"<result>(.*?)</result>", answer.text, re.DOTALL)
        made = [one for one in results if "<created>true</created>" in one]
        return [match[1] for one in made if (match := re.search(r"<id>(\w{18})</id>", one))]
    return _ids_of_results(answer.text)


def _session(target: Target) -> dict[str, str]:
    return {"X-SFDC-Session": target.credentials["access_token"]}


def _parts(ids: Sequence[str]) -> Iterator[list[str]]:
    """*ids* in calls that the collections take."""
    part: list[str] = []
    runs = 0
    for one in ids:
        new_run = not part or part[-1][:3] != one[:3]
        if part and (len(part) == IDS_MAX or (new_run and runs == RUNS_MAX)):
            yield part
            part, runs, new_run = [], 0, True
        part.append(one)
        runs += new_run
    if part:
        yield part
