"""A Salesforce org played in this process, people who look at it over HTTP, and the action runner."""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import requests
from hypothesis import settings as settings_

from crm_contracts.world.stage import Skewed
from crm_sync.actions.document import Workflow, workflow
from crm_sync.actions.events import event
from crm_sync.actions.memory import _META as TABLES
from crm_sync.actions.memory import Memory
from crm_sync.actions.report import Report
from crm_sync.actions.runner import Runner
from crm_sync.actions.settings import Settings, settings
from fake_core.clock import DEFAULT_MOMENT, FrozenClock
from fake_core.control import ControlClient
from fake_core.ids import IdSource
from fake_core.transport import InProcess
from fake_salesforce import create_app
from fake_salesforce.org import OrgConfig

SF = "https://acme.my.salesforce.com"
KEY_FIELD = "Agent_Key__c"
ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "fixtures" / "workflows"
MEETING = "3f0c1a52-6d1e-4d0b-9f57-0a4c2f9b7e11"
CREATE = "ds.createSalesforceTask.perItem.in1.success1.error1"
UPDATE = "ds.crmUpdateOpportunity.perItem.in1.success1.error1"
TASK = {"subject": "{{ json.item.title }}", "description": "{{ json.item.text }}"}
ORG_FILE: dict[str, Any] = {
    "objects": {
        "Task": {"fields": {KEY_FIELD: {"type": "string(40)", "unique": True, "external_id": True}}},
        "Opportunity": {
            "fields": {
                "Phase__c": {"type": "picklist", "values": ["One", "Two"], "restricted": True},
                "Meeting_Notes__c": {"type": "string(255)"},
                "Last_Met__c": {"type": "datetime"},
            }
        },
    },
}


class Killed(BaseException):
    """The runner's process dies here."""


Go = Callable[[requests.PreparedRequest], requests.Response]
Between = Callable[[requests.PreparedRequest, Go], requests.Response]


class Wire(requests.adapters.BaseAdapter):
    """What the runner sends, and where its process dies: at *kill_at*, before or *after* Salesforce has acted.

    *between* may change a request or its answer.
    """

    def __init__(self, inner: requests.adapters.BaseAdapter) -> None:
        super().__init__()
        self._inner = inner
        self.sent: list[tuple[str, str, Any]] = []
        self.kill_at: int | None = None
        self.after = True
        self.between: Between | None = None

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        number = len(self.sent)
        form = request.headers.get("Content-Type", "")
        body = json.loads(request.body) if request.body and "json" in form else request.body
        self.sent.append((str(request.method), str(request.url), body))
        if number == self.kill_at and not self.after:
            raise Killed

        def go(one: requests.PreparedRequest) -> requests.Response:
            return self._inner.send(one, **options)

        response = self.between(request, go) if self.between is not None else go(request)
        if number == self.kill_at:
            raise Killed
        return response

    def close(self) -> None:
        self._inner.close()


