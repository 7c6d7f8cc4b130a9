"""Small syncs that prove the judge: three that are wrong in one way each, and one that is right.

`Idle` does nothing. `CopyEverything` copies both ways without remembering. `BlindCreator` is honest until an
answer is lost, then creates again. `Honest` reads everything, compares with what was last agreed and
keeps its memory in a file: it is slow, knows nothing of crashes in the middle, and must pass.
They share no code with the reference sync and are no example of how to write one.
"""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from typing import Any

import requests

from crm_contracts.world.fields import Field, Row, shared, takes_part
from crm_contracts.world.model import POINTERS
from crm_contracts.world.ops import CONVERSATION, SALESFORCE, TASK
from crm_contracts.world.settings import OFF, Inheritance, Settings
from crm_contracts.world.under_test import Connection
from crm_contracts.world.users import COLLECTIONS, PlanhatUser, SalesforceUser

__all__ = ["BlindCreator", "CopyEverything", "Honest", "Idle"]


class Idle:
    """Does nothing at all."""

    def __init__(self, connection: Connection, settings: Settings) -> None:
        self.connection = connection
        self.settings = settings
        self._inheritance = Inheritance()
        self.salesforce = SalesforceUser(connection.salesforce, connection.session)
        self.planhat = PlanhatUser(connection.planhat, connection.session)

    def save(self, settings: Settings) -> None:
        self.settings = settings
        self._inheritance.saved(settings)
        self.connection.set_inheritance(self._inheritance.on)

    def staff_disable_inheritance(self) -> None:
        self._inheritance.staff_disabled()
        self.connection.set_inheritance(False)

    def run(self) -> Any:
        return None

    def close(self) -> None:
        """Nothing is open."""


class CopyEverything(Idle):
    """Every round: Salesforce over Planhat, whatever the users of Planhat wrote and whatever the direction."""

    def run(self) -> Any:
        tasks = {row["sourceId"]: row for row in self.planhat.tasks().values() if row.get("sourceId")}
        for record_id, row in self.salesforce.tasks().items():
            fields = to_planhat(TASK, row)
            if record_id in tasks:
                self.planhat.edit("tasks", tasks[record_id]["_id"], fields)
            else:
                company = _companies(self).get(row["AccountId"])
                if company:
                    given = fields | {"sourceId": record_id, "companyId": company}
                    self.planhat.create("tasks", given)
        accounts = {company: account for account, company in _companies(self).items()}
        for record_id, row in self.planhat.tasks().items():
            if not row.get("sourceId"):
                given = to_salesforce(TASK, row) | {"WhatId": accounts[row["companyId"]]}
                made = self.salesforce.create(given)
                self.planhat.edit("tasks", record_id, {"sourceId": made})
        return None


