"""Series of tasks and events as Salesforce Classic makes them: a main row, and an occurrence for each of its days.

Rule 1: IsRecurrence comes with a start, an end, a type and the fields of that type, and no others.
Rule 2: an occurrence is the main row on its day, with RecurrenceActivityId; the main row has its own id there.
Rule 3: a new pattern or start replaces the open occurrences, a new end takes away or adds at the end; closed tasks and
past events stay. Other changes of the main row leave occurrences as they are.
Rule 4: deleting the main row deletes every occurrence (on_delete of RecurrenceActivityId).
Rule 5: a task with RecurrenceRegeneratedType makes the next one when it is closed.
Source: Object Reference v62, Task and Event, Recurring Tasks and Recurrence Field Usage; texts are assumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any, Final
from zoneinfo import ZoneInfo

from fake_salesforce import data_files
from fake_salesforce.errors import salesforce_error
from fake_salesforce.operations import inside, last_activity
from fake_salesforce.operations.not_faked import not_faked
from fake_salesforce.operations.save import Save
from fake_salesforce.operations.series_days import Pattern, days

_PARTS: Final = (
    "RecurrenceInterval", "RecurrenceDayOfWeekMask", "RecurrenceDayOfMonth", "RecurrenceInstance",
    "RecurrenceMonthOfYear",
)  # fmt: skip
_COMMON: Final = ("RecurrenceType", "RecurrenceTimeZoneSidKey", *_PARTS)
_START: Final = {"Task": "RecurrenceStartDateOnly", "Event": "RecurrenceStartDateTime"}
_END: Final = "RecurrenceEndDateOnly"
_PATTERN: Final = {name: frozenset({*_COMMON, start, _END}) for name, start in _START.items()}
_REGENERATED: Final = "RecurrenceRegeneratedType"
_DAY_MINUTES: Final = 1_440
_MASK_MAX: Final = 127
_MONTH_DAYS: Final = 31


# --- before the save --------------------------------------------------------------------------------


def check(save: Save) -> None:
    """Refuse a series that says too little or too much. Raises SalesforceError."""
    new = save.new
    if new.get("Recurrence2PatternText"):
        raise not_faked("recurrence")
    if not new["IsRecurrence"]:
        if not save.given.isdisjoint(_PATTERN[save.prep.name]):
            _refuse_parts(save)
        return
    if save.old is None:
        new["RecurrenceActivityId"] = new["Id"]
        if new["RecurrenceTimeZoneSidKey"] is None:
            new["RecurrenceTimeZoneSidKey"] = _zone_of_user(save)
    elif save.given.isdisjoint(_PATTERN[save.prep.name]):
        return
    start = _START[save.prep.name]
    needed = [name for name in (start, _END, "RecurrenceType") if new[name] is None]
    if needed:
        raise _inconsistent(f"{needed[0]} is needed for a recurring series", needed)
    facts = data_files.load("recurrence.toml")
    uses: list[str] = facts["types"][new["RecurrenceType"]]
    for name in _PARTS:
        if (new[name] is None) == (name in uses):
            word = "is needed for" if name in uses else "must be null for"
            raise _inconsistent(f"{name} {word} {new['RecurrenceType']}", [name])
    if save.prep.name == "Task" and new["ActivityDate"] is not None:
        raise _inconsistent("ActivityDate cannot be set on a recurring series", ["ActivityDate"])
    _refuse_values(save)
    most: int = facts["most"][new["RecurrenceType"]]
    found = list(islice(days(_pattern(save, new)), most + 1))
    if not found:
        raise _inconsistent("the series has no occurrence between its start and its end", [_END])
    if len(found) > most:
        raise _inconsistent(f"a series of type {new['RecurrenceType']} has at most {most} occurrences", [_END])


def _refuse_parts(save: Save) -> None:
    """A row that is no series has no pattern; RecurrenceInterval serves a task that regenerates, too."""
    allowed = {"RecurrenceInterval"} if save.new.get(_REGENERATED) else set()
    if save.new["RecurrenceActivityId"] is not None:
        return
    for name in (_START[save.prep.name], _END, *_COMMON):
        if save.new[name] is not None and name not in allowed:
            raise _inconsistent(f"{name} must be null unless IsRecurrence is true", [name])


def _refuse_values(save: Save) -> None:
    new = save.new
    bounds = {"RecurrenceInterval": 99, "RecurrenceDayOfWeekMask": _MASK_MAX, "RecurrenceDayOfMonth": _MONTH_DAYS}
    for name, most in bounds.items():
        if new[name] is not None and not 1 <= new[name] <= most:
            raise _inconsistent(f"{name} must be between 1 and {most}", [name])
    if new[_END] < new[_START[save.prep.name]][:10]:
        raise _inconsistent(f"{_END} is before the start", [_END])
    if save.prep.name == "Event" and (new["DurationInMinutes"] or 0) > _DAY_MINUTES:
        raise _inconsistent("a recurring event lasts 24 hours or less", ["DurationInMinutes"])


def _inconsistent(text: str, fields: list[str]) -> Exception:
    return salesforce_error("FIELD_INTEGRITY_EXCEPTION.recurrence", text=text, fields=fields)


def _zone_of_user(save: Save) -> str:
    user = inside.row(save.org, save.conn, "User", save.user)
    return (user and user["TimeZoneSidKey"]) or save.org.config.timezone


def _zone(new: Mapping[str, Any]) -> ZoneInfo:
    return ZoneInfo(new["RecurrenceTimeZoneSidKey"] or "UTC")


def _pattern(save: Save, row: Mapping[str, Any]) -> Pattern:
    start = row[_START[save.prep.name]]
    if save.prep.name == "Event" and not row["IsAllDayEvent"]:
        start = _moment(start).astimezone(_zone(row)).date().isoformat()
    return Pattern(
        kind=row["RecurrenceType"],
        start=date.fromisoformat(start[:10]),
        end=date.fromisoformat(row[_END]),
        interval=row["RecurrenceInterval"],
        mask=row["RecurrenceDayOfWeekMask"],
        day=row["RecurrenceDayOfMonth"],
        instance=row["RecurrenceInstance"],
        month=row["RecurrenceMonthOfYear"],
    )


# --- after the save ---------------------------------------------------------------------------------


def saved(save: Save) -> None:
    """Make the occurrences of a new series, change those of an old one, or make the next task of a repeating one."""
    if save.new["IsRecurrence"]:
        _series_saved(save)
    elif save.new.get(_REGENERATED) and save.new["IsClosed"]:
        _regenerate(save)


def _series_saved(save: Save) -> None:
    new, old = save.new, save.old
    if old is None:
        for day in days(_pattern(save, new)):
            _occurrence(save, day)
        return
    pattern = (_START[save.prep.name], *_COMMON)
    if any(new[name] != old[name] for name in pattern):
        kept = _take_away(save, after=None)
        for day in days(_pattern(save, new)):
            if day not in kept:
                _occurrence(save, day)
    elif new[_END] < old[_END]:
        _take_away(save, after=new[_END])
    elif new[_END] > old[_END]:
        for day in days(_pattern(save, new)):
            if day.isoformat() > old[_END]:
                _occurrence(save, day)


def _take_away(save: Save, *, after: str | None) -> set[date]:
    """Delete open occurrences, those *after* a day or all; the days of those that stay."""
    from fake_salesforce.operations import removal  # which runs the hooks of `after`, which are these

    stay: set[date] = set()
    rows = inside.children(save.org, save.conn, save.prep.name, "RecurrenceActivityId", save.new["Id"])
    for row in rows:
        if row["Id"] == save.new["Id"]:
            continue
        past = row["IsClosed"] if "IsClosed" in row else row["EndDateTime"] < save.stamp
        if past or (after is not None and row["ActivityDate"] <= after):
            stay.add(date.fromisoformat(row["ActivityDate"]))
        else:
            removal.bury(save.org, save.conn, save.prep, row, save.stamp)
    return stay


def _occurrence(save: Save, day: date) -> None:
    """The main row on one of its days."""
    main = save.new
    row = {name: value for name, value in main.items() if name not in _COMMON}
    row.update({"Id": None, "IsRecurrence": 0, "RecurrenceActivityId": main["Id"], _START[save.prep.name]: None})
    row.update({_END: None, "ActivityDate": day.isoformat()})
    if save.prep.name == "Event":
        row.update(_times(main, day))
    _make(save, row)


def _times(main: Mapping[str, Any], day: date) -> dict[str, Any]:
    """Start and end of an event on *day*: at the same hour of the series' own time zone."""
    begins = _moment(main["StartDateTime"])
    if main["IsAllDayEvent"]:
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    else:
        zone = _zone(main)
        hour = begins.astimezone(zone).time()
        start = datetime.combine(day, hour, tzinfo=zone).astimezone(UTC)
    ends = start + timedelta(minutes=main["DurationInMinutes"])
    return {
        "ActivityDate": start.date().isoformat(),
        "StartDateTime": _text(start),
        "ActivityDateTime": None if main["IsAllDayEvent"] else _text(start),
        "EndDateTime": _text(ends),
        "EndDate": ends.date().isoformat(),
    }


