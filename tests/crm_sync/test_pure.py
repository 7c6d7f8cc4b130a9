"""Deciding, ids, texts, lenses and the inheritance switch: no network, no state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_sync import html_text
from crm_sync.config import Options, ValueMap, load_profile
from crm_sync.decide import Loser, Seen, View, decide
from crm_sync.inheritance import Inheritance
from crm_sync.mapping import LENSES, Context, Held, lens, moment_text, parse_moment
from crm_sync.model import Direction, FieldMap, Policy
from crm_sync.record_ids import AmbiguousId, NotAnId, canonical, checksum

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
PROFILE = load_profile("planhat").raw
OWNERS = {"005000000000001AAA": "u1", "005000000000002AAA": "u2"}


def context(**options: Any) -> Context:
    status = PROFILE["status"]
    return Context(
        maps={
            "status": ValueMap(status["to_planhat"], status["to_salesforce"]),
            "type": ValueMap({}, PROFILE["type"]["to_salesforce"]),
        },
        options=Options(**options),
        closed_at_partner=frozenset({"Done", "Ignored"}),
        closed_means="Done",
        owner_at_partner=OWNERS.get,
        owner_in_salesforce={v: k for k, v in OWNERS.items()}.get,
    )


def mapped(section: str, name: str) -> FieldMap:
    row = next(f for f in PROFILE["sections"][section]["fields"] if f["name"] == name)
    known = {**row, "direction": Direction(row.get("direction", "Both Directions"))}
    return FieldMap(partner=known.pop("planhat"), **known)


# -- decide ---------------------------------------------------------------------------------------


def view(replica: str, value: str, seen: Seen, *, at: float = 0, flow: str = "Both Directions") -> View:
    return View(replica, seen, value, NOW + timedelta(seconds=at), Direction(flow))


def same(left: Any, right: Any, _model: str) -> bool:
    return bool(left == right)


@pytest.mark.rule("P24", "F56", "F57")
@pytest.mark.parametrize(
    ("policy", "planhat_at", "winner"),
    [
        (Policy.NEWEST, 2.0, "Task"),
        (Policy.NEWEST, 0.9, "salesforce"),  # the same second is a tie, and ties are Salesforce's
        (Policy.NEWEST, -1.0, "salesforce"),
        (Policy.SALESFORCE, 2.0, "salesforce"),
        (Policy.PARTNER, -2.0, "Task"),
    ],
)
def test_conflict_has_a_winner_and_a_named_loser(policy: Policy, planhat_at: float, winner: str) -> None:
    """Both changed: the policy decides, and the value given up is named."""
    sf, ph = view("salesforce", "A", Seen.CHANGED), view("Task", "B", Seen.CHANGED, at=planhat_at)

    decision = decide(sf, [ph], policy, same)

    loser = "Task" if winner == "salesforce" else "salesforce"
    value = "B" if loser == "Task" else "A"
    assert (winner, (loser,)) == (decision.winner, decision.targets)
    assert (Loser(loser, value, policy.value),) == decision.losers


@pytest.mark.rule("P1", "F09")
def test_conversation_and_task_of_one_activity() -> None:
    """The later of Task and Conversation is taken, the other one's value is named as given up."""
    sf = view("salesforce", "old", Seen.SAME)
    task = view("Task", "task's", Seen.CHANGED, at=1)
    conversation = view("Conversation", "conversation's", Seen.CHANGED, at=2)

    decision = decide(sf, [task, conversation], Policy.NEWEST, same)

    assert "Conversation" == decision.winner
    assert {"salesforce", "Task"} == set(decision.targets)
    assert ["Task"] == [loser.replica for loser in decision.losers]


@pytest.mark.rule("I5")
@given(
    sf=st.sampled_from(["base", "x", "y"]),
    ph=st.sampled_from(["base", "x", "y"]),
    flow=st.sampled_from(list(Direction)),
    policy=st.sampled_from(list(Policy)),
    later=st.integers(-5, 5),
)
def test_what_changed_is_taken_or_named(sf: str, ph: str, flow: Direction, policy: Policy, later: int) -> None:
    """A changed value either wins, stays where it is, agrees, or is named as a loser."""
    seen = {True: Seen.SAME, False: Seen.CHANGED}
    left = view("salesforce", sf, seen[sf == "base"])
    right = view("Task", ph, seen[ph == "base"], at=later, flow=flow.value)

    decision = decide(left, [right], policy, same)

    for one in (left, right):
        overwritten = one.replica in decision.targets
        if one.seen is Seen.CHANGED and overwritten:
            assert one.replica in {loser.replica for loser in decision.losers}


