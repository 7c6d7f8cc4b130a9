"""Every route of this fake on one page. Routes read a request, call one operation and render; no vendor rule here.

What Planhat has and this fake does not play answers 501 NOT_FAKED (data/not_faked.toml). Any other path is 404, as with
the vendor: /notes and /activities do not exist. Method conventions: developer documentation of each model.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fake_core.not_faked import not_faked
from fake_planhat.data_files import read_toml
from fake_planhat.models import COMPANY, CONVERSATION, ENDUSER, TASK, USER
from fake_planhat.routes import incoming, sinks, views
from fake_planhat.routes.views import of

NOT_FAKED = not_faked(read_toml("not_faked.toml"))
STAND_INS: dict[str, str] = read_toml("stand_ins.toml")

# method   path                              operationId                  view
ROUTES: list[tuple[str, str, str, Callable[..., Any]]] = [
    ("POST", "/companies", "createCompany", of(COMPANY, views.create)),
    ("GET", "/companies", "listCompanies", of(COMPANY, views.list_all)),
    ("PUT", "/companies", "bulkUpsertCompanies", of(COMPANY, views.bulk_upsert)),
    ("GET", "/companies/<key>", "getCompany", of(COMPANY, views.get)),
    ("PUT", "/companies/<key>", "updateCompany", of(COMPANY, views.update)),
    ("PATCH", "/companies/<key>", "patchCompany", of(COMPANY, views.patch)),
    ("DELETE", "/companies/<key>", "deleteCompany", of(COMPANY, views.delete)),
    ("GET", "/companies/<company>/endusers", "listCompanyEndusers", of(ENDUSER, views.list_all)),
    ("GET", "/companies/<company>/conversations", "listCompanyConversations", of(CONVERSATION, views.list_all)),
    ("GET", "/leancompanies", "listLeanCompanies", views.lean_companies),
    ("POST", "/endusers", "createEnduser", of(ENDUSER, views.create)),
    ("GET", "/endusers", "listEndusers", of(ENDUSER, views.list_all)),
    ("PUT", "/endusers", "bulkUpsertEndusers", of(ENDUSER, views.bulk_upsert)),
    ("GET", "/endusers/<key>", "getEnduser", of(ENDUSER, views.get)),
    ("PUT", "/endusers/<key>", "updateEnduser", of(ENDUSER, views.update)),
    ("PATCH", "/endusers/<key>", "patchEnduser", of(ENDUSER, views.patch)),
    ("DELETE", "/endusers/<key>", "deleteEnduser", of(ENDUSER, views.delete)),
    ("POST", "/users", "createUser", of(USER, views.create)),
    ("GET", "/users", "listUsers", of(USER, views.list_all)),
    ("PUT", "/users", "bulkUpsertUsers", of(USER, views.bulk_upsert)),
    ("GET", "/users/<key>", "getUser", of(USER, views.get)),
    ("PUT", "/users/<key>", "updateUser", of(USER, views.update)),
    ("PATCH", "/users/<key>", "patchUser", of(USER, views.patch)),
    ("DELETE", "/users/<key>", "deleteUser", of(USER, views.delete)),
    ("GET", "/myprofile", "getMyProfile", views.my_profile),
    ("POST", "/tasks", "createTask", of(TASK, views.create)),
    ("GET", "/tasks", "listTasks", of(TASK, views.list_all)),
    ("PUT", "/tasks", "bulkUpsertTasks", of(TASK, views.bulk_upsert)),
    ("GET", "/tasks/<key>", "getTask", of(TASK, views.get)),
    ("PUT", "/tasks/<key>", "updateTask", of(TASK, views.update)),
    ("PATCH", "/tasks/<key>", "patchTask", of(TASK, views.patch)),
    ("DELETE", "/tasks/<key>", "deleteTask", of(TASK, views.delete)),
    ("POST", "/conversations", "createConversation", of(CONVERSATION, views.create)),
    ("GET", "/conversations", "listConversations", of(CONVERSATION, views.list_all)),
    ("PUT", "/conversations", "bulkUpsertConversations", of(CONVERSATION, views.bulk_upsert)),
    ("GET", "/conversations/<key>", "getConversation", of(CONVERSATION, views.get)),
    ("PUT", "/conversations/<key>", "updateConversation", of(CONVERSATION, views.update)),
    ("PATCH", "/conversations/<key>", "patchConversation", of(CONVERSATION, views.patch)),
    ("DELETE", "/conversations/<key>", "deleteConversation", of(CONVERSATION, views.delete)),
    ("GET", "/dimensiondata", "listDimensionData", views.dimension_data),
    ("POST", "/dimensiondata/<tenant_id>", "pushDimensionData", sinks.push_metrics),
    ("POST", "/analytics/<tenant_id>", "pushActivity", sinks.push_activity),
    ("POST", "/analytics/bulk/<tenant_id>", "pushActivities", sinks.push_activities),
    ("PUT", "/analytics/stream/csv/<tenant_id>", "streamActivities", sinks.stream_activities),
    ("POST", "/dock/segment", "segment", sinks.take_segment),
    ("POST", "/webhooks/<hook>", "receiveWebhook", incoming.receive_webhook),
]
