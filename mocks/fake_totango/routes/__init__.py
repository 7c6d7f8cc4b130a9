"""Every route of this fake on one page. Routes read a request, call one operation and render; no vendor rule here.

What Totango has and this fake does not play answers 501 NOT_FAKED (data/not_faked.toml). What has no public API, or
one whose form is not public, is a stand-in and says so (data/stand_ins.toml). Any other path is 404.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fake_core.not_faked import not_faked
from fake_totango.data_files import read_toml
from fake_totango.routes import views

NOT_FAKED = not_faked(read_toml("not_faked.toml"))
STAND_INS: dict[str, str] = read_toml("stand_ins.toml")
OPEN = frozenset({"lookUpDomain", "trackByGet", "trackByPost"})  # asked without a token
_SHOWN = "<any(tasks, touchpoints, campaign_touches):kind>"
_SYNCED = "<any(tasks, touchpoints):kind>"

# method   path                                             operationId            view
ROUTES: list[tuple[str, str, str, Callable[..., Any]]] = [
    ("POST", "/api/v3/touchpoints/", "createTouchpoint", views.create_touchpoint),
    ("PUT", "/api/v3/touchpoints/<note_id>", "updateTouchpoint", views.update_touchpoint),
    ("DELETE", "/api/v3/touchpoints/<note_id>", "deleteTouchpoint", views.delete_touchpoint),
    ("GET", "/api/v3/touchpoint-types", "listTouchpointTypes", views.touchpoint_types),
    ("GET", "/api/v3/touchpoint-tags", "listTouchpointTags", views.touchpoint_tags),
    ("GET", "/api/v3/activity-types", "listActivityTypes", views.activity_types),
    ("POST", "/api/v3/tasks", "createTask", views.create_task),
    ("PUT", "/api/v3/tasks", "updateTaskByBody", views.update_task),
    ("GET", "/api/v3/tasks", "getTask", views.get_task),
    ("PUT", "/api/v3/tasks/<task_id>", "updateTask", views.update_task),
    ("DELETE", "/api/v3/tasks/<task_id>", "deleteTask", views.delete_task),
    ("GET", "/api/v2/events/", "listEvents", views.list_events),
    ("POST", "/api/v2/events/search", "searchEvents", views.search_events),
    ("POST", "/api/v1/search/accounts", "searchAccounts", views.search_accounts),
    ("POST", "/api/v1/search/users", "searchUsers", views.search_users),
    ("POST", "/api/v1/search/accounts/collections", "searchCollections", views.search_collections),
    ("GET", "/api/v2/accounts/<account_id>/", "getAccount", views.get_account),
    ("GET", "/api/v3/accounts/<account_id>/plan_summary", "getPlanSummary", views.plan_summary),
    ("POST", "/api/v2/automations/run-manual-successplay", "runManualSuccessPlay", views.run_play),
    ("GET", "/api/v1/accounts/active_list/<list_id>/current.json", "listActive", views.active_list),
    ("GET", "/domains/", "lookUpDomain", views.domain),
    ("GET", "/pixel.gif", "trackByGet", views.pixel),
    ("POST", "/pixel.gif", "trackByPost", views.pixel),
    ("GET", f"/_standin/totango/records/{_SHOWN}", "listRecords", views.list_records),
    ("GET", f"/_standin/totango/records/{_SHOWN}/<key>", "getRecord", views.get_record),
    ("PUT", f"/_standin/totango/records/{_SYNCED}/<key>", "importRecord", views.import_record),
    ("DELETE", f"/_standin/totango/records/{_SYNCED}/<key>", "deleteRecord", views.delete_record),
    ("GET", "/_standin/totango/deletions", "listDeletions", views.list_deletions),
    ("GET", "/_standin/totango/jobs", "listJobs", views.list_jobs),
    ("POST", "/_standin/totango/jobs", "createJob", views.create_job),
    ("GET", "/_standin/totango/jobs/<job_id>", "getJob", views.get_job),
    ("PUT", "/_standin/totango/jobs/<job_id>", "updateJob", views.update_job),
    ("DELETE", "/_standin/totango/jobs/<job_id>", "deleteJob", views.delete_job),
]
