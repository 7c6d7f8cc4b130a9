"""What counts as agreed after a write to Salesforce is what Salesforce holds, also where its search is behind."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from tests.crm_sync.both import BOTH, OFF, Both, Wire

from fake_core.faults import Fault

BEHIND = Fault(kind="slow_visibility", vendor="salesforce", verb="query", object="*", times=None)


def edited_behind(both: Both, count: int) -> list[str]:
    """So many pairs, whose Planhat halves have a new text that a search in Salesforce did not show when it was sent;
    the Salesforce ids.
    """
    both.configure(task=BOTH, conversation=OFF)
    ids = [both.sf_task(Subject=f"S{n}") for n in range(count)]
    both.settle()
    for task in both.ph_tasks():
        both.ph_edit("tasks", task["_id"], description=f"<p>Of {task['action']}</p>")
    both.clock.advance(60)
    both.salesforce.script(BEHIND)
    return ids


def texts(both: Both, ids: list[str]) -> list[tuple[object, object]]:
    """What both sides say of each."""
    told = {task["sourceId"]: task.get("description") or None for task in both.ph_tasks()}
    return [(both.sf_get(one)["Description"], told[one]) for one in ids]


@pytest.mark.rule("I5", "F40", "F49")
def test_who_puts_the_old_value_back_is_heard(both: Both) -> None:
    """A user empties in Salesforce what the sync wrote there, and no search had shown that it had."""
    ids = edited_behind(both, 3)
    report = both.run()
    both.salesforce.heal()
    both.clock.advance(60)
    both.sf_edit(ids[1], Description=None)
    both.settle()

    assert [("Of S0", "<p>Of S0</p>"), (None, None), ("Of S2", "<p>Of S2</p>")] == texts(both, ids)
    assert not [note for note in report.notes if "keeps" in note]


class Deleting(Wire):
    """Somebody deletes a Task just before the records themselves are asked."""

    def __init__(self, both: Both, gone: str) -> None:
        super().__init__(both.network.adapter())
        self._both, self._gone, self.asked = both, gone, 0

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        if request.method == "GET" and "/composite/sobjects/Task?" in (request.path_url or ""):
            self.asked += 1
            self._both.sf_delete(self._gone)
        return super().send(request, **options)


@pytest.mark.rule("I5", "P25")
def test_what_was_deleted_since_is_no_obstacle(both: Both) -> None:
    """All are asked at once, and one of them is in the recycle bin by then: the others are agreed on all the same."""
    ids = edited_behind(both, 3)
    deleting = Deleting(both, ids[1])
    both.sync_session.mount("https://", deleting)
    both.run()
    both.sync_session.mount("https://", both.wire)
    both.salesforce.heal()
    both.clock.advance(60)
    both.sf_edit(ids[2], Description=None)
    both.settle()

    assert deleting.asked == 1
    assert [("Of S0", "<p>Of S0</p>"), (None, None)] == texts(both, [ids[0], ids[2]])