# -- ids --------------------------------------------------------------------------------------------

RECORDED = [
    ("001B000001Lp1G2", "IAJ"),
    ("a00B000000FSjVU", "IA1"),
    ("0035500001H9kZu", "AAJ"),
    ("001D000000IRFma", "IAH"),
    ("003Pc00000NsWSH", "IA3"),
    ("00QOx00000aLVDo", "MAO"),
]


@pytest.mark.rule("P9", "F07")
@pytest.mark.evidence("recorded", "ids in public traffic")
@pytest.mark.parametrize(("first", "suffix"), RECORDED)
def test_checksum(first: str, suffix: str) -> None:
    """The suffix encodes where the capitals are."""
    assert suffix == checksum(first)
    assert first + suffix == canonical(first) == canonical(first + suffix)


ids15 = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", min_size=12, max_size=12)


@pytest.mark.rule("P9", "F08")
@given(ids15)
def test_a_lower_cased_18_is_restored(rest: str) -> None:
    """Whatever happened to its case, an 18 names the same record."""
    full = canonical("00T" + rest)

    assert full == canonical(full.lower()) == canonical(full.upper()) == canonical(full)


@pytest.mark.rule("P9", "F08")
def test_a_lower_cased_15_is_ambiguous() -> None:
    """A lower-cased 15 is refused, unless it has no letters to lose."""
    with pytest.raises(AmbiguousId):
        canonical("00t9h000000s01t", prefix="00T")
    assert "00T000000000001EAA" == canonical("00t000000000001", prefix="00T")


@pytest.mark.rule("P9", "F06")
@pytest.mark.parametrize(
    "text", ["", " ", "crm-42", "00T9H000000S01", "00QOx00000aLVDoMAX", "00QOx00000aLVDoAAA", "001000000000001AAA"]
)
def test_what_is_no_id_of_this_object(text: str) -> None:
    """Blank, short, a wrong checksum, another object's prefix: none of them names a Task."""
    with pytest.raises(NotAnId):
        canonical(text, prefix="00T")


# -- texts -------------------------------------------------------------------------------------------

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60) | st.text("a &<>\n\r\t  ;#x-", max_size=30)


@pytest.mark.rule("P28", "I16", "F42", "F43", "F44")
@given(texts)
def test_text_laws(text: str) -> None:
    """The comparable form is stable, and HTML made of a text reads as that text."""
    assert html_text.canon(text) == html_text.canon(html_text.canon(text))
    assert html_text.canon(text) == html_text.to_text(html_text.to_html(text))


@pytest.mark.rule("P28", "H4")
@pytest.mark.evidence("documented", "Planhat developer page Task, snippets")
@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>Book a thing</p><p>Was it fun?</p>", "Book a thing\n\nWas it fun?"),
        ("<p>Call the client.</p>", "Call the client."),
        ("", ""),
        ("A &amp; B<br>C", "A & B\nC"),
        ("<ul><li>one</li><li>two</li></ul>", "one\ntwo"),
        ("<p>a</p>\n<p></p>\n<p>b</p>", "a\n\nb"),
        ("<style>x</style><b>bold</b>&nbsp;text", "bold text"),
        ("<table><tr><th>a<th>b<tr><td>1</td><td>2</td></tr></table>after", "a b\n1 2\n\nafter"),
    ],
)
def test_html_reads_as_text(markup: str, text: str) -> None:
    """Paragraphs are set apart by a blank line, as in Planhat's snippet."""
    assert text == html_text.to_text(markup)


# -- lenses (I16) --------------------------------------------------------------------------------------

