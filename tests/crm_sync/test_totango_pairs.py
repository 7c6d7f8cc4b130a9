"""Which records of Salesforce and Totango are one, which way they go, and who wins (rules T1-T10)."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from itertools import permutations

import pytest

from crm_sync.state import State

from .totango_both import (
    KEY_FIELD,
    MODELS,
    OBJECT,
    RECEIVE,
    SEND,
    TASK,
    TITLE,
    TotangoBoth,
    linked,
    make,
    statistics,
    use,
)


@pytest.fixture
def both(totango_world: TotangoBoth) -> TotangoBoth:
    """Tasks both ways, new ones made."""
    return totango_world.again()


# -- flows and keys ----------------------------------------------------------------------------------------------------


@pytest.mark.rule("T1")
@MODELS
def test_tasks_and_touchpoints_go_both_ways(both: TotangoBoth, model: str) -> None:
    """What is made on either side is on the other after a run, and later edits follow."""
    use(both, model)
    sobject, title = OBJECT[model], TITLE[model]
    theirs = make(both, model, **{title: "from Totango"})
    ours = both.sf_create(sobject, Subject="from Salesforce")
    both.settle()

    assert {"from Totango", "from Salesforce"} == {row["Subject"] for row in both.sf_all(sobject)}
    assert {"from Totango", "from Salesforce"} == {row[title] for row in both.tt_all(model)}
    both.sf_edit(ours, sobject, Subject="edited there")
    both.tt_edit(theirs, model, **{title: "edited here"})
    both.settle()
    assert {"edited here", "edited there"} == {row["Subject"] for row in both.sf_all(sobject)}
    assert {"edited here", "edited there"} == {row[title] for row in both.tt_all(model)}


@pytest.mark.rule("T1")
@pytest.mark.rule("T26")
def test_campaign_touches_only_go_out(both: TotangoBoth) -> None:
    """A touch becomes an Event; that Event never comes back as a touchpoint, and no edit of it reaches the touch."""
    both.configure(touchpoint={}, campaign={})
    both.tt_touch()
    before = both.tt_all("CampaignTouch")
    both.settle()

    event = both.sf_one("Event")
    both.sf_edit(event["Id"], "Event", Subject="edited", Description="too")
    both.settle()
    assert (before, []) == (both.tt_all("CampaignTouch"), both.tt_all("Touchpoint"))
    both.sf_delete(event["Id"], "Event")
    both.settle()
    assert (before, [], []) == (both.tt_all("CampaignTouch"), both.tt_all("Touchpoint"), both.sf_all("Event"))


@pytest.mark.rule("T2")
@pytest.mark.parametrize(("direction", "here", "there"), [(SEND, 1, 2), (RECEIVE, 2, 1)])
def test_one_job_is_a_one_way_sync(both: TotangoBoth, direction: str, here: int, there: int) -> None:
    """With only an inbound or only an outbound job the other way stays quiet."""
    both.configure(task={"direction": direction})
    both.tt_task()
    both.sf_create()
    both.settle()

    assert (here, there) == (len(both.tt_all()), len(both.sf_all()))


@pytest.mark.rule("T3")
@pytest.mark.rule("T2")
def test_a_run_of_one_job_moves_one_direction(both: TotangoBoth) -> None:
    """Only what a job runs moves: the outbound job sends, the inbound job is still to come."""
    both.tt_task(title="out")
    both.sf_create(Subject="in")

    both.run(ways=("out",))
    assert ({"out", "in"}, {"out"}) == ({r["Subject"] for r in both.sf_all()}, {r["title"] for r in both.tt_all()})
    both.run(ways=("in",))
    assert {"out", "in"} == {r["title"] for r in both.tt_all()}


@pytest.mark.rule("T4")
@pytest.mark.rule("T7")
@MODELS
def test_the_external_id_is_the_salesforce_id_in_lower_case(both: TotangoBoth, model: str) -> None:
    """Whichever side made the record, Totango keeps the 18 characters in lower case."""
    use(both, model)
    make(both, model)
    both.sf_create(OBJECT[model])
    both.settle()

    ids = {row["Id"] for row in both.sf_all(OBJECT[model])}
    assert {one.lower() for one in ids} == {row["external_id"] for row in both.tt_all(model)}
    assert 2 == len(ids)


@pytest.mark.rule("T5")
@pytest.mark.rule("T6")
def test_a_record_that_carries_an_id_is_adopted(both: TotangoBoth) -> None:
    """A Totango task whose external id is a Salesforce id in any case is that record's pair: none is made twice."""
    sf_id = both.sf_create(Subject="same")
    both.tt_seed("Task", title="same", external_id=sf_id.upper())
    both.settle()

    assert (1, 1) == (len(both.sf_all()), len(both.tt_all()))
    both.sf_edit(sf_id, Subject="edited")
    both.settle()
    assert "edited" == both.tt_one()["title"]


