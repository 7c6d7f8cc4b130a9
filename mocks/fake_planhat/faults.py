"""What a call means, and Planhat's words for scripted faults.

`meaning` knows verbs create, read, update, delete, list, bulk, other and objects by model name; what is pushed are
DimensionData and UserActivity.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fake_core.fake import Meaning
from fake_core.refusals import FaultRefusals, Refusal
from fake_planhat.data_files import read_toml
from fake_planhat.errors import PlanhatError
from fake_planhat.models import MODELS, TICKET
from fake_planhat.routes.hosts import has_rate_headers, is_push
from fake_planhat.routes.wire import limit_headers, refusal
from fake_planhat.tenant import METRICS, Tenant

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_MODELS = {model.collection: model.name for model in (*MODELS, TICKET)}
_ON_COLLECTION = {"GET": "list", "HEAD": "list", "POST": "create", "PUT": "bulk"}
_IN_COMPANY = {"GET": "list", "HEAD": "list", "POST": "create"}
_ON_RECORD = {"GET": "read", "HEAD": "read", "PUT": "update", "PATCH": "update", "DELETE": "delete"}
_ANSWERS = {
    "error_after": "internal",
    "unavailable": "unavailable",
    "session_expired": "unauthorized",
    "limit_reached": "too_many_requests",
}
_OTHER = Meaning("other", "")


def meaning(environ: WSGIEnvironment | dict[str, Any]) -> Meaning:
    """What the call in *environ* does, to which model."""
    method = environ["REQUEST_METHOD"]
    parts = [part for part in environ["PATH_INFO"].split("/") if part]
    if parts == ["leancompanies"]:
        return Meaning("list", "Company")
    if parts == ["myprofile"]:
        return Meaning("read", "User")
    if is_push(environ) or parts == ["dock", "segment"]:
        return Meaning("create", METRICS if parts[0] == "dimensiondata" else "UserActivity")
    if parts == ["dimensiondata"]:
        return Meaning("list" if method in {"GET", "HEAD"} else "other", METRICS)
    if len(parts) == 3 and parts[0] == "companies" and parts[2] in _MODELS:
        return Meaning(_IN_COMPANY.get(method, "other"), _MODELS[parts[2]])
    if len(parts) == 4 and parts[0] == "companies" and parts[2] == "licenses":
        return Meaning(_ON_RECORD.get(method, "other"), "License")
    if parts == ["timeentries", "duplicate"]:
        return Meaning("create", "TimeEntry")
    if not 1 <= len(parts) <= 2 or parts[0] not in _MODELS:
        return _OTHER
    verbs = _ON_COLLECTION if len(parts) == 1 else _ON_RECORD
    return Meaning(verbs.get(method, "other"), _MODELS[parts[0]])


class PlanhatFaultAnswers(FaultRefusals):
    """The answers of faults that end in one."""

    def __init__(self, tenant: Tenant) -> None:
        def refuse(key: str, environ: WSGIEnvironment) -> Refusal:
            status, headers, body = refusal(tenant, PlanhatError(key))
            limits = limit_headers(tenant) if has_rate_headers(tenant, environ) else []
            return status, [*headers, *limits], body

        super().__init__(_ANSWERS, refuse, plays=("item_refused",), apis=read_toml("faults.toml"))
