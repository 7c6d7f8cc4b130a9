"""The oracle on small hand-made histories: which values it accepts, and which invariant it names otherwise."""

from __future__ import annotations

from typing import Any

import pytest
from tests.crm_contracts.oracle_log import PH, SF, Log, linked

from crm_contracts.world.invariants.told import Counts, Told
from crm_contracts.world.ops import CONVERSATION, SALESFORCE, TASK
from crm_contracts.world.settings import OFF, RECEIVE, Settings
from crm_contracts.world.violations import (
    BrokenFrame,
    Invented,
    LensBroken,
    LoserUnlogged,
    LostUpdate,
    NotConverged,
)


def test_what_was_agreed_is_accepted() -> None:
    """A record carried over with its values is settled."""
    linked().oracle.settled()


def test_an_edit_that_never_arrives_is_not_converged() -> None:
    """I1: one side was edited, both live, and they differ for good."""
    log = linked()
    log.user(TASK, PH, action="B")
    log.begin()
    log.round()

    with pytest.raises(NotConverged, match="title of act-1"):
        log.oracle.settled()


@pytest.mark.rule("P24")
def test_the_old_value_must_not_come_back() -> None:
    """I5: only Planhat was edited, and the round put Salesforce's old value over it."""
    log = linked()
    log.user(TASK, PH, action="B")
    log.begin()
    log.put(TASK, PH, action="A")

    with pytest.raises(LostUpdate, match="last agreed 'A'"):
        log.round()


@pytest.mark.rule("P24")
@pytest.mark.parametrize(
    ("policy", "first", "second", "winner"),
    [
        ("newest", SALESFORCE, TASK, "planhat"),
        ("newest", TASK, SALESFORCE, "salesforce"),
        ("salesforce", SALESFORCE, TASK, "salesforce"),
        ("planhat", TASK, SALESFORCE, "planhat"),
    ],
)
def test_a_conflict_ends_as_the_policy_says(policy: str, first: str, second: str, winner: str) -> None:
    """The winner's value is accepted, the other one is a lost update."""
    for outcome in ("salesforce", "planhat"):
        log = linked(conflict=policy)
        for side in (first, second):
            if side == SALESFORCE:
                log.user(SALESFORCE, SF, Subject="salesforce")
            else:
                log.user(TASK, PH, action="planhat")
        log.begin()
        log.put(SALESFORCE, SF, Subject=outcome)
        log.put(TASK, PH, action=outcome)
        if outcome == winner:
            log.round()
            log.oracle.settled()
        else:
            with pytest.raises(LostUpdate):
                log.round()


def test_a_value_nobody_wrote_is_refused() -> None:
    """I4: both sides agree on something that no user ever wrote."""
    log = linked()
    log.user(TASK, PH, action="B")
    log.begin()
    log.put(SALESFORCE, SF, Subject="C")
    log.put(TASK, PH, action="C")

    with pytest.raises(Invented):
        log.round()


def test_after_a_lost_answer_both_histories_are_possible() -> None:
    """A write whose answer was lost may or may not count as agreed; a clean round decides."""
    for ending in ("B", "C"):
        log = linked(conflict="salesforce")
        log.user(SALESFORCE, SF, Subject="B")
        log.begin()
        log.put(TASK, PH, action="B")
        log.round(clean=False)
        log.user(TASK, PH, action="C")
        log.begin()
        log.put(SALESFORCE, SF, Subject=ending)
        log.put(TASK, PH, action=ending)
        log.round()
        log.oracle.settled()


def test_after_a_clean_round_only_one_history_is_possible() -> None:
    """The same without the fault: the later edit is no conflict, and must win."""
    log = linked(conflict="salesforce")
    log.user(SALESFORCE, SF, Subject="B")
    log.begin()
    log.put(TASK, PH, action="B")
    log.round()
    log.user(TASK, PH, action="C")
    log.begin()
    log.put(TASK, PH, action="B")

    with pytest.raises(LostUpdate):
        log.round()


