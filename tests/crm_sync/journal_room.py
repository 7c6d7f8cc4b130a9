"""A journal by itself, for its tests: both systems are tables, the state is real."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

from tests.crm_sync.facts import NOON, SF_ID, Facts, ph, section, sf_field

from crm_sync.engine import Engine
from crm_sync.journal import Journal
from crm_sync.model import SALESFORCE, Direction, FieldMap, Record
from crm_sync.scope import Everybody
from crm_sync.sides.partner import Gone
from crm_sync.state import Intent, State

TEXT = FieldMap("subject", "action", "Subject", "text")
STATUS = FieldMap("status", "status", "Status", "status")
DAY = FieldMap("day", "day", "Day__c", "same")
MADE = FieldMap("made", "made", "CreatedDate", "same", direction=Direction.RECEIVE)
OWNER = FieldMap("owner", "ownerId", "OwnerId", "owner")
TASK = section("Task", TEXT, STATUS, DAY, MADE, OWNER)
CONVERSATION = section("Conversation", replace(TEXT, partner="subject"))
FIELDS = [
    *map(sf_field, ("Subject", "Day__c", "CreatedById", "LastModifiedById", "WhatId", "ActivityDate")),
    sf_field("Status", defaulted=True, default="Not Started"),
    sf_field("OwnerId", defaulted=True),
    sf_field("CreatedDate", createable=False, updateable=False),
    sf_field("Key__c", external_id=True, unique=True),
    sf_field("Loose__c", external_id=True),
]
ME = "005000000000001AAA"


class Systems:
    """Both systems: what is there, and what was asked."""

    def __init__(self) -> None:
        self.rows: list[Record] = []
        self.partners: dict[tuple[str, str], Record] = {}
        self.asked: list[tuple[str, list[str], str]] = []
        self.transport = SimpleNamespace(skew=timedelta(0))
        self.deleted: list[Gone] = []

    def deleted_since(self, model: str, since: datetime) -> list[Gone]:
        return [one for one in self.deleted if one.at >= since]

    def me(self) -> str:
        return ME

    def by_ids(self, sf_object: str, fields: list[str], ids: list[str]) -> dict[str, Record]:
        return {row.id: row for row in self.rows if row.id in ids}

    def where(self, sf_object: str, fields: list[str], condition: str) -> list[Record]:
        self.asked.append((sf_object, fields, condition))
        return list(self.rows)

    def get(self, model: str, record_id: str) -> Record | None:
        return self.partners.get((model, record_id))

    def by_salesforce_id(self, model: str, sf_id: str) -> Record | None:
        return next((one for (m, _), one in self.partners.items() if m == model and one.get("sourceId") == sf_id), None)


class Room:
    """A journal, its state and its systems. *sections* are those that sync."""

    def __init__(self, *sections: Any, key_field: str = "", fields: Any = FIELDS) -> None:
        self.facts = Facts(sections=list(sections or (TASK, CONVERSATION)), fields=fields)
        self.systems, self.state, self.notes = Systems(), State(), list[str]()
        self.config = SimpleNamespace(salesforce=SimpleNamespace(external_id_field=key_field))
        self.clock = SimpleNamespace(now=lambda: NOON)
        engine = SimpleNamespace(
            state=self.state,
            clock=self.clock,
            config=self.config,
            salesforce=self.systems,
            partner=self.systems,
            report=SimpleNamespace(note=self.notes.append),
            scope=Everybody(),
            sections=self.facts.sections,
            section_of=self.facts.section_of,
            section_as_mapped=lambda model, _: next(one for one in (TASK, CONVERSATION) if one.model == model),
            sobject=self.facts.sobject,
            profile=self.facts.profile,
            context=self.facts.context,
            models=("Task", "Conversation"),
            keyable=self.facts.keyable,
            select=lambda _: ["Id", "Subject"],
        )
        for name in ("keys", "sf_keys", "all_keys"):
            setattr(engine, name, getattr(Engine, name).__get__(engine))
        self.journal = Journal(cast("Any", engine))

    def begun(self, *replicas: Record, fields: Any = None, **options: Any) -> Intent:
        given: dict[str, Any] = {"keep": set(), "key": "", **options}
        sent = fields if fields is not None else {"Subject": "a"}
        return self.journal.begin_in_salesforce("Task", list(replicas or (ph(),)), sent, **given)

    def links(self) -> list[tuple[str | None, dict[str, str]]]:
        return [(one.sf_id, dict(one.ids)) for one in self.state.links()]

    def waiting(self) -> list[tuple[str, str, str]]:
        return [(one.model, one.record_id, one.kind) for one in self.state.pending()]


def made(record_id: str = SF_ID, at: float = 0, **values: Any) -> Record:
    """A record in Salesforce as our user made it."""
    told = {"Subject": "a", "CreatedById": ME, "LastModifiedById": ME, **values}
    moment = NOON + timedelta(seconds=at)
    return Record(SALESFORCE, "Task", record_id, told, moment, edited_at=moment)
