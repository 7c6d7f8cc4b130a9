"""Syncs that differ from the honest one in one thing each: what each does wrong is its docstring."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from crm_contracts.world.fields import Row
from crm_contracts.world.pairs import Policy
from crm_contracts.world.pairs.ops import (
    IN,
    OUT,
)
from crm_contracts.world.pairs.settings import CAMPAIGN_TOUCH, REMINDER, SOBJECTS, TASK
from crm_contracts.world.pairs.toys import (
    Honest,
)

DAY = 86_400


class Merging(Honest):
    """Settles conflicts field by field, whatever the policy says."""

    def _merge(self, section: str, way: str, link: dict[str, Any], row: Row, partner: Row) -> None:
        kept = self.settings
        self.settings = kept.changed({f"{section}.grain": "field" if section != REMINDER else "record"})
        super()._merge(section, way, link, row, partner)
        self.settings = kept


class Reversed(Honest):
    """Lets the wrong side win, and only then."""

    def _winner(self, policy: Policy, changed: list[bool], section: str, row: Row, partner: Row) -> int | None:
        found = super()._winner(policy, changed, section, row, partner)
        return 1 - found if found is not None and all(changed) else found


class Attaching(Honest):
    """Writes WhatId with every update."""

    def _merge(self, section: str, way: str, link: dict[str, Any], row: Row, partner: Row) -> None:
        super()._merge(section, way, link, row, partner)
        if way == OUT:
            self.salesforce.change(SOBJECTS[section], row["Id"], {"WhatId": row["WhatId"]})


class Tidy(Honest):
    """Sets every open task to Not Started."""

    def _merge(self, section: str, way: str, link: dict[str, Any], row: Row, partner: Row) -> None:
        super()._merge(section, way, link, row, partner)
        if way == OUT and row["Status"] not in ("Completed", "Not Started"):
            self.salesforce.change(SOBJECTS[section], row["Id"], {"Status": "Not Started"})


class Midnight(Honest):
    """Puts every touchpoint at midnight."""

    def _merge(self, section: str, way: str, link: dict[str, Any], row: Row, partner: Row) -> None:
        super()._merge(section, way, link, row, partner)
        stamp = partner["touchpoint_date"]
        if way == IN and stamp % (DAY * 1000):
            self.put(section, link["partner"], {"touchpoint_date": stamp - stamp % (DAY * 1000)})


class Shameless(Honest):
    """Signs what it makes in Totango with its own name."""

    def put(self, section: str, key: str, fields: Mapping[str, Any], *, new: bool = False) -> str:
        given = {name: value for name, value in fields.items() if name not in ("assigner", "created_by")}
        return super().put(section, key, given, new=new)


class Eager(Honest):
    """Makes a counterpart whatever the switches, filters, windows and owners say."""

    def _job(self, section: str, way: str) -> None:
        kept = self.settings
        if section == TASK:
            self.settings = kept.changed({f"{section}.create_{way}": True, f"{section}.out_updated_days": None})
        super()._job(section, way)
        self.settings = kept

    def _may_cross(self, section: str, way: str, row: Row, partner: Row) -> bool:
        return super()._may_cross(section, way, row, {**partner, "disable_sync": False})

    def _is_touch(self, row: Row) -> bool:
        return False

    def _is_mine(self, row: Row) -> bool:
        return False

    def run(self, ways: Any, sections: Any) -> Any:
        if self.connection.profile == "totango":
            return super().run(ways, sections)
        self.settings = self.settings.changed({"enabled": True})
        return super().run(ways, sections)


class AllReminders(Honest):
    """Pushes what was there before the sync was switched on."""

    def ask(self, path: str) -> Any:
        answer = super().ask(path)
        return {**answer, "enabled_at": "2026-01-01T00:00:00.000Z"} if path.endswith("/settings") else answer


class Everybodys(Honest):
    """Takes the tasks of every user for its own."""

    def _receive(self, section: str, sf_id: str, row: Row) -> None:
        super()._receive(section, sf_id, {**row, "OwnerId": self._me["sf_user_id"]})


class Loose(Honest):
    """Forgets to write the Salesforce id back."""

    def put(self, section: str, key: str, fields: Mapping[str, Any], *, new: bool = False) -> str:
        if set(fields) <= {"external_id", "sf_task_id"} and not new:
            return key
        return super().put(section, key, fields, new=new)


class Prefixing(Honest):
    """Adds a word to every Subject that it makes."""

    def _make(self, sobject: str, fields: Mapping[str, Any]) -> str:
        return super()._make(sobject, {**fields, "Subject": f"Totango: {fields['Subject']}"})


class Renaming(Honest):
    """Carries a Subject edited in Salesforce to the name of the reminder."""

    def _merge(self, section: str, way: str, link: dict[str, Any], row: Row, partner: Row) -> None:
        super()._merge(section, way, link, row, partner)
        if way == IN and row["Subject"] and row["Subject"] != partner["name"]:
            self.put(section, link["partner"], {"name": row["Subject"]})


class Confusing(Honest):
    """Finds the contact of a person by e-mail, and takes the first it finds."""

    def _make(self, sobject: str, fields: Mapping[str, Any]) -> str:
        answer = self.salesforce._call("GET", "/query?q=SELECT+Id+FROM+Contact+WHERE+Email='ann@acme.example'")
        return super()._make(sobject, {**fields, "WhoId": answer.json()["records"][0]["Id"]})


class Blunt(Honest):
    """Cuts a Subject that is too long at its end."""

    def _make(self, sobject: str, fields: Mapping[str, Any]) -> str:
        return super()._make(sobject, {**fields, "Subject": fields["Subject"][:200]})


class Keeping(Honest):
    """Never deletes anything."""

    def _delete(self, section: str, way: str, here: Mapping[str, Row], there: Mapping[str, Row]) -> None:
        return


class Relentless(Honest):
    """Deletes whatever was edited since, and however long ago it was."""

    def _delete(self, section: str, way: str, here: Mapping[str, Row], there: Mapping[str, Row]) -> None:
        kept = self.settings
        self.settings = kept.changed(
            {f"{section}.delete_vs_update": "delete_wins", f"{section}.out_updated_days": None, "catch_up_days": 4000}
        )
        super()._delete(section, way, here, there)
        self.settings = kept


class Resurrecting(Honest):
    """Forgets what was deleted, and makes it again."""

    def _dead(self) -> list[str]:
        return []

    def _delete(self, section: str, way: str, here: Mapping[str, Row], there: Mapping[str, Row]) -> None:
        links = self._links(section)
        for sf_id, link in list(links.items()):
            if sf_id not in here or link["partner"] not in there:
                del links[sf_id]
        if way == OUT and section != CAMPAIGN_TOUCH:
            return
        super()._delete(section, way, here, there)


class Impatient(Honest):
    """Runs both jobs whenever one is due."""

    def run(self, ways: Any, sections: Any) -> Any:
        return super().run((IN, OUT), sections)


class Busy(Honest):
    """Writes every title again in every round."""

    def _merge(self, section: str, way: str, link: dict[str, Any], row: Row, partner: Row) -> None:
        super()._merge(section, way, link, row, partner)
        if way == OUT:
            now = self.salesforce.one(SOBJECTS[section], row["Id"])
            self.salesforce.change(SOBJECTS[section], row["Id"], {"Subject": now["Subject"]})


class Afterthought(Honest):
    """Writes once when all is done."""

    def run(self, ways: Any, sections: Any) -> Any:
        super().run(ways, sections)
        self._memory["runs"] = self._memory.get("runs", 0) + 1
        if self._memory["runs"] == 3:
            for sf_id, row in self.salesforce.rows("Task").items():
                self.salesforce.change("Task", sf_id, {"Subject": row["Subject"]})
        self._remember()


class WallClock(Honest):
    """After its first round it asks what changed since now."""

    def run(self, ways: Any, sections: Any) -> Any:
        if not self._memory.get("begun"):
            self._memory["begun"] = True
            return super().run(ways, sections)
        self._look_around()
        return self.salesforce.passing("Task", f"LastModifiedDate > {self._now:%Y-%m-%dT%H:%M:%SZ}")


class Rewinding(Honest):
    """Asks for the changes since yesterday every second time."""

    def cursors(self) -> dict[str, str]:
        self._runs = getattr(self, "_runs", 0) + 1
        return {"touch": f"2026-01-{10 - self._runs % 2:02d}"}


class OneLineEnd(Honest):
    """Writes every text with the line ends that it likes."""

    def _merge(self, section: str, way: str, link: dict[str, Any], row: Row, partner: Row) -> None:
        super()._merge(section, way, link, row, partner)
        if way == OUT and "\r" in str(row["Description"]):
            self.salesforce.change(SOBJECTS[section], row["Id"], {"Description": row["Description"].replace("\r", "")})


class Alone(Honest):
    """Knows nobody who took part."""

    def _contacts(self) -> list[tuple[str, str]]:
        return []


class AnyAnn(Honest):
    """Sends the first contact that it finds."""

    def _make(self, sobject: str, fields: Mapping[str, Any]) -> str:
        return super()._make(sobject, {**fields, "WhoId": self._contacts()[0][0]})


class Somebody(Honest):
    """Takes the first person that there is for whom a task is about."""

    def put(self, section: str, key: str, fields: Mapping[str, Any], *, new: bool = False) -> str:
        return super().put(section, key, {**fields, "person": 1} if new else fields, new=new)


class Miscounting(Honest):
    """Says that it saw something, and not what became of it."""

    def run(self, ways: Any, sections: Any) -> Any:
        super().run(ways, sections)
        return {"sections": {"Task:Task": {"seen": 1}}}


class Stubborn(Honest):
    """Asks five times, whatever it is told."""

    def run(self, ways: Any, sections: Any) -> Any:
        for _ in range(5):
            with suppress(AssertionError):
                self.salesforce.rows("Task")
        return super().run(ways, sections)


class Clumsy(Honest):
    """Falls over a title it does not expect."""

    def run(self, ways: Any, sections: Any) -> Any:
        for name in {SOBJECTS[section] for section in self.settings.sections}:
            assert all(str(row["Subject"]).isascii() for row in self.salesforce.rows(name).values())
        return super().run(ways, sections)
