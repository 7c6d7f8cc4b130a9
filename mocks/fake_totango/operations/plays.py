"""Running a manual SuccessPlay: its task is created on the account.

Source: SuccessPlay API. Which task a play makes is the service's own (setting successplays); a form is not played.
"""

from __future__ import annotations

from fake_totango.errors import TotangoError
from fake_totango.operations.fields import Fields
from fake_totango.operations.tasks import make
from fake_totango.operations.touchpoints import account_of
from fake_totango.tenant import ApiToken, Tenant


def run(tenant: Tenant, token: ApiToken, fields: Fields) -> None:
    """POST /api/v2/automations/run-manual-successplay. Raises TotangoError."""
    for name in ("successplayId", "accountId"):
        if fields.identity(name) is None:
            raise TotangoError("missing", name=name)
    play_id = fields.identity("successplayId")
    found = [one for one in tenant.settings["successplays"] if one["id"] == play_id]
    if not found or not found[0].get("active", True) or not found[0].get("manual", True):
        raise TotangoError("successplay_not_found")
    play = found[0]
    with tenant.store.begin() as connection:
        account_id = account_of(connection, Fields({"account_id": fields.identity("accountId")}))
        if play.get("task"):
            task = {"title": play.get("name", play_id), "description": None, "due_date": None, "assignee": None}
            task |= {"activity_type_id": None, "assigner": token.email, **play["task"]}
            make(connection, tenant, {"account_id": account_id, "external_id": None, **task})
