"""Every route of this fake on one page, all below /_standin/sia/: no path of the product is imitated, none is known."""

from __future__ import annotations

from fake_core.not_faked import not_faked
from fake_marketo.data_files import read_toml
from fake_marketo.operations import command_center, diagnostics, directory, reminders, settings
from fake_marketo.routes.views import View, lists, shows, takes

NOT_FAKED = not_faked(read_toml("not_faked.toml"))
STAND_INS: dict[str, str] = read_toml("stand_ins.toml")
PREFIX = "/_standin/sia"

_TABLE: list[tuple[str, str, str, View]] = [
    # method   path                            operationId              view
    ("GET", "/me", "getCaller", shows(directory.me)),
    ("GET", "/users", "listUsers", lists(directory.users)),
    ("GET", "/users/<user_id>", "getUser", shows(directory.user)),
    ("GET", "/people", "listPeople", lists(directory.people)),
    ("GET", "/people/<person_id>", "getPerson", shows(directory.person)),
    ("GET", "/campaign-steps", "listCampaignSteps", lists(directory.campaign_steps)),
    ("GET", "/reminders", "listReminders", lists(reminders.list_all)),
    ("POST", "/reminders", "createReminder", takes(reminders.create, status=201)),
    ("GET", "/reminders/<reminder_id>", "getReminder", shows(reminders.get)),
    ("PATCH", "/reminders/<reminder_id>", "updateReminder", takes(reminders.update)),
    ("DELETE", "/reminders/<reminder_id>", "deleteReminder", shows(reminders.delete)),
    ("POST", "/reminders/<reminder_id>/complete", "completeReminder", shows(reminders.complete)),
    ("GET", "/reminders/<reminder_id>/activity-detail", "getActivityDetail", shows(reminders.activity_detail)),
    ("POST", "/activity-detail-preview", "previewActivityDetail", takes(settings.preview)),
    ("GET", "/command-center", "getCommandCenter", shows(command_center.view)),
    ("GET", "/settings", "getSettings", shows(settings.get)),
    ("PATCH", "/settings", "updateSettings", takes(settings.update)),
    ("GET", "/diagnostics", "listDiagnostics", lists(diagnostics.list_all)),
    ("POST", "/diagnostics", "createDiagnostic", takes(diagnostics.create, status=201)),
    ("POST", "/diagnostics/<diagnostic_id>/acknowledge", "acknowledgeDiagnostic", shows(diagnostics.acknowledge)),
    ("GET", "/logged-activities", "listLoggedActivities", lists(directory.logged_activities)),
    ("PUT", "/logged-activities/<sf_task_id>", "logActivity", shows(directory.log_activity)),
]
ROUTES = [(method, PREFIX + path, name, view) for method, path, name, view in _TABLE]
