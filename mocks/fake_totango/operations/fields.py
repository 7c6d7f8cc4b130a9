"""The fields of a body, whether they came as a form or as JSON; each asked for by the type that it has.

Rule 1: a form knows only texts, so a number or a truth may be a text in JSON, too.
Rule 2: null and the empty text are "nothing"; whether a field was sent at all is told by `in`.
Rule 3: what is of the wrong type is refused by name (`invalid`), and nothing is written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from fake_totango.errors import TotangoError
from fake_totango.stamps import MILLISECONDS_MAX

DIGITS_MAX = 18
_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}


class Fields:
    """Named values of a request. Every reader returns None for nothing and raises TotangoError (invalid)."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = given

    def __contains__(self, name: str) -> bool:
        return name in self._given

    def only(self, *names: str, empty: bool = False) -> None:
        """Nothing but *names*, empty or not: for calls of ours, where a slip should not pass for a wish."""
        for name, value in self._given.items():
            if name not in names or (value == "" and not empty):
                raise self.invalid(name)

    def text(self, name: str) -> str | None:
        value = self._given.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            raise self.invalid(name)
        return value

    def said(self, name: str) -> str | None:
        """A text with something beside white space in it."""
        value = self.text(name)
        return value if value is not None and value.strip() else None

    def identity(self, name: str) -> str | None:
        """The id of something, which JSON may give as a number."""
        value = _whole(self._given.get(name))
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**DIGITS_MAX:
            return str(value)
        return self.text(name)

    def integer(self, name: str, *, least: int = 0, most: int = MILLISECONDS_MAX) -> int | None:
        value = self._given.get(name)
        if value is None or value == "":
            return None
        value = int(value) if isinstance(value, str) and is_number(value) else _whole(value)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise self.invalid(name)
        return value

    def truth(self, name: str) -> bool | None:
        value = self._given.get(name)
        if value is None or value == "":
            return None
        found = _TRUTHS.get(value.lower()) if isinstance(value, str) else value
        if not isinstance(found, bool):
            raise self.invalid(name)
        return found

    def day(self, name: str) -> str | None:
        """A calendar day, YYYY-MM-DD."""
        value = self.text(name)
        if value is None:
            return None
        if not _DAY.fullmatch(value):
            raise self.invalid(name)
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            raise self.invalid(name) from None

    def texts(self, name: str) -> list[str] | None:
        """An array of texts, or texts with commas between them."""
        value = self._given.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, str):
            return [one.strip() for one in value.split(",") if one.strip()]
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise self.invalid(name)
        return [one for one in value if one]

    def objects(self, name: str) -> list[dict[str, Any]] | None:
        """An array of objects."""
        value = self._given.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise self.invalid(name)
        return value

    def settings(self, name: str) -> dict[str, Any] | None:
        """One object."""
        value = self._given.get(name)
        if value is not None and not isinstance(value, dict):
            raise self.invalid(name)
        return value

    def one_of(self, name: str, *values: str) -> str | None:
        value = self.text(name)
        if value is not None and value not in values:
            raise self.invalid(name)
        return value

    def invalid(self, name: str) -> TotangoError:
        return TotangoError("invalid", name=name, value=self._given.get(name))


def _whole(value: Any) -> Any:
    """17.0 is 17 in JSON."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def is_number(text: str) -> bool:
    """Whether *text* is a whole number in ASCII digits that every store can hold."""
    return text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX
