"""What a campaign touch becomes in Salesforce: the Event's subject and type.

Rule T27: `{kind} campaign "{name}" was sent to {n} users. From: {sender}`; one user is "1 users", a name may hold
quotes (so a subject is read from its end), and a subject that would be too long loses the end of the *name*.
Rule T28: the Event's type is Email, if the org's Event has a Type at all.
Source: Totango help, Synchronize tasks and touchpoints with Salesforce. "email" there is the stock value Email here
(assumed), and so is what becomes of a long name.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

KINDS = ("Ongoing", "One time")
SUBJECT_LENGTH_MAX = 255  # Event.Subject
EVENT_TYPE = "Email"
_TAIL = re.compile(r'" was sent to (\d+) users\. From: (\S*)$')


@dataclass(frozen=True)
class CampaignTouch:
    """What the subject tells. *kind* is one of KINDS, *users* how many it was sent to, *sender* an e-mail address."""

    kind: str
    name: str
    users: int
    sender: str


def subject_of(touch: CampaignTouch, *, length_max: int = SUBJECT_LENGTH_MAX) -> str:
    """The subject of its Event; the name is cut so that what follows it survives."""
    head, tail = f'{touch.kind} campaign "', f'" was sent to {touch.users} users. From: {touch.sender}'
    room = max(0, length_max - len(head) - len(tail))
    return (head + touch.name[:room] + tail)[:length_max]


def parse_subject(text: str) -> CampaignTouch | None:
    """What a subject tells; None when it is not one of a campaign touch."""
    found = _TAIL.search(text)
    if found is None:
        return None
    for kind in KINDS:
        head = f'{kind} campaign "'
        if text.startswith(head) and len(head) <= found.start():
            return CampaignTouch(kind, text[len(head) : found.start()], int(found[1]), found[2])
    return None


def event_type(fields: Collection[str]) -> dict[str, str]:
    """What to send for the type: nothing where Event has no such field. *fields* are those of the describe."""
    return {"Type": EVENT_TYPE} if "Type" in fields else {}
