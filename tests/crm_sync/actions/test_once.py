"""The same event twice, a crash at any request, two processes at once."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.crm_sync.actions.desk import (
    KEY_FIELD,
    MEETING,
    TASK,
    Desk,
    Go,
    crashing,
    fired,
    for_each,
    items,
    part,
)

from crm_sync.actions.memory import Memory
from crm_sync.actions.runner import RunRefused

OTHER = "9b2f4c7e-1d3a-4e5f-8a6b-7c8d9e0f1a2b"
LEASE_SECONDS = 601
REQUESTS = 6  # of two items: create and read back each; then some to spare


@pytest.mark.rule("A22")
@given(st.integers(1, 4), st.integers(0, 3))
@part(3)
def test_firing_again_makes_nothing_more(made_desk: Desk, times: int, count: int) -> None:
    """n firings of one event leave as many tasks as one, whatever the AI would say the next time."""
    desk = made_desk.again()
    titles = [f"Item {n}" for n in range(count)]

    for n in range(times):
        desk.meeting(items(*(titles if n == 0 else reversed([*titles, "Another"]))))
        desk.run(for_each(**TASK))

    assert titles == desk.subjects()


@pytest.mark.rule("A22")
@given(st.permutations([(MEETING, "One"), (MEETING, "One"), (OTHER, "Other"), (OTHER, "Other")]))
@part(6)
def test_the_order_of_two_meetings_events_makes_no_difference(made_desk: Desk, order: list[tuple[str, str]]) -> None:
    """The set of tasks is the same in every order."""
    desk = made_desk.again()

    for meeting, title in order:
        desk.meeting(items(title, f"{title} 2"), id=meeting)
        desk.run(for_each(**TASK), meeting=meeting)

    assert ["One", "One 2", "Other", "Other 2"] == sorted(desk.subjects())


@pytest.mark.rule("A22")
def test_what_names_a_run(desk: Desk) -> None:
    """Another organization is another run; another moment or shape of the same event is not."""
    desk.meeting(items("Call"))
    first = desk.run(for_each(**TASK))
    shaped = desk.runner().run(for_each(**TASK), fired(eventType="MEETING_ENDED", firedAt="2026-02-01T00:00:00Z"))
    elsewhere = desk.runner().run(for_each(**TASK), fired(organizationId="another"))

    assert (False, True, False) == (first.already, shaped.already, elsewhere.already)
    assert 2 == len(desk.tasks())


@pytest.mark.rule("A22")
def test_equal_items_are_two_tasks(desk: Desk) -> None:
    """The key is the item's place, not its text."""
    desk.tasks_of(items("Call", "Call"))

    assert ["Call", "Call"] == desk.subjects()


@pytest.mark.rule("A22")
@pytest.mark.parametrize("keyed", [True, False], ids=["external id", "no external id"])
@pytest.mark.parametrize("after", [True, False], ids=["after", "before"])
@pytest.mark.parametrize("at", range(REQUESTS))
def test_a_crash_at_any_request_leaves_one_task_for_each_item(desk: Desk, at: int, after: bool, keyed: bool) -> None:
    """Killed before or after Salesforce acts, the run goes on and nothing is doubled, in both modes."""
    chosen = desk.settings(external_id_field=KEY_FIELD if keyed else "")
    desk.meeting(items("One", "Two"))

    crashing(desk, at, lambda: desk.run(for_each(**TASK), chosen), after=after)
    desk.clock.advance(LEASE_SECONDS)
    made = desk.run(for_each(**TASK), chosen)

    assert ["One", "Two"] == desk.subjects()
    assert made.good


@pytest.mark.rule("A22")
@pytest.mark.parametrize("ahead_seconds", [-3_600, 3_600])
def test_a_creation_in_doubt_is_found_whatever_salesforces_clock_says(desk: Desk, ahead_seconds: int) -> None:
    """Without an external id, how far the two clocks are apart is learnt from the answers (F56)."""
    desk.its_clock.ahead = ahead_seconds
    desk.meeting(items("Call"))

    crashing(desk, 0, lambda: desk.run(for_each(**TASK)), after=True)
    desk.clock.advance(LEASE_SECONDS)
    made = desk.run(for_each(**TASK))

    assert ["Call"] == desk.subjects()
    assert made.good


@pytest.mark.rule("A22", "F42", "F44", "F47")
@pytest.mark.parametrize(
    ("title", "text"),
    [(" Call ", "Text"), ("Call", "Text\n"), ("Call", "One\r\nTwo\r\n"), ("Ca\0ll", "Text"), ("Call", "Text\0")],
)
def test_a_text_that_salesforce_trims_is_found_again(desk: Desk, title: str, text: str) -> None:
    """Blanks around a text, the ends of its lines and a NUL are Salesforce's: a lost answer leads to no second Task."""
    desk.meeting([{"title": title, "text": text}])

    crashing(desk, 0, lambda: desk.run(for_each(**TASK)), after=True)
    desk.clock.advance(LEASE_SECONDS)
    desk.run(for_each(**TASK))

    assert ["Call"] == desk.subjects()