@pytest.mark.rule("P24")
@pytest.mark.parametrize(("outcome", "fine"), [("mine", True), ("A", False)])
def test_a_first_meeting_is_a_conflict(outcome: str, fine: bool) -> None:
    """A user typed the id into a Task with another title: nothing was agreed, so the policy decides."""
    log = Log()
    log.user(SALESFORCE, SF, Subject="A")
    log.user(TASK, PH, action="mine", sourceId=SF)
    log.begin()
    log.put(SALESFORCE, SF, Subject=outcome)
    log.put(TASK, PH, action=outcome)
    if fine:
        log.round()
    else:
        with pytest.raises(LostUpdate, match="never agreed"):
            log.round()


@pytest.mark.rule("P6", "F36")
def test_what_is_written_while_a_type_is_excluded_waits() -> None:
    """I5, I1: nothing of a Conversation that takes no part goes over, and all of it does when it takes part again."""

    def asleep() -> Log:
        log = Log(conflict="salesforce")
        log.user(CONVERSATION, PH, subject="A", type="note")
        log.begin()
        log.put(CONVERSATION, PH, externalId=SF)
        log.put(SALESFORCE, SF, Subject="A", Status="Completed")
        log.round()
        log.user(CONVERSATION, PH, type="email")
        log.user(SALESFORCE, SF, Subject="B")
        log.begin()
        return log

    log = asleep()
    log.put(CONVERSATION, PH, subject="B")
    with pytest.raises(LostUpdate, match="takes no part"):
        log.round()

    log = asleep()
    log.round()
    log.oracle.settled()
    log.user(CONVERSATION, PH, type="note")
    log.begin()
    log.round()
    with pytest.raises(NotConverged):
        log.oracle.settled()


def test_a_one_way_section_keeps_its_source() -> None:
    """I5: in a section that only receives, Salesforce's edit must arrive whatever the policy says."""
    log = linked(task=RECEIVE, conflict="planhat")
    log.user(TASK, PH, action="mine")
    log.user(SALESFORCE, SF, Subject="B")
    log.begin()
    log.put(SALESFORCE, SF, Subject="mine")

    with pytest.raises(LostUpdate):
        log.round()


def test_the_frame_is_watched() -> None:
    """I8: a field without a mapping is as its user left it."""
    log = linked()
    log.user(SALESFORCE, SF, Priority="High")
    log.begin()
    log.put(SALESFORCE, SF, Priority="Normal")

    with pytest.raises(BrokenFrame, match="Priority"):
        log.round()


@pytest.mark.rule("P28")
def test_markup_survives_a_text_that_did_not_change() -> None:
    """I16: the description reads the same, but its markup was flattened."""
    log = linked()
    log.user(TASK, PH, description="<p><b>Call</b> her</p>")
    log.begin()
    log.put(SALESFORCE, SF, Description="Call her")
    log.round()
    log.begin()
    log.put(TASK, PH, description="<p>Call her</p>")

    with pytest.raises(LensBroken, match="reads the same"):
        log.round()


@pytest.mark.rule("P29")
def test_moving_settings_make_old_differences_optional() -> None:
    """What was written while a section was off may stay where it is when it is on again."""
    log = linked()
    log.oracle.saved(Settings(task=OFF))
    log.user(TASK, PH, action="B")
    log.begin()
    log.round()
    log.oracle.saved(Settings())
    log.begin()
    log.round()
    log.oracle.settled()


def test_a_story_is_told() -> None:
    """A finding names the invariant, the field, every value and the policy."""
    log = linked()
    log.user(TASK, PH, action="B")
    log.begin()
    log.put(TASK, PH, action="A")
    with pytest.raises(LostUpdate) as found:
        log.round()

    text = str(found.value.with_timeline(["09:01 a user writes B"]))
    for part in ("I5 LostUpdate", "title", "'A'", "'B'", "newest", "09:01 a user writes B"):
        assert part in text


