"""Checks of Planhat that take many records: how long a list is by itself, how many items a bulk call may have."""

from __future__ import annotations

from crm_contracts.conform.check import held
from crm_contracts.conform.play import Play

__all__: list[str] = []

BULK_ITEMS_MAX = 5_000
COMPANY = {"call": "POST /companies", "json": {"name": "{mark}"}, "status": 200, "keep": {"company": "_id"}}


@held(
    "planhat/lists/conversations-are-30-by-default",
    "A list of Conversations without `limit` has 30 rows.",
    operations=["listConversations"],
    grade="documented",
    source="developer documentation, Conversation",
    entry="planhat/limit/Conversation.list_default",
    calls=36,
)
def thirty_conversations(play: Play) -> None:
    """Each record is taken away by a call of its own, which is most of the calls."""
    _filled(play, "conversations", [{"type": "note", "subject": "{mark}"}] * 31, default=30)


@held(
    "planhat/lists/endusers-are-100-by-default",
    "A list of endusers without `limit` has 100 rows.",
    operations=["listEndusers"],
    grade="documented",
    source="developer documentation, Enduser",
    entry="planhat/limit/Enduser.list_default",
    calls=106,
)
def hundred_endusers(play: Play) -> None:
    people = [{"externalId": f"{number}-{{key}}", "lastName": "{mark}"} for number in range(101)]
    _filled(play, "endusers", people, default=100)


@held(
    "planhat/limits/bulk-takes-5000-items-at-most",
    "A bulk upsert of more than 5,000 items is refused.",
    operations=["bulkUpsertTasks"],
    grade="assumed",
    source="the limit is documented (Bulk upsert), the answer is not",
    entry="planhat/limit/bulk_items_max",
    calls=2,
)
def too_many_items(play: Play) -> None:
    """The items name no company, so that nothing is made where the call is not refused as a whole."""
    answer = play.call("PUT", "/tasks", json=[{"action": "{mark}"}] * (BULK_ITEMS_MAX + 1))
    play.same("status", 400, answer.status)
    play.same("body", f"Maximum {BULK_ITEMS_MAX} items per request", answer.text)


def _filled(play: Play, collection: str, items: list[dict[str, str]], *, default: int) -> None:
    """One more of *items* than a list of a company shows by itself; with a limit it shows them all."""
    play.step(COMPANY)
    body = [{"companyId": "{company}", **item} for item in items]
    play.step({"call": f"PUT /{collection}", "json": body, "status": 200, "has": {"created": default + 1}})
    of_company = {"companyId": "{company}"}
    play.step({"call": f"GET /{collection}", "query": of_company, "status": 200, "count": default})
    asked = {**of_company, "limit": default * 2}
    play.step({"call": f"GET /{collection}", "query": asked, "status": 200, "count": default + 1})
