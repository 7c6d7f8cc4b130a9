"""What a campaign touch becomes in Salesforce: the Event's subject.

Rule T27: `{kind} campaign "{name}" was sent to {n} users. From: {sender}`; one user is "1 users", a name may hold
quotes (so a subject is read from its end), and a subject that would be too long, as Salesforce counts (F47), loses the
end of the *name*.
Source: Totango help, Synchronize tasks and touchpoints with Salesforce. What becomes of a long name is
assumed.
"""

from __future__ import annotations

from dataclasses import dataclass

from crm_sync.html_text import cut, length

KINDS = ("Ongoing", "One time")
SUBJECT_LENGTH_MAX = 255  # Event.Subject


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
    room = max(0, length_max - length(head) - length(tail))
    return cut(head + cut(touch.name, room) + tail, length_max)