@pytest.mark.rule("P24")
def test_a_choice_among_open_statuses_is_a_change() -> None:
    """Salesforce went from one open status to another, Planhat was done earlier: a conflict, not a lost completion."""
    log = linked()
    log.user(TASK, PH, status="Done")
    log.user(SALESFORCE, SF, Status="Deferred")
    log.begin()
    log.put(TASK, PH, status="Blocked")
    log.round()
    log.oracle.settled()


@pytest.mark.rule("I5")
@pytest.mark.parametrize("by_both", [True, False])
def test_the_log_names_only_what_somebody_wrote(by_both: bool) -> None:
    """Two edits of one field have a loser; one edit has none."""
    log = linked()
    if by_both:
        log.user(SALESFORCE, SF, Subject="lost")
    log.user(TASK, PH, action="B")
    log.begin()
    log.put(SALESFORCE, SF, Subject="B")
    log.round()
    loser = {"activity": f"salesforce Task {SF}", "field": "subject", "losing_value": "lost" if by_both else "A"}
    told = Told(stopped="", sections={"Task": Counts(1, 0, 1, 0, {}, {})}, conflicts=(loser,))

    if by_both:
        log.oracle.round_ended([], clean=True, told=told)
        return
    with pytest.raises(LoserUnlogged, match="title of act-1: the log of conflicts has 1"):
        log.oracle.round_ended([], clean=True, told=told)


@pytest.mark.rule("I5")
def test_what_stays_where_nothing_is_sent_is_no_loser() -> None:
    """A section only receives: an edit of a Task that is left as it is was not given up, whatever the log says."""
    log = linked(task=RECEIVE)
    log.user(TASK, PH, action="B")
    log.begin()
    log.round()
    loser = {"activity": f"salesforce Task {SF}", "field": "subject", "losing_value": "B"}
    told = Told(stopped="", sections={"Task": Counts(1, 0, 0, 1, {}, {})}, conflicts=(loser,))

    with pytest.raises(LoserUnlogged, match="title of act-1: the log of conflicts has 1"):
        log.oracle.round_ended([], clean=True, told=told)


def staged(phase: str = "task", **values: Any) -> Log:
    """A pair in agreement, whose custom field is mapped after a round; *values* are Salesforce's and Planhat's."""
    log = linked()
    log.user(SALESFORCE, SF, Stage__c=values.get("salesforce"))
    log.user(TASK, PH, custom={"Mood": "calm", "Phase": values.get("planhat")})
    log.begin()
    log.round()
    log.oracle.saved(Settings(phase=phase))
    log.begin()
    return log


@pytest.mark.rule("P29", "I5", "F38")
@pytest.mark.parametrize("edited", [False, True])
def test_a_field_mapped_later_is_agreed_as_it_stands(*, edited: bool) -> None:
    """That it is mapped carries nothing over; an edit does."""
    log = staged(salesforce="One", planhat="Two")
    if edited:
        log.user(SALESFORCE, SF, Stage__c="Three")
    log.put(TASK, PH, custom={"Mood": "calm", "Phase": "Three" if edited else "One"})

    if edited:
        log.round()
        log.oracle.settled()
    else:
        with pytest.raises(LostUpdate, match="last agreed 'One'/'Two'"):
            log.round()


@pytest.mark.rule("I8", "F21")
@pytest.mark.parametrize(("phase", "custom"), [("", "Phase"), ("conversation", "Phase"), ("task", "Mood")])
def test_a_custom_field_is_frame_where_no_section_maps_it(phase: str, custom: str) -> None:
    """So is all else in custom, whatever is mapped."""
    log = staged(phase, salesforce="One", planhat="Two")
    log.put(TASK, PH, custom={"Mood": "calm", "Phase": "Two"} | {custom: "One"})

    with pytest.raises(BrokenFrame, match="custom"):
        log.round()


@pytest.mark.rule("I1")
@pytest.mark.parametrize("kept", ["One", None])
def test_who_left_a_custom_field_empty_said_nothing(kept: str | None) -> None:
    """The side that says something fills it; the empty one does not win."""
    log = Log(phase="task")
    log.user(SALESFORCE, SF, Subject="A", Stage__c="One")
    log.user(TASK, PH, action="A", sourceId=SF)
    log.begin()
    log.put(SALESFORCE, SF, Stage__c=kept)
    log.put(TASK, PH, custom={"Phase": kept})

    if kept:
        log.round()
    else:
        with pytest.raises(LostUpdate):
            log.round()


