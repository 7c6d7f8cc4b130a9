"""Totango over its REST API, and over the stand-ins for what its Customer Data Hub does without a public one.

Rule 1: nothing here decides; it reads, writes and says what became of each record.
Rule 2: every write says the same twice. A record is made only by import under its external id (T4, T5), never by
`POST /api/v3/tasks`, which would make another one if it were sent again.
Rule 3: v3 names a record by Totango's own id and nothing else; the hub's key is an external id first and an id after
(T6), so what the hub answers is believed only when it is the record that was asked for.
Rule 4: "Last Update Date" is also the stamp that a scan goes by. Written from Salesforce (T36) it would hide what a
person in Totango did meanwhile, so it never goes back, and an edit that came between is stamped anew.
Rule 5: a record is gone when the hub says so in its own words, never because an address answers 404.
Source: Tasks, Touchpoints and Search API pages and clients of them; the hub's calls are stand-ins.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import quote

import requests

from crm_sync.clock import Clock
from crm_sync.errors import AccessRefused, RecordRefused, SyncError
from crm_sync.model import Record
from crm_sync.record_ids import AmbiguousId, NotAnId, canonical
from crm_sync.sides.partner import Gone, Parent, Person, Upserted
from crm_sync.sides.totango_answers import STAND_IN_HEADER, judge, no_record, refusal, refused_token
from crm_sync.totango.stamps import milliseconds, moment
from crm_sync.transport import Transport

TOTANGO = "totango"
KIND = {"Task": "tasks", "Touchpoint": "touchpoints", "CampaignTouch": "campaign_touches"}
KEY = "external_id"
PAGE_ROWS = 1_000  # the maximum of `count` (Search API pages)
PAGE_OVERLAP_ROWS = 5  # a row that is written with an old stamp while we page moves the rest
REACH_ROWS_MAX = 10_000  # accounts a search can reach, from either end of its order
#: What v3 takes in an update, as the records show it.
V3_FIELDS = {
    "Task": frozenset({"title", "description", "due_date", "priority", "status", "assignee", "activity_type_id"}),
    "Touchpoint": frozenset({"subject", "content"}),
}
_STAMPS = frozenset({"updated_at", "updated_by"})


class Login(Protocol):
    """Where a service is (US or EU host) and the app-token to show."""

    @property
    def base_url(self) -> str: ...
    @property
    def token(self) -> str: ...


class Totango:
    """One service. *account_field* names the attribute that holds an account's Salesforce id; "" is its Account Id."""

    name = TOTANGO

    def __init__(
        self,
        login: Login,
        *,
        session: requests.Session,
        clock: Clock,
        attempts_max: int = 5,
        account_field: str = "",
    ) -> None:
        self.transport = Transport(
            service=TOTANGO, session=session, clock=clock, attempts_max=attempts_max, judge=judge
        )
        self._base = login.base_url.rstrip("/")
        self._headers = {"app-token": login.token}
        self._account_field = account_field

    def keyable(self, model: str) -> str:
        """The external id; a campaign touch has none (rule T30: it is known by its link alone)."""
        return "" if model == "CampaignTouch" else KEY

    def parts(self, model: str) -> Sequence[str]:  # noqa: ARG002 - the same for each
        return ("",)

    # -- reading ---------------------------------------------------------------------------------------

    def changed_since(self, model: str, since: datetime | None, *, part: str = "") -> Iterator[Record]:  # noqa: ARG002
        """Live records last updated at *since* or later, newest first.

        The hub lists oldest first, so pages are read from the end. What changes meanwhile moves to the end and lets the
        rows before it slip towards what was not read yet; the overlap sees the other way (an import with an old stamp).
        """
        params: dict[str, Any] = {"count": PAGE_ROWS}
        if since is not None:
            params["updated_from"] = milliseconds(since)
        first = self._page(model, {**params, "offset": 0})
        seen: set[Any] = set()
        begin = int(first["total"])
        if begin <= len(first["records"]):
            yield from _newest_first(model, first["records"], seen)
            return
        overlap = 0
        while begin > 0:
            end = begin + overlap
            start = max(0, end - PAGE_ROWS)
            rows = self._page(model, {**params, "offset": start, "count": end - start})["records"]
            full = len(rows) == end - start
            if overlap and full and not any(row["id"] in seen for row in rows[-PAGE_OVERLAP_ROWS:]):
                begin += PAGE_ROWS - PAGE_OVERLAP_ROWS  # more came in between than we overlap
                continue
            yield from _newest_first(model, rows, seen)
            begin, overlap = start, PAGE_OVERLAP_ROWS

    def deleted_since(self, model: str, since: datetime | None) -> Sequence[Gone]:
        """Deletions the hub tells of, oldest first. A campaign touch is never deleted."""
        if model == "CampaignTouch":
            return []
        params: dict[str, Any] = {"kind": KIND[model], "count": PAGE_ROWS}
        if since is not None:
            params["deleted_from"] = milliseconds(since)
        found: list[Gone] = []
        while True:
            response = self._send("GET", "/_standin/totango/deletions", params={**params, "offset": len(found)})
            rows = _read(response)["deletions"]
            found += [Gone(str(row["id"]), moment(row["deleted_at"]), _salesforce_id(row.get(KEY))) for row in rows]
            if len(rows) < PAGE_ROWS:
                return found

    def get(self, model: str, record_id: str) -> Record | None:
        """One record by Totango's own id; None when the hub has none. Raises RecordRefused (ambiguous_key)."""
        record = self._named(model, record_id)
        return record if record is not None and record.id == record_id else None

    def by_salesforce_id(self, model: str, sf_id: str) -> Record | None:
        """The record whose external id is *sf_id*, whatever the case (rules T4, T5)."""
        record = self._named(model, sf_id) if self.keyable(model) else None
        return record if record is not None and record.get(KEY) == sf_id.lower() else None

    def parents(self) -> Sequence[Parent]:
        """Every account. Rule T8: its Salesforce id counts as it is written, letter for letter."""
        found: dict[str, Parent] = {}
        for order in ("ASC", "DESC"):
            total = self._accounts(order, found)
            if len(found) >= total:
                return list(found.values())
        raise SyncError(
            f"Totango has {total} accounts, and its search reaches the first and the last {REACH_ROWS_MAX}; "
            "sync with a service that has fewer"
        )

    def users(self) -> Sequence[Person]:
        """Nobody: Totango names its people by e-mail, and has no public list of them."""
        return ()

    def _named(self, model: str, key: str) -> Record | None:
        response = self._send("GET", f"/_standin/totango/records/{KIND[model]}/{quote(key, safe='')}")
        if no_record(response):
            return None
        return totango_record(model, _read(response))

    def _page(self, model: str, params: Mapping[str, Any]) -> dict[str, Any]:
        page: dict[str, Any] = _read(self._send("GET", f"/_standin/totango/records/{KIND[model]}", params=dict(params)))
        return page

    def _accounts(self, order: str, found: dict[str, Parent]) -> int:
        """Read accounts from one end of their order into *found*; how many there are."""
        name = self._account_field
        fields = [{"type": "string_attribute", "attribute": name}] if name else []
        offset = 0
        while True:
            query = {"terms": [], "fields": fields, "count": PAGE_ROWS, "offset": offset}
            query |= {"sort_by": "name", "sort_order": order}
            response = self._send("POST", "/api/v1/search/accounts", data={"query": json.dumps(query)})
            told = _searched(response)["accounts"]
            for hit in told["hits"]:
                value = (hit.get("selected_fields") or [""])[0] if name else hit["name"]
                found[hit["name"]] = Parent(hit["name"], _exact_id(value))
            offset += len(told["hits"])
            if len(told["hits"]) < PAGE_ROWS or offset >= REACH_ROWS_MAX:
                return int(told["total_hits"])

    # -- writing ---------------------------------------------------------------------------------------

    def upsert(self, model: str, items: Sequence[Mapping[str, Any]]) -> Upserted:
        """Import records, each under its Salesforce id: made, or found and updated."""
        assert self.keyable(model), "campaign touches only go out (rule T1)"
        keys = [item[KEY] for item in items]
        assert all(keys), "a blank key would match anything blank (F06)"
        assert len(set(keys)) == len(keys), "a key twice in one request (F04)"
        done: set[str] = set()
        refused: dict[str, RecordRefused] = {}
        for key, item in zip(keys, items, strict=True):
            fields = {name: value for name, value in item.items() if name != KEY}
            try:
                told = self._import(model, key, fields, create_new=True)
                if told is not None and told["outcome"] == "updated" and "updated_at" in fields:
                    self._stamp(model, key)  # rule 4: it was there, and somebody may have edited it
                done.add(key)
            except RecordRefused as error:
                refused[key] = error
        return Upserted(frozenset(done), refused)

    def update(self, model: str, record_id: str, fields: Mapping[str, Any]) -> Record | None:
        """Merge *fields* into one record; None when it is gone. Raises RecordRefused."""
        blank = "content" in fields and not str(fields["content"] or "").strip()  # v3 wants content, the hub either
        if fields.keys() <= V3_FIELDS[model] and not blank:
            return self._update_v3(model, record_id, fields)
        return self._update_by_import(model, record_id, fields)

    def update_many(self, model: str, changes: Mapping[str, Mapping[str, Any]]) -> Collection[str]:  # noqa: ARG002
        return ()

    def delete(self, model: str, record_id: str) -> bool:
        """Delete one record by its own id; False when it was gone already. Raises RecordRefused."""
        params = None
        if model == "Touchpoint":
            record = self.get(model, record_id)
            if record is None:
                return False
            params = {"account_id": record.get("account_id"), "event_id": record.get("event_id")}
        response = self._send("DELETE", _v3(model, record_id), write=True, params=params)
        if response.status_code in {200, 202, 204}:
            return True
        if self.get(model, record_id) is None:
            return False
        raise refusal(response)

    def _update_v3(self, model: str, record_id: str, fields: Mapping[str, Any]) -> Record | None:
        body = dict(fields)
        if model == "Touchpoint":
            record = self.get(model, record_id)
            if record is None:
                return None
            body |= {"event_id": record.get("event_id"), "account_id": record.get("account_id")}
        response = self._send("PUT", _v3(model, record_id), write=True, json=body)
        updated = self.get(model, record_id)
        if updated is not None and response.status_code not in {200, 201, 204}:
            raise refusal(response)
        return updated

    def _update_by_import(self, model: str, record_id: str, fields: Mapping[str, Any]) -> Record | None:
        before = self.get(model, record_id)
        if before is None:
            return None
        wanted = dict(fields)
        if wanted.get("updated_at") is not None:
            wanted["updated_at"] = max(int(wanted["updated_at"]), int(before.get("updated_at") or 0))
        told = self._import(model, record_id, wanted, create_new=False)
        if told is None:
            return None
        after = told["record"]
        others = before.values.keys() - wanted.keys() - _STAMPS
        if "updated_at" in wanted and any(before.get(name) != after.get(name) for name in others):
            after = (self._stamp(model, record_id) or told)["record"]
        return totango_record(model, after)

    def _stamp(self, model: str, key: str) -> dict[str, Any] | None:
        """Say that a record was updated now, by the clock of the hub whose stamps a scan goes by (F56)."""
        return self._import(model, key, {"updated_at": milliseconds(self.transport.now())}, create_new=False)

    def _import(self, model: str, key: str, fields: Mapping[str, Any], *, create_new: bool) -> dict[str, Any] | None:
        """A row of an inbound job: `{"outcome", "warnings", "record"}`; None when there is none and none is made."""
        response = self._send(
            "PUT",
            f"/_standin/totango/records/{KIND[model]}/{quote(key, safe='')}",
            write=True,
            params={"create_new": "true" if create_new else "false"},
            json=dict(fields),
        )
        if not create_new and no_record(response):
            return None
        told: dict[str, Any] = _read(response)
        return told

    # -- sending ---------------------------------------------------------------------------------------

    def _send(self, method: str, path: str, *, write: bool = False, **body: Any) -> requests.Response:
        response = self.transport.send(
            method, self._base + path, repeatable=True, write=write, headers=self._headers, **body
        )
        if response.status_code in {401, 403} or refused_token(response):
            raise AccessRefused("Totango refuses the app-token; check totango.token and the region of totango.base_url")
        if path.startswith("/_standin/") and STAND_IN_HEADER not in response.headers:
            raise AccessRefused(
                f"{self._base} does not play Totango's Customer Data Hub, which has no public API; "
                "check totango.base_url"
            )
        return response