@pytest.mark.rule("A22")
@pytest.mark.parametrize("after", [True, False], ids=["after", "before"])
@pytest.mark.parametrize("again", [0, 1, 2])
def test_equal_items_survive_a_crash_apart(desk: Desk, again: int, after: bool) -> None:
    """Without an external id, a task that belongs to another item is never taken for this one's."""
    desk.meeting(items("Call", "Call", "Call"))

    crashing(desk, 2 * again, lambda: desk.run(for_each(**TASK)), after=after)
    desk.clock.advance(LEASE_SECONDS)
    made = desk.run(for_each(**TASK))

    assert {task["Id"] for task in desk.tasks()} == {outcome.record_id for outcome in made.outcomes}
    assert 3 == len(desk.tasks())


@pytest.mark.rule("A22")
@given(crashes=st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.booleans()), max_size=3), keyed=st.booleans())
@part(3)
def test_what_each_mode_claims_of_crashes(made_desk: Desk, crashes: list[tuple[int, bool, bool]], keyed: bool) -> None:
    """With an external id never one task too many; without, at most one for each crash, and only if it was changed."""
    desk = made_desk.again()
    chosen = desk.settings(external_id_field=KEY_FIELD if keyed else "")
    desk.meeting(items("One", "Two"))
    changed = 0

    for at, after, edits in crashes:
        died = crashing(desk, at, lambda: desk.run(for_each(**TASK), chosen), after=after) is None
        desk.clock.advance(LEASE_SECONDS)
        if died and edits and desk.tasks():
            newest = max(task["Id"] for task in desk.tasks())
            _edit(desk, newest, Subject="Changed by a person")
            changed += 1
    made = desk.run(for_each(**TASK), chosen)

    assert made.good
    assert 2 <= len(desk.tasks()) <= 2 + (0 if keyed else changed)


@pytest.mark.rule("A22")
def test_an_edit_between_crash_and_resume_shows_the_difference(desk: Desk) -> None:
    """The bound without an external id is reached: one task too many; with one it is not."""
    counts = []
    for field in ("", KEY_FIELD):
        desk.again()
        chosen = desk.settings(external_id_field=field)
        desk.meeting(items("Call"))
        crashing(desk, 0, lambda chosen=chosen: desk.run(for_each(**TASK), chosen))  # type: ignore[misc]
        _edit(desk, desk.tasks()[0]["Id"], Subject="Call Lena")
        desk.clock.advance(LEASE_SECONDS)
        desk.run(for_each(**TASK), chosen)
        counts.append(desk.subjects())

    assert [["Call Lena", "Call"], ["Call Lena"]] == counts


@pytest.mark.rule("A22")
def test_a_lost_state_makes_no_second_task_with_an_external_id(desk: Desk) -> None:
    """The key follows from workflow, event and item, not from the state database."""
    chosen = desk.settings(external_id_field=KEY_FIELD)
    desk.tasks_of(items("One", "Two"), chosen)
    desk.memory = Memory()

    again = desk.tasks_of(items("One", "Two"), chosen)

    assert ["One", "Two"] == desk.subjects()
    assert ["found", "found"] == [o.status for o in again.outcomes]


@pytest.mark.rule("A22")
@pytest.mark.parametrize("keyed", [True, False])
@pytest.mark.parametrize("kind", ["lost_response", "error_after", "truncated", "lost_request"])
def test_a_create_without_an_answer(desk: Desk, kind: str, keyed: bool) -> None:
    """What was done is found; what was not is done by the upsert, or by the next firing, never twice."""
    chosen = desk.settings(external_id_field=KEY_FIELD if keyed else "")
    desk.fault(kind, verb="upsert" if keyed else "create", object="Task")

    made = desk.tasks_of(items("Call"), chosen)

    done_at_once = keyed or kind != "lost_request"
    assert (done_at_once, ["Call"] * done_at_once) == (made.good, desk.subjects())
    assert (2 if keyed and kind == "lost_request" else 1) == len(desk.writes)  # looked for, not sent again
    again = desk.tasks_of(items("Call"), chosen)
    assert (done_at_once, True, ["Call"]) == (again.already, again.good, desk.subjects())


