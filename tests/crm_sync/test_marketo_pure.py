"""The rules of reminders that need neither network nor state: texts, closed sets, windows, diagnostics."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_sync.config import Config, load_profile
from crm_sync.errors import ConfigError
from crm_sync.lens import Held
from crm_sync.marketo import activity_detail
from crm_sync.marketo.choices import CHOICES, Choice
from crm_sync.marketo.diagnostics import CATEGORIES, category, retried
from crm_sync.marketo.lenses import DETAIL, FOLLOWS, MARKETO_LENSES, OWNER
from crm_sync.marketo.taking_part import Connection, InitialImport, UnmappedStatus
from crm_sync.model import FieldMap
from fake_core import FrozenClock, InProcess
from fake_marketo import create_app

CONFIGS = Path(__file__).parents[2] / "fixtures" / "configs"
VECTORS = tomllib.loads((Path(__file__).parents[2] / "fixtures/vectors/marketo.toml").read_text(encoding="utf-8"))
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ME, SF_ME = "1", "005000000000001AAA"
TEXT = st.text(max_size=40)
VALUES = st.fixed_dictionaries({}, optional=dict.fromkeys(activity_detail.FIELDS, st.none() | TEXT))
PIECE = st.sampled_from([*(f"{{{{{name}}}}}" for name in activity_detail.FIELDS), "{{Nobody}}", "{{", "}}", "\r\n"])
TEMPLATE = st.lists(PIECE | TEXT, max_size=8).map("".join)
LONG = "x" * 300


# -- the activity detail template ---------------------------------------------------------------------------


@pytest.mark.rule("M12")
@pytest.mark.parametrize("row", VECTORS["template"], ids=lambda row: row["text"])
def test_worked_examples_of_the_template(row: dict[str, Any]) -> None:
    """Text is copied, fields are filled, line breaks go, case does not matter, the unknown stays."""
    assert row["text"] == activity_detail.render(row["template"], row["fields"])


@pytest.mark.rule("M12")
def test_cut_after_line_breaks_are_removed() -> None:
    """255 characters of what is left; a break is not counted, and a field that the cut halves is halved."""
    assert "x" * 255 == activity_detail.render("\n" * 10 + "{{activity_subject}}", {"activity_subject": LONG})
    assert "y" * 250 + "abcde" == activity_detail.render("y" * 250 + "{{call_reason}}", {"call_reason": "abcdefgh"})


@pytest.mark.rule("M12")
@given(template=TEMPLATE, values=VALUES)
def test_one_short_line(template: str, values: dict[str, Any]) -> None:
    """Whatever is rendered is one line that a Subject can hold."""
    text = activity_detail.render(template, values)

    assert len(text) <= 255
    assert len(text.splitlines()) <= 1


@pytest.mark.rule("M12")
@given(template=TEMPLATE, values=VALUES, name=st.sampled_from(sorted(activity_detail.FIELDS)))
def test_a_field_without_a_value_leaves_nothing(template: str, values: dict[str, Any], name: str) -> None:
    """A template with an empty field says what it says without that field."""
    without = activity_detail.render(template.replace(f"{{{{{name}}}}}", "\v"), values)  # \v: another line break

    assert without == activity_detail.render(template, {**values, name: None})
    assert without == activity_detail.render(template, {**values, name: ""})


@pytest.mark.rule("M12")
@given(value=TEXT.filter(lambda text: len(text.splitlines()) < 2))
def test_a_value_is_text(value: str) -> None:
    """A user's braces and quotes arrive as they were typed: what was filled in is not filled in again."""
    told = activity_detail.render("{{activity_subject}}", {"activity_subject": value, "activity_type": "Email"})

    assert value.rstrip("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029") == told
    braces = {"activity_subject": "{{activity_type}}", "activity_type": "Email"}
    assert "{{activity_type}}" == activity_detail.render("{{activity_subject}}", braces)


@pytest.fixture(scope="module")
def preview() -> Iterator[Any]:
    """What the partner itself says that a template makes of fields."""
    fake = create_app(clock=FrozenClock())
    session = InProcess([fake]).session()
    url = "https://sia.understudy.example/_standin/sia/activity-detail-preview"
    headers = {"Authorization": f"Bearer {fake.credentials(url)['token']}"}

    def ask(template: str, values: dict[str, Any]) -> str:
        answer = session.post(url, json={"activity_detail_template": template, **values}, headers=headers)
        assert 200 == answer.status_code, answer.text
        return str(answer.json()["text"])

    yield ask
    fake.close()


@pytest.mark.rule("M12")
@given(template=TEMPLATE, values=VALUES)
def test_the_partner_shows_the_same(preview: Any, template: str, values: dict[str, Any]) -> None:
    """What the sync writes into the Subject is what the partner's own preview shows."""
    assert preview(template, values) == activity_detail.render(template, values)


@pytest.mark.rule("M10", "M13")
@given(template=TEMPLATE, values=VALUES, other=TEXT)
def test_the_name_is_heard_only_through_its_field(template: str, values: dict[str, Any], other: str) -> None:
    """Without the field, no edit of the name changes what is rendered."""
    renamed = activity_detail.render(template, {**values, "activity_subject": other})

    assert activity_detail.follows_name(template) or activity_detail.render(template, values) == renamed


@pytest.mark.rule("M10", "M13")
@pytest.mark.parametrize(
    ("template", "follows"),
    [("{{activity_subject}}", True), ("To do: {{Activity_Subject}}", True), ("{{activity_type}}", False),
     ("{activity_subject}", False), ("{{ activity_subject }}", False), ("", False)],
)  # fmt: skip
def test_which_templates_follow_the_name(template: str, *, follows: bool) -> None:
    """The field, in any case, as it is spelt; nothing that only looks like it."""
    assert follows == activity_detail.follows_name(template)


def test_where_the_fields_come_from() -> None:
    """A reminder's own keys, and its campaign step's."""
    reminder = {"type": "Call", "name": "Pat", "call_outcome": "No answer", "call_reason": None}
    step = {"campaign_name": "Spring", "day": 3, "step": 2}
    text = "{{activity_type}}|{{activity_subject}}|{{sales_campaign_name}}|{{sales_campaign_day}}|{{call_outcome}}"

    assert "Call|Pat|Spring|3|No answer" == activity_detail.render(text, activity_detail.values_of(reminder, step))
    assert "Call|Pat|||No answer" == activity_detail.render(text, activity_detail.values_of(reminder))


@pytest.mark.rule("M11")
@pytest.mark.parametrize(
    ("subject", "name"),
    [("Call", "Call"), (" x ", " x "), ("", "(no subject)"), ("  ", "(no subject)"), (None, "(no subject)")],
)
def test_the_name_of_what_is_imported(subject: str | None, name: str) -> None:
    """The Subject, or a word for none: no reminder is without a name."""
    assert name == activity_detail.name_from_subject(subject)


# -- closed sets --------------------------------------------------------------------------------------------

ANY_STATUS = st.sampled_from(["Not Started", "In Progress", "Completed", "Waiting on someone else", "Deferred"]) | TEXT
ANY_PRIORITY = st.sampled_from(["High", "Normal", "Low"]) | TEXT
STANDARD = {"status": ANY_STATUS, "priority": ANY_PRIORITY}


@pytest.mark.rule("M3", "M6")
def test_the_maps() -> None:
    """Two values each, as documented; nothing else has an image."""
    assert {"open": "Not Started", "complete": "Completed"} == CHOICES["status"].to_salesforce
    assert {"normal": "Normal", "high": "High"} == CHOICES["priority"].to_salesforce


@pytest.mark.rule("M3", "M6", "I16")
@pytest.mark.parametrize("name", CHOICES)
def test_there_and_back(name: str) -> None:
    """A value that travels comes back as itself, both ways."""
    choice = CHOICES[name]
    for mine, theirs in choice.to_salesforce.items():
        assert mine == choice.from_salesforce(theirs)
        assert theirs == choice.to_salesforce[mine]


@pytest.mark.rule("M4", "M7", "F31", "F32")
@pytest.mark.parametrize("name", CHOICES)
@given(data=st.data())
def test_an_unmapped_value_is_no_opinion(name: str, data: st.DataObject) -> None:
    """The reminder keeps its value, whatever Salesforce says that the map does not know; case counts."""
    choice = CHOICES[name]
    theirs = data.draw(STANDARD[name])
    current = data.draw(st.sampled_from(sorted(choice.to_salesforce)))
    known = theirs in choice.to_salesforce.values()

    assert known == (choice.from_salesforce(theirs) is not None)
    assert known or current == choice.kept(theirs, current)
    assert choice.at_first_sight(theirs) in choice.to_salesforce
    assert known or {"status": "open", "priority": "normal"}[name] == choice.at_first_sight(theirs)


@pytest.mark.rule("M5", "F31", "F32")
@pytest.mark.parametrize("name", CHOICES)
@given(data=st.data())
def test_only_what_changed_is_written(name: str, data: st.DataObject) -> None:
    """A history of edits writes the image of each real change and nothing else: an unmapped value is not clobbered."""
    choice = CHOICES[name]
    states = st.sampled_from(sorted(choice.to_salesforce))
    history = data.draw(st.lists(states, min_size=1, max_size=6))
    salesforce = unmapped = data.draw(STANDARD[name].filter(lambda text: text not in choice.to_salesforce.values()))
    changed = False
    for before, now in pairwise(history):
        written = choice.written(before, now)
        assert (written is None) == (before == now)
        changed = changed or written is not None
        salesforce = salesforce if written is None else written

    assert (choice.to_salesforce[history[-1]] if changed else unmapped) == salesforce


def test_two_values_of_one_image_are_refused() -> None:
    """They could not be told apart on the way back."""
    with pytest.raises(AssertionError, match="one image"):
        Choice({"a": "X", "b": "X"}, "a")
    with pytest.raises(AssertionError, match="c"):
        Choice({"a": "X"}, "c")


# -- lenses ---------------------------------------------------------------------------------------------------

CONTEXT: Any = None  # these lenses ask for nothing beside the values
STATUS, PRIORITY, NAME, OWNED = (
    FieldMap(name, partner, salesforce, lens)
    for name, partner, salesforce, lens in [
        ("status", "status", "Status", "choice"),
        ("priority", "priority", "Priority", "choice"),
        ("name", "name", "Subject", "activity_detail"),
        ("owner", "assignee", "OwnerId", "assignee"),
    ]
)


@pytest.mark.rule("M3", "M4", "M6", "M7", "I16")
@pytest.mark.parametrize("mapped", [STATUS, PRIORITY], ids=lambda mapped: mapped.name)
@given(data=st.data())
def test_laws_of_a_closed_set(mapped: FieldMap, data: st.DataObject) -> None:
    """What is written reads back as the same key; a value without a row is silent, and written nowhere but at birth."""
    lens, choice = MARKETO_LENSES["choice"], CHOICES[mapped.name]
    theirs = data.draw(STANDARD[mapped.name])
    mine = data.draw(st.sampled_from(sorted(choice.to_salesforce)))
    key = lens.key_sf(mapped, {mapped.salesforce: theirs}, CONTEXT)

    sent = lens.to_sf(mapped, {mapped.partner: mine}, CONTEXT)
    assert mine == lens.key_sf(mapped, {mapped.salesforce: sent}, CONTEXT)
    assert mine == lens.key_partner(mapped, {mapped.partner: mine}, CONTEXT)
    made = lens.to_partner(mapped, {mapped.salesforce: theirs}, CONTEXT, {})
    assert {mapped.partner: choice.at_first_sight(theirs)} == made
    changed = lens.to_partner(mapped, {mapped.salesforce: theirs}, CONTEXT, {mapped.partner: mine})
    assert lens.silent_sf(mapped, key, CONTEXT) == isinstance(changed, Held) == (key is None)
    assert key is None or {mapped.partner: key} == changed


@pytest.mark.rule("M10", "M11", "M13")
@given(name=TEXT, detail=TEXT, follows=st.booleans(), subject=st.none() | TEXT)
def test_laws_of_the_name(name: str, detail: str, subject: str | None, *, follows: bool) -> None:
    """Salesforce never speaks; the key is the name, sent once or always; what is sent is what was rendered."""
    lens = MARKETO_LENSES["activity_detail"]
    values = {"name": name, DETAIL: detail, FOLLOWS: follows}

    assert lens.key_sf(NAME, {"Subject": subject}, CONTEXT) == lens.key_sf(NAME, {"Subject": name}, CONTEXT)
    assert lens.silent_sf(NAME, None, CONTEXT)
    assert not lens.silent(NAME, lens.key_partner(NAME, values, CONTEXT), CONTEXT)
    assert name == lens.key_partner(NAME, values, CONTEXT)
    assert follows != lens.sent_once(values)
    assert (detail.strip() or None) == lens.to_sf(NAME, values, CONTEXT)
    assert isinstance(lens.to_partner(NAME, {"Subject": subject}, CONTEXT, values), Held)
    made = lens.to_partner(NAME, {"Subject": subject}, CONTEXT, {})
    assert {"name": activity_detail.name_from_subject(subject)} == made


@pytest.mark.rule("M24")
def test_an_owner_who_is_nobody_in_salesforce() -> None:
    """The owner is sent as the stored id; without one nothing is said, and sending it is held back."""
    lens = MARKETO_LENSES["assignee"]

    assert SF_ME == lens.to_sf(OWNED, {"assignee": 1, OWNER: SF_ME}, CONTEXT)
    assert SF_ME == lens.key_sf(OWNED, {"OwnerId": SF_ME[:15]}, CONTEXT)
    assert lens.silent(OWNED, lens.key_partner(OWNED, {"assignee": 2, OWNER: ""}, CONTEXT), CONTEXT)
    assert isinstance(lens.to_sf(OWNED, {"assignee": 2, OWNER: ""}, CONTEXT), Held)


# -- windows and scope ----------------------------------------------------------------------------------------


def connection(**changes: Any) -> Connection:
    return Connection(**{"enabled_at": NOW, "user": ME, "sf_user": SF_ME, **changes})


def inside(name: str, at: datetime, since: Connection) -> bool:
    reminder, task = {"assignee": 1}, {"Id": "00T", "OwnerId": SF_ME, "Status": "Not Started"}
    answers = {
        "pull": lambda: not since.refuses_import(task, at),
        "delete": lambda: since.applies_deletion(at),
        "push": lambda: not since.refuses_push(reminder, at),
    }
    return answers[name]()


@pytest.mark.rule("M15", "M16", "M18")
@pytest.mark.parametrize("row", VECTORS["window"], ids=lambda row: f"{row['name']} {row['seconds_before']}")
@pytest.mark.parametrize("micros", [0, 400_000])
def test_worked_examples_of_windows(row: dict[str, Any], micros: int) -> None:
    """Closed bounds for what happened before, a strict one for what is sent; no part of a second moves them."""
    enabled = NOW + timedelta(microseconds=micros)
    at = enabled - timedelta(seconds=row["seconds_before"])
    if row["name"] != "push":
        at = at.replace(microsecond=0)  # Salesforce's stamps

    assert row["inside"] == inside(row["name"], at, connection(enabled_at=enabled))


@pytest.mark.rule("M15", "M16", "M18")
@given(
    name=st.sampled_from(["pull", "delete", "push"]),
    at=st.integers(-2_000_000, 2_000_000),
    later=st.integers(0, 2_000_000),
)
def test_enabling_later_takes_in_no_more(name: str, at: int, later: int) -> None:
    """What is outside stays outside when the sync is enabled later (E.6)."""
    moment = NOW + at * SECOND

    assert inside(name, moment, connection()) or not inside(name, moment, connection(enabled_at=NOW + later * SECOND))


@pytest.mark.rule("M14", "M15")
@given(before=st.integers(0, 10**9))
def test_nothing_that_existed_is_sent(before: int) -> None:
    """Whatever was made before enabling, or at that moment, is never sent, however late it is edited."""
    assert "before the sync was enabled" in connection().refuses_push({"assignee": 1}, NOW - before * SECOND)


@pytest.mark.rule("M24")
def test_another_users() -> None:
    """A task of another owner is not imported, a reminder of another assignee is not sent."""
    mine = connection()
    task = {"Id": "00T", "OwnerId": "005000000000002AAA", "Status": "Not Started"}

    assert "another user's" in mine.refuses_import(task, NOW)
    assert "" == mine.refuses_import({**task, "OwnerId": SF_ME}, NOW)
    assert "somebody else" in mine.refuses_push({"assignee": 2}, NOW + SECOND)
    assert "" == mine.refuses_push({"assignee": 1}, NOW + SECOND)


@pytest.mark.rule("M25")
def test_what_the_integration_logged() -> None:
    """A logged e-mail or call is no reminder; it is known by its id, not by its words."""
    task = {"Id": "00T1a000000XYZUEA4", "OwnerId": SF_ME, "Subject": "Reply: Hello"}

    assert "" == connection().refuses_import(task, NOW)
    assert "logged it" in connection().refuses_import(task, NOW, logged={"00T1a000000XYZUEA4"})
    assert "" == connection().refuses_import(task, NOW, logged={"00T1A000000xyzuUAA"})


@pytest.mark.rule("M4")
@given(status=ANY_STATUS)
def test_the_switch_for_unmapped_statuses(status: str) -> None:
    """As a value they are not carried, the task is; with skip_record the task is not imported."""
    known = CHOICES["status"].to_salesforce.values()
    task = {"Id": "00T", "OwnerId": SF_ME, "Status": status}
    skipping = connection(unmapped_status=UnmappedStatus.SKIP_RECORD)

    assert "" == connection().refuses_import(task, NOW, statuses=known)
    assert (status not in known) == bool(skipping.refuses_import(task, NOW, statuses=known))


@pytest.mark.rule("M16")
def test_the_switch_for_the_initial_import() -> None:
    """all_open imports what is open, however old, and what changed in the last 24 hours, as ever."""
    wide, old = connection(initial_import=InitialImport.ALL_OPEN), NOW - timedelta(days=400)
    task = {"Id": "00T", "OwnerId": SF_ME, "IsClosed": False}
    closed = {**task, "IsClosed": True}

    assert ("", "") == (wide.refuses_import(task, old), wide.refuses_import(closed, NOW))
    assert "24 hours" in wide.refuses_import(closed, old)
    assert "24 hours" in connection().refuses_import(task, old)


# -- diagnostics ------------------------------------------------------------------------------------------------


@pytest.mark.rule("M27")
@pytest.mark.parametrize("name", VECTORS["diagnostics"])
def test_the_categories(name: str) -> None:
    """Each code stands where the page shows it; only the intermittent ones are tried again by themselves."""
    for code in VECTORS["diagnostics"][name]:
        assert (name, name == "Intermittent") == (category(code), retried(code))
    assert sorted(VECTORS["diagnostics"][name]) == sorted(code for code, where in CATEGORIES.items() if where == name)


@pytest.mark.rule("M27")
def test_a_code_that_the_page_does_not_list() -> None:
    """It waits for a person."""
    assert ("Other", False) == (category("STRING_TOO_LONG"), retried("STRING_TOO_LONG"))


def test_the_example_is_valid() -> None:
    """The configuration in fixtures/ can be loaded as it stands."""
    names = ("USERNAME", "PASSWORD", "SECURITY_TOKEN", "CLIENT_ID", "CLIENT_SECRET", "URL")
    environment = {f"SALESFORCE_{name}": "https://example.invalid" for name in names}
    environment |= {"MARKETO_URL": "https://example.invalid", "MARKETO_TOKEN": "s3cr3t"}
    known = Config.load(CONFIGS / "marketo.toml", environment=environment)

    assert ["Reminder:Task"] == [section.key for section in known.enabled()]
    assert "s3cr3t" not in repr(known)


@pytest.mark.parametrize(
    "options",
    [{"unmapped_status": "pass"}, {"initial_import": "all"}, {"conflict": "planhat"}, {"log_conversation": True}],
)
def test_another_partners_switches_are_refused(options: dict[str, Any]) -> None:
    """A switch that this profile does not have, or a value of another profile's, is named."""
    given = {
        "profile": "marketo",
        "salesforce": {"base_url": "https://a.my.salesforce.com", "access_token": "t"},
        "marketo": {"token": "t"},
        "options": options,
        "sections": [{"marketo": "Reminder", "salesforce": "Task", "direction": "Both Directions"}],
    }

    with pytest.raises(ConfigError, match=rf"options\.{next(iter(options))}"):
        Config.from_mapping(given)


# -- the profile ------------------------------------------------------------------------------------------------


@pytest.mark.rule("M2")
def test_five_fields_travel() -> None:
    """The section maps the five documented fields, whom the task belongs to, and no other."""
    fields = load_profile("marketo")["sections"]["Reminder:Task"]["fields"]
    five = {
        "name": "Subject",
        "status": "Status",
        "priority": "Priority",
        "due_date": "ActivityDate",
        "details": "Description",
    }

    assert {**five, "assignee": "OwnerId"} == {row["marketo"]: row["salesforce"] for row in fields}