@pytest.mark.rule("P9", "P26")
@pytest.mark.parametrize("typed", [True, False])
def test_of_a_pair_that_a_person_typed_either_open_status_may_win(*, typed: bool) -> None:
    """They never agreed on a word; where they had, which open status it is was its user's choice (F31)."""
    log = Log()
    log.user(SALESFORCE, SF, Subject="A", Status="Deferred")
    if typed:
        log.user(TASK, PH, action="A", status="In-progress", sourceId=SF[:15])
    log.begin()
    log.put(SALESFORCE, SF, Status="In Progress")
    if typed:
        log.round()
        return
    log.put(TASK, PH, action="A", status="In-progress", sourceId=SF)

    with pytest.raises(LensBroken, match="Deferred"):
        log.round()


@pytest.mark.rule("I5", "P9", "P24")
@pytest.mark.parametrize("kept", [True, False])
def test_what_a_typed_record_leaves_empty_is_not_taken_from_the_other(*, kept: bool) -> None:
    """The Task is the newer one and has no text: Salesforce's stays, for nobody has emptied anything."""
    log = Log()
    log.user(SALESFORCE, SF, Subject="A", Description="B")
    log.user(TASK, PH, action="A", sourceId=SF[:15])
    log.begin()
    log.put(TASK, PH, description="B") if kept else log.put(SALESFORCE, SF, Description=None)

    if kept:
        log.round()
    else:
        with pytest.raises(LostUpdate, match="text of the task section"):
            log.round()


@pytest.mark.rule("P9", "P24")
def test_a_pair_is_agreed_on_by_no_save_before_a_round_met_it() -> None:
    """A person typed the id, then settings were saved, then Salesforce was edited: the policy decides all of it."""
    log = Log()
    log.user(SALESFORCE, SF, Subject="A", Description=None)
    log.user(TASK, PH, action="A", description=None, sourceId=SF)
    log.oracle.saved(Settings(conflict="planhat"))
    log.user(SALESFORCE, SF, Description="B")
    log.begin()
    log.put(SALESFORCE, SF, Description=None)
    log.round()
    log.oracle.settled()


@pytest.mark.rule("P24")
@pytest.mark.parametrize("shown", "ABC")
def test_older_rows_agree_with_what_they_say(shown: str) -> None:
    """Planhat says what Salesforce said once: who was shown that saw both agree and a change since, no one else."""
    log = linked()
    rows = {}
    for title in "ABC":
        log.user(SALESFORCE, SF, Subject=title)
        rows[title] = dict(log.rows[SALESFORCE][SF])
    log.begin()
    log.put(TASK, PH, action="C")
    log.round()
    log.user(TASK, PH, action="A")
    log.round(behind={"salesforce": {SF: [rows[shown]]}})
    log.put(TASK, PH, action="C")

    if shown == "A":
        log.round()
    else:
        with pytest.raises(LostUpdate, match="title of the task section"):
            log.round()


@pytest.mark.rule("P24")
@pytest.mark.parametrize("hidden", [True, False])
def test_older_rows_hide_who_was_newer(*, hidden: bool) -> None:
    """The older of two edits wins where the newer was not visible yet, and never over one that was shown."""
    log = linked()
    older = dict(log.rows[SALESFORCE][SF])
    log.user(TASK, PH, action="B")
    log.user(SALESFORCE, SF, Subject="C")
    shown = older if hidden else dict(log.rows[SALESFORCE][SF])
    log.put(SALESFORCE, SF, Subject="B")

    if hidden:
        log.round(behind={"salesforce": {SF: [shown]}})
    else:
        with pytest.raises(LostUpdate, match="title of the task section"):
            log.round(behind={"salesforce": {SF: [shown]}})
