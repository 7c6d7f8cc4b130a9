"""Liquid templates of a workflow's parameters.

Rule 1 (A18): a template is rendered once; what it renders is data and is never rendered again. A path that leads
nowhere is "".
Rule 2 (A15): an instant is converted to UTC before a format that tells the time; a format that tells only the day keeps
the day as it is written, or takes UTC's (`day_of`).
Rule 3 (A16): what is no date passes the `date` filter unchanged and is refused afterwards. Half a date ("Friday", "10")
is none: what it means would depend on the day on which it is read.
Source: measured with python-liquid 2.3.6, whose filter prints the wall time and a literal Z.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any, Final

from dateutil import parser as dates
from liquid import Environment, Mode
from liquid.exceptions import LiquidError

from crm_sync.actions.failures import Failure
from crm_sync.clock import Clock

_OUTPUT_BYTES_MAX: Final = 1_000_000
_LOOPS_MAX: Final = 100_000
_NAMES_BYTES_MAX: Final = 10_000_000  # of what a template assigns: a text doubled thirty times is a gigabyte
_TELLS_TIME = re.compile(r"%[-_0^#]?[HIklMSsLNpPTRrXcZz+Q]")
_ONLY_A_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ].*)?")
#: Two days that share no part: a text that reads differently from each is not a whole date.
_EARLY, _LATE = datetime(2001, 2, 3), datetime(2012, 11, 28)  # noqa: DTZ001 - what a text leaves out has no zone


class _Templates(Environment):
    output_stream_limit = _OUTPUT_BYTES_MAX
    loop_iteration_limit = _LOOPS_MAX
    local_namespace_limit = _NAMES_BYTES_MAX


class Templates:
    """Renders. *day_of* "written" or "utc"; *dates* "liquid" (as python-liquid reads them) or "iso" (nothing else)."""

    def __init__(self, clock: Clock, *, day_of: str = "written", dates: str = "liquid") -> None:
        self._clock = clock
        self._day_of = day_of
        self._iso_only = dates == "iso"
        self._environment = _Templates(tolerance=Mode.STRICT)
        self._environment.filters |= {"date": self._date, "where": _where, "map": _map}
        for tag in ("include", "render"):  # there are no other templates to take in
            self._environment.tags.pop(tag)

    def render(self, text: str, names: Mapping[str, Any]) -> str:
        """*text* with *names* put in. Raises Failure TEMPLATE_FAILED."""
        try:
            return self._environment.from_string(text).render(**names)
        except (LiquidError, ArithmeticError, ValueError, RecursionError) as error:
            raise Failure("TEMPLATE_FAILED", f"{text!r}: {_first_line(error)}") from None

    def _date(self, value: Any, form: Any = "") -> str:
        text, form = _text(value), _text(form)
        if not text or not form:
            return text
        whole = self._clock.now() if text in {"now", "today"} else self._parsed(value, text)
        if whole is None:
            return text
        tells_time = _TELLS_TIME.search(form) is not None
        if whole.tzinfo is not None and (tells_time or self._day_of == "utc"):
            whole = whole.astimezone(UTC)
        return whole.strftime(form)

    def _parsed(self, value: Any, text: str) -> datetime | None:
        if (isinstance(value, (int, float)) and not isinstance(value, bool)) or re.fullmatch(r"\d{9,11}", text):
            try:
                return datetime.fromtimestamp(float(value), UTC)
            except (OverflowError, ValueError, OSError):
                return None
        return None if self._iso_only and not _ISO.fullmatch(text.strip()) else _whole_date(text)


def problem(text: str) -> str:
    """Why *text* is no template, "" when it is one."""
    try:
        asked = _checker().from_string(text).analyze().filters
    except LiquidError as error:
        return _first_line(error)
    unknown = sorted(set(asked) - set(_checker().filters))
    return f"unknown filter {unknown[0]!r}" if unknown else ""


def is_day(text: str) -> bool:
    """A real date, written YYYY-MM-DD and no other way."""
    if not _ONLY_A_DAY.fullmatch(text) or not text.isascii():
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _whole_date(text: str) -> datetime | None:
    """The moment that *text* names completely; None when it names none, or leaves out a part of the day."""
    try:
        read = [dates.parse(text, default=default, tzinfos=_zone) for default in (_EARLY, _LATE)]
    except (ValueError, OverflowError, TypeError):
        return None
    return read[0] if read[0] == read[1] else None


def _zone(name: str | None, offset_seconds: int | None) -> tzinfo | None:
    """The zone of a text. A bare name ("EST") means several zones, or the machine's own: that is no whole date."""
    if offset_seconds is not None:
        return timezone(timedelta(seconds=offset_seconds))
    if name in {"UTC", "GMT", "Z"}:
        return UTC
    if name is None:
        return None
    raise ValueError(f"no offset for {name}")


@lru_cache(maxsize=1)
def _checker() -> Environment:
    class _Never:
        def now(self) -> datetime:
            return datetime(2001, 2, 3, tzinfo=UTC)

        def sleep(self, _seconds: float) -> None:
            """Checking takes no time."""

    return Templates(_Never())._environment  # noqa: SLF001 - the same filters


def _where(rows: Any, key: Any, value: Any = None) -> list[Any]:
    """The objects whose *key* is *value*; whatever is no object is passed over (A17)."""
    listed = rows if isinstance(rows, list) else []
    wanted = _text(value)
    found = [row for row in listed if isinstance(row, Mapping)]
    return [row for row in found if (_text(row.get(_text(key))) == wanted if wanted else bool(row.get(_text(key))))]


def _map(value: Any, key: Any) -> Any:
    """One object's *key*, or that of each of a list; what is absent is ""."""
    if isinstance(value, Mapping):
        return value.get(_text(key))
    if isinstance(value, list):
        return [_text(row.get(_text(key))) for row in value if isinstance(row, Mapping)]
    return ""


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
