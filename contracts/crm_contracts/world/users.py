"""The people of a world: they act over HTTP, each with credentials of their own.

Rule: a user writes as the vendor's own client would and reads back what was stored. A refusal of what a
user may do (UserRefused) is a bug of the history, never a finding about the sync.
Source: the REST calls of both vendors' developer guides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

import requests

from crm_contracts.world.fields import FIELDS, FRAME, STAGE_FIELD, Row
from crm_contracts.world.ops import CONVERSATION, SALESFORCE, TASK
from crm_contracts.world.under_test import Login

API = "/services/data/v60.0"
SOAP = "/services/Soap/u/60.0"
SOAP_NAMES = (
    'xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:urn="urn:partner.soap.sforce.com"'
    ' xmlns:ns="urn:sobject.partner.soap.sforce.com"'
)
SALESFORCE_FIELDS = (
    "Id",
    *(one.salesforce for one in FIELDS),
    *(name for name in FRAME[SALESFORCE] if name != STAGE_FIELD),
    "AccountId",
    "LastModifiedDate",
)
ROWS_MAX = 10_000
COLLECTIONS = {TASK: "tasks", CONVERSATION: "conversations"}  # of Planhat, by side


class UserRefused(AssertionError):
    """The vendor refuses what a user does: a bug of ours in a history of ours, a wrong word in one by hand."""


def granted(answer: requests.Response, asked: str) -> None:
    """Raises UserRefused unless a user got what was *asked*."""
    if not answer.ok:
        raise UserRefused(f"a user's {asked} was refused: {answer.text}")


class SalesforceUser:
    """Somebody at work in Salesforce, who sees *more* fields of a Task than every org has."""

    def __init__(self, login: Login, session: requests.Session, *, more: Iterable[str] = ()) -> None:
        self._columns = (*SALESFORCE_FIELDS, *more)
        self._login = login
        self._session = session
        self._token = ""

    @property
    def token(self) -> str:
        """Of the session in which this user is logged in, "" before the first call."""
        return self._token

    def resume(self, token: str) -> None:
        """Go on in the session of an earlier *token*."""
        self._token = token

    def create(self, fields: Mapping[str, Any], sobject: str = "Task") -> str:
        answer = self._call("POST", f"/sobjects/{sobject}", fields)
        record_id: str = answer.json()["id"]
        return record_id

    def edit(self, record_id: str, fields: Mapping[str, Any]) -> None:
        self._call("PATCH", f"/sobjects/Task/{record_id}", fields)

    def delete(self, record_id: str) -> None:
        self._call("DELETE", f"/sobjects/Task/{record_id}")

    def undelete(self, record_id: str) -> bool:
        """Take a row out of the recycle bin; False when it is not there any more."""
        answer = self._soap(f"<urn:undelete><urn:ids>{record_id}</urn:ids></urn:undelete>")
        return "<success>true</success>" in answer

    def merge(self, sobject: str, master: str, loser: str) -> None:
        record = f"<ns:type>{sobject}</ns:type><ns:Id>{master}</ns:Id>"
        inner = f"<urn:masterRecord>{record}</urn:masterRecord><urn:recordToMergeIds>{loser}</urn:recordToMergeIds>"
        answer = self._soap(f"<urn:merge><urn:request>{inner}</urn:request></urn:merge>")
        assert "<success>true</success>" in answer, f"{loser} could not be merged into {master}: {answer}"

    def read(self, record_id: str) -> Row:
        names = ",".join(self._columns)
        row: Row = self._call("GET", f"/sobjects/Task/{record_id}?fields={names}").json()
        return row

    def tasks(self) -> dict[str, Row]:
        """Every Task that is not deleted, archived or not, by id."""
        soql = f"SELECT {', '.join(self._columns)} FROM Task WHERE IsDeleted = false ORDER BY Id"  # noqa: S608 - SOQL
        answer = self._call("GET", f"/queryAll?q={quote(soql)}").json()
        assert answer["done"], "a world has fewer Tasks than one page of a query"
        return {row["Id"]: row for row in answer["records"]}

    def describe(self, sobject: str) -> Row:
        """What Salesforce says of an object: its fields, their types, their picklists."""
        told: Row = self._call("GET", f"/sobjects/{sobject}/describe").json()
        return told

    def key_prefixes(self) -> list[str]:
        """The first three characters of ids, of all objects."""
        told = self._call("GET", "/sobjects").json()["sobjects"]
        return [one["keyPrefix"] for one in told if one["keyPrefix"]]

    def _soap(self, inner: str) -> str:
        """A call that REST does not have. Returns the answer's XML."""
        self._call("GET", "/limits")  # logs in where that is due
        session = f"<urn:SessionHeader><urn:sessionId>{self._token}</urn:sessionId></urn:SessionHeader>"
        body = f"<e:Header>{session}</e:Header><e:Body>{inner}</e:Body>"
        answer = self._session.post(
            self._login.base_url + SOAP,
            data=f"<e:Envelope {SOAP_NAMES}>{body}</e:Envelope>",
            headers={"Content-Type": "text/xml", "SOAPAction": '""'},
        )
        granted(answer, inner)
        return answer.text

    def _call(self, method: str, path: str, body: Any = None) -> requests.Response:
        for attempt in (1, 2):
            if not self._token:
                self._log_in()
            headers = {"Authorization": f"Bearer {self._token}"}
            url = self._login.base_url + API + path
            given = {} if body is None else {"json": body}
            answer = self._session.request(method, url, headers=headers, **given)
            if answer.status_code != 401 or attempt == 2:
                break
            self._token = ""
        granted(answer, f"{method} {path} {body}")
        return answer

    def _log_in(self) -> None:
        c = self._login.credentials
        form = {
            "grant_type": "password",
            "client_id": c["client_id"],
            "client_secret": c["client_secret"],
            "username": c["username"],
            "password": c["password"] + c.get("security_token", ""),
        }
        url = f"{self._login.base_url}/services/oauth2/token"
        answer = self._session.post(url, data=form)
        assert answer.ok, f"{c['username']} cannot log in: {answer.text}"
        self._token = answer.json()["access_token"]