def totango_record(model: str, row: Mapping[str, Any]) -> Record:
    """A row as the hub shows it."""
    stamp = moment(row.get("updated_at") or 0)
    return Record(place=TOTANGO, model=model, id=str(row["id"]), values=dict(row), changed_at=stamp, edited_at=stamp)


def _newest_first(model: str, rows: Sequence[Mapping[str, Any]], seen: set[Any]) -> Iterator[Record]:
    for row in reversed(rows):
        if row["id"] not in seen:
            seen.add(row["id"])
            yield totango_record(model, row)


def _v3(model: str, record_id: str) -> str:
    return f"/api/v3/{KIND[model]}/{quote(record_id, safe='')}"


def _read(response: requests.Response) -> Any:
    if response.status_code != 200:
        raise refusal(response)
    return response.json()


def _searched(response: requests.Response) -> Any:
    """What a search of version 1 found; some of its refusals come with 200."""
    told = _read(response)
    if "response" not in told:
        raise refusal(response)
    return told["response"]


def _salesforce_id(text: Any) -> str:
    """The 18 characters of an external id that is one, whatever its case; "" for another key."""
    try:
        return canonical(str(text or ""))
    except (NotAnId, AmbiguousId):
        return ""


def _exact_id(text: Any) -> str:
    """*text* when it is an 18-character id in its own case; "" otherwise (rule T8: nothing is folded)."""
    return text if isinstance(text, str) and _salesforce_id(text) == text else ""
