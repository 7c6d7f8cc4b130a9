"""Salesforce and Sales Insight Actions on one clock, two users of each, and the sync of one of them between the two."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import requests
from tests.crm_sync.both import Wire

from crm_sync.config import Config
from crm_sync.lens import parse_moment
from crm_sync.report import Report
from crm_sync.run import State, Sync
from fake_core.clock import FrozenClock
from fake_core.control import ControlClient
from fake_core.ids import IdSource
from fake_core.testing import clean
from fake_core.transport import InProcess
from fake_marketo import TenantConfig, User
from fake_marketo import create_app as create_sia
from fake_salesforce import create_app as create_salesforce

SF = "https://acme.my.salesforce.com"
SIA = "https://sia.understudy.example"
TEMPLATE = "{{activity_subject}}"
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


class Sellers:
    """See the module's docstring. Ann's is the sync; Bo is a user of the same team."""

    def __init__(self) -> None:
        self.clock = FrozenClock()
        self.salesforce = create_salesforce(clock=self.clock, ids=IdSource(1))
        self.sia = create_sia(clock=self.clock, ids=IdSource(2), org=TenantConfig(users=()))
        self.network = InProcess([self.salesforce, self.sia])
        self.session = self.network.session()
        self.wire = Wire(self.network.adapter())
        self.sync_session = requests.Session()
        self.sync_session.trust_env = False
        self.sync_session.mount("https://", self.wire)
        self.sf_control = ControlClient(SF, self.session)
        users = self.query("SELECT Id FROM User WHERE IsActive = true ORDER BY Id")
        self.ann, self.bo = (row["Id"] for row in users)
        self.account = self.sf_create("Account", Name="Acme")
        self.contact = self.sf_create("Contact", LastName="Pat", AccountId=self.account, Email="pat@acme.example")
        self.lead = self.sf_create("Lead", LastName="Pat", Company="Acme", Email="pat@acme.example")
        self._made = [(fake.store, fake.store.snapshot()) for fake in (self.salesforce, self.sia)]
        self._began = self.clock.now()
        self.state = State()
        self.again()

    def again(self) -> Sellers:
        """As it was made: for the next test, which need not make two fakes."""
        clean(self.sia)
        for store, snapshot in self._made:
            store.restore(snapshot)
        for fake in (self.salesforce, self.sia):
            fake.faults.clear()
            fake.journal.clear()
        self.clock.set(self._began)
        self.state.close()
        self.state = State()
        self.wire.arm(None)
        self.wire.answer, self.wire.answer_headers = None, {}
        self.options: dict[str, Any] = {}
        self.rules: dict[str, Any] = {}
        seeds = [User(id=1, name="Ann", email="ann@acme.example", token="ann", sf_user_id=self.ann, sf_connected=True),
                 User(id=2, name="Bo", email="bo@acme.example", token="bo", sf_user_id=self.bo)]  # fmt: skip
        people = [
            {"id": 1, "name": "Pat", "email": "pat@acme.example", "owner": 1, "shared": True,
             "sf_contact_id": self.contact},
            {"id": 2, "name": "Pat", "email": "pat@acme.example", "owner": 1, "sf_lead_id": self.lead},
            {"id": 3, "name": "Quin", "owner": 1},
        ]  # fmt: skip
        self.seed(users=[vars(one) for one in seeds], people=people)
        return self

    # -- the sync -----------------------------------------------------------------------------------------

    def sync(self, token: str = "ann") -> Sync:
        """A sync as a fresh process would make it over the kept state."""
        mapping = {
            "profile": "marketo",
            "salesforce": {"base_url": SF, "access_token": self.salesforce.credentials(SF)["access_token"]},
            "marketo": {"base_url": SIA, "token": token},
            "options": self.options,
            "sections": [
                {
                    "marketo": "Reminder",
                    "salesforce": "Task",
                    "direction": "Both Directions",
                    "rules": self.rules,
                }
            ],
        }
        return Sync(Config.from_mapping(mapping), session=self.sync_session, clock=self.clock, state=self.state)

    def run(self, *, tick: float = 60) -> Report:
        """One round, a minute after what happened before and a minute before what follows."""
        self.clock.advance(timedelta(seconds=tick))
        report = self.sync().run()
        for section in report.sections.values():
            parts = section.created + section.updated + section.deleted + section.unchanged
            assert section.seen == parts + sum(section.skipped.values()) + len(section.quarantined)
        self.clock.advance(timedelta(seconds=tick))
        return report

    def settle(self) -> None:
        """Two rounds for whatever happened, and a third that must write nothing."""
        for _ in range(2):
            report = self.run()
            assert not report.stopped, report.stopped
        report = self.run()
        assert report.settled, list(report.lines())

    def sf_writes(self) -> list[str]:
        """Methods of what the sync sent to change something in Salesforce since `wire.arm`."""
        return [method for method, url in self.wire.writes if url.startswith(SF)]

    # -- people in Salesforce ---------------------------------------------------------------------------------

    def _sf(self, method: str, path: str, **body: Any) -> Any:
        token = self.salesforce.credentials(SF)["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        response = self.session.request(method, f"{SF}/services/data/v60.0{path}", headers=headers, **body)
        assert response.status_code < 300, (response.status_code, response.text)
        return response.json() if response.content else None

    def query(self, soql: str) -> list[dict[str, Any]]:
        return list(self._sf("GET", "/query", params={"q": soql})["records"])

    def sf_create(self, sobject: str, **fields: Any) -> str:
        return str(self._sf("POST", f"/sobjects/{sobject}", json=fields)["id"])

    def task(self, **fields: Any) -> str:
        """A person makes a Salesforce Task of Ann's."""
        return self.sf_create("Task", **{"Subject": "Call", "OwnerId": self.ann, **fields})

    def sf_get(self, record_id: str) -> dict[str, Any]:
        return dict(self._sf("GET", f"/sobjects/Task/{record_id}"))

    def sf_edit(self, record_id: str, **fields: Any) -> None:
        self._sf("PATCH", f"/sobjects/Task/{record_id}", json=fields)

    def sf_delete(self, record_id: str) -> None:
        self._sf("DELETE", f"/sobjects/Task/{record_id}")

    def undelete(self, record_id: str) -> None:
        """Somebody takes it out of the bin; REST has no call for that, SOAP has."""
        token = self.salesforce.credentials(SF)["access_token"]
        body = (
            '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
            'xmlns:urn="urn:partner.soap.sforce.com"><soapenv:Header><urn:SessionHeader>'
            f"<urn:sessionId>{token}</urn:sessionId></urn:SessionHeader></soapenv:Header><soapenv:Body>"
            f"<urn:undelete><urn:ids>{record_id}</urn:ids></urn:undelete></soapenv:Body></soapenv:Envelope>"
        )
        headers = {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""'}
        answer = self.session.post(f"{SF}/services/Soap/u/60.0", data=body.encode(), headers=headers)
        assert "<success>true</success>" in answer.text, answer.text

    def tasks(self) -> list[dict[str, Any]]:
        fields = "Id, Subject, Status, Priority, ActivityDate, Description, OwnerId, WhoId"
        return self.query(f"SELECT {fields} FROM Task ORDER BY CreatedDate, Id")

    # -- people in Sales Insight Actions -----------------------------------------------------------------------

    def call(self, method: str, path: str, body: Any = None, *, token: str = "ann") -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        response = self.session.request(method, f"{SIA}/_standin/sia{path}", json=body, headers=headers)
        assert response.status_code < 300, (response.status_code, response.text)
        return response.json()

    def seed(self, **parts: Any) -> None:
        ControlClient(SIA, self.session).seed(parts)

    def enable(self, *, template: str = TEMPLATE, token: str = "ann") -> datetime:
        """The user ticks the box; when that was."""
        body = {"task_sync": "on", "activity_detail_template": template}
        at = parse_moment(self.call("PATCH", "/settings", body, token=token)["enabled_at"])
        assert at is not None
        return at

    def disable(self) -> None:
        self.call("PATCH", "/settings", {"task_sync": "off"})

    def remind(self, *, token: str = "ann", **keys: Any) -> str:
        """A person makes a reminder."""
        return str(self.call("POST", "/reminders", {"name": "Call Pat", **keys}, token=token)["id"])

    def edit(self, reminder: str, *, token: str = "ann", **keys: Any) -> None:
        self.call("PATCH", f"/reminders/{reminder}", keys, token=token)

    def delete(self, reminder: str) -> None:
        self.call("DELETE", f"/reminders/{reminder}")

    def get(self, reminder: str, *, token: str = "ann") -> dict[str, Any]:
        return dict(self.call("GET", f"/reminders/{reminder}", token=token))

    def reminders(self, *, token: str = "ann") -> list[dict[str, Any]]:
        return list(self.call("GET", "/reminders?limit=500", token=token)["items"])

    # -- pairs -----------------------------------------------------------------------------------------------------

    def imported(self, **fields: Any) -> tuple[str, str]:
        """A Salesforce Task and the reminder made of it, in agreement."""
        task = self.task(**fields)
        self.run()
        return task, self.reminder_of(task)

    def pushed(self, **keys: Any) -> tuple[str, str]:
        """A reminder and the Salesforce Task made of it, in agreement."""
        reminder = self.remind(**keys)
        self.run()
        task = self.get(reminder)["sf_task_id"]
        assert task, "it was not sent"
        return reminder, str(task)

    def reminder_of(self, task: str) -> str:
        (found,) = (str(one["id"]) for one in self.reminders() if one["sf_task_id"] == task)
        return found

    def reasons(self, report: Report) -> str:
        """Why records were skipped, all in one text."""
        told: Mapping[str, Any] = report.section("Reminder:Task").outcomes
        return "; ".join(reason for _, reason in told.values())


def patched(on: Sellers) -> list[dict[str, Any]]:
    """Bodies of what the sync changed in Salesforce since `wire.arm`, but the attributes of a batch."""
    bodies: list[dict[str, Any]] = []
    for call in on.sf_control.journal():
        if call["method"] == "PATCH":
            body = json.loads(call["request"])
            bodies += [{k: v for k, v in one.items() if k not in {"attributes", "Id"}}
                       for one in body.get("records", [body])]  # fmt: skip
    return bodies
