"""Two fakes on one clock, people who use them over HTTP, and the sync between them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import requests

from crm_contracts.world.stage import Skewed
from crm_sync.config import Config
from crm_sync.report import Report
from crm_sync.run import State, Sync
from fake_core.clock import FrozenClock
from fake_core.control import ControlClient
from fake_core.ids import IdSource
from fake_core.transport import InProcess
from fake_planhat import create_app as create_planhat
from fake_planhat.tenant import TenantConfig
from fake_salesforce import create_app as create_salesforce
from fake_salesforce.org import OrgConfig

SF = "https://acme.my.salesforce.com"
PH = "https://api.planhat.com"
BOTH, SEND = "Both Directions", "Send to Salesforce"
RECEIVE, OFF = "Receive from Salesforce", "Not Syncing"
KEY_FIELD = "Planhat_Id__c"
ORG_FILE = {
    "objects": {
        "Task": {
            "fields": {
                KEY_FIELD: {"type": "string(60)", "unique": True, "external_id": True},
                "Stage__c": {"type": "picklist", "values": ["One", "Two"], "restricted": True},
            }
        }
    }
}


class Killed(BaseException):
    """The sync's process dies here."""


class Wire(requests.adapters.BaseAdapter):
    """What only the sync's requests pass: it writes them down, and can kill or cut at one of them."""

    def __init__(self, inner: requests.adapters.BaseAdapter) -> None:
        super().__init__()
        self._inner = inner
        self.sent: list[tuple[str, str]] = []
        self.at: int | None = None
        self.how = ""
        #: (method, status, JSON body): the next request of that method gets this instead.
        self.answer: tuple[str, int, Any] | None = None
        self.answer_headers: dict[str, str] = {}

    def arm(self, at: int | None, how: str = "") -> None:
        """At request number *at* from now: "kill before", "kill after", "lose request", "lose
        response", or "500 after".
        """
        self.sent, self.at, self.how = [], at, how

    def send(  # type: ignore[override]  # the options are handed on as they come
        self, request: requests.PreparedRequest, **options: Any
    ) -> requests.Response:
        self.sent.append((str(request.method), str(request.url)))
        if self.answer is not None and self.answer[0] == request.method:
            (_, status, body), self.answer = self.answer, None
            made = requests.Response()
            made.status_code, made.request, made.url = status, request, str(request.url)
            made.headers.update({"Content-Type": "application/json", **self.answer_headers})
            made._content = json.dumps(body).encode()
            return made
        due = self.at is not None and len(self.sent) - 1 == self.at
        if due and self.how == "kill before":
            raise Killed
        if due and self.how == "lose request":
            raise requests.ConnectionError("lost")
        response = self._inner.send(request, **options)
        if due and self.how == "kill after":
            raise Killed
        if due and self.how == "lose response":
            raise requests.ConnectionError("lost")
        if due and self.how == "500 after":
            response.status_code = 500
        return response

    def close(self) -> None:
        self._inner.close()

    @property
    def writes(self) -> list[tuple[str, str]]:
        """What was sent to change something."""
        return [s for s in self.sent if s[0] != "GET" and "/oauth2/" not in s[1]]


