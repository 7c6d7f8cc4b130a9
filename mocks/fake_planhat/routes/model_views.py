"""Thin views of what single models have beyond the common routes: licences, tickets, time entries."""

from __future__ import annotations

from flask import request

from fake_core.fake import FAULT_KEY
from fake_planhat.models import LICENSE
from fake_planhat.operations import licences, reading, tickets, time_entries
from fake_planhat.routes.views import Answer
from fake_planhat.routes.wire import read_json, read_object
from fake_planhat.store import dumps
from fake_planhat.tenant import ApiToken, Tenant


def list_company_licenses(tenant: Tenant, token: ApiToken, *, company: str) -> Answer:
    """GET /companies/<company>/licenses"""
    parameters = request.args.to_dict()
    return 200, reading.list_text(tenant, token, LICENSE, parameters=parameters, company=company)


def create_company_license(tenant: Tenant, token: ApiToken, *, company: str) -> Answer:
    """POST /companies/<company>/licenses"""
    body = read_object(request.get_data())
    return 200, dumps(licences.create_in(tenant, token, company=company, body=body))


def get_company_license(tenant: Tenant, token: ApiToken, *, company: str, key: str) -> Answer:
    """GET /companies/<company>/licenses/<key>"""
    return 200, licences.get_in(tenant, token, company=company, key=key)


def update_company_license(tenant: Tenant, token: ApiToken, *, company: str, key: str) -> Answer:
    """PUT /companies/<company>/licenses/<key>"""
    body = read_object(request.get_data())
    return 200, dumps(licences.update_in(tenant, token, company=company, key=key, body=body))


def delete_company_license(tenant: Tenant, token: ApiToken, *, company: str, key: str) -> Answer:
    """DELETE /companies/<company>/licenses/<key>"""
    return 200, dumps(licences.delete_in(tenant, token, company=company, key=key))


def license_actions(tenant: Tenant, token: ApiToken) -> Answer:
    """PUT /licenses/actions"""
    status, result = licences.act(tenant, token, read_object(request.get_data()))
    return status, dumps(result)


def duplicate_time_entries(tenant: Tenant, token: ApiToken) -> Answer:
    """POST /timeentries/duplicate"""
    return 200, dumps(time_entries.duplicate(tenant, token, read_object(request.get_data())))


def list_tickets(tenant: Tenant, token: ApiToken) -> Answer:
    """GET /tickets"""
    return 200, tickets.list_text(tenant, token, parameters=request.args.to_dict())


def upsert_tickets(tenant: Tenant, token: ApiToken) -> Answer:
    """PUT /tickets"""
    fault = request.environ.get(FAULT_KEY)
    refused = fault.item if fault is not None and fault.kind == "item_refused" else None
    items = read_json(request.get_data())
    status, result = tickets.upsert(tenant, token, items=items, refused_item=refused)
    return status, dumps(result)


def delete_ticket(tenant: Tenant, token: ApiToken, *, key: str) -> Answer:
    """DELETE /tickets/<key>"""
    return 200, dumps(tickets.delete(tenant, token, key))
