"""Planhat over its REST API, as much of it as the sync needs.

Rule 1: nothing here decides; it reads, writes and says what became of each record.
Rule 2: every write used here says the same twice (addressed by `_id`, or keyed by a keyable), so it
may be repeated; a bulk answer is never matched by order, the records are read back by key (F61).
Source: Planhat developer pages (Task, Conversation, bulk upsert, limits); bodies of refusals are
not documented, so a string and several JSON shapes are read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import requests

from crm_sync.clock import Clock
from crm_sync.config import PartnerLogin
from crm_sync.errors import AccessRefused, RecordRefused
from crm_sync.mapping import parse_moment
from crm_sync.model import CONVERSATION, PLANHAT, TASK, Record
from crm_sync.sides.partner import Gone, Parent, Person, Upserted
from crm_sync.transport import Transport, Verdict

BULK_ITEMS_MAX = 5_000  # bulk upsert, every model
_ALONE = frozenset({"status", "companyId"})  # fields that are changed one record at a time
PAGE_ROWS = {TASK: 1_000, CONVERSATION: 500}  # below the maxima of 10,000 and 2,000
PAGE_OVERLAP_ROWS = 5  # a row deleted while we page moves the rest forward
COMPANY_PAGE_ROWS = 5_000
COLLECTION = {TASK: "tasks", CONVERSATION: "conversations"}
#: Where each model keeps the Salesforce id, and the prefix that addresses a record by it (rule P7).
KEYABLE = {TASK: ("sourceId", "srcid-"), CONVERSATION: ("externalId", "extid-")}
OPEN, ARCHIVED = "open", "archived"  # the two lists of Tasks
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Planhat:
    """One tenant."""

    name = PLANHAT

    def __init__(
        self,
        login: PartnerLogin,
        *,
        session: requests.Session,
        clock: Clock,
        attempts_max: int = 5,
    ) -> None:
        self.transport = Transport(
            service=PLANHAT,
            session=session,
            clock=clock,
            attempts_max=attempts_max,
            judge=_judge,
        )
        self._base = login.base_url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {login.token}"}

    def _send(
        self, method: str, path: str, *, write: bool = False, repeatable: bool = True, **body: Any
    ) -> requests.Response:
        response = self.transport.send(
            method,
            self._base + path,
            repeatable=repeatable,
            write=write,
            headers=self._headers,
            **body,
        )
        if response.status_code == 401:
            raise AccessRefused("Planhat refuses the token; check planhat.token")
        if response.status_code == 403 and not _is_bulk(response):
            raise AccessRefused(
                f"Planhat does not permit {method} {path.split('?', maxsplit=1)[0]}; give the Private App that "
                f"permission ({_message(response)})"
            )
        return response

    def _list(self, path: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        response = self._send("GET", path, params=dict(params))
        if response.status_code != 200:
            raise refusal(response)
        rows = response.json()
        return rows if isinstance(rows, list) else list(rows.get("data", []))

    # -- reading -------------------------------------------------------------------------------------

    def keyable(self, model: str) -> str:
        return KEYABLE[model][0]

    def parts(self, model: str) -> Sequence[str]:
        return (OPEN, ARCHIVED) if model == TASK else ("",)

    def deleted_since(self, model: str, since: datetime | None) -> Sequence[Gone]:  # noqa: ARG002 - Planhat tells none
        return ()

    def changed_since(self, model: str, since: datetime | None, *, part: str = "") -> Iterator[Record]:
        """Rows newest first until one is older than *since*.

        Planhat has no filter by time. While we page, changed rows only move to the front, so they
        come twice at worst; a deletion pulls rows forward, hence the overlap between pages.
        """
        params: dict[str, Any] = {"sort": "-updatedAt", "limit": PAGE_ROWS[model]}
        if model == TASK:
            params["isArchived"] = "true" if part == ARCHIVED else "false"
        seen: set[str] = set()
        offset = 0
        while True:
            rows = self._list(f"/{COLLECTION[model]}", {**params, "offset": offset})
            overlap = offset == 0 or any(row["_id"] in seen for row in rows[:PAGE_OVERLAP_ROWS])
            if not overlap and rows:
                offset = max(0, offset - PAGE_ROWS[model])  # more was deleted than we overlap
                continue
            for row in rows:
                record = planhat_record(model, row)
                if since is not None and record.changed_at < since:
                    return
                if record.id not in seen:
                    seen.add(record.id)
                    yield record
            if len(rows) < PAGE_ROWS[model]:
                return
            offset += PAGE_ROWS[model] - PAGE_OVERLAP_ROWS

    def get(self, model: str, record_id: str) -> Record | None:
        """One record by `_id` or prefixed key; None when Planhat says there is none (404)."""
        response = self._send("GET", f"/{COLLECTION[model]}/{quote(record_id, safe='')}")
        if response.status_code == 404:
            return None
        if response.status_code != 200:
            raise refusal(response)
        return planhat_record(model, response.json())

    def by_salesforce_id(self, model: str, sf_id: str) -> Record | None:
        """The record that carries this Salesforce id as its keyable."""
        return self.get(model, KEYABLE[model][1] + sf_id)

    def parents(self) -> list[Parent]:
        """Every company."""
        return [Parent(row["_id"], str(row.get("sourceId") or "")) for row in self._companies()]

    def _companies(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            rows = self._list(
                "/companies",
                {
                    "select": "_id,name,sourceId",
                    "limit": COMPANY_PAGE_ROWS,
                    "offset": len(found),
                    "sort": "_id",
                },
            )
            found += rows
            if len(rows) < COMPANY_PAGE_ROWS:
                return found

    def users(self) -> list[Person]:
        return [Person(row["_id"], str(row.get("email") or "")) for row in self._list("/users", {"limit": 10_000})]

    # -- writing -------------------------------------------------------------------------------------

    def update(self, model: str, record_id: str, fields: Mapping[str, Any]) -> Record | None:
        """Merge *fields* into one record; None when it is gone (404).

        Raises:
            RecordRefused: Planhat did not take it.
        """
        path = f"/{COLLECTION[model]}/{quote(record_id, safe='')}"
        response = self._send("PUT", path, write=True, json=dict(fields))
        if response.status_code == 404:
            return None
        if response.status_code != 200:
            raise refusal(response)
        return planhat_record(model, response.json())

    def update_many(self, model: str, changes: Mapping[str, Mapping[str, Any]]) -> Collection[str]:
        """Merge fields into many records, each named by its `_id`; the ids of those that certainly took it.

        Left out is what a bulk request may make more of: a status (what a completion in bulk leads to is not published)
        and a Company (without one no record is made, should the id be gone).
        """
        items = [{"_id": one, **fields} for one, fields in changes.items() if not fields.keys() & _ALONE]
        done: set[str] = set()
        for start in range(0, len(items), BULK_ITEMS_MAX):
            chunk = items[start : start + BULK_ITEMS_MAX]
            response = self._send("PUT", f"/{COLLECTION[model]}", write=True, json=chunk)
            if not _is_bulk(response):
                continue  # refused as a whole: each alone says why
            told = response.json()
            clean = response.status_code == 200 and not _errors(told)
            ids = {item["_id"] for item in chunk}
            done |= ids if clean else ids & set(told.get("modified") or ())
        return done

    def delete(self, model: str, record_id: str) -> bool:
        """Delete one record. The Planhat profile never asks for it (rule P25)."""
        response = self._send("DELETE", f"/{COLLECTION[model]}/{quote(record_id, safe='')}", write=True)
        if response.status_code == 404:
            return False
        if response.status_code != 200:
            raise refusal(response)
        return True

    def upsert(self, model: str, items: Sequence[Mapping[str, Any]]) -> Upserted:
        """Create or adopt records, each carrying its Salesforce id as the keyable."""
        keyable = KEYABLE[model][0]
        keys = [item[keyable] for item in items]
        assert all(keys), "a blank key would match anything blank (F06)"
        assert len(set(keys)) == len(keys), "a key twice in one request (F04)"
        told = Upserted()
        for start in range(0, len(items), BULK_ITEMS_MAX):
            chunk = [dict(item) for item in items[start : start + BULK_ITEMS_MAX]]
            told |= self._upsert_chunk(model, chunk, keyable)
        return told

    def _upsert_chunk(self, model: str, chunk: Sequence[Mapping[str, Any]], keyable: str) -> Upserted:
        response = self._send("PUT", f"/{COLLECTION[model]}", write=True, json=list(chunk))
        if _is_bulk(response):
            errors = _errors(response.json())
            if response.status_code == 200 and not errors:  # documented: everything succeeded
                return Upserted(done=frozenset(item[keyable] for item in chunk))
            refused: dict[str, RecordRefused] = {}
            for told in errors.values():
                refused |= _item_refusals(told, chunk, keyable)
            return Upserted(refused=refused)
        if len(chunk) == 1:
            return Upserted(refused={chunk[0][keyable]: refusal(response)})
        # The request as a whole was refused, for one item perhaps: halve until it is alone.
        middle = len(chunk) // 2
        return self._upsert_chunk(model, chunk[:middle], keyable) | self._upsert_chunk(model, chunk[middle:], keyable)


def planhat_record(model: str, row: Mapping[str, Any]) -> Record:
    stamp = parse_moment(row.get("updatedAt") or row.get("createdAt") or row.get("createDate"))
    stamp = stamp or _EPOCH
    return Record(
        place=PLANHAT,
        model=model,
        id=row["_id"],
        values=dict(row),
        changed_at=stamp,
        edited_at=stamp,
    )


def _judge(response: requests.Response) -> Verdict:
    if response.status_code in {429, 503}:
        return Verdict.NOT_NOW
    # A 500 with a plain sentence is how Planhat refuses some values ("Failed to ..."): not unclear.
    if response.status_code >= 500 and not response.text.startswith("Failed to"):
        return Verdict.UNCLEAR
    return Verdict.DONE


def _is_bulk(response: requests.Response) -> bool:
    """Is the body the bulk result? It is the same object with 200, 206, 400 and 403."""
    try:
        body = response.json()
    except ValueError:
        return False
    return isinstance(body, dict) and "createdErrors" in body


def _errors(told: Mapping[str, Any]) -> dict[str, Any]:
    """What a bulk result says went wrong, by the kind of it; empty when everything went well."""
    return {name: errors for name, errors in told.items() if name.lower().endswith("errors") and errors}


def _item_refusals(errors: Any, chunk: Sequence[Mapping[str, Any]], keyable: str) -> dict[str, RecordRefused]:
    """Refusals by key; an error that does not say which item it means is matched by read-back."""
    found: dict[str, RecordRefused] = {}
    for error in errors if isinstance(errors, list) else []:
        message = error if isinstance(error, str) else str(_first_text(error))
        key = None
        if isinstance(error, dict):
            item = error.get("item") or error.get("object") or error
            key = item.get(keyable) if isinstance(item, dict) else None
            index = error.get("index")
            if key is None and isinstance(index, int) and 0 <= index < len(chunk):
                key = chunk[index][keyable]
        if key is None and len(chunk) == 1:
            key = chunk[0][keyable]
        if isinstance(key, str):
            found[key] = RecordRefused(message)
    return found


def _first_text(body: Any) -> str:
    if isinstance(body, str):
        return body
    if isinstance(body, dict):
        for name in ("message", "error", "errors", "detail"):
            if body.get(name):
                return str(body[name])
    return str(body)


def _message(response: requests.Response) -> str:
    try:
        text = _first_text(response.json())
    except ValueError:
        text = response.text
    return " ".join(text.split())[:200]


def refusal(response: requests.Response) -> RecordRefused:
    """The error Planhat answered, whatever shape its body has."""
    return RecordRefused(
        f"HTTP {response.status_code}: {_message(response)}",
        code=f"HTTP {response.status_code}",
        transient=response.status_code >= 500,
    )
