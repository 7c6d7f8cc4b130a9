"""The oracle's own table of what corresponds to what. Written from the rules; must not import crm_sync.

Rule 1: a field has one canonical value, poor enough that both systems can hold it: text without markup and no longer
than Salesforce takes, a day without a time, open or done. Two raw values that read the same are the same.
Rule 2: what has no row here is frame: the sync may not touch it.
Source: rules P7, P12, P26 and P28, and the default mapping of the activity sync: Subject, Description,
ActivityDate and Status against action (subject), description, startTime and status.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any

from crm_contracts.world.ops import CONVERSATION, SALESFORCE, TASK
from crm_contracts.world.settings import Settings

Row = Mapping[str, Any]
Value = str | None

OPEN, DONE, IGNORED = "open", "done", "ignored"
SALESFORCE_CLOSED = "Completed"
PLANHAT_DONE = "Done"
PLANHAT_IGNORED = "Ignored"
TYPES_NEVER_SYNCED = frozenset({"email", "chat", "ticket", "call"})  # rule P6
_BLOCKS = frozenset({"p", "div", "br", "li", "ul", "ol", "tr", "h1", "h2", "h3", "h4", "blockquote"})


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(" ".join(data.split("\n")))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.parts.append("\n")


def plain(value: Any) -> Value:
    """Text as a reader sees it: NFC, one blank between words, no empty lines; nothing at all is None."""
    return None if value is None else _plain(str(value))


@lru_cache(maxsize=65_536)
def _plain(given: str) -> Value:
    text = unicodedata.normalize("NFC", given).replace("\x00", "")  # no system keeps a NUL (F47)
    lines = [" ".join(line.split()) for line in text.splitlines()]
    return "\n".join(line for line in lines if line) or None


def text_of_html(value: Any) -> Value:
    """What a reader of the HTML *value* sees."""
    return None if value is None else _text_of_html(str(value))


@lru_cache(maxsize=16_384)
def _text_of_html(given: str) -> Value:
    parser = _Text()
    parser.feed(given)
    parser.close()
    return plain("".join(parser.parts))


def day(value: Any) -> Value:
    """The day of a date or a UTC timestamp, `YYYY-MM-DD`."""
    return str(value)[:10] if value else None


def _salesforce_state(value: Any) -> Value:
    return DONE if value == SALESFORCE_CLOSED else OPEN


def _planhat_state(value: Any) -> Value:
    return {PLANHAT_DONE: DONE, PLANHAT_IGNORED: IGNORED}.get(str(value), OPEN)


@dataclass(frozen=True)
class Field:
    """One thing both systems know, by the vendor's field name and how to read it canonically."""

    name: str
    salesforce: str
    task: str | None
    conversation: str | None
    read_salesforce: Callable[[Any], Value]
    read_planhat: Callable[[Any], Value]
    longest: int | None = None  # UTF-16 units that a Salesforce Task keeps (F45, F47)

    @property
    def called(self) -> frozenset[str]:
        """Its names in lower case: a sync's report may use any of them."""
        names = (self.name, self.salesforce, self.task, self.conversation)
        return frozenset(name.lower() for name in names if name)

    def fits(self, value: Any) -> bool:
        """Whether Salesforce keeps all of it."""
        text = self.read_planhat(value)
        return text is None or self.longest is None or plain(_cut(text, self.longest)) == text

    def name_on(self, side: str) -> str | None:
        """The vendor's name on *side*; None where that side has no such field in the mapping."""
        return {SALESFORCE: self.salesforce, TASK: self.task, CONVERSATION: self.conversation}[side]

    def read(self, side: str, row: Row) -> Value:
        """The canonical value of *row*, a record of *side*."""
        name = self.name_on(side)
        assert name is not None, f"{side} has no {self.name}"
        return self.reads(side, raw(row, name))

    def reads(self, side: str, stored: Any) -> Value:
        """The canonical value of what is *stored* in this field on *side*."""
        reader = self.read_salesforce if side == SALESFORCE else self.read_planhat
        value = reader(stored)
        return plain(_cut(value, self.longest)) if value and self.longest else value


def raw(row: Row, name: str) -> Any:
    """What is stored under *name*: `custom.X` is one key of `custom`, and `custom` the rest of it."""
    if not name.startswith("custom"):
        return row.get(name)
    custom = row.get("custom") or {}
    return (
        {key: value for key, value in custom.items() if key != PHASE_KEY} if name == "custom" else custom.get(name[7:])
    )


def written(names: Mapping[str, Any]) -> set[str]:
    """The names of the fields in a body, what is in `custom` by its own."""
    return {*names, *(f"custom.{key}" for key in names.get("custom") or ())}


def _cut(text: str, units: int) -> str:
    """As much of *text* as fits, no character halved."""
    if len(text) <= units // 2:
        return text
    return text.encode("utf-16-le", "surrogatepass")[: 2 * units].decode("utf-16-le", "ignore")


FIELDS = (
    Field("title", "Subject", "action", "subject", plain, plain, 255),
    Field("text", "Description", "description", "description", plain, text_of_html, 32_000),
    Field("date", "ActivityDate", "startTime", None, day, day),
    Field("state", "Status", "status", None, _salesforce_state, _planhat_state),
)
TITLE, TEXT, DATE, STATE = FIELDS
# Custom fields of either side, mapped where the settings say so; else they are frame like any other.
PHASE_KEY, STAGE_FIELD = "Phase", "Stage__c"
_CUSTOM = f"custom.{PHASE_KEY}"
PHASE = Field("phase", STAGE_FIELD, _CUSTOM, _CUSTOM, plain, plain, 40)

# Not mapped: after every sync these hold what a user last wrote (I8).
FRAME = {
    SALESFORCE: ("Priority", "CallDisposition", "WhoId", "WhatId", STAGE_FIELD),
    TASK: ("custom", _CUSTOM, "activityTags"),
    CONVERSATION: ("custom", _CUSTOM, "type", "starred"),
}


def shared(side: str, settings: Settings | None = None) -> tuple[Field, ...]:
    """The fields that a Salesforce Task shares with a record of the Planhat *side*, as the default mapping and
    *settings* say; of "salesforce", those that it shares with anybody.
    """
    own = tuple(one for one in FIELDS if one.name_on(side))
    return (*own, PHASE) if settings is not None and settings.maps_phase(side) else own


def every(side: str) -> tuple[Field, ...]:
    """The fields of *side* that any mapping may name."""
    return (*shared(side), PHASE)


def takes_part(row: Row) -> bool:
    """Whether a Conversation is of a type that is synced at all (rule P6)."""
    return row.get("type") not in TYPES_NEVER_SYNCED
