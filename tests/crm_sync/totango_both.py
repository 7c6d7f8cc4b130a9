"""Salesforce and Totango on one clock, people who use them over HTTP, and the sync between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from crm_contracts.world.pairs.stage import PairStage
from crm_contracts.world.stage import ENGINE, PERSON
from crm_sync.config import Config
from crm_sync.jobs.statistics import JobStatistics
from crm_sync.report import Report
from crm_sync.run import State, Sync
from crm_sync.totango.stamps import milliseconds, moment

BOTH, SEND, RECEIVE = "Both Directions", "Send to Salesforce", "Receive from Salesforce"
TASK, TOUCHPOINT, CAMPAIGN_TOUCH = "Task:Task", "Touchpoint:Event", "CampaignTouch:Event"
KINDS = {"Task": "tasks", "Touchpoint": "touchpoints", "CampaignTouch": "campaign_touches"}
SECTION = {"Task": "task", "Touchpoint": "touchpoint", "CampaignTouch": "campaign_touch"}
TITLE = {"Task": "title", "Touchpoint": "subject"}
OBJECT = {"Task": "Task", "Touchpoint": "Event"}
MODELS = pytest.mark.parametrize("model", ["Task", "Touchpoint"])  # those that go both ways
PIA, SYNC = PERSON.username, ENGINE.username
DAY = timedelta(days=1)

TOUCH_ID = "Totango_Campaign_Touch_ID__c"
KEY_FIELD, TOUCH_KEY_FIELD = "Totango_Key__c", "Totango_Touch_Key__c"


class RichStage(PairStage):
    """An org whose Event has a Type and a field for a campaign touch's id, with an object of its own for activities."""

    def _extra(self) -> dict[str, Any]:
        fields = {
            "Type": {"type": "picklist", "values": ["Call", "Email", "Meeting", "Other"]},
            TOUCH_ID: {"type": "string(60)"},
        }
        key = {KEY_FIELD: {"type": "string(60)", "unique": True, "external_id": True}}
        fields[TOUCH_KEY_FIELD] = key[KEY_FIELD]
        own = {
            "Topic__c": {"type": "string(255)"},
            "Account__c": {"type": "reference", "to": ["Account"]},
            "Due__c": {"type": "date"},
        }
        activity = {"key_prefix": "a0A", "fields": own}
        return {"objects": {"Task": {"fields": key}, "Event": {"fields": fields | key}, "Activity__c": activity}}


class TotangoBoth:
    """acme is an account on both sides, nowhere only in Salesforce, island only in Totango (see PairStage)."""

    def __init__(self, stage: PairStage | None = None) -> None:
        self.stage = stage or PairStage("totango")
        self.clock = self.stage.clock
        self.people = self.stage.salesforce
        self.partner = self.stage.partner
        self.again()

    def again(self) -> TotangoBoth:
        """As it was made: for the next test, which need not make two fakes."""
        self.stage.reset()
        self.people.log_out()
        self.account = self.stage.accounts["acme"]
        self.state = State()
        self.options: dict[str, Any] = {}
        self.sf_options: dict[str, Any] = {}
        self.configure(task={})
        return self

    # -- the sync --------------------------------------------------------------------------------------

    def configure(
        self,
        *,
        task: Mapping[str, Any] | None = None,
        touchpoint: Mapping[str, Any] | None = None,
        campaign: Mapping[str, Any] | None = None,
        **rules: Any,
    ) -> None:
        """A person saves the settings; *rules* are those of every section, new records are made unless they say no."""
        rules = {"create_in": True, "create_out": True, **rules}
        sections = [
            {"totango": model, "salesforce": sobject, "direction": direction, "rules": rules, **given}
            for model, sobject, direction, given in (
                ("Task", "Task", BOTH, task),
                ("Touchpoint", "Event", BOTH, touchpoint),
            )
            if given is not None
        ]
        if campaign is not None:
            own = {"totango": "CampaignTouch", "salesforce": "Event", "direction": SEND}
            sections.append({**own, **campaign})
        self.configure_sections(sections)

    def configure_sections(self, sections: Sequence[Mapping[str, Any]]) -> None:
        login = self.stage.logins
        salesforce = login["salesforce"]
        self.config = Config.from_mapping(
            {
                "profile": "totango",
                "salesforce": {"base_url": salesforce.base_url, **salesforce.credentials, **self.sf_options},
                "totango": {"base_url": login["totango"].base_url, "token": login["totango"].credentials["token"]},
                "sections": [dict(section) for section in sections],
                "options": self.options,
            }
        )
        if self.state.setting("sections") is not None:
            self.sync().save_configuration()

    def sync(self) -> Sync:
        """A sync as a fresh process would make it over the kept state."""
        return Sync(self.config, session=self.stage.session, clock=self.clock, state=self.state)

    def run(self, *, tick: float = 60, **how: Any) -> Report:
        self.clock.advance(timedelta(seconds=tick))
        report = self.sync().run(**how)
        self.clock.advance(timedelta(seconds=tick))
        return report

    def settle(self) -> None:
        """Two rounds for whatever happened, and a third that must write nothing."""
        for _ in range(2):
            report = self.run()
            assert not report.stopped, report.stopped
        report = self.run()
        assert report.settled, list(report.lines())

    def log(self) -> int:
        """A mark in what both fakes were asked."""
        return self.stage.fakes["salesforce"].journal.last

    def sent(self, after: int, *methods: str) -> list[dict[str, Any]]:
        """What the sync asked Salesforce to change after a mark."""
        exchanges = self.stage.fakes["salesforce"].exchanges(after)
        return [one for one in exchanges if one["method"] in methods and "/sobjects" in one["path"]]

    # -- people in Salesforce ----------------------------------------------------------------------------

    def sf_create(self, sobject: str = "Task", **fields: Any) -> str:
        start = {"IsAllDayEvent": True, "ActivityDate": "2026-01-05", "DurationInMinutes": 1440}
        given = {"WhatId": self.account, "Subject": "Call", **(start if sobject == "Event" else {}), **fields}
        return self.people.create(given, sobject)

    def sf_edit(self, record_id: str, sobject: str = "Task", **fields: Any) -> None:
        self.people.change(sobject, record_id, fields)

    def sf_delete(self, record_id: str, sobject: str = "Task") -> None:
        self.people.remove(sobject, record_id)

    def sf(self, record_id: str, sobject: str = "Task") -> dict[str, Any]:
        return dict(self.people.one(sobject, record_id))

    def sf_all(self, sobject: str = "Task") -> list[dict[str, Any]]:
        return [dict(row) for row in self.people.rows(sobject).values()]

    # -- people in Totango -------------------------------------------------------------------------------

    def tt_task(self, **fields: Any) -> str:
        return self.partner.create("task", {"account_id": self.account, "title": "Call", **fields})

    def tt_touchpoint(self, **fields: Any) -> str:
        given = {"account_id": self.account, "subject": "Met", "content": "Long talk.", **fields}
        return self.partner.create("touchpoint", given)

    def tt_touch(self, customer: str = "acme", **fields: Any) -> str:
        return self.stage.touch(customer, {"name": "Spring", "users_count": 3, "from": PIA, **fields})

    def tt_seed(self, model: str, **fields: Any) -> str:
        """A record with times and keys of its own, as nobody could make it over the API."""
        kind = KINDS[model]
        given = {"account_id": self.account, "title" if model == "Task" else "subject": "x", **fields}
        return str(self.stage.control["totango"].seed({kind: [given]})[kind][0])

    def tt_edit(self, record_id: str, model: str = "Task", **fields: Any) -> None:
        self.partner.edit(SECTION[model], record_id, fields)

    def tt_delete(self, record_id: str, model: str = "Task") -> None:
        self.partner.delete(SECTION[model], record_id)

    def tt(self, record_id: str, model: str = "Task") -> dict[str, Any]:
        return dict(self.partner.read(SECTION[model], record_id))

    def tt_all(self, model: str = "Task") -> list[dict[str, Any]]:
        return [dict(row) for row in self.partner.rows(SECTION[model]).values()]

    def tt_one(self, model: str = "Task") -> dict[str, Any]:
        """The only one there is."""
        (only,) = self.tt_all(model)
        return only

    def sf_field(self, name: str, sobject: str = "Event") -> list[Any]:
        """What every record says in a field of the org's own."""
        rows = self.people._query(f"SELECT {name} FROM {sobject} WHERE IsDeleted = false ORDER BY Id")
        return [row[name] for row in rows]

    def sf_one(self, sobject: str = "Task") -> dict[str, Any]:
        (only,) = self.sf_all(sobject)
        return only


def use(both: TotangoBoth, model: str, **rules: Any) -> None:
    """One section, of *model*."""
    both.configure(**{model.lower(): {}}, **rules)


def make(both: TotangoBoth, model: str, **fields: Any) -> str:
    """A record that a person makes in Totango."""
    return both.tt_task(**fields) if model == "Task" else both.tt_touchpoint(**fields)


def linked(both: TotangoBoth, model: str = "Task", **fields: Any) -> tuple[str, str]:
    """A pair: Salesforce's id and Totango's."""
    made = make(both, model, **fields)
    both.settle()
    return both.sf_one(OBJECT[model])["Id"], made


def statistics(report: Report, key: str = TASK) -> JobStatistics:
    return JobStatistics.of(report.section(key))


__all__ = [
    "BOTH",
    "CAMPAIGN_TOUCH",
    "DAY",
    "KEY_FIELD",
    "OBJECT",
    "PIA",
    "RECEIVE",
    "SEND",
    "SYNC",
    "TASK",
    "TITLE",
    "TOUCHPOINT",
    "TOUCH_ID",
    "TOUCH_KEY_FIELD",
    "RichStage",
    "TotangoBoth",
    "linked",
    "make",
    "milliseconds",
    "moment",
    "statistics",
    "use",
]