class PlanhatUser:
    """Somebody at work in Planhat, through an app with a token of its own."""

    def __init__(self, login: Login, session: requests.Session) -> None:
        self._base = login.base_url
        self._headers = {"Authorization": f"Bearer {login.credentials['token']}"}
        self._session = session

    def create(self, collection: str, fields: Mapping[str, Any]) -> str:
        record_id: str = self._call("POST", f"/{collection}", fields)["_id"]
        return record_id

    def edit(self, collection: str, record_id: str, fields: Mapping[str, Any]) -> None:
        self._call("PUT", f"/{collection}/{record_id}", fields)

    def delete(self, collection: str, record_id: str) -> None:
        self._call("DELETE", f"/{collection}/{record_id}")

    def read(self, collection: str, record_id: str) -> Row:
        row: Row = self._call("GET", f"/{collection}/{record_id}")
        return row

    def find_conversation(self, record_id: str) -> Row | None:
        """The Conversation, None if somebody has deleted it."""
        return self.conversations().get(record_id)

    def tasks(self) -> dict[str, Row]:
        """Every Task, archived or not, by id."""
        rows: dict[str, Row] = {}
        for archived in ("false", "true"):
            found = self._call("GET", f"/tasks?isArchived={archived}&limit={ROWS_MAX}")
            rows |= {row["_id"]: row for row in found}
        return rows

    def companies(self) -> list[Row]:
        """Every Company, as the list shows it."""
        found: list[Row] = self._call("GET", "/companies?limit=5000")
        return found

    def conversations(self) -> dict[str, Row]:
        """Every Conversation whole (a list leaves descriptions out), by id."""
        found = self._call("GET", "/conversations?limit=2000")
        return {row["_id"]: self.read("conversations", row["_id"]) for row in found}

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        given = {} if body is None else {"json": body}
        answer = self._session.request(method, self._base + path, headers=self._headers, **given)
        granted(answer, f"{method} {path} {body}")
        return answer.json()