class Both:
    """See the module's docstring. *key_field* configures the unique external-id field."""

    def __init__(self, *, api_requests_max: int | None = None, extra: Mapping[str, Any] | None = None) -> None:
        self.clock = FrozenClock()
        org = OrgConfig(extra=extra or ORG_FILE, api_requests_max=api_requests_max)
        self.salesforce = create_salesforce(clock=self.clock, ids=IdSource(1), org=org)
        tenant = TenantConfig(conversation_types=("QBR",), soft_calls_per_minute=100_000, hard_calls_per_second=100_000)
        self.planhat_clock = Skewed(self.clock)
        self.planhat = create_planhat(clock=self.planhat_clock, ids=IdSource(2), org=tenant)
        self.network = InProcess([self.salesforce, self.planhat])
        self.session = self.network.session()
        self.wire = Wire(self.network.adapter())
        self.sync_session = requests.Session()
        self.sync_session.trust_env = False
        self.sync_session.mount("https://", self.wire)
        self.sf_control = ControlClient(SF, self.session)
        self.ph_control = ControlClient(PH, self.session)
        self.credentials = self.salesforce.credentials(SF)
        self.state = State()
        self.options: dict[str, Any] = {}
        self.sf_options: dict[str, Any] = {}
        self.told: list[Mapping[str, Any]] = []
        self.hook = True
        self.config: Config | None = None
        self.account = self.sf_create("Account", Name="Acme")
        self.company = self.ph_create("companies", name="Acme", sourceId=self.account)["_id"]
        self.configure(task=BOTH, conversation=BOTH)
        self._begin = self.mark()

    def again(self) -> Both:
        """As it was made: for the next test, which need not make two fakes."""
        self._begin()
        self.planhat_clock.ahead = 0
        for fake in (self.salesforce, self.planhat):
            fake.faults.clear()
            fake.journal.clear()
        self.credentials = self.salesforce.credentials(SF)
        self.wire.arm(None)
        self.wire.answer, self.wire.answer_headers = None, {}
        self.options, self.sf_options, self.told, self.hook = {}, {}, [], True
        self.configure(task=BOTH, conversation=BOTH)
        return self

    # -- the sync ---------------------------------------------------------------------------------

    def mapping(self, *, task: str = OFF, conversation: str = OFF, **more: Any) -> dict[str, Any]:
        task_section = {"planhat": "Task", "salesforce": "Task", "direction": task}
        conversation_section = {
            "planhat": "Conversation",
            "salesforce": more.pop("target", "Task"),
            "direction": conversation,
        }
        task_section.update(more.pop("task_extra", {}))
        conversation_section.update(more.pop("conversation_extra", {}))
        login = {
            k: self.credentials[k] for k in ("username", "password", "security_token", "client_id", "client_secret")
        }
        return {
            "salesforce": {"base_url": SF, **login, **self.sf_options},
            "planhat": {"base_url": PH, "token": "understudy-planhat-token"},
            "sections": [task_section, conversation_section],
            "options": self.options,
            **more,
        }

    def configure(self, **sections: Any) -> None:
        """A person saves the integration's settings."""
        self.config = Config.from_mapping(self.mapping(**sections))
        first = self.state.setting("sections") is None
        if not first:
            self.sync().save_configuration()

    def sync(self) -> Sync:
        """A sync as a fresh process would make it over the kept state."""
        assert self.config is not None
        return Sync(
            self.config,
            session=self.sync_session,
            clock=self.clock,
            state=self.state,
            tenant_settings=self._tell if self.hook else None,
        )

    def _tell(self, settings: Mapping[str, Any]) -> None:
        self.told.append(settings)
        self.ph_control.seed({"settings": {"inherit_source_id": settings["notesInheritTaskSourceId"]}})

    def run(self, *, tick: float = 60, dry_run: bool = False) -> Report:
        self.clock.advance(timedelta(seconds=tick))
        report = self.sync().run(dry_run=dry_run)
        for section in report.sections.values():
            skipped = sum(section.skipped.values())
            parts = section.created + section.updated + section.unchanged + skipped
            assert section.seen == parts + len(section.quarantined)
        self.clock.advance(timedelta(seconds=tick))
        return report

    def settle(self) -> None:
        """Two rounds for whatever happened, and a third that must write nothing."""
        for _ in range(2):
            assert not self.run().stopped
        report = self.run()
        assert report.settled, list(report.lines())

    def mark(self) -> Callable[[], None]:
        """Remember this moment of the whole world; the returned function goes back to it."""
        stores = [(fake.store, fake.store.snapshot()) for fake in (self.salesforce, self.planhat)]
        state, now = self.state.copy(), self.clock.now()

        def back() -> None:
            for store, snapshot in stores:
                store.restore(snapshot)
            self.state.close()
            self.state = state.copy()
            self.clock.set(now)

        return back

    # -- people in Salesforce ------------------------------------------------------------------------

    def _sf(self, method: str, path: str, **body: Any) -> Any:
        token = self.salesforce.credentials(SF)["access_token"]  # people log in again by themselves
        response = self.session.request(
            method,
            f"{SF}/services/data/v60.0{path}",
            headers={"Authorization": f"Bearer {token}"},
            **body,
        )
        assert response.status_code < 300, (response.status_code, response.text)
        return response.json() if response.content else None

    def sf_create(self, sobject: str, **fields: Any) -> str:
        return str(self._sf("POST", f"/sobjects/{sobject}", json=fields)["id"])

    def sf_task(self, **fields: Any) -> str:
        return self.sf_create("Task", **{"WhatId": self.account, "Subject": "Call", **fields})

    def sf_get(self, record_id: str, sobject: str = "Task") -> dict[str, Any]:
        return dict(self._sf("GET", f"/sobjects/{sobject}/{record_id}"))

    def sf_edit(self, record_id: str, sobject: str = "Task", **fields: Any) -> None:
        self._sf("PATCH", f"/sobjects/{sobject}/{record_id}", json=fields)

    def sf_delete(self, record_id: str) -> None:
        self._sf("DELETE", f"/sobjects/Task/{record_id}")

    def sf_tasks(self, sobject: str = "Task") -> list[dict[str, Any]]:
        soql = f"SELECT Id, Subject, CreatedDate FROM {sobject} ORDER BY CreatedDate, Id"
        return list(self._sf("GET", "/query", params={"q": soql})["records"])

    def sf_tasks_by_observer(self) -> list[Any]:
        """The Tasks without a call that the org counts."""
        with self.salesforce.store.read() as connection:
            return list(connection.exec_driver_sql("SELECT Id FROM Task").all())

    # -- people in Planhat ----------------------------------------------------------------------------

    def _ph(self, method: str, path: str, **body: Any) -> Any:
        response = self.session.request(
            method, PH + path, headers={"Authorization": "Bearer understudy-planhat-token"}, **body
        )
        assert response.status_code == 200, (response.status_code, response.text)
        return response.json()

    def ph_create(self, collection: str, **fields: Any) -> dict[str, Any]:
        return dict(self._ph("POST", f"/{collection}", json=fields))

    def ph_task(self, **fields: Any) -> str:
        task = {"companyId": self.company, "action": "Prepare QBR", **fields}
        return str(self.ph_create("tasks", **task)["_id"])

    def ph_conversation(self, **fields: Any) -> str:
        note = {"companyId": self.company, "type": "note", "subject": "Met", **fields}
        return str(self.ph_create("conversations", **note)["_id"])

    def ph_edit(self, collection: str, record_id: str, **fields: Any) -> dict[str, Any]:
        return dict(self._ph("PUT", f"/{collection}/{record_id}", json=fields))

    def ph_done(self, task_id: str, status: str = "Done") -> None:
        self.ph_edit("tasks", task_id, status=status)

    def ph_get(self, collection: str, record_id: str) -> dict[str, Any]:
        return dict(self._ph("GET", f"/{collection}/{record_id}"))

    def ph_delete(self, collection: str, record_id: str) -> None:
        self._ph("DELETE", f"/{collection}/{record_id}")

    def ph_list(self, collection: str, **params: Any) -> list[dict[str, Any]]:
        return list(self._ph("GET", f"/{collection}", params={"limit": 1000, **params}))

    def ph_tasks(self) -> list[dict[str, Any]]:
        """Open and archived."""
        return self.ph_list("tasks") + self.ph_list("tasks", isArchived="true")
