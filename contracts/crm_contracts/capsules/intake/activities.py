"""Records that belong together: one thing people do, under one handle.

Rule 1: the partner's record names the Salesforce id (15 or 18 characters, in Totango in lower case), or a Salesforce
field holds the partner's id; a Planhat Conversation names the Task that it continues.
Rule 2: a record that the sync made, and that nothing links, belongs to the only record of the other side with the same
title; if there is none or several, that is a question. So do linked records that the sync made all of: it made them
once more.
Rule 3: no record is left out silently: of records that nobody but the sync made it is asked who made the first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from crm_contracts.capsules.intake.book import SYNC, Record
from crm_contracts.capsules.intake.facts import CREATE
from crm_contracts.capsules.intake.infer import Told
from crm_contracts.capsules.intake.vocabulary import same

__all__ = ["Activity", "activities_of"]

Ask = Callable[[str], None]


@dataclass
class Activity:
    """One activity. *keyed*: linked by an external id that a Salesforce field holds."""

    handle: str
    records: list[Record] = field(default_factory=list)
    keyed: bool = False

    def origins(self) -> list[Record]:
        """The records that somebody else than the sync made, Salesforce first."""
        found = [one for one in self.records if one.born != SYNC]
        return sorted(found, key=lambda one: (one.side != "salesforce", one.index))

    def carried_over(self) -> bool:
        """Whether the sync made a counterpart in the recording."""
        return any(one.born == SYNC and one.made_by_sync_at for one in self.records)

    def linked_when_made(self, record: Record) -> int:
        """In how many characters a person who made *record* typed the id of its counterpart; 0 for not at all."""
        if record.side not in ("task", "conversation") or not record.deeds or record.deeds[0].verb != CREATE:
            return 0
        others = [one for one in self.records if one.side == "salesforce" and one.born != SYNC]
        length = len(str(record.first.get(record.model.pointer) or "") or record.pointer)
        return length if others and length in (15, 18) else 0

    def doubled(self) -> Mapping[str, list[Record]]:
        """Sides with several living records of which the sync made one."""
        found: dict[str, list[Record]] = {}
        for one in self.records:
            if not one.gone:
                found.setdefault(one.side, []).append(one)
        return {
            side: records
            for side, records in found.items()
            if len(records) > 1 and any(one.born == SYNC for one in records)
        }


class _Groups:
    """Union and find over records."""

    def __init__(self, records: list[Record]) -> None:
        self._parent = {id(one): one for one in records}

    def find(self, one: Record) -> Record:
        while self._parent[id(one)] is not one:
            one = self._parent[id(one)]
        return one

    def join(self, one: Record, other: Record) -> None:
        first, second = self.find(one), self.find(other)
        if first is not second:
            keep, drop = (first, second) if first.index <= second.index else (second, first)
            self._parent[id(drop)] = keep


def activities_of(told: Told, ask: Ask) -> list[Activity]:
    """All activities, in the order in which the recording tells of them."""
    records = sorted(told.book.records.values(), key=lambda one: one.index)
    groups, keyed = _Groups(records), set()
    partners = {(one.model.kind, one.id): one for one in records if one.side != "salesforce"}
    ids = {one.id: one for one in partners.values()}
    salesforce = {one.id[:15]: one for one in records if one.side == "salesforce"}
    lower = {key.lower(): one for key, one in salesforce.items()}
    for one in records:
        if one.side == "salesforce":
            for name, value in one.row.items():
                if name.endswith("__c") and isinstance(value, str) and value in ids:
                    groups.join(one, ids[value])
                    keyed.add(id(one))
        else:
            _by_pointer(one, groups, salesforce, lower, ask)
        task_id = one.row.get("taskId") or (one.id if one.side == "conversation" else "")
        task = partners.get((("planhat", "task"), str(task_id)))
        if one.side == "conversation" and task is not None:
            groups.join(one, task)
            one.logged = True
    _by_title(records, groups, ask)
    _doubles(records, groups)
    return _split(records, groups, keyed, ask)


def _by_pointer(
    one: Record, groups: _Groups, salesforce: Mapping[str, Record], lower: Mapping[str, Record], ask: Ask
) -> None:
    pointer = one.pointer[:15]
    if not pointer:
        return
    found = salesforce.get(pointer) or lower.get(pointer if one.model.kind[0] == "totango" else "")
    if found is not None:
        groups.join(one, found)
    elif not one.gone:
        if pointer.lower() in lower:
            ask(
                f"{one.where}: the {one.model.word} {one.mark} names a Salesforce id in other letters than the "
                "record's own (an Excel that changed it?). They are not taken as linked. Are they?"
            )
            return
        ask(
            f"{one.where}: the {one.model.word} {one.mark} names a Salesforce record that the file does not show. "
            "What is it? The capsule has it without a link."
        )


def _by_title(records: list[Record], groups: _Groups, ask: Ask) -> None:
    """Records of the sync that nothing links, by their title."""
    members: dict[int, int] = {}
    for one in records:
        members[id(groups.find(one))] = members.get(id(groups.find(one)), 0) + 1
    for one in records:
        if one.born != SYNC or members[id(groups.find(one))] > 1:
            continue
        other = "salesforce" if one.side != "salesforce" else ""
        fitting = {
            id(groups.find(each)): each
            for each in records
            if (each.side == other if other else each.side != "salesforce")
            and each is not one
            and (each.born != SYNC or members[id(groups.find(each))] > 1)
            and each.title is not None
            and same("title", each.title, one.title)
        }
        if len(fitting) == 1:
            groups.join(one, next(iter(fitting.values())))
        else:
            ask(
                f"{one.where}: the sync made a {one.model.word}, and the file does not show of what. "
                "Add a recording of the other side, or an op create."
            )


def _doubles(records: list[Record], groups: _Groups) -> None:
    """Linked records that the sync made all of, and that bear the title of one other activity: made once more."""
    found: dict[int, list[Record]] = {}
    for one in records:
        found.setdefault(id(groups.find(one)), []).append(one)
    several = [members for members in found.values() if len(members) > 1]
    others = [each for members in found.values() for each in members if any(one.born != SYNC for one in members)]
    for members in several:
        if any(one.born != SYNC for one in members):
            continue
        titles = [one.title for one in members if one.title is not None]
        fitting = {
            id(groups.find(each)): each
            for each in others
            if each.born != SYNC and any(same("title", title, each.title) for title in titles)
        }
        if len(fitting) == 1:
            groups.join(members[0], next(iter(fitting.values())))


def _all_by_the_sync(members: list[Record]) -> str:
    """The question about linked records that were all made by callers who are taken for the sync."""
    made = [f"the {one.model.word} {_quoted(one.title)} ({one.made_by_sync_at or one.where})" for one in members]
    return (
        f"{_sentence(' and '.join(made))} belong together, and whoever is taken for the sync made them all. "
        "Who made the first? They are left out: say who the sync is with --sync-user, or write an op create."
    )


def _quoted(title: Any) -> str:
    text = " ".join(str(title or "").split())
    return f'"{text[:60]}…"' if len(text) > 60 else f'"{text}"'


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _split(records: list[Record], groups: _Groups, keyed: set[int], ask: Ask) -> list[Activity]:
    """Groups as activities; a second record that people made on one side is an activity of its own."""
    found: dict[int, list[Record]] = {}
    for one in records:
        found.setdefault(id(groups.find(one)), []).append(one)
    activities: list[Activity] = []
    for members in found.values():
        activity = Activity("")
        extra = []
        for one in members:
            taken = any(each.side == one.side and each.born != SYNC for each in activity.records)
            if taken and one.born != SYNC:
                extra.append(one)
            else:
                activity.records.append(one)
        if all(one.born == SYNC for one in activity.records):
            if len(members) > 1:  # a single one is asked about where its counterpart is looked for
                ask(_all_by_the_sync(members))
            continue
        activity.keyed = any(id(one) in keyed for one in activity.records)
        activities.append(activity)
        for one in extra:
            activities.append(Activity("", [one]))
            ask(
                f"{one.where}: {one.mark} is linked like {activity.records[0].mark}, a second {one.model.word} for one "
                "activity. The capsule has it without a link. Which of them is right?"
            )
    for number, activity in enumerate(activities, 1):
        activity.handle = f"act-{number}"
    return activities
