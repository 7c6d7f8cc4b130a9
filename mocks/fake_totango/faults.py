"""What a call means, and Totango's words for scripted faults.

`meaning` knows verbs create, read, update, delete, list, other and the objects Task, Touchpoint, CampaignTouch,
Account, User, Event, Deletion and Job.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fake_core.fake import Meaning
from fake_core.refusals import FaultRefusals, Refusal
from fake_totango.data_files import read_toml
from fake_totango.errors import TotangoError
from fake_totango.routes.wire import authenticate, limit_headers, refusal, unauthorized
from fake_totango.tenant import Tenant

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_V3 = {"touchpoints": "Touchpoint", "tasks": "Task"}
_RECORDS = {"tasks": "Task", "touchpoints": "Touchpoint", "campaign_touches": "CampaignTouch"}
_VERBS = {"GET": "read", "HEAD": "read", "POST": "create", "PUT": "update", "DELETE": "delete"}
_FIXED = {
    ("api", "v2", "events"): Meaning("list", "Event"),
    ("api", "v2", "events", "search"): Meaning("list", "Event"),
    ("api", "v1", "search", "accounts"): Meaning("list", "Account"),
    ("api", "v1", "search", "users"): Meaning("list", "User"),
    ("api", "v1", "search", "accounts", "collections"): Meaning("list", "Touchpoint"),
    ("api", "v2", "automations", "run-manual-successplay"): Meaning("create", "Task"),
    ("pixel.gif",): Meaning("update", "Account"),
    ("_standin", "totango", "deletions"): Meaning("list", "Deletion"),
}
_ANSWERS = {
    "error_after": "internal",
    "unavailable": "unavailable",
    "session_expired": "authentication_failed",
    "limit_reached": "too_many_requests",
}
_OTHER = Meaning("other", "")


def meaning(environ: WSGIEnvironment | dict[str, Any]) -> Meaning:
    """What the call in *environ* does, to which object."""
    verb = _VERBS.get(environ["REQUEST_METHOD"], "other")
    match [part for part in environ["PATH_INFO"].split("/") if part]:
        case [*parts] if tuple(parts) in _FIXED:
            return _FIXED[tuple(parts)]
        case ["api", "v3", ("touchpoints" | "tasks") as kind, *rest] if len(rest) <= 1:
            return Meaning(verb, _V3[kind])
        case ["api", "v2", "accounts", _] | ["api", "v3", "accounts", _, "plan_summary"]:
            return Meaning(verb, "Account")
        case ["api", "v1", "accounts", "active_list", _, _]:
            return Meaning("list", "Account")
        case ["_standin", "totango", "records", kind] if kind in _RECORDS:
            return Meaning("list", _RECORDS[kind])
        case ["_standin", "totango", "records", kind, _] if kind in _RECORDS:
            return Meaning(verb, _RECORDS[kind])
        case ["_standin", "totango", "jobs", *rest] if len(rest) <= 1:
            return Meaning("list" if verb == "read" and not rest else verb, "Job")
    return _OTHER


class TotangoFaultAnswers(FaultRefusals):
    """The answers of faults that end in one, with the limits of the caller."""

    def __init__(self, tenant: Tenant) -> None:
        def refuse(key: str, environ: WSGIEnvironment) -> Refusal:
            try:
                token = authenticate(tenant, environ, "listActive")
            except TotangoError:
                token = None
            error = unauthorized(tenant) if key == "authentication_failed" else TotangoError(key)
            status, headers, body = refusal(tenant, error, token=token)
            limits = limit_headers(tenant, token)
            if key == "too_many_requests":  # a client that believes the header must not be told that it may go on
                limits = [(name, "0" if name == "RateLimit-Remaining" else value) for name, value in limits]
            return status, [*headers, *limits], body

        super().__init__(_ANSWERS, refuse, apis=read_toml("faults.toml"))