class Desk:
    """See the module's docstring. *org* is an org file's content."""

    def __init__(self, org: Mapping[str, Any] = ORG_FILE, **config: Any) -> None:
        self.clock = FrozenClock()
        self.its_clock = Skewed(self.clock)
        self.fake = create_app(clock=self.its_clock, ids=IdSource(1), org=OrgConfig(extra=org, **config))
        self.network = InProcess([self.fake])
        self.people = self.network.session()
        self.control = ControlClient(SF, self.people)
        self.folder = Path(tempfile.mkdtemp(prefix="understudy-meetings-"))
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)
        made = self.control.seed(
            {
                "Account": [{"Name": "Acme"}],
                "Contact": [{"LastName": "Ng", "AccountId": "@Account[0]"}],
                "Opportunity": [
                    {"Name": "Seats", "StageName": "Prospecting", "CloseDate": "2026-03-01", "AccountId": "@Account[0]"}
                ],
            }
        )
        self.account, self.contact, self.opportunity = (made[n][0] for n in ("Account", "Contact", "Opportunity"))
        self._first_memory = Memory()
        self._beginning = self.fake.store.snapshot()
        self.again()

    def again(self) -> Desk:
        """The org as it was made, and a runner without a past."""
        self.fake.store.restore(self._beginning)
        self.fake.faults.clear()
        self.fake.journal.clear()
        self.its_clock.ahead = 0
        self.clock.set(DEFAULT_MOMENT)
        self.credentials = self.fake.credentials(SF)
        self.wire = Wire(self.network.adapter())
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.mount("https://", self.wire)
        self.memory = self._first_memory
        with self.memory._begin() as conn:  # a new engine would compile every statement anew
            for table in TABLES.sorted_tables:
                conn.execute(table.delete())
        self.processes = 0
        return self

    # -- the runner --------------------------------------------------------------------------------------

    def settings(self, *, options: Mapping[str, Any] | None = None, **salesforce: Any) -> Settings:
        words = {name: self.credentials[name] for name in ("client_id", "client_secret", "refresh_token")}
        login = {"base_url": SF, "access_token": self.credentials["access_token"], **words, **salesforce}
        return settings({"salesforce": login, "options": dict(options or {})})

    def runner(self, chosen: Settings | None = None) -> Runner:
        """A runner as a fresh process makes it over the kept state."""
        self.processes += 1
        return Runner(
            chosen or self.settings(),
            session=self.session,
            clock=self.clock,
            memory=self.memory,
            owner=f"process {self.processes}",
            meetings=self.folder,
        )

    def run(self, document: Workflow, chosen: Settings | None = None, *, meeting: str = MEETING, **how: Any) -> Report:
        return self.runner(chosen).run(document, fired(meeting), **how)

    def meeting(self, items: Sequence[Mapping[str, Any]] = (), *, id: str = MEETING, **more: Any) -> None:  # noqa: A002
        """A meeting with action items for the node "extract"; *more* goes into the meeting."""
        ai = {"extract": {"items": list(items)}, **more.pop("ai", {})}
        content = {"meeting": {"id": id, "title": "Acme", **more}, "ai": ai}
        (self.folder / f"{id}.json").write_text(json.dumps(content), "utf-8")

    def tasks_of(self, items: Sequence[Mapping[str, Any]], chosen: Settings | None = None, **parameters: Any) -> Report:
        """One firing of a workflow that makes a Task of each item."""
        self.meeting(items)
        return self.run(for_each(**{**TASK, **parameters}), chosen)

    def update(
        self,
        values: Mapping[str, Any],
        chosen: Settings | None = None,
        *,
        json_: Mapping[str, Any] | None = None,
        **how: Any,
    ) -> Report:
        """One firing of a workflow that writes *values* into the Opportunity; *json_* is what the meeting holds."""
        self.meeting(**(json_ or {}))
        return self.run(updating(values, how.pop("opportunity_id", self.opportunity)), chosen, **how)

    # -- people ------------------------------------------------------------------------------------------

    def get(self, path: str, **params: Any) -> Any:
        """What an administrator sees."""
        token = self.fake.credentials(SF)["access_token"]
        response = self.people.get(
            f"{SF}/services/data/v60.0{path}", params=params, headers={"Authorization": f"Bearer {token}"}
        )
        assert response.status_code == 200, response.text
        return response.json()

    def tasks(self) -> list[dict[str, Any]]:
        names = "Id, Subject, Description, WhatId, WhoId, ActivityDate, TaskSubtype, Status, Priority, OwnerId"
        rows = self.get("/query", q=f"SELECT {names} FROM Task ORDER BY Id")["records"]
        return [{key: value for key, value in row.items() if key != "attributes"} for row in rows]

    def subjects(self) -> list[str]:
        return [row["Subject"] for row in self.tasks()]

    def opportunity_now(self) -> dict[str, Any]:
        row: dict[str, Any] = self.get(f"/sobjects/Opportunity/{self.opportunity}")
        return row

    def fault(self, kind: str, **where: Any) -> None:
        self.control.add_fault(kind=kind, **where)

    @property
    def writes(self) -> list[tuple[str, Any]]:
        """(method, body) of each write of the runner's that is no log-in."""
        return [(m, body) for m, url, body in self.wire.sent if m != "GET" and "/oauth2/" not in url]

    @property
    def logins(self) -> int:
        return sum("/oauth2/token" in url for _, url, _ in self.wire.sent)

    @property
    def calls(self) -> int:
        return len(self.wire.sent)


def part(share: int) -> settings_:
    """One of *share* parts of the profile's examples: each plays whole runs."""
    return settings_(max_examples=max(5, settings_().max_examples // share))


def fired(meeting: str = MEETING, **more: Any) -> Any:
    """MEETING_ENDED for a meeting."""
    return event({"event": "MEETING_ENDED", "meetingPlanId": meeting, "organizationId": "org", **more})


def node(node_id: str, type_name: str, **parameters: Any) -> dict[str, Any]:
    return {"id": node_id, "name": node_id, "type": type_name, "typeVersion": 1, "parameters": parameters}


TRIGGER = node("ended", "ds.eventTrigger.perItem.in0.success1.error0", event="MEETING_ENDED")
LOAD = node("load", "ds.loadMeeting.perItem.in1.success1.error1", meeting_id="trigger.meetingId")
EXTRACT = node("extract", "ds.aiPrompt.perItem.in1.success1.error1", messages=[{"role": "user", "content": "Which?"}])
EACH = node("each", "ds.selectMany.perItem.in1.success1.error0", items="json.items", label="item")


def chain(*nodes: dict[str, Any], name: str = "W", version: int = 1, status: str = "active") -> dict[str, Any]:
    """A document whose nodes follow each other by their first success port."""
    connections = {one["id"]: {"success": [[{"node_id": other["id"], "index": 0}]]} for one, other in pairwise(nodes)}
    return {
        "schema_version": "ds-v1",
        "name": name,
        "settings": {"version": version, "status": status},
        "nodes": list(nodes),
        "connections": connections,
    }


def for_each(**parameters: Any) -> Workflow:
    """A Task for each item of the meeting."""
    return workflow(chain(TRIGGER, LOAD, EXTRACT, EACH, node("task", CREATE, **parameters)))


def updating(values: Mapping[str, Any], opportunity_id: str) -> Workflow:
    """Writes *values* into an Opportunity."""
    last = node("update", UPDATE, opportunity_id=opportunity_id, field_values=dict(values))
    return workflow(chain(TRIGGER, LOAD, EXTRACT, last))


def items(*titles: str, **more: Any) -> list[dict[str, Any]]:
    return [{"title": title, "text": f"About {title}", **more} for title in titles]


def crashing(desk: Desk, at: int, run: Callable[[], Report], *, after: bool = True) -> Report | None:
    """*run* with the process killed at its request number *at* from now; None when it died."""
    desk.wire.kill_at, desk.wire.after = len(desk.wire.sent) + at, after
    try:
        return run()
    except Killed:
        return None
    finally:
        desk.wire.kill_at = None
