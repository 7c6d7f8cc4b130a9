"""Events that fire a workflow. Three shapes are published and disagree; the first is ours, the others are read into it.

{"event": "MEETING_ENDED", "meetingPlanId": "<uuid>", "dealRoomId": null, "organizationId": "…", "firedAt": "…"}
{"eventType": "MEETING_ENDED", "meetingId": "<uuid>", "organizationId": "…", "timestamp": "…"}
{"event": {"type": "…", "id": "…", "organizationId": "…", "payload": {"systemEventType": "MEETING_ENDED", …}}}
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from crm_sync.actions.data import load
from crm_sync.actions.document import DocumentError, known_events, read_json

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True)
class Event:
    """What happened. *subject* names the meeting, the deal room, or the moment of an event about neither."""

    type: str
    organization: str
    subject: str
    fields: Mapping[str, Any]

    @property
    def names(self) -> dict[str, Any]:
        """`trigger` in templates and expressions: the fields, with the other shapes' names for them."""
        aliases = {
            "eventType": self.type,
            "meetingId": self.fields.get("meetingPlanId"),
            "timestamp": self.fields.get("firedAt"),
        }
        return {**self.fields, **aliases}


def load_event(path: Path) -> Event:
    """The event of a file. Raises DocumentError."""
    try:
        return event(read_json(path, "the event"))
    except DocumentError as error:
        text = str(error)
        raise DocumentError(text if text.startswith(str(path)) else f"{path}: {text}") from None


def event(given: Any) -> Event:
    """An event in any of the three shapes. Raises DocumentError."""
    if not isinstance(given, Mapping):
        raise DocumentError("an event is a JSON object with event, meetingPlanId, organizationId and firedAt")
    words = _canonical(given)
    kind = words["event"]
    if not isinstance(kind, str) or kind not in known_events():
        raise DocumentError(f"event: {kind!r} is no event; one is MEETING_ENDED")
    organization = words.get("organizationId")
    if not isinstance(organization, str) or not organization:
        raise DocumentError("organizationId: is required")
    table = load("node_types.toml")["events"]
    suffix = table["deal_room_suffix"]
    subject = []
    if kind.removesuffix(suffix) in table["meeting"]:
        meeting = words.get("meetingPlanId")
        if not isinstance(meeting, str) or not _UUID.fullmatch(meeting):
            raise DocumentError(f"meetingPlanId: {meeting!r} is no UUID")
        subject.append(meeting.lower())
    room = words.get("dealRoomId")
    if kind.endswith(suffix):
        if type(room) is not int or room < 1:
            raise DocumentError(f"dealRoomId: {room!r} is no number from 1")
        subject.append(str(room))
    if not subject:  # about no meeting: each firing is its own
        subject.append(str(words.get("firedAt") or ""))
        if not subject[0]:
            raise DocumentError("firedAt: is required of an event about no meeting")
    return Event(kind, organization, "/".join(subject), words)


def _canonical(given: Mapping[str, Any]) -> dict[str, Any]:
    inner = given.get("event")
    if isinstance(inner, Mapping):
        payload = inner.get("payload")
        payload = payload if isinstance(payload, Mapping) else {}
        words = {**payload, "event": payload.get("systemEventType") or inner.get("type")}
        return {**words, "organizationId": inner.get("organizationId") or payload.get("organizationId")}
    words = {key: value for key, value in given.items() if key not in {"eventType", "meetingId", "timestamp"}}
    for name, alias in (("event", "eventType"), ("meetingPlanId", "meetingId"), ("firedAt", "timestamp")):
        if words.get(name) is None:
            words[name] = given.get(alias)
    return words
