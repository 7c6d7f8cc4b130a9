"""Salesforce over its REST API, as much of it as the sync needs.

Rule 1: nothing here decides; it reads, writes and says what became of each record.
Rule 2: an answer in doubt is never repeated unless the request says the same twice.
Source: REST API Developer Guide v62 (rows, query, sObject collections, describe, limits headers).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import requests

from crm_sync.clock import Clock
from crm_sync.config import SalesforceLogin
from crm_sync.errors import (
    AccessRefused,
    DailyLimitReached,
    RecordRefused,
    SyncError,
    UnknownOutcome,
)
from crm_sync.known import SfField, SfObject
from crm_sync.mapping import parse_moment
from crm_sync.model import SALESFORCE, Record
from crm_sync.sides.salesforce_bulk import COLLECTION_RECORDS_MAX, Began, Upserts, Wire, await_job, upsert_many
from crm_sync.transport import Transport, Verdict

IDS_IN_QUERY_MAX = 200  # keeps a query's URL well under 16,384 bytes
_LIMIT_INFO = re.compile(r"(?<!-)api-usage=(\d+)/(\d+)")
#: Codes after which the same write may well succeed later.
TRANSIENT_CODES = frozenset(
    {"UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE", "UNKNOWN_EXCEPTION", "REQUEST_RUNNING_TOO_LONG"}
)
GONE_CODES = frozenset({"ENTITY_IS_DELETED"})


#: How the user-info service says that a token is over: 403 and this text, where every other one says 401.
BAD_TOKEN = "Bad_OAuth_Token"  # noqa: S105 - a message


class ExpiredSession(SyncError):
    """Salesforce refused the session in the middle of a request that is not repeatable."""


def quoted(text: str) -> str:
    """A SOQL string literal."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    escaped = escaped.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    return f"'{escaped}'"


