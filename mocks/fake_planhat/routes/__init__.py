"""Every route of this fake on one page. Routes read a request, call one operation and render; no vendor rule here.

The seven routes that models share are made from `_OF_MODEL`; a model's file says which of them it has (`operations`).
What Planhat has and this fake does not play answers 501 NOT_FAKED (data/not_faked.toml). Any other path is 404, as with
the vendor: /notes and /activities do not exist. Method conventions: developer documentation of each model.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fake_core.not_faked import not_faked
from fake_planhat.data_files import read_toml
from fake_planhat.models import CONVERSATION, ENDUSER, MODELS, Model
from fake_planhat.routes import incoming, model_views, sinks, views
from fake_planhat.routes.views import of

Route = tuple[str, str, str, Callable[..., Any]]
NOT_FAKED = not_faked(read_toml("not_faked.toml"))
STAND_INS: dict[str, str] = read_toml("stand_ins.toml")

# operation  -> method, path behind the collection's, operationId, view
_OF_MODEL: dict[str, tuple[str, str, str, Callable[..., Any]]] = {
    "create": ("POST", "", "create{name}", views.create),
    "list": ("GET", "", "list{plural}", views.list_all),
    "bulkUpsert": ("PUT", "", "bulkUpsert{plural}", views.bulk_upsert),
    "get": ("GET", "/<key>", "get{name}", views.get),
    "update": ("PUT", "/<key>", "update{name}", views.update),
    "patch": ("PATCH", "/<key>", "patch{name}", views.patch),
    "delete": ("DELETE", "/<key>", "delete{name}", views.delete),
}


def _of_model(model: Model) -> list[Route]:
    rows = ((*_OF_MODEL[one],) for one in model.operations)
    return [
        (method, f"/{model.collection}{tail}", name.format(name=model.name, plural=model.plural), of(model, view))
        for method, tail, name, view in rows
    ]


ROUTES: list[Route] = [
    *(route for model in MODELS for route in _of_model(model)),
    # method   path                                    operationId                 view
    ("GET", "/companies/<company>/endusers", "listCompanyEndusers", of(ENDUSER, views.list_all)),
    ("GET", "/companies/<company>/conversations", "listCompanyConversations", of(CONVERSATION, views.list_all)),
    ("GET", "/companies/<company>/licenses", "listCompanyLicenses", model_views.list_company_licenses),
    ("POST", "/companies/<company>/licenses", "createCompanyLicense", model_views.create_company_license),
    ("GET", "/companies/<company>/licenses/<key>", "getCompanyLicense", model_views.get_company_license),
    ("PUT", "/companies/<company>/licenses/<key>", "updateCompanyLicense", model_views.update_company_license),
    ("DELETE", "/companies/<company>/licenses/<key>", "deleteCompanyLicense", model_views.delete_company_license),
    ("PUT", "/licenses/actions", "updateLicenseActions", model_views.license_actions),
    ("GET", "/leancompanies", "listLeanCompanies", views.lean_companies),
    ("GET", "/myprofile", "getMyProfile", views.my_profile),
    ("GET", "/tickets", "listTickets", model_views.list_tickets),
    ("PUT", "/tickets", "bulkUpsertTickets", model_views.upsert_tickets),
    ("DELETE", "/tickets/<key>", "deleteTicket", model_views.delete_ticket),
    ("POST", "/timeentries/duplicate", "duplicateTimeEntries", model_views.duplicate_time_entries),
    ("GET", "/dimensiondata", "listDimensionData", views.dimension_data),
    ("POST", "/dimensiondata/<tenant_id>", "pushDimensionData", sinks.push_metrics),
    ("POST", "/analytics/<tenant_id>", "pushActivity", sinks.push_activity),
    ("POST", "/analytics/bulk/<tenant_id>", "pushActivities", sinks.push_activities),
    ("PUT", "/analytics/stream/csv/<tenant_id>", "streamActivities", sinks.stream_activities),
    ("POST", "/dock/segment", "segment", sinks.take_segment),
    ("POST", "/webhooks/<hook>", "receiveWebhook", incoming.receive_webhook),
]