@pytest.mark.rule("A22")
def test_what_the_ai_answered_is_not_asked_again(desk: Desk) -> None:
    """A resumed run has the items of the first time, in their order."""
    desk.meeting(items("One", "Two"))
    crashing(desk, 0, lambda: desk.run(for_each(**TASK)))
    desk.meeting(items("Two", "Three", "One"))
    desk.clock.advance(LEASE_SECONDS)

    desk.run(for_each(**TASK))

    assert ["One", "Two"] == desk.subjects()


@pytest.mark.rule("A22")
def test_one_process_at_a_time(desk: Desk) -> None:
    """While one process holds the run, or died in it a moment ago, another is refused; later it goes on."""
    desk.meeting(items("One", "Two"))
    crashing(desk, 2, lambda: desk.run(for_each(**TASK)))

    with pytest.raises(RunRefused, match="it is free at 2026-01-05T09:10:00"):
        desk.run(for_each(**TASK))
    desk.clock.advance(LEASE_SECONDS)
    desk.run(for_each(**TASK))

    assert ["One", "Two"] == desk.subjects()


@pytest.mark.rule("A22")
def test_who_stops_it_need_not_wait(desk: Desk) -> None:
    """Ctrl-C lets go of the run: the next firing goes on at once, and looks for what was in doubt."""
    desk.meeting(items("One", "Two"))

    def stopped(request: Any, go: Go) -> Any:
        go(request)
        raise KeyboardInterrupt

    desk.wire.between = stopped
    with pytest.raises(KeyboardInterrupt):
        desk.run(for_each(**TASK))
    desk.wire.between = None
    made = desk.run(for_each(**TASK))

    assert (["found", "created"], ["One", "Two"]) == ([o.status for o in made.outcomes], desk.subjects())


@pytest.mark.rule("A22")
def test_who_lost_the_run_sends_nothing_more(desk: Desk) -> None:
    """A process that slept through its lease finds the run taken, and stops before it sends."""
    desk.meeting(items("One", "Two"))
    slow, quick = desk.runner(), desk.runner()
    taken: list[Any] = []

    def overtaken(request: Any, go: Go) -> Any:
        answer = go(request)
        if request.method == "POST" and not taken:
            taken.append(True)
            desk.clock.advance(LEASE_SECONDS)
            quick.run(for_each(**TASK), fired())
        return answer

    desk.wire.between = overtaken
    with pytest.raises(RunRefused, match="taken"):
        slow.run(for_each(**TASK), fired())

    assert ["One", "Two"] == desk.subjects()


@pytest.mark.rule("A22")
def test_a_finished_run_tries_again_what_was_refused_only_when_asked(desk: Desk) -> None:
    """`--retry` sends what was refused, and what was done stays done."""
    rows = [*items("One"), *items("Two", due="soon")]
    first = desk.tasks_of(rows, activity_date="{{ json.item.due }}")
    again = desk.tasks_of(rows, activity_date="{{ json.item.due }}")
    retried = desk.run(for_each(**{**TASK, "activity_date": "{{ json.item.due }}"}), retry=True)

    assert (["created", "refused"], []) == ([o.status for o in first.outcomes], again.outcomes)
    assert (True, 1) == (again.already, again.refused_before)
    assert ["remembered", "refused"] == [o.status for o in retried.outcomes]
    assert ["One"] == desk.subjects()


@pytest.mark.rule("A22")
def test_the_bodys_digest_only_tells_a_difference(desk: Desk) -> None:
    """What would be sent differently now is said, and nothing is sent."""
    words = {"subject": "{{ 'now' | date: '%Y-%m-%d' }}", "description": "x"}
    desk.meeting([*items("One"), *items("Two", due="soon")])
    desk.run(for_each(**words))
    desk.clock.advance(timedelta(days=1))

    made = desk.run(for_each(**words), retry=True)

    assert [("remembered", True), ("remembered", True)] == [(o.status, o.differs) for o in made.outcomes]
    assert ["2026-01-05", "2026-01-05"] == desk.subjects()


@pytest.mark.rule("A22")
def test_an_update_in_doubt_is_read_before_it_is_sent_again(desk: Desk) -> None:
    """After a crash behind Salesforce's yes the field holds the value: no second write."""
    from tests.crm_sync.actions.desk import updating

    desk.meeting()
    workflow = updating({"NextStep": "Call"}, desk.opportunity)
    crashing(desk, 0, lambda: desk.run(workflow))
    desk.clock.advance(LEASE_SECONDS)
    made = desk.run(workflow)

    assert (["found"], 1) == ([o.status for o in made.outcomes], len(desk.writes))


def _edit(desk: Desk, task: str, **fields: Any) -> None:
    token = desk.fake.credentials("https://x")["access_token"]
    answer = desk.people.patch(
        f"https://acme.my.salesforce.com/services/data/v60.0/sobjects/Task/{task}",
        data=json.dumps(fields),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    assert answer.status_code == 204, answer.text