def literal(moment: datetime) -> str:
    """A SOQL datetime literal, in whole seconds as Salesforce keeps them."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


class Salesforce:
    """One org. *limit_used* and *limit_max* follow the `Sforce-Limit-Info` header."""

    name = SALESFORCE

    def __init__(
        self,
        login: SalesforceLogin,
        *,
        session: requests.Session,
        clock: Clock,
        attempts_max: int = 5,
        calls_reserved: int = 0,
    ) -> None:
        self.transport = Transport(
            service=SALESFORCE,
            session=session,
            clock=clock,
            attempts_max=attempts_max,
            judge=self._judge,
        )
        self.limit_used: int | None = None
        self.limit_max: int | None = None
        self._login = login
        self._clock = clock
        self._attempts_max = attempts_max
        self._calls_reserved = calls_reserved
        self._token = login.access_token
        self._instance = login.base_url.rstrip("/")
        self._described: dict[str, SfObject] = {}
        self._me: str | None = None

    @property
    def calls_left(self) -> int | None:
        """What the day still allows, without what is reserved; None while no answer has told."""
        if self.limit_used is None or self.limit_max is None:
            return None
        return max(0, self.limit_max - self.limit_used - self._calls_reserved)

    # -- session -----------------------------------------------------------------------------------

    def _log_in(self) -> None:
        """Get a token by whatever the configuration offers."""
        login = self._login
        form: dict[str, str] = {"client_id": login.client_id, "client_secret": login.client_secret}
        if login.refresh_token:
            form |= {"grant_type": "refresh_token", "refresh_token": login.refresh_token}
        elif login.username:
            password = login.password + login.security_token
            form |= {"grant_type": "password", "username": login.username, "password": password}
        elif login.client_secret:
            form |= {"grant_type": "client_credentials"}
        else:
            raise AccessRefused(
                "Salesforce: the session expired and there is nothing to renew it with; give "
                "salesforce.refresh_token or a user name and password"
            )
        url = (login.login_url or login.base_url).rstrip("/") + "/services/oauth2/token"
        form = {k: v for k, v in form.items() if v}
        response = self.transport.send("POST", url, repeatable=True, data=form)
        try:
            answer = response.json()
        except ValueError:
            answer = {}
        if not isinstance(answer, dict):  # an error of the API, or somebody between us and the log-in host
            answer = {}
        if response.status_code != 200 or "access_token" not in answer:
            why = answer.get("error_description") or answer.get("error") or response.status_code
            raise AccessRefused(f"Salesforce refused the log-in at {url}: {why}; check salesforce.*")
        self._token = answer["access_token"]
        self._instance = str(answer.get("instance_url") or login.base_url).rstrip("/")

    def _judge(self, response: requests.Response) -> Verdict:
        self._note_usage(response)
        if response.status_code == 403 and _code(response) == "REQUEST_LIMIT_EXCEEDED":
            if "Concurrent" in response.text:
                return Verdict.NOT_NOW
            raise DailyLimitReached("Salesforce's daily limit of API calls is used up; the next run continues")
        if response.status_code == 429:
            return Verdict.NOT_NOW
        if response.status_code >= 500:
            return Verdict.UNCLEAR
        return Verdict.DONE

    def _note_usage(self, response: requests.Response) -> None:
        found = _LIMIT_INFO.search(response.headers.get("Sforce-Limit-Info", ""))
        if found:
            self.limit_used, self.limit_max = int(found.group(1)), int(found.group(2))

    def _send(
        self,
        method: str,
        path: str,
        *,
        repeatable: bool = True,
        write: bool = False,
        more_headers: Mapping[str, str] | None = None,
        **body: Any,
    ) -> requests.Response:
        """One request with the session; renews an expired one once.

        Raises:
            ExpiredSession: renewed, but the request must not be sent again blindly.
        """
        used, limit = self.limit_used, self.limit_max
        if used is not None and limit is not None and used + self._calls_reserved >= limit:
            raise DailyLimitReached(
                f"Salesforce's daily calls are used up ({self.limit_used} of {self.limit_max}, "
                f"{self._calls_reserved} reserved); the next run continues"
            )
        if not self._token:
            self._log_in()
        for renewed in (False, True):
            url = path if path.startswith("http") else self._instance + path
            response = self.transport.send(
                method,
                url,
                repeatable=repeatable,
                write=write,
                headers={"Authorization": f"Bearer {self._token}", **(more_headers or {})},
                **body,
            )
            if response.status_code != 401 and response.text != BAD_TOKEN:
                return response
            if renewed:
                break
            self._log_in()
            if not repeatable:
                raise ExpiredSession("Salesforce: the session expired")
        raise AccessRefused("Salesforce refuses a fresh session; check the user's API access")

    def _data(self, path: str) -> str:
        return f"/services/data/v{self._login.api_version}{path}"

    def _get(self, path: str, **body: Any) -> Any:
        return self._read(path, **body).json()

    def _read(self, path: str, **body: Any) -> requests.Response:
        response = self._send("GET", path, **body)
        if response.status_code != 200:
            raise refusal(response)
        return response

    # -- describe ------------------------------------------------------------------------------------

    def describe(self, name: str) -> SfObject:
        """The object as this user sees it; asked once per run."""
        if name not in self._described:
            try:
                answer = self._read(self._data(f"/sobjects/{quote(name)}/describe"))
            except RecordRefused as error:
                raise AccessRefused(
                    f"Salesforce does not describe {name}: {error}; check the section's object"
                ) from None
            self._described[name] = _sobject(answer.content)
        return self._described[name]

    def me(self) -> str:
        """The user id this session works as; "" when the org does not tell."""
        if self._me is None:
            try:
                answer = self._get("/services/oauth2/userinfo")
                self._me = str(answer.get("user_id") or "")
            except (RecordRefused, ValueError):
                self._me = ""
        return self._me

    # -- reading -------------------------------------------------------------------------------------

    def query(self, soql: str) -> Iterator[dict[str, Any]]:
        """Rows of a query over live, deleted and archived rows, page by page."""
        answer = self._get(self._data("/queryAll"), params={"q": soql})
        while True:
            yield from answer["records"]
            if answer["done"]:
                return
            answer = self._get(answer["nextRecordsUrl"])

    def changed_since(
        self, name: str, fields: Sequence[str], since: datetime | None, condition: str = ""
    ) -> Iterator[Record]:
        """Records by `SystemModstamp`, oldest first, deleted ones included; *condition* is a filter beside it.

        An expired query locator is answered by a new query from the last row on, by its stamp and id (F51, F54).
        """
        seen: set[tuple[str, str]] = set()
        last = ""
        while True:
            conditions = [f"SystemModstamp >= {literal(since)}"] if since else []
            conditions += [f"(SystemModstamp > {literal(since)} OR Id > {quoted(last)})"] if since and last else []
            conditions += [condition] if condition else []
            where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
            soql = f"SELECT {', '.join(fields)} FROM {name}{where} ORDER BY SystemModstamp, Id"  # noqa: S608 - SOQL; values are quoted()
            try:
                for row in self.query(soql):
                    record = _record(name, row)
                    since, last = record.changed_at, record.id
                    if (record.id, str(row.get("SystemModstamp"))) not in seen:
                        seen.add((record.id, str(row.get("SystemModstamp"))))
                        yield record
            except RecordRefused as error:
                if error.code == "INVALID_QUERY_LOCATOR" and seen:
                    continue
                raise
            return

    def by_ids(self, name: str, fields: Sequence[str], ids: Iterable[str], condition: str = "") -> dict[str, Record]:
        """Record id -> record, deleted ones included; invisible ones are absent. *condition*: a filter beside."""
        wanted = sorted(set(ids))
        found: dict[str, Record] = {}
        for start in range(0, len(wanted), IDS_IN_QUERY_MAX):
            listed = ", ".join(quoted(i) for i in wanted[start : start + IDS_IN_QUERY_MAX])
            where = f"Id IN ({listed})" + (f" AND {condition}" if condition else "")
            for row in self.query(f"SELECT {', '.join(fields)} FROM {name} WHERE {where}"):  # noqa: S608 - SOQL; values are quoted()
                found[row["Id"]] = _record(name, row)
        return found

    def values_of(self, name: str, fields: Sequence[str], ids: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Record id -> its values, asked of the records themselves instead of a search; deleted ones are absent."""
        wanted = sorted(set(ids))
        found: dict[str, dict[str, Any]] = {}
        for start in range(0, len(wanted), IDS_IN_QUERY_MAX):
            asked = {"ids": ",".join(wanted[start : start + IDS_IN_QUERY_MAX]), "fields": ",".join(fields)}
            for row in self._get(self._data(f"/composite/sobjects/{quote(name)}"), params=asked):
                if row is not None:
                    found[row["Id"]] = {field: row.get(field) for field in fields}
        return found

    def where(self, name: str, fields: Sequence[str], condition: str) -> list[Record]:
        soql = f"SELECT {', '.join(fields)} FROM {name} WHERE {condition} ORDER BY CreatedDate, Id"  # noqa: S608 - SOQL; values are quoted()
        return [_record(name, row) for row in self.query(soql)]

    def matching(self, name: str, fields: Sequence[str], condition: str) -> Iterator[Record]:
        """The rows of one query, whatever its condition ends with, read page by page as they are asked for."""
        soql = f"SELECT {', '.join(fields)} FROM {name} WHERE {condition}"  # noqa: S608 - SOQL; an administrator's own
        for row in self.query(soql):
            yield _record(name, row)

    def users(self) -> list[dict[str, Any]]:
        """Active users: Id, Email, Username."""
        return list(self.query("SELECT Id, Email, Username FROM User WHERE IsActive = true"))

    def contacts_with(self, mail: str) -> list[str]:
        """The ids of contacts with an e-mail address; no more than two."""
        return [row["Id"] for row in self.query(f"SELECT Id FROM Contact WHERE Email = {quoted(mail)} LIMIT 2")]  # noqa: S608 - SOQL; values are quoted()

    def accounts_of(self, name: str, ids: Iterable[str]) -> dict[str, str]:
        """Id of a Contact, Opportunity or Case -> id of its Account."""
        found: dict[str, str] = {}
        wanted = sorted(set(ids))
        for start in range(0, len(wanted), IDS_IN_QUERY_MAX):
            listed = ", ".join(quoted(i) for i in wanted[start : start + IDS_IN_QUERY_MAX])
            for row in self.query(f"SELECT Id, AccountId FROM {name} WHERE Id IN ({listed})"):  # noqa: S608 - SOQL; values are quoted()
                if row.get("AccountId"):
                    found[row["Id"]] = row["AccountId"]
        return found

    # -- writing -------------------------------------------------------------------------------------

    def update(self, name: str, changes: Mapping[str, Mapping[str, Any]]) -> dict[str, RecordRefused]:
        """Patch records; returns the refusals by id. A locked row is tried again, up to a cap."""
        refused: dict[str, RecordRefused] = {}
        todo = sorted(changes)
        for attempt in range(1, self._attempts_max + 1):
            locked: list[str] = []
            for start in range(0, len(todo), COLLECTION_RECORDS_MAX):
                chunk = todo[start : start + COLLECTION_RECORDS_MAX]
                for record_id, error in self._update_chunk(name, changes, chunk).items():
                    if error.code == "UNABLE_TO_LOCK_ROW" and attempt < self._attempts_max:
                        locked.append(record_id)
                    else:
                        refused[record_id] = error
            if not locked:
                break
            self._clock.sleep(float(2 ** (attempt - 1)))
            todo = locked
        return refused

    def _update_chunk(
        self, name: str, changes: Mapping[str, Mapping[str, Any]], ids: Sequence[str]
    ) -> dict[str, RecordRefused]:
        if len(ids) == 1:
            path = self._data(f"/sobjects/{quote(name)}/{ids[0]}")
            response = self._send("PATCH", path, write=True, json=dict(changes[ids[0]]))
            return {} if response.status_code in {200, 204} else {ids[0]: refusal(response)}
        records = [{"attributes": {"type": name}, "Id": i, **changes[i]} for i in ids]
        response = self._send(
            "PATCH",
            self._data("/composite/sobjects"),
            write=True,
            json={"allOrNone": False, "records": records},
        )
        if response.status_code != 200:
            # One value the parser cannot read refuses the whole request: halve until it is alone.
            middle = len(ids) // 2
            halves = (ids[:middle], ids[middle:])
            return {
                record_id: error
                for half in halves
                for record_id, error in self._update_chunk(name, changes, half).items()
            }
        items = response.json()
        # The answer is in the order of the request: documented for sObject collections.
        return {
            record_id: item_refusal(item) for record_id, item in zip(ids, items, strict=True) if not item.get("success")
        }

    def create(self, name: str, fields: Mapping[str, Any]) -> str:
        """A new record's id.

        Raises:
            UnknownOutcome: it may or may not exist; read back before doing anything.
            RecordRefused: it was not made.
        """
        path = self._data(f"/sobjects/{quote(name)}")
        try:
            return self._until_unlocked(
                lambda: self._created(self._send("POST", path, repeatable=False, write=True, json=dict(fields)))
            )
        except ExpiredSession:
            raise UnknownOutcome("Salesforce: the session expired during a create") from None

    def upsert(self, name: str, field: str, value: str, fields: Mapping[str, Any]) -> str:
        """Create or update by a unique external id; says the same twice, so it may be repeated.

        Raises:
            RecordRefused: refused; with *ids* of all matches when there are several (HTTP 300).
        """
        assert value, "a blank key would match anything blank (F06)"
        path = self._data(f"/sobjects/{quote(name)}/{quote(field)}/{quote(value, safe='')}")
        return self._until_unlocked(lambda: self._created(self._send("PATCH", path, write=True, json=dict(fields))))

    def upsert_many(self, name: str, key: str, rows: Mapping[str, Mapping[str, Any]], *, began: Began) -> Upserts:
        """Create or update many records by their unique external id *key*, in as few calls as there can be.

        *began* is told the id of each bulk job from which on Salesforce works without us; see `await_job`.
        """
        return upsert_many(Wire(self._send, self._data), self._clock, name, key, rows, began=began)

    def await_job(self, job: str) -> None:
        """Until nothing more comes of a bulk job. Raises ServiceUnavailable when it does not end."""
        await_job(Wire(self._send, self._data), self._clock, job)

    def delete(self, name: str, record_id: str) -> bool:
        """Delete one record; False when it was gone already. A locked row is tried again, up to a cap.

        Raises:
            RecordRefused: it was not deleted.
        """
        path = self._data(f"/sobjects/{quote(name)}/{record_id}")

        def once() -> str:
            response = self._send("DELETE", path, write=True)
            if response.status_code == 204:
                return "deleted"
            if response.status_code == 404 or _code(response) in GONE_CODES:
                return ""
            raise refusal(response)

        return bool(self._until_unlocked(once))

    def by_external_id(self, name: str, field: str, value: str) -> str | None:
        """The id of the record that carries this external id; None when there is none."""
        path = self._data(f"/sobjects/{quote(name)}/{quote(field)}/{quote(value, safe='')}")
        response = self._send("GET", path, params={"fields": "Id"})
        if response.status_code == 404:
            return None
        if response.status_code != 200:
            raise refusal(response)
        return str(response.json()["Id"])

    def _until_unlocked(self, write: Any) -> str:
        for attempt in range(1, self._attempts_max + 1):
            try:
                return str(write())
            except RecordRefused as error:
                if error.code != "UNABLE_TO_LOCK_ROW" or attempt == self._attempts_max:
                    raise
            self._clock.sleep(float(2 ** (attempt - 1)))
        raise AssertionError("unreachable")

    def _created(self, response: requests.Response) -> str:
        if response.status_code in {200, 201}:
            return str(response.json()["id"])
        if response.status_code == 204:  # upsert of an existing row up to API version 45
            return ""
        raise refusal(response)


@lru_cache(maxsize=32)
def _sobject(content: bytes) -> SfObject:
    """What a describe says. The same bytes say the same: a run that is told nothing new works nothing out."""
    answer = json.loads(content)
    fields = {}
    for field in answer["fields"]:
        active = [v for v in field.get("picklistValues") or () if v.get("active", True)]
        chosen = next((v["value"] for v in active if v.get("defaultValue")), None)
        fields[field["name"]] = SfField(
            name=field["name"],
            createable=bool(field.get("createable")),
            updateable=bool(field.get("updateable")),
            restricted=bool(field.get("restrictedPicklist")),
            values=frozenset(v["value"] for v in active),
            length=int(field.get("length") or 0),
            external_id=bool(field.get("externalId")),
            unique=bool(field.get("unique")),
            defaulted=bool(field.get("defaultedOnCreate")),
            default=field.get("defaultValue") if chosen is None else chosen,
            type=str(field.get("type") or ""),
            calculated=bool(field.get("calculated") or field.get("autoNumber")),
            nillable=bool(field.get("nillable", True)),
            references=frozenset(field.get("referenceTo") or ()),
            relationship=str(field.get("relationshipName") or ""),
        )
    return SfObject(answer["name"], answer.get("keyPrefix"), fields)


def _record(name: str, row: Mapping[str, Any]) -> Record:
    stamp = parse_moment(row.get("LastModifiedDate") or row.get("SystemModstamp"))
    modified = parse_moment(row.get("SystemModstamp")) or stamp
    assert modified is not None, "every query of this module asks for SystemModstamp"
    return Record(
        place=SALESFORCE,
        model=name,
        id=row["Id"],
        values=_values(row),
        changed_at=modified,
        deleted=bool(row.get("IsDeleted")),
        edited_at=stamp,
    )


