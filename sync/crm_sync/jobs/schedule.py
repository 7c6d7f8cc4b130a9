"""When a job runs: once, by minutes, hourly, daily, on workdays (Monday to Friday), weekly, monthly.

Rule 1: a schedule is a function of a moment: the next one strictly after it. Nothing here waits or keeps a clock.
Rule 2: a time of day is one in the schedule's zone. One that a day does not have (clocks go forward) comes as many
minutes later, one that comes twice is its first; a month without the day has its last one instead (assumed).
Source: CRM integration page (the seven cadences, documented); everything finer is assumed.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from crm_sync.errors import ConfigError

CADENCES = ("once", "minutes", "hourly", "daily", "workdays", "weekly", "monthly")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MINUTES_MAX = 7 * 24 * 60
_KEYS = {
    "once": {"at"},
    "minutes": {"every"},
    "hourly": {"minute"},
    "daily": {"at", "zone"},
    "workdays": {"at", "zone"},
    "weekly": {"at", "zone", "weekday"},
    "monthly": {"at", "zone", "day"},
}


@dataclass(frozen=True)
class Schedule:
    """One cadence. Make one with `from_mapping`; which values count depends on *kind*."""

    kind: str = "once"
    moment: datetime | None = None  # once: None is as soon as the job is there
    every: int = 60  # minutes
    minute: int = 0  # hourly
    at: time = time(0)
    weekday: int = 0
    day: int = 1
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))

    @classmethod
    def from_mapping(cls, given: Mapping[str, Any]) -> Schedule:
        """A schedule of a configuration, such as `{"kind": "weekly", "weekday": "friday", "at": "18:30"}`.

        Raises:
            ConfigError: with the key that is wrong.
        """
        kind = given.get("kind", "once")
        if kind not in CADENCES:
            raise ConfigError(f"schedule.kind: {kind!r} is no cadence; choose one of {', '.join(CADENCES)}")
        unknown = sorted(given.keys() - {"kind"} - _KEYS[kind])
        if unknown:
            known = ", ".join(sorted(_KEYS[kind]))
            raise ConfigError(f"schedule.{unknown[0]}: a schedule of kind {kind} has no such key; it has {known}")
        if kind == "once":
            return cls(kind, moment=_moment(given.get("at")))
        return cls(
            kind,
            every=_whole(given, "every", 60, 1, MINUTES_MAX),
            minute=_whole(given, "minute", 0, 0, 59),
            at=_time(given.get("at", "00:00")),
            weekday=_weekday(given.get("weekday", "monday")),
            day=_whole(given, "day", 1, 1, 31),
            zone=_zone(given.get("zone", "UTC")),
        )

    def __str__(self) -> str:
        """For people: "every 30 minutes", "weekly on friday at 18:30 Europe/Berlin"."""
        when = f"at {self.at:%H:%M} {self.zone.key}"
        return {
            "once": f"once at {self.moment:%Y-%m-%d %H:%M} UTC" if self.moment else "once",
            "minutes": f"every {self.every} minutes",
            "hourly": f"hourly at :{self.minute:02}",
            "weekly": f"weekly on {WEEKDAYS[self.weekday]} {when}",
            "monthly": f"monthly on day {self.day} {when}",
        }.get(self.kind, f"{self.kind} {when}")

    def next_after(self, moment: datetime, *, saved_at: datetime) -> datetime | None:
        """The first run strictly after *moment* of a job saved at *saved_at*; None when there is none."""
        if self.kind == "once":
            only = max(self.moment or saved_at, saved_at)
            return only if only > moment else None
        if self.kind == "minutes":
            step = timedelta(minutes=self.every)
            return saved_at + max(0, (moment - saved_at) // step + 1) * step
        if self.kind == "hourly":
            hour = moment.replace(minute=self.minute, second=0, microsecond=0)
            return hour if hour > moment else hour + timedelta(hours=1)
        return next(at for at in self._moments_from(moment) if at > moment)

    def _moments_from(self, moment: datetime) -> Iterator[datetime]:
        """Moments of the chosen days, from the day before on: a day in the zone may be another one in UTC."""
        falls_on = _DAYS[self.kind]
        day = moment.astimezone(self.zone).date() - timedelta(days=1)
        while True:
            if falls_on(self, day):
                yield datetime.combine(day, self.at, self.zone).astimezone(UTC)
            day += timedelta(days=1)


def _last_of_month(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


_DAYS: dict[str, Callable[[Schedule, date], bool]] = {
    "daily": lambda _schedule, _day: True,
    "workdays": lambda _schedule, day: day.weekday() < WEEKDAYS.index("saturday"),
    "weekly": lambda schedule, day: day.weekday() == schedule.weekday,
    "monthly": lambda schedule, day: day.day == min(schedule.day, _last_of_month(day)),
}


def _whole(given: Mapping[str, Any], name: str, default: int, least: int, most: int) -> int:
    value = given.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ConfigError(f"schedule.{name}: {value!r} is no whole number from {least} to {most}")
    return value


def _moment(text: Any) -> datetime | None:
    if text is None or isinstance(text, datetime):
        found = text
    else:
        try:
            found = datetime.fromisoformat(str(text))
        except ValueError:
            raise ConfigError(f"schedule.at: {text!r} is no moment such as 2026-01-05T09:00:00Z") from None
    if found is not None and found.tzinfo is None:
        raise ConfigError(f"schedule.at: {text!r} has no zone; end it with Z for UTC")
    return found.astimezone(UTC) if found is not None else None


def _time(text: Any) -> time:
    try:
        found = text if isinstance(text, time) else time.fromisoformat(str(text))
    except ValueError:
        raise ConfigError(f"schedule.at: {text!r} is no time of day such as 18:30") from None
    if found.tzinfo is not None:
        raise ConfigError("schedule.at: a time of day has no zone of its own; set schedule.zone")
    return found


def _weekday(text: Any) -> int:
    if text not in WEEKDAYS:
        raise ConfigError(f"schedule.weekday: {text!r} is none of {', '.join(WEEKDAYS)}")
    return WEEKDAYS.index(text)


def _zone(name: Any) -> ZoneInfo:
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(f"schedule.zone: {name!r} is no time zone such as Europe/Berlin") from None
