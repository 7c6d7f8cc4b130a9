"""What a hand-written Sales Insight Actions gets wrong, and the checks that have to notice."""

from __future__ import annotations

from typing import Any

from tests.crm_contracts.conform.unfaithful import (
    ANYTHING,
    Infidelity,
    body,
    header,
    parameters,
    sent,
    stale,
    status,
    without,
)

from crm_contracts.world.mutants.model import Value

__all__ = ["MARKETO"]


REMINDER = "/_standin/sia/reminders"


def _low_is_normal(given: Any) -> Any:
    return given | {"priority": "normal"} if given.get("priority") == "low" else given


MARKETO = [
    Infidelity(
        name="marketo/no-stand-in-header",
        wrong="A stand-in does not say that it is one.",
        reported_by=["marketo/standins/*-says-so"],
        lie=header(ANYTHING, "X-Understudy-Stand-In"),
    ),
    Infidelity(
        name="marketo/create-answers-200",
        wrong="A create answers 200.",
        reported_by=["marketo/reminders/create-answers-201-with-every-key"],
        lie=status(f"POST {REMINDER}$", 201, 200),
    ),
    Infidelity(
        name="marketo/low-becomes-normal",
        wrong="Priority low is taken for normal.",
        reported_by=["marketo/errors/priority-low"],
        lie=sent(f"POST {REMINDER}$", _low_is_normal),
    ),
    Infidelity(
        name="marketo/deleted-leaves-no-tombstone",
        wrong="A deleted reminder is on no list.",
        reported_by=["marketo/reminders/a-deleted-one-is-a-tombstone"],
        lie=parameters(f"GET {REMINDER}$", lambda given: without(given, "include_deleted")),
    ),
    Infidelity(
        name="marketo/updated-at-stands-still",
        wrong="updated_at does not move.",
        reported_by=["marketo/reminders/update-moves-updated-at"],
        lie=stale(f"POST|PATCH|GET {REMINDER}", ["updated_at"]),
    ),
    Infidelity(
        name="marketo/the-subject-is-not-cut",
        wrong="A rendered Subject may be longer than 255 characters.",
        reported_by=["marketo/reminders/the-template-makes-the-subject"],
        patches=[Value("fake_marketo.operations.template.CHARACTERS_MAX", 1_000)],
    ),
    Infidelity(
        name="marketo/on-from-the-start",
        wrong="The sync is on before anybody switched it on.",
        reported_by=["marketo/settings/the-sync-is-off"],
        lie=body("GET /_standin/sia/settings", lambda told: told | {"task_sync": "on"}),
    ),
]