@pytest.mark.rule("T7")
def test_a_lossy_key_is_reported_and_not_guessed(both: TotangoBoth) -> None:
    """A 15-character id that lost its case names nobody: the record waits with its reason, and nothing is made."""
    sf_id = both.sf_create(Subject="whose?")
    both.configure(task={}, create_in=False)
    both.tt_seed("Task", title="mine?", external_id=sf_id[:15])
    report = both.run()

    assert ["whose?"] == [row["Subject"] for row in both.sf_all()]
    assert "lost its case" in " ".join(report.section(TASK).quarantined.values())
    assert 1 == statistics(report).failed


@pytest.mark.rule("T6")
def test_a_key_of_the_customers_own_stays(both: TotangoBoth) -> None:
    """An external id that is no Salesforce id is the customer's: it is not overwritten, and nothing is guessed."""
    task = both.tt_seed("Task", title="mine", external_id="Ticket-42")
    both.run()
    both.run()

    assert "ticket-42" == both.tt(task)["external_id"]


@pytest.mark.rule("T5")
@MODELS
def test_a_lost_state_finds_its_pairs_again(both: TotangoBoth, model: str) -> None:
    """The external ids on the records say who belongs to whom: nothing is made twice, and edits travel on."""
    use(both, model)
    sf_id, tt_id = linked(both, model)
    both.sf_create(OBJECT[model], Subject="from Salesforce")
    both.settle()
    both.state = State()
    use(both, model)
    both.settle()
    assert (2, 2) == (len(both.sf_all(OBJECT[model])), len(both.tt_all(model)))

    both.tt_edit(tt_id, model, **{TITLE[model]: "edited"})
    both.settle()
    assert "edited" == both.sf(sf_id, OBJECT[model])["Subject"]


@pytest.mark.rule("T4", "T6", "F13")
def test_a_task_with_a_key_of_the_customers_own_is_found_again(rich: TotangoBoth) -> None:
    """Its place for the Salesforce id is taken: the unique field in Salesforce names it, and its edits travel on."""
    rich.sf_options = {"external_id_field": KEY_FIELD}
    rich.configure(task={"direction": SEND})
    made = rich.tt_seed("Task", external_id="own-1", title="Call")
    rich.settle()
    (first,) = rich.sf_all("Task")
    rich.state = State()
    rich.configure(task={"direction": SEND})
    mark = rich.log()
    rich.settle()
    assert [] == rich.sent(mark, "POST", "PATCH")

    rich.tt_edit(made, title="Call Ada")
    rich.settle()
    assert [(first["Id"], "Call Ada")] == [(one["Id"], one["Subject"]) for one in rich.sf_all("Task")]


# -- conflict ----------------------------------------------------------------------------------------------------------


