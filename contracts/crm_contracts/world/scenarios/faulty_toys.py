"""Syncs with exactly one fault each, as others have published theirs: identity, propagation, values.

Each is `Honest`, which lives through the same history, with one thing done wrong. What a class does wrong is its
docstring; whose fault it was stands in `faulty`. Must not import crm_sync.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, ClassVar

from crm_contracts.world.fields import DATE, TEXT, TITLE, Row, shared, takes_part
from crm_contracts.world.model import POINTERS
from crm_contracts.world.ops import SALESFORCE, TASK
from crm_contracts.world.settings import Settings
from crm_contracts.world.toys import Honest
from crm_contracts.world.users import COLLECTIONS

__all__ = [
    "AlwaysPlanhat",
    "BlankIsChange",
    "CrossedAnswer",
    "CutIsEdit",
    "EmptyMeansDeleted",
    "Flagged",
    "Flattens",
    "ForgetsLinks",
    "GivesUp",
    "HeadOfLine",
    "IgnoresItsSecond",
    "ListIsAll",
    "Resurrects",
    "ShiftsDays",
    "TrustsBatch",
    "TwoActivities",
    "Unjournaled",
    "Unlinks",
    "Vampire",
    "WholeRecord",
    "WritesAlong",
]


class Unjournaled(Honest):
    """Creates without a note of it, and never looks whether it had been done."""

    def _find_twin(self, *_who_cares: object) -> None:
        return None


class ForgetsLinks(Honest):
    """Believes its own memory of links, not the keys on the records."""

    def _rows(self, section: str) -> dict[str, Row]:
        known = set(self._agreed.get("seen", []))
        rows = super()._rows(section)
        return {
            key: row if row.get(POINTERS[section]) in known else {**row, POINTERS[section]: None}
            for key, row in rows.items()
        }


class TwoActivities(Honest):
    """Leaves inheritance to chance: the Conversation does not know which Salesforce Task it continues."""

    def save(self, settings: Settings) -> None:
        super().save(settings)
        self.connection.set_inheritance(False)


class Unlinks(Honest):
    """Drops the link of a record that leaves the sync, instead of letting it sleep."""

    def run(self) -> Any:
        for record_id, row in self.planhat.conversations().items():
            if row.get("externalId") and not takes_part(row):
                self.planhat.edit("conversations", record_id, {"externalId": ""})
        super().run()


class CrossedAnswer(Honest):
    """Makes several Planhat Tasks, and takes the answers to be in another order than they are."""

    def _receive(self, partners: Mapping[str, Row], tasks: Mapping[str, Row], conversations: Mapping[str, Row]) -> None:
        before = set(tasks)
        super()._receive(partners, tasks, conversations)
        made = {key: row for key, row in self.planhat.tasks().items() if key not in before and row.get("sourceId")}
        pointers = [row["sourceId"] for row in made.values()]
        for key in made:
            self.planhat.edit("tasks", key, {"sourceId": ""})
        for key, pointer in zip(made, reversed(pointers), strict=True):
            self.planhat.edit("tasks", key, {"sourceId": pointer})


class Vampire(Honest):
    """Copies whatever bears another stamp than it remembers, and acknowledges it there: its own writes, too."""

    def _agree(self, section: str, row: Row, partner: Row) -> None:
        super()._agree(section, row, partner)
        self._agreed[f"{section} {row['_id']} stamps"] = [partner["LastModifiedDate"], row["updatedAt"]]

    def _merge(self, section: str, row: Row, partner: Row) -> None:
        key = f"{section} {row['_id']} stamps"
        now = [partner["LastModifiedDate"], row["updatedAt"]]
        known = self._agreed.get(key, now)
        self._agreed[key] = now
        title = partner["Subject"] if now[0] != known[0] else TITLE.read(section, row)
        if now != known:
            self.planhat.edit(COLLECTIONS[section], row["_id"], {TITLE.name_on(section) or "": title})
            self.salesforce.edit(partner["Id"], {"Subject": title})


class IgnoresItsSecond(Honest):
    """Takes everything that bears the second of its own last write for an echo of it."""

    def _merge(self, section: str, row: Row, partner: Row) -> None:
        key = f"{section} {row['_id']} second"
        latest = [str(partner["LastModifiedDate"])[:19], str(row["updatedAt"])[:19]]
        if self._agreed.get(key) == latest:
            return
        super()._merge(section, row, partner)
        after = self.salesforce.read(partner["Id"]), self.planhat.read(COLLECTIONS[section], row["_id"])
        self._agreed[key] = [str(after[0]["LastModifiedDate"])[:19], str(after[1]["updatedAt"])[:19]]

    def _agree(self, section: str, row: Row, partner: Row) -> None:
        super()._agree(section, row, partner)
        self._agreed[f"{section} {row['_id']} second"] = [
            str(partner["LastModifiedDate"])[:19],
            str(row["updatedAt"])[:19],
        ]


class Flagged(Honest):
    """Sets a flag while it reads, and sends nothing as long as it is set: a death leaves it set for ever."""

    def run(self) -> Any:
        flag = self.connection.state / "pulling"
        if flag.exists():
            return
        flag.touch()
        super().run()
        flag.unlink()


class AlwaysPlanhat(Honest):
    """Has a policy for conflicts in its settings, and Planhat wins whatever they say."""

    def _winner(self, values: tuple[Any, Any], base: list[Any] | None, *more: Any) -> int | None:
        changed = base is not None and values[0] != base[0] and values[1] != base[1]
        return 1 if changed and values[0] != values[1] else super()._winner(values, base, *more)


class WholeRecord(Honest):
    """Sends the whole record when one field changed."""

    def _merge(self, section: str, row: Row, partner: Row) -> None:
        before = TITLE.read(SALESFORCE, partner)
        super()._merge(section, row, partner)
        if TITLE.read(section, row) != before and section == TASK:
            day = DATE.read(TASK, row)
            self.salesforce.edit(partner["Id"], {"ActivityDate": day, "Subject": row["action"]})
            self._agree(section, self.planhat.read("tasks", row["_id"]), self.salesforce.read(partner["Id"]))


class WritesAlong(Honest):
    """Sends fields along that nobody mapped or changed, whenever it writes. *also* says which."""

    also: ClassVar[Mapping[str, Mapping[str, Any]]] = {}  # side -> fields

    def _merge(self, section: str, row: Row, partner: Row) -> None:
        values = [(one.read(SALESFORCE, partner), one.read(section, row)) for one in shared(section)]
        super()._merge(section, row, partner)
        if all(left == right for left, right in values):
            return
        if SALESFORCE in self.also:
            self.salesforce.edit(partner["Id"], dict(self.also[SALESFORCE]))
        if section in self.also:
            self.planhat.edit(COLLECTIONS[section], row["_id"], dict(self.also[section]))


class EmptyMeansDeleted(Honest):
    """Deletes in Planhat what it does not see in Salesforce; archived rows it never asks for."""

    def run(self) -> Any:
        super().run()
        soql = "SELECT Id FROM Task"
        seen = {row["Id"] for row in self.salesforce._call("GET", f"/query?q={soql}").json()["records"]}  # noqa: SLF001
        for record_id, row in self.planhat.tasks().items():
            if row.get("sourceId") and row["sourceId"] not in seen:
                self.planhat.delete("tasks", record_id)


class ListIsAll(Honest):
    """Deletes in Salesforce what is not in Planhat's list, where archived Tasks are not."""

    def run(self) -> Any:
        super().run()
        shown = {row.get("sourceId") for row in self.planhat.tasks().values() if not row.get("isArchived")}
        for record_id in self.salesforce.tasks():
            if record_id in set(self._agreed.get("seen", [])) - shown:
                self.salesforce.delete(record_id)


