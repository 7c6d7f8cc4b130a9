"""What the actions ask of Salesforce: create, update, look for, read back.

Rule 1 (A26): one budget of three attempts, 1 to 30 seconds apart on the injected clock, for what is transient; what is
refused for good is sent once.
Rule 2 (A22): a creation whose outcome is unknown is looked for before anything else; only one with a key, an upsert on
an external-id field, may then be sent again in the same run.
Rule 3 (A28): a write is believed when it is read back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

import requests

from crm_sync.actions import queries
from crm_sync.actions.connection import Connection
from crm_sync.actions.failures import STOP, TRANSIENT, Failure, of_refusal
from crm_sync.clock import Clock
from crm_sync.errors import ServiceUnavailable, UnknownOutcome
from crm_sync.mapping import parse_moment
from crm_sync.record_ids import AmbiguousId, NotAnId, canonical
from crm_sync.sides.salesforce import refusal

ATTEMPTS_MAX: Final = 3
WAIT_SECONDS_MIN, WAIT_SECONDS_MAX = 1.0, 30.0


class Salesforce:
    """One org, through its connection."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self.connection = connection
        self._clock = clock
        self._me = ""
        self.stopped: Failure | None = None  # why nothing more is sent

    # -- writing ---------------------------------------------------------------------------------------

    def create(self, name: str, fields: Mapping[str, Any]) -> str:
        """A new record's id. Raises Failure; *in_doubt* when it may have been made."""
        path = self.connection.data(f"/sobjects/{quote(name)}")
        return str(self._attempted(lambda: self._json("POST", path, {201}, repeatable=False, json=dict(fields)))["id"])

    def upsert(self, name: str, field: str, value: str, fields: Mapping[str, Any]) -> str:
        """Create by an external id. Raises Failure; *in_doubt* when it may have been made.

        Not repeated blindly: on a record that is there it is an update, and a Task's subtype cannot be updated.
        """
        path = self._by_key(name, field, value)
        answer = self._attempted(lambda: self._json("PATCH", path, {200, 201}, repeatable=False, json=dict(fields)))
        return str(answer["id"])

    def update(self, name: str, record_id: str, fields: Mapping[str, Any]) -> None:
        """Write fields of a record. Raises Failure."""
        path = self.connection.data(f"/sobjects/{quote(name)}/{record_id}")
        self._attempted(lambda: self._json("PATCH", path, {200, 204}, json=dict(fields)))

    # -- reading ---------------------------------------------------------------------------------------

    def by_external_id(self, name: str, field: str, value: str) -> str:
        """The id of the record with this external id, "" when there is none."""
        path = self._by_key(name, field, value)
        found = self._attempted(lambda: self._json("GET", path, {200, 404}, params={"fields": "Id"}))
        return str(found["Id"]) if isinstance(found, dict) else ""

    def look_up(self, name: str, fields: Mapping[str, Any], *, since: datetime, not_these: set[str]) -> str:
        """The oldest record with exactly these *fields* that this user made *since*, deleted ones included; "" for
        none. *since* is by our clock; where Salesforce's is behind it, it is taken back by as much (F56).

        SOQL cannot filter by long texts and does not tell upper from lower case, so that the rest is compared here.
        """
        self._me = self._me or self._user_id()
        since += min(self.connection.transport.skew, timedelta(0))
        soql = queries.select(
            name,
            ["Id", *fields],
            equal={"CreatedById": self._me, "Subject": _kept(fields["Subject"])},
            since={"CreatedDate": since},
            order=["CreatedDate", "Id"],
        )
        for row in self.rows(soql, deleted=True):
            if row["Id"] not in not_these and all(same(_kept(v), _kept(row.get(name))) for name, v in fields.items()):
                return str(row["Id"])
        return ""

    def rows(self, soql: str, *, deleted: bool = False, page_rows: int | None = None) -> Iterator[dict[str, Any]]:
        """All rows of a query, page after page (A37)."""
        path = self.connection.data("/queryAll" if deleted else "/query")
        headers = {"Sforce-Query-Options": f"batchSize={page_rows}"} if page_rows else {}
        page = self._attempted(lambda: self._json("GET", path, {200}, params={"q": soql}, headers=headers))
        while True:
            yield from ({key: value for key, value in row.items() if key != "attributes"} for row in page["records"])
            if page["done"]:
                return
            following = page["nextRecordsUrl"]
            page = self._attempted(lambda: self._json("GET", following, {200}, headers=headers))  # noqa: B023 - called at once

    def not_applied(self, name: str, record_id: str, wanted: Mapping[str, Any]) -> list[str]:
        """Fields that do not hold what was written (A28, A29), by reading them back. Raises Failure."""
        path = self.connection.data(f"/sobjects/{quote(name)}/{record_id}")
        try:
            row = self._attempted(lambda: self._json("GET", path, {200}, params={"fields": ",".join(wanted)}))
        except Failure as failure:
            if failure.code != "INVALID_FIELD":
                raise
            # A field that the user may not see cannot be asked for: what all the others hold is still worth knowing.
            row = self._attempted(lambda: self._json("GET", path, {200}))
        return [field for field, value in wanted.items() if not same(value, row.get(field))]

    def _user_id(self) -> str:
        told = self._attempted(lambda: self._json("GET", "/services/oauth2/userinfo", {200}))
        return str(told["user_id"])

    # -- one call --------------------------------------------------------------------------------------

    def _by_key(self, name: str, field: str, value: str) -> str:
        return self.connection.data(f"/sobjects/{quote(name)}/{quote(field)}/{quote(value, safe='')}")

    def _json(self, method: str, path: str, good: set[int], *, repeatable: bool = True, **body: Any) -> Any:
        """The JSON of a good answer (None without a body, or for 404). Raises Failure, ServiceUnavailable."""
        try:
            response: requests.Response = self.connection.send(method, path, repeatable=repeatable, **body)
        except UnknownOutcome as error:
            raise Failure("UNKNOWN_OUTCOME", str(error), in_doubt=True) from None
        if response.status_code not in good:
            raise of_refusal(refusal(response))
        return response.json() if response.content and response.status_code != 404 else None

    def _attempted(self, call: Callable[[], Any]) -> Any:
        """*call*, up to three times while what stops it may pass. Raises Failure."""
        if self.stopped is not None:
            raise self.stopped
        for attempt in range(1, ATTEMPTS_MAX + 1):
            try:
                return call()
            except Failure as failure:
                self.stopped = failure if failure.kind == STOP else None
                if failure.kind != TRANSIENT or failure.in_doubt or attempt == ATTEMPTS_MAX:
                    raise
            except ServiceUnavailable as error:
                asked = self.connection.wait_asked
                if attempt == ATTEMPTS_MAX or asked > WAIT_SECONDS_MAX:
                    raise Failure("SERVER_UNAVAILABLE", str(error), in_doubt=True) from None
            self.wait(attempt)
        raise AssertionError("unreachable")

    def wait(self, attempt: int) -> None:
        """Before the attempt after *attempt*: longer each time, or as long as Salesforce asks."""
        backoff = min(WAIT_SECONDS_MAX, WAIT_SECONDS_MIN * 2 ** (attempt - 1))
        self._clock.sleep(max(backoff, self.connection.wait_asked))