@pytest.mark.rule("T9")
@pytest.mark.parametrize("last", ["salesforce", "totango"])
@MODELS
def test_the_last_update_wins_the_whole_record(both: TotangoBoth, model: str, last: str) -> None:
    """Both sides edited different fields: the later record supplies all of them, on both sides."""
    use(both, model)
    body = {"Task": "description", "Touchpoint": "content"}[model]
    sf_id, tt_id = linked(both, model, **{TITLE[model]: "old", body: "old"})
    edits = [
        partial(both.sf_edit, sf_id, OBJECT[model], Subject="Salesforce's"),
        partial(both.tt_edit, tt_id, model, **{body: "Totango's"}),
    ]
    for edit in edits if last == "totango" else reversed(edits):
        edit()
        both.clock.advance(timedelta(minutes=5))
    both.settle()

    expected = ("Salesforce's", "old") if last == "salesforce" else ("old", "Totango's")
    row, record = both.sf(sf_id, OBJECT[model]), both.tt(tt_id, model)
    assert (expected, expected) == ((row["Subject"], row["Description"]), (record[TITLE[model]], record[body]))


@pytest.mark.rule("T9")
def test_by_field_both_edits_survive(both: TotangoBoth) -> None:
    """The grain is a switch: by field, edits of different fields do not meet."""
    both.configure(task={}, grain="field")
    sf_id, tt_id = linked(both, title="old", description="old")
    both.sf_edit(sf_id, Subject="Salesforce's")
    both.tt_edit(tt_id, description="Totango's")
    both.settle()

    row, record = both.sf(sf_id), both.tt(tt_id)
    assert ("Salesforce's", "Totango's") == (row["Subject"], row["Description"])
    assert ("Salesforce's", "Totango's") == (record["title"], record["description"])


@pytest.mark.rule("T9")
@pytest.mark.parametrize("tie", ["salesforce", "partner"])
def test_a_tie_goes_to_salesforce_unless_the_switch_says_otherwise(both: TotangoBoth, tie: str) -> None:
    """Updates in one second, whatever the milliseconds: Salesforce wins, or Totango by the switch."""
    both.configure(task={}, tie=tie)
    sf_id, tt_id = linked(both, title="old")
    both.sf_edit(sf_id, Subject="Salesforce's")
    both.clock.advance(timedelta(milliseconds=900))
    both.tt_edit(tt_id, title="Totango's")
    both.settle()

    expected = "Salesforce's" if tie == "salesforce" else "Totango's"
    assert (expected, expected) == (both.sf(sf_id)["Subject"], both.tt(tt_id)["title"])


@pytest.mark.rule("T9")
def test_the_syncs_own_write_is_no_edit(both: TotangoBoth) -> None:
    """A person edits Salesforce after the sync wrote to Totango: Totango's later stamp does not make it the winner."""
    sf_id, tt_id = linked(both, title="old")
    both.sf_edit(sf_id, Subject="first")
    both.clock.advance(timedelta(seconds=30))
    both.run()
    both.sf_edit(sf_id, Subject="second")
    both.settle()

    assert ("second", "second") == (both.sf(sf_id)["Subject"], both.tt(tt_id)["title"])


@pytest.mark.rule("T10")
@pytest.mark.parametrize("last", ["salesforce", "totango"])
def test_the_order_of_jobs_does_not_matter(both: TotangoBoth, last: str) -> None:
    """Inbound before outbound, or outbound before inbound, on the same two states: the same values on both sides."""
    outcomes = []
    for order in permutations(("in", "out")):
        both.again()
        sf_id, tt_id = linked(both, title="old", description="old")
        edits = [
            partial(both.sf_edit, sf_id, Subject="Salesforce's"),
            partial(both.tt_edit, tt_id, description="Totango's"),
        ]
        for edit in edits if last == "totango" else reversed(edits):
            edit()
            both.clock.advance(timedelta(minutes=5))
        for _ in range(2):
            for way in order:
                both.run(ways=(way,))
        row, record = both.sf(sf_id), both.tt(tt_id)
        outcomes.append((row["Subject"], row["Description"], record["title"], record["description"]))

    expected = ("Salesforce's", "old") if last == "salesforce" else ("old", "Totango's")
    assert [expected * 2] * 2 == outcomes
