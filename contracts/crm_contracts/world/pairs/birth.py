"""A record that the sync made: it may hold what its source holds, and declared defaults, and nothing else (I4).

Must not import crm_sync. Source: rules T17, T27, T31, T34, T36, T45, M4, M7, M11, M13, M24, M26.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any, NamedTuple

from crm_contracts.world.fields import plain
from crm_contracts.world.model import moment
from crm_contracts.world.pairs.fields import NO_SUBJECT, SUBJECT_MAX, UNSAID, Known, born_with
from crm_contracts.world.pairs.model import Activity, Record
from crm_contracts.world.pairs.ops import PARTNER, SALESFORCE
from crm_contracts.world.pairs.settings import CAMPAIGN_TOUCH, REMINDER, TASK, TOUCHPOINT
from crm_contracts.world.violations import BrokenFrame, Invented

__all__ = ["check"]

_FIRST_SIGHT = {"state": "open", "priority": "normal"}  # rules M4, M7


def check(
    activity: Activity, source: Record, made: Record, known: Known, *, mapped: bool, granted: Collection[str]
) -> None:
    """Raise Invented or BrokenFrame when *made* holds what nobody wrote.

    *mapped*: the touchpoints' jobs map participants (T33). *granted*: the exceptions that are allowed for.
    """
    for one in born_with(activity.section):
        given, found = one.read(source.side, source.row, known), one.read(made.side, made.row, known)
        if one.name == "title" and activity.section == REMINDER and made.side == PARTNER:
            given, found = plain(source.row["Subject"]) or NO_SUBJECT, plain(made.row["name"])
        if activity.section == CAMPAIGN_TOUCH and one.name == "title" and _is_cut(str(given), str(found)):
            continue
        if given == UNSAID:
            given = _FIRST_SIGHT.get(one.name, found) if activity.section == REMINDER else found
        if given != found:
            here, there = ("none" if value == UNSAID else repr(value) for value in (found, given))
            raise Invented(
                f"the {made.side} record made for {activity.handle} has {one.name} {here}, its source {there}",
                activity=activity.handle,
            )
    if made.side == SALESFORCE:
        _refers_rightly(activity, source, made, known)
    elif activity.section != REMINDER:
        _authored(activity, source, made, known)
    _took_part(activity, source, made, _People(known, mapped=mapped, granted=granted))


def _is_cut(subject: str, found: str) -> bool:
    """Whether *found* is a *subject* whose name was cut, maybe with a mark that it was: its ends are there (T27)."""
    head, tail = subject.partition('"')[0], subject[subject.rindex('" was sent') :]
    return len(subject) == SUBJECT_MAX >= len(found) and found.startswith(head) and found.endswith(tail)


def _authored(activity: Activity, source: Record, made: Record, known: Known) -> None:
    """Whoever made the Salesforce record is the creator, or assigned the task; the day it was made (T31, T36)."""
    name = "assigner" if activity.section == TASK else "created_by"
    author = known.emails.get(str(source.row["CreatedById"]))
    if str(made.row[name]).lower() != author:
        raise BrokenFrame(
            f"{name} of the record made for {activity.handle} is {made.row[name]!r}, "
            f"and its source was made by {author!r} (T31)",
            activity=activity.handle,
        )
    apart = abs(made.created - moment(source.row["CreatedDate"]))
    if activity.section == TASK and apart >= timedelta(days=1):
        raise BrokenFrame(
            f"the task made for {activity.handle} says it was made {apart} apart from its source (T36)",
            activity=activity.handle,
        )


def _refers_rightly(activity: Activity, source: Record, made: Record, known: Known) -> None:
    """What a new Salesforce record points at: the account (T17), the owner (T31, M24), the person's contact (M26)."""
    wanted = {}
    if activity.section != REMINDER:
        wanted["WhatId"] = known.accounts.get(activity.at)
    if activity.section in (TOUCHPOINT, CAMPAIGN_TOUCH):
        author = str(source.row["created_by"] or "").lower()
        wanted["OwnerId"] = next((one for one, email in known.emails.items() if email == author), made.row["OwnerId"])
    if activity.section == REMINDER:
        wanted["OwnerId"] = known.user_id
    for name, value in wanted.items():
        if made.row.get(name) != value:
            raise BrokenFrame(
                f"the Salesforce record made for {activity.handle} has {name} {made.row.get(name)!r}, not {value!r}",
                activity=activity.handle,
            )


class _People(NamedTuple):
    """What is known of who may take part in what."""

    known: Known
    mapped: bool
    granted: Collection[str]

    def of_reminder(self, source: Record) -> set[Any]:
        """Whom the counterpart of a reminder, or of its Task, is about: known by the stored id, never by e-mail."""
        person: str | int | None
        if source.side == PARTNER:
            person = self.known.contacts.get(source.row.get("person") or 0)
        else:
            numbers = {contact: number for number, contact in self.known.contacts.items()}
            person = numbers.get(str(source.row.get("WhoId")))
        return {person, None} if "person-left-out" in self.granted else {person}

    def of_touchpoint(self, source: Record) -> set[Any]:
        """Whom the counterpart of a touchpoint, or of its Event, names. Two contacts' address is nobody's (T32)."""
        if source.side == SALESFORCE:
            mail = self.known.mails.get(str(source.row.get("WhoId"))) if self.mapped else None
            return {(mail,) if mail else ()}
        mails = [str(mail).lower() for mail in source.row.get("participants") or ()] if self.mapped else []
        each = {mail: [one for one, other in self.known.mails.items() if other == mail] for mail in mails}
        return {ids[0] for ids in each.values() if len(ids) == 1} or {None}


def _took_part(activity: Activity, source: Record, made: Record, people: _People) -> None:
    """The people of a new record are those of its source, where they are mapped; else nobody (T25, T33, T34, M26)."""
    found = made.row.get("WhoId")
    if activity.section == REMINDER:
        wanted = people.of_reminder(source)
        found = found if made.side == SALESFORCE else made.row.get("person")
    elif activity.section == TOUCHPOINT:
        wanted = people.of_touchpoint(source)
        found = found if made.side == SALESFORCE else tuple(made.row.get("participants") or ())
    else:
        wanted = {None}
    if found not in wanted:
        rule = "M26" if activity.section == REMINDER else "T33, T34"
        said = " or ".join(sorted(map(repr, wanted)))
        raise BrokenFrame(
            f"the {made.side} record made for {activity.handle} is about {found!r}, and not about {said} ({rule})",
            activity=activity.handle,
        )
