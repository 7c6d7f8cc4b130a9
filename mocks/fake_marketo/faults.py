"""What a call means, and which refusals scripted faults end in.

`meaning` knows verbs create, read, update, delete, list, other and the objects below.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fake_core.fake import Meaning
from fake_marketo.routes import PREFIX

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_OBJECTS = {
    "me": "User",
    "users": "User",
    "people": "Person",
    "campaign-steps": "CampaignStep",
    "reminders": "Reminder",
    "activity-detail-preview": "ActivityDetail",
    "command-center": "Reminder",
    "settings": "Settings",
    "diagnostics": "Diagnostic",
    "logged-activities": "LoggedActivity",
}
_ONE = {"GET": "read", "HEAD": "read", "PATCH": "update", "PUT": "create", "DELETE": "delete", "POST": "create"}
_SINGLE = frozenset({"me", "settings"})  # a path of one word, and yet no list
# No limit of calls is known of this product, so none can be reached.
FAULTS = {"error_after": "internal", "unavailable": "unavailable", "session_expired": "unauthorized"}


def meaning(environ: WSGIEnvironment | dict[str, Any]) -> Meaning:
    """What the call in *environ* does, to which object."""
    method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
    parts = [part for part in path.removeprefix(PREFIX).split("/") if part]
    if not path.startswith(f"{PREFIX}/") or not parts or parts[0] not in _OBJECTS:
        return Meaning("other", "")
    verb = _ONE.get(method, "other")
    if len(parts) == 1 and verb == "read" and parts[0] not in _SINGLE:
        verb = "list"
    if parts[2:] == ["activity-detail"]:
        return Meaning(verb, "ActivityDetail")
    if len(parts) > 2:
        verb = "update"  # complete, acknowledge
    return Meaning(verb, _OBJECTS[parts[0]])
