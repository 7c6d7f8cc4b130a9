"""Thin views: read, call one operation, render. An answer is a status and what goes out: JSON, a text, or nothing."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from fake_core.refusals import refuse_foreign_fault
from fake_totango.errors import TotangoError
from fake_totango.operations import (
    accounts,
    catalogue,
    events,
    ingest,
    jobs,
    plays,
    records,
    search,
    tasks,
    touchpoints,
)
from fake_totango.routes.wire import JSON_TYPE, TEXT_TYPE, pairs_of, read_body, read_query_string, region_of
from fake_totango.store import dumps
from fake_totango.tenant import REGIONS, ApiToken, Tenant


def answer(value: Any, status: int = 200) -> Response:
    """*value* as JSON."""
    return Response(dumps(value).encode("utf-8", "replace"), status=status, content_type=JSON_TYPE)


def nothing() -> Response:
    """204 without a body."""
    response = Response(status=204)
    del response.headers["Content-Type"]
    return response


def success(tenant: Tenant) -> Response:
    """The bare word Success (switch success_body)."""
    if tenant.switches["success_body"] == "json":
        return answer("Success")
    return Response(b"Success", status=200, content_type=TEXT_TYPE)


# --- touchpoints ---
def create_touchpoint(tenant: Tenant, token: ApiToken) -> Response:
    """POST /api/v3/touchpoints/"""
    return answer({"note": {"id": touchpoints.create(tenant, token, read_body())["id"]}})


def update_touchpoint(tenant: Tenant, token: ApiToken, *, note_id: str) -> Response:
    """PUT /api/v3/touchpoints/<note_id>"""
    return answer({"note": {"id": touchpoints.update(tenant, token, note_id, read_body())["id"]}})


def delete_touchpoint(tenant: Tenant, _token: ApiToken, *, note_id: str) -> Response:
    """DELETE /api/v3/touchpoints/<note_id>?account_id=…&event_id=… (stand-in)"""
    touchpoints.delete(tenant, note_id, read_query_string())
    return nothing()


def touchpoint_types(tenant: Tenant, _token: ApiToken) -> Response:
    """GET /api/v3/touchpoint-types"""
    return answer(catalogue.touchpoint_types(tenant))


def touchpoint_tags(tenant: Tenant, _token: ApiToken) -> Response:
    """GET /api/v3/touchpoint-tags"""
    return answer(catalogue.touchpoint_tags(tenant))


def activity_types(tenant: Tenant, _token: ApiToken) -> Response:
    """GET /api/v3/activity-types"""
    return answer(catalogue.activity_types(tenant))


# --- tasks ---
def create_task(tenant: Tenant, token: ApiToken) -> Response:
    """POST /api/v3/tasks"""
    task = tasks.create(tenant, token, read_body())
    return answer({"id": task["id"]}) if tenant.switches["task_create_answer"] == "json_id" else success(tenant)


def update_task(tenant: Tenant, token: ApiToken, *, task_id: str | None = None) -> Response:
    """PUT /api/v3/tasks/<task_id>, PUT /api/v3/tasks"""
    task = tasks.update(tenant, token, task_id, read_body())
    return answer({"id": task["id"]}) if tenant.switches["task_update_answer"] == "json_id" else success(tenant)


def get_task(tenant: Tenant, _token: ApiToken) -> Response:
    """GET /api/v3/tasks?id=…"""
    return answer(tasks.read(tenant, read_query_string()))


def delete_task(tenant: Tenant, _token: ApiToken, *, task_id: str) -> Response:
    """DELETE /api/v3/tasks/<task_id> (stand-in)"""
    tasks.delete(tenant, task_id)
    return nothing()


# --- events and searches ---
def list_events(tenant: Tenant, _token: ApiToken) -> Response:
    """GET /api/v2/events/?account_id=…"""
    return answer(events.of_account(tenant, read_query_string()))


def search_events(tenant: Tenant, _token: ApiToken) -> Response:
    """POST /api/v2/events/search"""
    return answer(events.search(tenant, read_body()))


def search_accounts(tenant: Tenant, _token: ApiToken) -> Response:
    """POST /api/v1/search/accounts"""
    return answer(search.accounts(tenant, read_body()))


def search_users(tenant: Tenant, _token: ApiToken) -> Response:
    """POST /api/v1/search/users"""
    return answer(search.users(tenant, read_body()))


def search_collections(tenant: Tenant, _token: ApiToken) -> Response:
    """POST /api/v1/search/accounts/collections"""
    return answer(search.collections(tenant, read_body()))


# --- accounts ---
def get_account(tenant: Tenant, _token: ApiToken, *, account_id: str) -> Response:
    """GET /api/v2/accounts/<account_id>/"""
    return answer(accounts.read(tenant, account_id))


def plan_summary(tenant: Tenant, _token: ApiToken, *, account_id: str) -> Response:
    """GET /api/v3/accounts/<account_id>/plan_summary"""
    return answer(accounts.plan_summary(tenant, account_id))


def active_list(tenant: Tenant, _token: ApiToken, *, list_id: str) -> Response:
    """GET /api/v1/accounts/active_list/<list_id>/current.json"""
    return answer(accounts.active_list(tenant, list_id, read_query_string()))


def run_play(tenant: Tenant, token: ApiToken) -> Response:
    """POST /api/v2/automations/run-manual-successplay"""
    plays.run(tenant, token, read_body())
    return success(tenant)


# --- without a token ---
def domain(tenant: Tenant) -> Response:
    """GET /domains/?service_id=…"""
    service_id = read_query_string().text("service_id")
    if service_id is None:
        raise TotangoError("missing", name="service_id")
    if service_id != tenant.config.service_id:
        raise TotangoError("service_not_found")
    return answer({"service_id": service_id, "site": REGIONS[tenant.config.region]["site"]})


def pixel(tenant: Tenant) -> Response:
    """GET and POST /pixel.gif"""
    try:
        pairs = pairs_of(request.query_string)
        if request.method == "POST" and request.mimetype in {"", "application/x-www-form-urlencoded", "text/plain"}:
            pairs += pairs_of(request.get_data())
    except TotangoError:
        pairs = []
    here = region_of(request.environ) in {None, tenant.config.region}
    ingest.take(tenant, dict(pairs), here=here)
    return Response(ingest.GIF, status=200, content_type="image/gif")


# --- stand-ins ---
def list_records(tenant: Tenant, _token: ApiToken, *, kind: str) -> Response:
    """GET /_standin/totango/records/<kind>"""
    return answer(records.listed(tenant, kind, read_query_string()))


def get_record(tenant: Tenant, _token: ApiToken, *, kind: str, key: str) -> Response:
    """GET /_standin/totango/records/<kind>/<key>"""
    return answer(records.read(tenant, kind, key))


def import_record(tenant: Tenant, token: ApiToken, *, kind: str, key: str) -> Response:
    """PUT /_standin/totango/records/<kind>/<key>?create_new=true"""
    create_new = bool(read_query_string().truth("create_new"))
    return answer(records.upsert(tenant, token, kind, key, read_body(), create_new=create_new))


def delete_record(tenant: Tenant, _token: ApiToken, *, kind: str, key: str) -> Response:
    """DELETE /_standin/totango/records/<kind>/<key>"""
    records.delete(tenant, kind, key)
    return nothing()


def list_deletions(tenant: Tenant, _token: ApiToken) -> Response:
    """GET /_standin/totango/deletions"""
    return answer(records.deletions(tenant, read_query_string()))


def list_jobs(tenant: Tenant, _token: ApiToken) -> Response:
    """GET /_standin/totango/jobs"""
    return answer(jobs.listed(tenant))


def create_job(tenant: Tenant, _token: ApiToken) -> Response:
    """POST /_standin/totango/jobs"""
    return answer(jobs.create(tenant, read_body()), 201)


def get_job(tenant: Tenant, _token: ApiToken, *, job_id: str) -> Response:
    """GET /_standin/totango/jobs/<job_id>"""
    return answer(jobs.read(tenant, job_id))


def update_job(tenant: Tenant, _token: ApiToken, *, job_id: str) -> Response:
    """PUT /_standin/totango/jobs/<job_id>"""
    return answer(jobs.update(tenant, job_id, read_body()))


def delete_job(tenant: Tenant, _token: ApiToken, *, job_id: str) -> Response:
    """DELETE /_standin/totango/jobs/<job_id>"""
    jobs.delete(tenant, job_id)
    return nothing()


def refuse_foreign_faults(environ: dict[str, Any], *, operation_id: str) -> None:
    """Scripted faults that Totango has no counterpart for are the tester's mistake."""
    refuse_foreign_fault(environ, operation_id)