class Resurrects(Honest):
    """A full pass sends whatever is not there."""

    def run(self) -> Any:
        super().run()
        there = self.salesforce.tasks()
        for row in self.planhat.tasks().values():
            if row.get("sourceId") and row["sourceId"] not in there:
                self.planhat.edit("tasks", row["_id"], {"sourceId": ""})
        super().run()


class GivesUp(Honest):
    """Remembers a record whose customer is unknown as dealt with."""

    def _receive(self, partners: Mapping[str, Row], tasks: Mapping[str, Row], conversations: Mapping[str, Row]) -> None:
        super()._receive(partners, tasks, conversations)
        self._agreed["seen"] = sorted({*self._agreed.get("seen", []), *partners})


class HeadOfLine(Honest):
    """Ends its round at the first record that is refused."""

    def run(self) -> Any:
        try:
            super().run()
        except AssertionError:
            self._remember()


class TrustsBatch(Honest):
    """Sends changes as one batch and takes 200 for the success of each item."""

    def _merge(self, section: str, row: Row, partner: Row) -> None:
        title = TITLE.read(section, row)
        base = self._agreed.get(f"{section} {row['_id']} title")
        if base is not None and title != base[1] and partner["Subject"] == base[0]:
            self._batch.append({"attributes": {"type": "Task"}, "id": partner["Id"], "Subject": title})
            self._agree(section, row, {**partner, "Subject": title})
            return
        super()._merge(section, row, partner)

    def run(self) -> Any:
        self._batch: list[dict[str, Any]] = []
        super().run()
        if self._batch:
            self.salesforce._call("PATCH", "/composite/sobjects", {"allOrNone": False, "records": self._batch})  # noqa: SLF001


class Flattens(Honest):
    """Sends every description of a record that it writes, as plain paragraphs."""

    def _merge(self, section: str, row: Row, partner: Row) -> None:
        super()._merge(section, row, partner)
        text = TEXT.read(section, row)
        if TITLE.read(section, row) != partner["Subject"] and text:
            markup = "".join(f"<p>{line}</p>" for line in text.split("\n"))
            self.planhat.edit(COLLECTIONS[section], row["_id"], {"description": markup})


class BlankIsChange(Honest):
    """An empty text and no text at all are two values to it."""

    def run(self) -> Any:
        super().run()
        there = self.salesforce.tasks()
        for row in self.planhat.tasks().values():
            partner = there.get(str(row.get("sourceId")))
            if partner and partner["Description"] is None and row.get("description") == "":
                self.salesforce.edit(partner["Id"], {"Description": ""})


class CutIsEdit(Honest):
    """Takes a title that Salesforce could not keep whole for an edit made there."""

    def run(self) -> Any:
        super().run()
        for row in self.planhat.tasks().values():
            if len(row["action"]) > 255:
                self.planhat.edit("tasks", row["_id"], {"action": row["action"][:255]})


class ShiftsDays(Honest):
    """Reads midnight in the zone of its server, eight hours behind."""

    def _create(self, given: Mapping[str, Any]) -> str:
        day = given.get("ActivityDate")
        if day:
            given = {**given, "ActivityDate": (date.fromisoformat(day) - timedelta(days=1)).isoformat()}
        return super()._create(given)