def _values(row: Mapping[str, Any]) -> dict[str, Any]:
    """Field -> value; what comes from another object stands under its path, such as "CreatedBy.Email"."""
    values: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Mapping) and "attributes" in value and name != "attributes":
            values |= {f"{name}.{inner}": each for inner, each in _values(value).items()}
        elif name != "attributes":
            values[name] = value
    return values


def _code(response: requests.Response) -> str:
    try:
        body = response.json()
    except ValueError:
        return ""
    first = body[0] if isinstance(body, list) and body else body
    return str(first.get("errorCode", "")) if isinstance(first, dict) else ""


def refusal(response: requests.Response) -> RecordRefused:
    """The error Salesforce answered for a single record."""
    if response.status_code == 300:
        try:
            paths = response.json()
        except ValueError:
            paths = []
        ids = tuple(str(path).rsplit("/", 1)[-1] for path in paths)
        text = f"several records carry this external id: {', '.join(ids)}; keep one"
        return RecordRefused(text, code="MULTIPLE_CHOICES", ids=ids)
    code = _code(response)
    try:
        body = response.json()
        message = str(body[0].get("message", "")) if isinstance(body, list) else str(body)
        fields = body[0].get("fields") or () if isinstance(body, list) else ()
    except (ValueError, IndexError, AttributeError):
        message, fields = response.text[:200], ()
    return _refused(code or f"HTTP {response.status_code}", message, fields)


def item_refusal(item: Mapping[str, Any]) -> RecordRefused:
    """The error of one record inside a collection's answer; there the key is statusCode."""
    first = (item.get("errors") or [{}])[0]
    code = str(first.get("statusCode") or first.get("errorCode") or "")
    return _refused(code, str(first.get("message", "")), first.get("fields") or ())


def _refused(code: str, message: str, fields: Iterable[str] = ()) -> RecordRefused:
    ids = tuple(re.findall(r"\b[0-9A-Za-z]{18}\b|\b[0-9A-Za-z]{15}\b", message))
    text = f"{code}: {message.strip()}" if code else message.strip()
    return RecordRefused(text, code=code, transient=code in TRANSIENT_CODES, ids=ids, fields=tuple(fields))
