"""The people of a world of pairs: they act over HTTP, each with credentials of their own.

Rule: a user writes as the vendor's own client would. A refusal of what a user may do (UserRefused) is a bug of the
history, never a finding about the sync.
Source: the REST calls of the vendors; what Totango's and Marketo's users do in a browser goes through the stand-ins.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from typing import Any, ClassVar
from urllib.parse import quote

import requests

from crm_contracts.world.fields import Row
from crm_contracts.world.pairs.settings import CAMPAIGN_TOUCH, REMINDER, TASK, TOUCHPOINT
from crm_contracts.world.under_test import Login
from crm_contracts.world.users import SalesforceUser, granted

__all__ = ["MarketoUser", "PartnerUser", "PeopleInSalesforce", "TotangoUser"]

_COMMON = (
    "Id", "Subject", "Description", "ActivityDate", "OwnerId", "WhoId", "WhatId", "AccountId", "CreatedById",
    "CreatedDate", "LastModifiedDate",
)  # fmt: skip
COLUMNS = {
    "Task": (*_COMMON, "Status", "Priority", "CallDisposition"),
    "Event": (*_COMMON, "StartDateTime", "IsAllDayEvent", "Location", "ShowAs"),
}
PAGE = 1000
FLOW = "adoption"  # a SuccessFlow: tasks need one


class PeopleInSalesforce(SalesforceUser):
    """Somebody at work in Salesforce, on Tasks and Events."""

    def log_out(self) -> None:
        self._token = ""

    def change(self, sobject: str, record_id: str, fields: Mapping[str, Any]) -> None:
        self._call("PATCH", f"/sobjects/{sobject}/{record_id}", fields)

    def remove(self, sobject: str, record_id: str) -> None:
        self._call("DELETE", f"/sobjects/{sobject}/{record_id}")

    def one(self, sobject: str, record_id: str) -> Row:
        names = ",".join(COLUMNS[sobject])
        row: Row = self._call("GET", f"/sobjects/{sobject}/{record_id}?fields={names}").json()
        return row

    def rows(self, sobject: str, keys: Collection[str] = ()) -> dict[str, Row]:
        """Every record that is not deleted, by id; *keys* are fields that an administrator made, to be read, too."""
        columns = ", ".join((*COLUMNS[sobject], *keys))
        found = self._query(f"SELECT {columns} FROM {sobject} WHERE IsDeleted = false ORDER BY Id")  # noqa: S608 - SOQL
        return {row["Id"]: row for row in found}

    def passing(self, sobject: str, condition: str) -> frozenset[str]:
        """The ids of the records that an administrator's *condition* lets through."""
        found = self._query(f"SELECT Id FROM {sobject} WHERE {condition}")  # noqa: S608 - SOQL
        return frozenset(row["Id"] for row in found)

    def user_ids(self) -> dict[str, str]:
        """The id of each active user, by e-mail."""
        return {
            row["Email"].lower(): row["Id"] for row in self._query("SELECT Id, Email FROM User WHERE IsActive = true")
        }

    def _query(self, soql: str) -> list[Row]:
        answer = self._call("GET", f"/queryAll?q={quote(soql)}").json()
        assert answer["done"], "a world has fewer records than one page of a query"
        rows: list[Row] = answer["records"]
        return rows


class PartnerUser(ABC):
    """Somebody at work in the partner system."""

    def __init__(self, login: Login, session: requests.Session) -> None:
        self._base = login.base_url
        self._token = login.credentials["token"]
        self._session = session

    @abstractmethod
    def create(self, section: str, fields: Mapping[str, Any]) -> str:
        """Make a record; its id."""

    @abstractmethod
    def edit(self, section: str, record_id: str, fields: Mapping[str, Any]) -> None: ...

    @abstractmethod
    def delete(self, section: str, record_id: str) -> None: ...

    @abstractmethod
    def read(self, section: str, record_id: str) -> Row: ...

    @abstractmethod
    def rows(self, section: str) -> dict[str, Row]:
        """Every record that is not deleted, by id."""

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        given = {} if body is None else {"json": body}
        answer = self._session.request(method, self._base + path, headers=self._headers(), **given)
        granted(answer, f"{method} {path} {body}")
        return answer.json() if answer.content else None

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}


