"""The Command Center: what is due today and tomorrow, of the caller's reminders; the store holds all (M17).

Today is the day in the user's zone. A due date is a day of the calendar: it is compared as it is, never moved by a
zone (M8).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fake_marketo.operations.call import Call
from fake_marketo.store import REMINDERS


def view(call: Call) -> dict[str, Any]:
    """The page of the caller: the two days, and what is due on them by day and id."""
    now = call.tenant.clock.now().astimezone(ZoneInfo(call.user["time_zone"]))
    today = now.date()
    tomorrow = today + timedelta(days=1)  # of the calendar: a day of 23 or 25 hours is one, too
    due = REMINDERS.c.due_date
    where = [
        REMINDERS.c.assignee == call.user["id"],
        REMINDERS.c.deleted_at.is_(None),
        due <= tomorrow.isoformat(),
    ]
    if call.switches["command_center_overdue"] == "hide":
        where.append(due >= today.isoformat())
    if call.switches["command_center_complete"] == "hide":
        where.append(REMINDERS.c.status == "open")
    rows = REMINDERS.rows(call.connection, *where)
    return {
        "time_zone": call.user["time_zone"],
        "today": today.isoformat(),
        "tomorrow": tomorrow.isoformat(),
        "items": sorted(rows, key=lambda row: (row["due_date"], row["id"])),
    }