def same(wanted: Any, actual: Any) -> bool:
    """Whether *actual*, read back, is what was written: as Salesforce writes blanks, numbers, moments and ids."""
    if wanted in (None, "") or actual in (None, ""):
        return wanted in (None, "") and actual in (None, "")
    if wanted == actual:
        return isinstance(wanted, bool) is isinstance(actual, bool)
    if isinstance(actual, (int, float)) and not isinstance(actual, bool) and isinstance(wanted, str):
        return _number(wanted) == float(actual)
    if isinstance(wanted, str) and isinstance(actual, str):
        return _same_moment(wanted, actual) or _same_id(wanted, actual)
    return False


def _kept(value: Any) -> Any:
    """A value as Salesforce keeps it: a text without NUL and blanks around it, its lines ended one way (F42, F44)."""
    if not isinstance(value, str):
        return value
    return value.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n").strip()


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _same_moment(wanted: str, actual: str) -> bool:
    if len(actual) < 20 or "T" not in actual:
        return False
    moments = [parse_moment(wanted), parse_moment(actual)]
    return None not in moments and moments[0] == moments[1]


def _same_id(wanted: str, actual: str) -> bool:
    if len(actual) != 18:
        return False
    try:
        return canonical(wanted) == canonical(actual)
    except (NotAnId, AmbiguousId):
        return False