class Honest(Idle):
    """Three-way by field against a memory on disk; every rule a small history can touch."""

    def __init__(self, connection: Connection, settings: Settings) -> None:
        super().__init__(connection, settings)
        self._file = connection.state / "memory.json"
        known = json.loads(self._file.read_text()) if self._file.exists() else {}
        self._agreed: dict[str, list[Any]] = known.get("agreed", {})
        self._inheritance = Inheritance(**known.get("inheritance", {}))

    def save(self, settings: Settings) -> None:
        moved = settings != self.settings
        super().save(settings)
        if moved:
            self._agree_on_what_is()
        self._remember()

    def staff_disable_inheritance(self) -> None:
        super().staff_disable_inheritance()
        self._remember()

    def run(self) -> Any:
        for section in (CONVERSATION, TASK):
            if self.settings.sends(section) or self.settings.receives(section):
                self._section(section)
        self._remember()

    def _section(self, section: str) -> None:
        partners = self.salesforce.tasks()
        rows = self._rows(section)
        logged = self._logged() if section == TASK else {}
        for record_id, row in rows.items():
            if section == CONVERSATION and not takes_part(row):
                continue
            if section == TASK and self._continued(row, logged.get(record_id)):
                self._seen(row)
                continue  # the Conversation goes on from here
            partner = partners.get(str(row.get(POINTERS[section]) or ""))
            if partner is not None:
                self._merge(section, row, partner)
            elif not row.get(POINTERS[section]):
                self._send(section, row, partners)
        if section == TASK and self.settings.receives(TASK):
            self._receive(partners, self._rows(TASK), self._logged())

    def _send(self, section: str, row: Row, partners: Mapping[str, Row]) -> None:
        if not self.settings.sends(section):
            return
        accounts = {company: account for account, company in _companies(self).items()}
        given = to_salesforce(section, row) | {"WhatId": accounts[row["companyId"]]}
        made = self._find_twin(given, partners) or self._create(given)
        self.planhat.edit(COLLECTIONS[section], row["_id"], {POINTERS[section]: made})
        self._agree(section, row, self.salesforce.read(made))

    def _create(self, given: Mapping[str, Any]) -> str:
        return self.salesforce.create(given)

    def _find_twin(self, given: Mapping[str, Any], partners: Mapping[str, Row]) -> str | None:
        """A record of an earlier attempt whose answer was lost: same title, nobody points at it."""
        claimed = {row.get("sourceId") for row in self.planhat.tasks().values()}
        claimed |= {row.get("externalId") for row in self._logged().values()}
        for record_id, row in partners.items():
            if record_id not in claimed and row["Subject"] == given["Subject"]:
                return record_id
        return None

    def _receive(
        self,
        partners: Mapping[str, Row],
        tasks: Mapping[str, Row],
        conversations: Mapping[str, Row],
    ) -> None:
        claimed = {row.get("sourceId") for row in tasks.values()}
        claimed |= {row.get("externalId") for row in conversations.values()}
        claimed |= set(self._agreed.get("seen", []))
        for record_id, row in partners.items():
            company = _companies(self).get(row["AccountId"])
            if record_id in claimed or company is None:
                continue
            given = to_planhat(TASK, row) | {"sourceId": record_id, "companyId": company}
            made = self.planhat.create("tasks", given)
            self._agree(TASK, self.planhat.read("tasks", made), row)

    def _merge(self, section: str, row: Row, partner: Row) -> None:
        ways = (self.settings.receives(section), self.settings.sends(section))
        outgoing: dict[str, Any] = {}
        incoming: dict[str, Any] = {}
        for one in shared(section):
            values = (one.read(SALESFORCE, partner), one.read(section, row))
            base = self._agreed.get(f"{section} {row['_id']} {one.name}")
            if base is None and section == CONVERSATION:
                base = self._agreed.get(f"{TASK} {row.get('taskId')} {one.name}")
            winner = self._winner(values, base, ways, (partner, row))
            if winner == 0:
                incoming |= _translated(section, one, partner)
            elif winner == 1:
                outgoing |= _translated(SALESFORCE, one, row, source=section)
        if section == CONVERSATION and ways[1] and partner["Status"] != "Completed":
            outgoing["Status"] = "Completed"
        if outgoing:
            self.salesforce.edit(partner["Id"], outgoing)
        if incoming:
            self.planhat.edit(COLLECTIONS[section], row["_id"], incoming)
        self._agree(
            section,
            self.planhat.read(COLLECTIONS[section], row["_id"]),
            self.salesforce.read(partner["Id"]),
        )

    def _winner(
        self,
        values: tuple[Any, Any],
        base: list[Any] | None,
        ways: tuple[bool, bool],
        rows: tuple[Row, Row],
    ) -> int | None:
        changed = [base is None or values[side] != base[side] for side in (0, 1)]
        if values[0] == values[1] or not any(changed):
            return None
        if not all(ways):
            source = ways.index(True)
            return source if changed[source] else None
        if not all(changed):
            return changed.index(True)
        if self.settings.conflict != "newest":
            return ("salesforce", "planhat").index(self.settings.conflict)
        salesforce = str(rows[0]["LastModifiedDate"])[:19]
        return 0 if salesforce >= str(rows[1]["updatedAt"])[:19] else 1

    def _agree(self, section: str, row: Row, partner: Row) -> None:
        for one in shared(section):
            self._agreed[f"{section} {row['_id']} {one.name}"] = [
                one.read(SALESFORCE, partner),
                one.read(section, row),
            ]
        self._seen(row, partner["Id"])

    def _seen(self, row: Row, salesforce_id: str = "") -> None:
        """A Salesforce Task that had a partner once never gets another (rule P25)."""
        pointer = salesforce_id or str(row.get("sourceId") or row.get("externalId") or "")
        seen = set(self._agreed.get("seen", []))
        self._agreed["seen"] = sorted(seen | {pointer})

    def _logged(self) -> dict[str, Row]:
        """The Conversations, if anybody may ask for them."""
        off = self.settings.conversation == OFF
        return {} if off else self.planhat.conversations()

    def _continued(self, row: Row, conversation: Row | None) -> bool:
        """Whether the Conversation goes on from here, on the same Salesforce Task or in place of one."""
        if conversation is None:
            return False
        return not row.get("sourceId") or conversation.get("externalId") == row["sourceId"]

    def _agree_on_what_is(self) -> None:
        partners = self.salesforce.tasks()
        for section, kept in ((TASK, self.planhat.tasks()), (CONVERSATION, self._logged())):
            for row in kept.values():
                partner = partners.get(str(row.get(POINTERS[section]) or ""))
                if partner is not None:
                    self._agree(section, row, partner)

    def _rows(self, section: str) -> dict[str, Row]:
        return self.planhat.tasks() if section == TASK else self.planhat.conversations()

    def _remember(self) -> None:
        inheritance = {"on": self._inheritance.on, "met": self._inheritance.met}
        self._file.write_text(json.dumps({"agreed": self._agreed, "inheritance": inheritance}))