days = st.dates().map(lambda d: d.isoformat()) | st.none()
sf_values = st.fixed_dictionaries(
    {
        "Subject": texts | st.none(),
        "Description": texts | st.none(),
        "ActivityDate": days,
        "Status": st.sampled_from([*PROFILE["status"]["to_planhat"], "Custom"]),
        "OwnerId": st.sampled_from(list(OWNERS)),
        "Type": st.sampled_from(["Call", "Meeting", None]),
    }
)
moments = st.datetimes(timezones=st.just(UTC)).filter(lambda d: 1900 < d.year < 2200).map(moment_text)
ph_values = st.fixed_dictionaries(
    {
        "action": texts | st.none(),
        "description": texts | st.none(),
        "startTime": moments | st.none(),
        "endTime": moments | st.none(),
        "noSpecificTime": st.booleans(),
        "status": st.sampled_from(["In-progress", "Blocked", "Done", "To Do"]),
        "ownerId": st.sampled_from(list(OWNERS.values())),
        "type": st.sampled_from(["Call", "Meeting", None]),
        "isArchived": st.booleans(),
    }
)
NAMES = ["subject", "description", "date", "status", "owner", "type"]


@pytest.mark.rule("I16", "P28", "F31", "F46")
@pytest.mark.parametrize("name", NAMES)
@given(sf=sf_values, ph=ph_values)
def test_what_is_written_to_planhat_agrees(name: str, sf: dict[str, Any], ph: dict[str, Any]) -> None:
    """PutGet towards Planhat: after the write both sides say the same."""
    m, c = mapped("Task:Task", name), context()
    written = lens(m).to_partner(m, sf, c, ph)
    assert not isinstance(written, Held)
    after = {**ph, **written}

    assert lens(m).agree(m, lens(m).key_sf(m, sf, c), lens(m).key_partner(m, after, c), c)


@pytest.mark.rule("I16", "P26", "F31", "F45")
@pytest.mark.parametrize("name", NAMES)
@given(ph=ph_values)
def test_what_is_written_to_salesforce_agrees(name: str, ph: dict[str, Any]) -> None:
    """PutGet towards Salesforce: after the write both sides say the same, as far as it can hold."""
    m, c = mapped("Task:Task", name), context()
    value = lens(m).to_sf(m, ph, c)
    assert not isinstance(value, Held)

    assert lens(m).agree(m, lens(m).key_sf(m, {m.salesforce: value}, c), lens(m).key_partner(m, ph, c), c)


@pytest.mark.rule("I16", "F46")
@given(day=st.dates(), ph=ph_values)
def test_a_day_never_shifts(day: Any, ph: dict[str, Any]) -> None:
    """A new day keeps the time of day; the end moves along with the start."""
    m, c = mapped("Task:Task", "date"), context()
    before_start = parse_moment(ph["startTime"])

    written = lens(m).to_partner(m, {"ActivityDate": day.isoformat()}, c, ph)
    assert not isinstance(written, Held)
    start = parse_moment(written["startTime"])

    assert start is not None
    assert day == start.date()
    if before_start and not ph["noSpecificTime"]:
        assert before_start.time() == start.time()


@pytest.mark.rule("P26")
def test_a_status_that_means_something_else_is_held() -> None:
    """ "Completed" typed as a Planhat status would come back as Done: it is not sent."""
    m, c = mapped("Task:Task", "status"), context()

    assert isinstance(lens(m).to_sf(m, {"status": "Completed"}, c), Held)


@pytest.mark.rule("F45")
def test_a_cut_text_is_not_an_edit() -> None:
    """Salesforce holds 255 characters of a subject; that is no reason to cut Planhat's."""
    m, c = mapped("Task:Task", "subject"), context()
    long = {"action": "word " * 100}
    sent = lens(m).to_sf(m, long, c)

    assert 255 >= len(sent)
    assert lens(m).agree(m, lens(m).key_sf(m, {"Subject": sent}, c), lens(m).key_partner(m, long, c), c)


def test_every_lens_of_the_profile_exists() -> None:
    """The profile names no lens that is not there."""
    named = {f["lens"] for s in PROFILE["sections"].values() for f in s["fields"]}
    assert named <= set(LENSES)


# -- the switch ---------------------------------------------------------------------------------------


@pytest.mark.rule("P17", "P19", "P20", "P22")
@given(st.lists(st.sampled_from(["met", "unmet", "staff"]), max_size=12))
def test_the_switch_follows_edges(events: list[str]) -> None:
    """On at each step from not meeting the condition to meeting it; off only by the staff."""
    flag, on, met = Inheritance(), False, False
    for event in events:
        if event == "staff":
            flag, on = flag.disabled_by_staff(), False
        else:
            now = event == "met"
            on = on or (now and not met)
            met = now
            flag = flag.saved(met=now)
        assert (on, met) == (flag.on, flag.met)
