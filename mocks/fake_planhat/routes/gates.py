"""What stands before a view: the host, the limits, the token.

Rule 1: a call of the API counts against the limits before its token is looked at.
Rule 2: a push passes both; Segment's calls count, and show the tenant's id in place of a token.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, request

from fake_planhat.errors import PlanhatError
from fake_planhat.routes.hosts import is_there
from fake_planhat.routes.views import refuse_foreign_faults
from fake_planhat.routes.wire import JSON_TYPE, authenticate, take_from_limits
from fake_planhat.tenant import Tenant

OPEN = frozenset({"pushDimensionData", "pushActivity", "pushActivities", "streamActivities", "receiveWebhook"})
BY_TENANT_ID = frozenset({"segment"})


def guarded(tenant: Tenant, operation_id: str, view: Callable[..., Any]) -> Callable[..., Response]:
    """*view* behind what its operation asks for."""
    if operation_id in OPEN:
        return _unlimited(tenant, operation_id, view)
    if operation_id in BY_TENANT_ID:
        return _limited(tenant, _unlimited(tenant, operation_id, view))

    def call(**path: str) -> Response:
        environ = request.environ
        token = authenticate(tenant, environ.get("HTTP_AUTHORIZATION", ""))
        refuse_foreign_faults(environ, operation_id=operation_id)
        status, text = view(tenant, token, **path)
        return Response(text.encode("utf-8", "replace"), status=status, content_type=JSON_TYPE)

    return _limited(tenant, call)


def check_host(tenant: Tenant) -> None:
    """Raises PlanhatError (no_route) when the host that was called does not have the path."""
    if not is_there(tenant, request.environ):
        raise PlanhatError("no_route")


def _unlimited(tenant: Tenant, operation_id: str, view: Callable[..., Response]) -> Callable[..., Response]:
    def call(**path: str) -> Response:
        refuse_foreign_faults(request.environ, operation_id=operation_id)
        return view(tenant, **path)

    return call


def _limited(tenant: Tenant, view: Callable[..., Response]) -> Callable[..., Response]:
    def call(**path: str) -> Response:
        with tenant.in_flight.one() as fits:
            take_from_limits(tenant, in_parallel=fits)
            return view(**path)

    return call
