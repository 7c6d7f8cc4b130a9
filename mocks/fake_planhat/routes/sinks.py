"""Views of what is pushed: they ask for no token, count against no limit, and answer 200 whatever comes.

Source: developer documentation, HTTP response codes: the analytics host always answers 200. An activity's answer was
recorded with an empty body (the Hull connector); a metric's tells what became of the items.
"""

from __future__ import annotations

import csv
import io
from typing import Any

from flask import Response, request

from fake_planhat.errors import PlanhatError
from fake_planhat.operations import activity, metrics, segment
from fake_planhat.routes.wire import JSON_TYPE, TEXT_TYPE, read_json, token_of
from fake_planhat.store import dumps
from fake_planhat.tenant import Tenant


def push_metrics(tenant: Tenant, *, tenant_id: str) -> Response:
    """POST /dimensiondata/<tenant_id>"""
    given = _body(tenant) if _is_ours(tenant, tenant_id) else []
    return Response(dumps(metrics.push(tenant, given)), content_type=JSON_TYPE)


def push_activity(tenant: Tenant, *, tenant_id: str) -> Response:
    """POST /analytics/<tenant_id>"""
    if _is_ours(tenant, tenant_id):
        given = _body(tenant)
        activity.push(tenant, given if isinstance(given, list) else [given])
    return _nothing()


def push_activities(tenant: Tenant, *, tenant_id: str) -> Response:
    """POST /analytics/bulk/<tenant_id>"""
    return push_activity(tenant, tenant_id=tenant_id)


def stream_activities(tenant: Tenant, *, tenant_id: str) -> Response:
    """PUT /analytics/stream/csv/<tenant_id>"""
    if _is_ours(tenant, tenant_id):
        activity.push(tenant, _rows(tenant))
    return _nothing()


def take_segment(tenant: Tenant) -> Response:
    """POST /dock/segment: Basic with the tenant's id as the user name; one call of Segment's, or an array (cruds)"""
    value = token_of(request.environ.get("HTTP_AUTHORIZATION", ""))
    if not value or value != tenant.config.tenant_id:
        raise PlanhatError("unauthorized")
    given = read_json(request.get_data())
    for one in given if isinstance(given, list) else [given]:
        if isinstance(one, dict):
            segment.take(tenant, one)
    return _nothing()


def _is_ours(tenant: Tenant, tenant_id: str) -> bool:
    if tenant_id == tenant.config.tenant_id:
        return True
    if tenant.switches["analytics_unknown_tenant"] == "not_found":
        raise PlanhatError("no_route")
    return False


def _body(tenant: Tenant) -> Any:
    """The body; one that cannot be read is no item (switch analytics_bad_body)."""
    try:
        return read_json(request.get_data())
    except PlanhatError:
        if tenant.switches["analytics_bad_body"] == "refuse":
            raise
        return []


def _rows(tenant: Tenant) -> list[dict[str, Any]]:
    """The lines of a CSV body by the names in its first line."""
    try:
        text = request.get_data().decode("utf-8-sig")
        return [_named(one) for one in csv.DictReader(io.StringIO(text, newline=""), skipinitialspace=True)]
    except (UnicodeDecodeError, csv.Error):
        if tenant.switches["analytics_bad_body"] == "refuse":
            raise PlanhatError("bad_csv") from None
        return []


def _named(row: dict[str | Any, Any]) -> dict[str, Any]:
    """*row* without what stood beyond its header."""
    return {name.strip(): value for name, value in row.items() if isinstance(name, str) and isinstance(value, str)}


def _nothing() -> Response:
    return Response(b"", content_type=TEXT_TYPE)
