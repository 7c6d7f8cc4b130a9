"""What a plan may ask, as plain tables: two models, one after the other, and a Salesforce object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from crm_sync.config import Options, Profile, ValueMap, load_profile
from crm_sync.known import SfField, SfObject
from crm_sync.mapping import Context
from crm_sync.model import PLANHAT, SALESFORCE, Activity, Direction, FieldMap, Link, Record, Rules, Section
from crm_sync.scope import Everybody, Scope

PROFILE = load_profile("planhat")
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
SF_ID, OTHER_ID = "00T000000000001EAA", "00T000000000002EAA"
OWNERS = {"005000000000001AAA": "u1"}
SUBJECT = FieldMap("subject", "action", "Subject", "same")
NOTE = FieldMap("note", "description", "Description", "same")


def sf_field(name: str, **options: Any) -> SfField:
    usual: dict[str, Any] = {"createable": True, "updateable": True, "restricted": False, "values": frozenset()}
    return SfField(name, **{**usual, "length": 0, "external_id": False, "unique": False, **options})


def section(
    model: str = "Task", *fields: FieldMap, direction: Direction = Direction.BOTH, rules: Any = None, **options: Any
) -> Section:
    return Section(model, "Task", direction, fields or (SUBJECT, NOTE), rules=Rules(**(rules or {})), **options)


class TooLate(Everybody):
    """A partner's settings: what was deleted before noon is left alone."""

    def deletes(self, at: datetime) -> bool:
        return at >= NOON


@dataclass
class Facts:
    """A `Known` of tables; *accounts* maps a partner's parent to its account in Salesforce."""

    sections: Sequence[Section] = field(default_factory=lambda: [section()])
    accounts: Mapping[str, str] = field(default_factory=lambda: {"c1": "001A", "c2": "001B"})
    fields: Sequence[SfField] = tuple(map(sf_field, ("Subject", "Description", "OwnerId", "Status", "AccountId")))
    options: Mapping[str, Any] = field(default_factory=dict)
    scope: Scope = field(default_factory=Everybody)
    keyed: bool = True
    apart_seconds: float = 0.0

    @property
    def profile(self) -> Profile:
        return PROFILE

    @property
    def context(self) -> Context:
        status = self.profile.raw["status"]
        return Context(
            maps={
                "status": ValueMap(status["to_planhat"], status["to_salesforce"]),
                "type": ValueMap({}, self.profile.raw["type"]["to_salesforce"]),
            },
            options=Options(**self.options),
            closed_at_partner=frozenset({"Done", "Ignored"}),
            closed_means="Done",
            owner_at_partner=OWNERS.get,
            owner_in_salesforce={v: k for k, v in OWNERS.items()}.get,
        )

    def section_of(self, model: str, sf_object: str) -> Section | None:
        return next((one for one in self.sections if (one.model, one.salesforce) == (model, sf_object)), None)

    def sobject(self, name: str) -> SfObject:
        return SfObject(name, "00T", {one.name: one for one in self.fields})

    def keyable(self, model: str) -> str:
        return "sourceId" if self.keyed else ""

    def parent_of(self, record: Record, section: Section) -> str | None:
        return next((p for p, account in self.accounts.items() if account == record.get("AccountId")), None)

    def account_of(self, record: Record, section: Section) -> str | None:
        account: str | None = record.get("AccountId")
        return account

    def account_of_parent(self, parent_id: Any) -> str | None:
        return self.accounts.get(parent_id)


def sf(at: float = 0, *, deleted: bool = False, **values: Any) -> Record:
    moment = NOON + timedelta(seconds=at)
    told = {"AccountId": "001A", "Subject": "a", "Description": "n", **values}
    return Record(SALESFORCE, "Task", SF_ID, told, moment, deleted=deleted, edited_at=moment)


def ph(model: str = "Task", at: float = 0, **values: Any) -> Record:
    moment = NOON + timedelta(seconds=at)
    told = {"companyId": "c1", "action": "a", "description": "n", "sourceId": SF_ID, **values}
    return Record(PLANHAT, model, f"{model}1", told, moment, edited_at=moment)


BASE = {"Subject": "a", "Description": "n"}


def link(*models: str, **options: Any) -> Link:
    models = models or ("Task",)
    usual = {"ids": {model: f"{model}1" for model in models}, "base": dict.fromkeys((SALESFORCE, *models), BASE)}
    return Link(7, "Task", SF_ID, **{**usual, **options})


def activity(*records: Record, **options: Any) -> Activity:
    found = Activity("Task", **options)
    for record in records:
        if record.place == SALESFORCE:
            found = replace(found, salesforce=record)
        else:
            found.partners[record.model] = record
    return found
