"""What a completed Salesforce Task leaves at a partner whose activities pass from one model to the next (P16's option).

Planhat: a Task done in Salesforce is logged as a Conversation, once per activity.
"""

from __future__ import annotations

from crm_sync.engine import Engine
from crm_sync.model import Activity, Record


def log_conversation(engine: Engine, activity: Activity, task: Record) -> None:
    """Log *task* under the model that continues its own, if the option says so and it is done."""
    later = next((m for m, earlier in engine.profile.continues.items() if earlier == task.model), None)
    if later is None or not engine.config.options.log_conversation:
        return
    closed = task.get("status") == engine.context.closed_means
    if not closed or activity.salesforce is None or later in activity.partners:
        return
    sf_id, partner = activity.salesforce.id, engine.partner
    if partner.get(later, task.id) or partner.by_salesforce_id(later, sf_id):
        return
    day = str(activity.salesforce.get("ActivityDate") or "")
    moment = f"{day}T00:00:00.000Z" if day else str(task.get("dateDone") or "")
    item = {
        engine.keyable(later): sf_id,
        "companyId": task.get("companyId"),
        "type": "note",
        "subject": task.get("action") or "",
        "description": task.get("description") or "",
    }
    if moment:
        item["date"] = moment
    for error in partner.upsert(later, [item]).refused.values():
        engine.report.note(f"{activity.label}: its {later} was not logged: {error}")