class BlindCreator(Honest):
    """Creates again when the answer to a creation was lost, without looking whether it had happened."""

    def _create(self, given: Mapping[str, Any]) -> str:
        try:
            return super()._create(given)
        except requests.ConnectionError:
            return super()._create(given)

    def _find_twin(self, *_who_cares: object) -> None:
        return None


def to_planhat(section: str, row: Row) -> dict[str, Any]:
    """A Salesforce Task as fields of a Planhat record."""
    fields: dict[str, Any] = {}
    for one in shared(section):
        fields |= _translated(section, one, row)
    return fields


def to_salesforce(section: str, row: Row) -> dict[str, Any]:
    """A Planhat record as fields of a Salesforce Task."""
    fields: dict[str, Any] = {"Status": "Completed"} if section == CONVERSATION else {}
    for one in shared(section):
        fields |= _translated(SALESFORCE, one, row, source=section)
    return fields


def _translated(target: str, one: Field, row: Row, *, source: str = SALESFORCE) -> dict[str, Any]:
    """One field of *row*, a record of *source*, as *target* would have it."""
    name = one.name_on(target)
    assert name is not None
    value: Any = one.read(source, row)
    if one.name == "state":
        words = {
            SALESFORCE: {"open": "Not Started", "done": "Completed", "ignored": "Deferred"},
            TASK: {"open": "In-progress", "done": "Done"},
        }
        value = words[target][value]
    elif one.name == "date" and target != SALESFORCE and value:
        value = f"{value}T00:00:00.000Z"
    elif one.name == "text" and target != SALESFORCE and value:
        value = "".join(f"<p>{html.escape(line)}</p>" for line in value.split("\n"))
    elif one.name == "text" and target == SALESFORCE and value:
        value = value.replace("\n", "\n\n")
    return {name: value}


def _companies(toy: Idle) -> dict[str, str]:
    """Salesforce account id -> Planhat company id."""
    found = toy.planhat.companies()
    return {row["sourceId"]: row["_id"] for row in found if row.get("sourceId")}
