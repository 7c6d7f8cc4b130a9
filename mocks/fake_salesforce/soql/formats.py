"""FORMAT(): values as the running user's locale writes them.

Rule 1: how a locale writes is a row of `locales.toml`; moments are shown in the user's time zone.
Rule 2: what is no number, date or time stays what it is. The org has one currency, US dollars.
Source: SOQL and SOSL Reference, "FORMAT()".
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from importlib import resources
from typing import Any, Final
from zoneinfo import ZoneInfo

from fake_salesforce.schema.metadata import Field

DEFAULT_LOCALE: Final = "en_US"
CURRENCY_SYMBOL: Final = "$"
_STORED_MOMENT: Final = "%Y-%m-%dT%H:%M:%S.%f%z"
_NOON: Final = 12


@cache
def locales() -> Mapping[str, Mapping[str, str]]:
    """The rows of locales.toml."""
    text = resources.files("fake_salesforce.soql").joinpath("locales.toml").read_text("utf-8")
    return tomllib.loads(text)


@dataclass(frozen=True, slots=True)
class Formats:
    """Writes values for a user of *locale* (a LocaleSidKey) in *zone*."""

    locale: str
    zone: ZoneInfo

    def text(self, field: Field, value: Any) -> Any:
        """*value*, as stored for *field*, as people read it."""
        match field.type:
            case "currency":
                return self._row["currency"].format(symbol=CURRENCY_SYMBOL, amount=self._number(value, field.scale))
            case "percent":
                return self._row["percent"].format(amount=self._number(value, field.scale))
            case "double" | "int" | "long":
                return self._number(value, field.scale)
            case "date":
                return self._date(date.fromisoformat(value))
            case "datetime":
                moment = datetime.strptime(value, _STORED_MOMENT).astimezone(self.zone)
                return self._row["moment"].format(date=self._date(moment.date()), time=self._time(moment.time()))
            case "time":
                return self._time(time.fromisoformat(value.removesuffix("Z")))
        return value

    @property
    def _row(self) -> Mapping[str, str]:
        rows = locales()
        return rows.get(self.locale) or rows.get(self.locale.partition("_")[0]) or rows[DEFAULT_LOCALE]

    def _number(self, value: float, scale: int) -> str:
        text = f"{value:,.{scale}f}"
        marks = {",": self._row["group"], ".": self._row["decimal"]}
        return "".join(marks.get(each, each) for each in text)

    def _date(self, day: date) -> str:
        return self._row["date"].format(
            year=day.year, month=day.month, day=day.day, month2=f"{day.month:02}", day2=f"{day.day:02}"
        )

    def _time(self, clock: time) -> str:
        return self._row["time"].format(
            hour=clock.hour,
            hour2=f"{clock.hour:02}",
            hour12=clock.hour % _NOON or _NOON,
            ampm="AM" if clock.hour < _NOON else "PM",
            minute=f"{clock.minute:02}",
        )