class TotangoUser(PartnerUser):
    """Tasks and touchpoints; a campaign touch is Totango's own doing (see `Stage.touch`)."""

    kinds: ClassVar[Mapping[str, str]] = {TASK: "tasks", TOUCHPOINT: "touchpoints", CAMPAIGN_TOUCH: "campaign_touches"}

    def create(self, section: str, fields: Mapping[str, Any]) -> str:
        if section == TASK:
            return str(self._call("POST", "/api/v3/tasks", {"activity_type_id": FLOW, **fields})["id"])
        given = {("create_date" if name == "touchpoint_date" else name): value for name, value in fields.items()}
        if "participants" in given:
            given["participantList"] = [{"userid": mail} for mail in given.pop("participants")]
        return str(self._call("POST", "/api/v3/touchpoints/", given)["note"]["id"])

    def edit(self, section: str, record_id: str, fields: Mapping[str, Any]) -> None:
        if section == TASK:
            self._call("PUT", f"/api/v3/tasks/{record_id}", fields)
            return
        plain = {name: value for name, value in fields.items() if name in ("subject", "content")}
        if plain and not set(fields) - set(plain):
            event = {"event_id": self.read(section, record_id)["event_id"]}
            self._call("PUT", f"/api/v3/touchpoints/{record_id}", {**plain, **event})
        else:  # the day of a touchpoint is changed in the browser only
            self._call("PUT", f"/_standin/totango/records/touchpoints/{record_id}", fields)

    def delete(self, section: str, record_id: str) -> None:
        self._call("DELETE", f"/_standin/totango/records/{self.kinds[section]}/{record_id}")

    def read(self, section: str, record_id: str) -> Row:
        row: Row = self._call("GET", f"/_standin/totango/records/{self.kinds[section]}/{record_id}")
        return row

    def rows(self, section: str) -> dict[str, Row]:
        found = self._call("GET", f"/_standin/totango/records/{self.kinds[section]}?count={PAGE}")
        assert found["total"] <= PAGE, "a world has fewer records than one page"
        return {str(row["id"]): row for row in found["records"]}

    def _headers(self) -> dict[str, str]:
        return {"app-token": self._token}


class MarketoUser(PartnerUser):
    """One user of Sales Insight Actions: reminders and the settings page."""

    def create(self, section: str, fields: Mapping[str, Any]) -> str:
        assert section == REMINDER
        return str(self._call("POST", "/_standin/sia/reminders", dict(fields))["id"])

    def edit(self, section: str, record_id: str, fields: Mapping[str, Any]) -> None:
        assert section == REMINDER
        self._call("PATCH", f"/_standin/sia/reminders/{record_id}", dict(fields))

    def delete(self, section: str, record_id: str) -> None:
        assert section == REMINDER
        self._call("DELETE", f"/_standin/sia/reminders/{record_id}")

    def read(self, section: str, record_id: str) -> Row:
        assert section == REMINDER
        row: Row = self._call("GET", f"/_standin/sia/reminders/{record_id}")
        return row

    def rows(self, section: str) -> dict[str, Row]:
        assert section == REMINDER
        found: dict[str, Row] = {}
        cursor = ""
        while True:
            page = self._call("GET", f"/_standin/sia/reminders?limit=200{cursor}")
            found |= {str(row["id"]): row for row in page["items"]}
            if page["next"] is None:
                return found
            cursor = f"&cursor={quote(page['next'])}"

    def save_settings(self, settings: Mapping[str, Any]) -> Row:
        """Press Save on the settings page; the settings as they are kept."""
        row: Row = self._call("PATCH", "/_standin/sia/settings", dict(settings))
        return row
