"""What a call means, and this stand-in's words for scripted faults.

`meaning` knows verbs create, read, update, delete, list, other and the objects below.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fake_core.errors import MisuseError
from fake_core.fake import FAULT_KEY, Headers, Meaning
from fake_core.faults import Fault
from fake_marketo.errors import SiaError
from fake_marketo.routes import PREFIX
from fake_marketo.routes.wire import refusal

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
_ANSWERS = {"error_after": "internal", "unavailable": "unavailable", "session_expired": "unauthorized"}


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


class SiaFaultAnswers:
    """The answers of faults that end in one."""

    def answer(self, fault: Fault, environ: WSGIEnvironment) -> tuple[int, Headers, bytes]:
        """Status, headers and body, as `fake_core.fake.FaultAnswers` asks."""
        del environ  # every call is refused alike
        if fault.kind not in _ANSWERS:
            raise MisuseError(f"{fault.kind}: no limit of calls is known of this product; use unavailable instead")
        status, headers, body = refusal(SiaError(_ANSWERS[fault.kind]))
        return status, [*headers, ("Content-Length", str(len(body)))], body


def refuse_foreign_faults(environ: dict[str, Any]) -> None:
    """Scripted faults that this stand-in has no counterpart for are the tester's mistake."""
    fault = environ.get(FAULT_KEY)
    if fault is not None:
        raise MisuseError(f"{fault.kind}: there are no batches and no row locks here; use error_after or unavailable")