def _regenerate(save: Save) -> None:
    """The next task of one that repeats, due some days after this one was due or closed."""
    kind = save.new[_REGENERATED]
    if kind == "RecurrenceRegenerated" or (save.old is not None and save.old["IsClosed"]):
        return
    after = save.new["ActivityDate"] if kind == "RecurrenceRegenerateAfterDueDate" else save.stamp[:10]
    due = date.fromisoformat(after or save.stamp[:10]) + timedelta(days=save.new["RecurrenceInterval"] or 1)
    default = save.prep.defaults.get("Status")
    row = {**save.new, "Id": None, "ActivityDate": due.isoformat(), "Status": default, "IsClosed": 0}
    row.update({"CompletedDateTime": None, "IsArchived": 0, "ReminderDateTime": None, "IsReminderSet": 0})
    _make(save, {name: value for name, value in row.items() if name in save.prep.blank})
    inside.change(save.org, save.conn, save.prep.name, save.new["Id"], {_REGENERATED: "RecurrenceRegenerated"})


def _make(save: Save, row: dict[str, Any]) -> None:
    stamps = dict.fromkeys(("CreatedDate", "LastModifiedDate", "SystemModstamp"), save.stamp)
    users = dict.fromkeys(("CreatedById", "LastModifiedById"), save.user)
    new = {**row, **stamps, **users}
    new["Id"] = inside.make(save.org, save.conn, save.prep.name, new, user=save.user, at=save.stamp)
    last_activity.saved(Save(save.org, save.conn, save.prep, new, None, frozenset(), save.stamp))


def _moment(text: str) -> datetime:
    return datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
