"""The mapping linter: what of a mapping an org would refuse, ignore or lose; and what changed in an org."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from tests.crm_sync.both import BOTH, KEY_FIELD, SF, Both

from crm_sync.cli import sync
from crm_sync.config import Config, load_profile
from crm_sync.known import SfField, SfObject
from crm_sync.linter import (
    Finding,
    Pair,
    Row,
    Severity,
    as_data,
    describe_hash,
    drift,
    from_data,
    lint,
    pairs_of,
    pairs_of_profile,
)
from crm_sync.linter.checks import TABLES
from crm_sync.model import Direction
from crm_sync.sides.salesforce import Salesforce
from fake_core import FrozenClock

ERROR, WARNING = Severity.ERROR, Severity.WARNING
EXAMPLE = Path(__file__).parents[2] / "fixtures" / "configs" / "planhat.toml"


def sf_field(name: str, kind: str = "string", **more: Any) -> SfField:
    facts = {"createable": True, "updateable": True, "restricted": False, "values": frozenset(), "length": 0}
    return SfField(name=name, type=kind, external_id=False, unique=False, **{**facts, **more})


USER, CONTACT, ACCOUNT = ({"references": frozenset({name})} for name in ("User", "Contact", "Account"))
READ_ONLY: dict[str, Any] = {"createable": False, "updateable": False}
TASK = SfObject(
    "Task",
    "00T",
    {
        field.name: field
        for field in [
            sf_field("Subject", "combobox", length=255),
            sf_field("Description", "textarea", length=32_000),
            sf_field("Status", "picklist", restricted=True, values=frozenset({"Not Started", "Completed"})),
            sf_field("Priority", "picklist", values=frozenset({"High", "Normal"})),
            sf_field("ActivityDate", "date"),
            sf_field("StartDateTime", "datetime"),
            sf_field("OwnerId", "reference", relationship="Owner", **USER),
            sf_field("WhoId", "reference", relationship="Who", **CONTACT),
            sf_field("WhatId", "reference", relationship="What", **ACCOUNT),
            sf_field("AccountId", "reference", **READ_ONLY, **ACCOUNT),
            sf_field("CreatedById", "reference", relationship="CreatedBy", **READ_ONLY, **USER),
            sf_field("CreatedDate", "datetime", updateable=False),  # a permission allows setting it on creation
            sf_field("Age__c", "double", calculated=True, **READ_ONLY),
            sf_field("Locked__c", **READ_ONLY),
            sf_field("TaskSubtype", "picklist", updateable=False),
            sf_field("Short__c", length=20),
            sf_field("Partner__c", "reference", **ACCOUNT),
            sf_field("Boss__c", "reference", **USER),
            sf_field("Key__c", length=60),
        ]
    },
)


def row(salesforce: str, lens: str = "text", way: str = "both", **more: Any) -> Row:
    given = {"name": salesforce.lower(), "partner": "subject", "sends": way != "in", "receives": way != "out"}
    return Row(salesforce=salesforce, lens=lens, **{**given, **more})


def found(*rows: Row, sobject: SfObject = TASK, **more: Any) -> list[Finding]:
    return lint([Pair("Nobody:Task", "nobody", "Nobody", "Task", rows, **more)], {"Task": sobject})


def told(findings: Sequence[Finding]) -> list[tuple[str, str, Severity]]:
    return [(finding.code, finding.field, finding.severity) for finding in findings]


# -- one check each -------------------------------------------------------------------------------------------


@pytest.mark.rule("F39", "F69", "T18", "T19", "T32", "H4")
@pytest.mark.parametrize(
    ("given_row", "expected"),
    [
        pytest.param(row("Subject"), [], id="a field that fits"),
        pytest.param(row("Subjetc"), [("unknown_field", "Subjetc", ERROR)], id="mistyped"),
        pytest.param(row("Type", by_default=True), [("unknown_field", "Type", WARNING)], id="the profile's own"),
        pytest.param(row("Owner.Email", way="in"), [], id="a path that is read"),
        pytest.param(row("Boss.Email", way="in"), [("unknown_field", "Boss.Email", ERROR)], id="no such path"),
        pytest.param(row("Owner.Email", way="out"), [("path_target", "Owner.Email", ERROR)], id="a path is no target"),
        pytest.param(row("OwnerId", "user_email", reads="Owner.Email"), [], id="in by path, out by id"),
        pytest.param(row("Age__c", "same"), [("derived_target", "Age__c", ERROR)], id="a formula"),
        pytest.param(row("Age__c", "same", way="in"), [], id="a formula is read"),
        pytest.param(row("CreatedDate", "stamp"), [("derived_target", "CreatedDate", ERROR)], id="history"),
        pytest.param(row("CreatedDate", "stamp", way="in"), [], id="history is read"),
        pytest.param(row("Locked__c"), [("read_only_target", "Locked__c", ERROR)], id="no right to edit"),
        pytest.param(row("Locked__c", by_default=True), [("read_only_target", "Locked__c", WARNING)], id="left out"),
        pytest.param(row("TaskSubtype", "type"), [("create_only_target", "TaskSubtype", WARNING)], id="once only"),
        pytest.param(row("TaskSubtype", "type", write_out="create_only"), [], id="once only, and known"),
        pytest.param(row("Partner__c", "same"), [("reference_target", "Partner__c", ERROR)], id="a reference"),
        pytest.param(
            row("Boss__c", "user_email"), [("reference_target", "Boss__c", ERROR)], id="a user, not the owner"
        ),
        pytest.param(row("WhatId", "user_email"), [("reference_target", "WhatId", ERROR)], id="a parent"),
        pytest.param(row("OwnerId", "same"), [("reference_target", "OwnerId", ERROR)], id="a foreign id"),
        pytest.param(row("OwnerId", "contact_email"), [("reference_target", "OwnerId", ERROR)], id="no such owner"),
        pytest.param(row("WhoId", "contact_email"), [], id="who is looked up"),
        pytest.param(row("Partner__c", "same", way="in"), [], id="a reference is read"),
        pytest.param(row("StartDateTime", "day"), [("lossy_type", "StartDateTime", WARNING)], id="day into a moment"),
        pytest.param(row("ActivityDate", "stamp"), [("lossy_type", "ActivityDate", WARNING)], id="moment into a day"),
        pytest.param(row("ActivityDate", "date"), [], id="day into a day"),
        pytest.param(row("ActivityDate", "html"), [("lens_type", "ActivityDate", ERROR)], id="html into a day"),
        pytest.param(row("Age__c", "text", way="in"), [("lens_type", "Age__c", ERROR)], id="a number is no text"),
        pytest.param(row("Short__c", max_length=20), [], id="as long as the field"),
        pytest.param(row("Short__c", max_length=21), [("cut", "Short__c", WARNING)], id="longer than the field"),
        pytest.param(row("Short__c", max_length=21, way="in"), [], id="only read"),
    ],
)
def test_one_field(given_row: Row, expected: list[tuple[str, str, Severity]]) -> None:
    """Each kind of field is refused, warned of or let pass, by the way that it is mapped."""
    assert expected == told(found(given_row))


def test_account_id_says_what_it_follows_from() -> None:
    """A derived field names its source, so that the reader knows what to map instead."""
    (finding,) = (one for one in found(row("AccountId", "same")) if one.code == "derived_target")

    assert "follows from WhatId and WhoId" in finding.reason
    assert "receive only" in finding.advice


def test_a_mistyped_field_is_guessed() -> None:
    """The nearest field stands in the advice; a word like nothing is not guessed."""
    near, far = found(row("Subjetc", partner="a")), found(row("Zebra__c", partner="a"))

    assert near[0].advice.startswith("did you mean Subject?")
    assert "did you mean" not in far[0].advice


@pytest.mark.rule("F33", "T45")
def test_values_that_the_picklist_does_not_have() -> None:
    """Refused where the picklist is restricted, a warning where Salesforce keeps any text."""
    rows = row("Status", "choice", partner="a"), row("Priority", "choice", partner="b")
    images = {"status": {"Completed": "complete", "Open": "open"}, "priority": {"High": "high", "Low": "low"}}

    restricted, free = found(*rows, images=images)

    assert [("restricted_value", "Status", ERROR), ("unlisted_value", "Priority", WARNING)] == told([restricted, free])
    assert 'open is written as "Open"' in restricted.reason
    assert "Completed, Not Started" in restricted.advice


@pytest.mark.rule("T35")
def test_two_sources_for_one_target() -> None:
    """On either side a target is written from one field; one field may have several targets."""
    out = found(row("Subject", way="out", partner="a", name="1"), row("Subject", way="out", partner="b", name="2"))
    back = found(row("Subject", way="in"), row("Description", "lines", way="in"))
    several = found(row("Subject", way="out"), row("Description", "lines", way="out"))

    assert [("two_sources", "Subject", ERROR)] == told(out)
    assert "a and b" in out[0].reason
    assert [("two_sources", "subject", ERROR)] == told(back)
    assert [] == several


@pytest.mark.rule("T35")
def test_a_moment_received_from_its_day() -> None:
    """Sent to a day and to a moment and received from the day, the time of day is lost; also when jobs are apart."""
    day, moment = row("ActivityDate", "stamp_day", partner="at"), row("StartDateTime", "stamp", partner="at", way="out")
    out = Pair("out", "nobody", "Touchpoint", "Task", (replace(day, receives=False), moment))
    back = Pair("in", "nobody", "Touchpoint", "Task", (replace(day, sends=False),))
    from_the_moment = Pair("in", "nobody", "Touchpoint", "Task", (replace(moment, sends=False, receives=True),))

    assert [("lossy_time", "ActivityDate", WARNING)] == told(found(day, moment))
    assert [("lossy_time", "ActivityDate", WARNING)] == told(lint([out, back], {"Task": TASK}))
    assert [] == lint([out, from_the_moment], {"Task": TASK})
    assert [("two_sources", "at", ERROR)] == told(found(day, replace(moment, receives=True)))


def test_a_required_field_that_nothing_fills() -> None:
    """Every creation would be refused; a default, a constant or a mapping fills it, and who makes none needs none."""
    needed = sf_field("Region__c", nillable=False)
    org = SfObject("Task", "00T", {**TASK.fields, "Region__c": needed})
    filled = SfObject("Task", "00T", {**TASK.fields, "Region__c": replace(needed, defaulted=True)})

    assert [("required_unmapped", "Region__c", ERROR)] == told(found(row("Subject"), sobject=org))
    assert [] == found(row("Subject"), row("Region__c", way="out"), sobject=org)
    assert [] == found(row("Subject"), sobject=org, constants={"Region__c": "EU"})
    assert [] == found(row("Subject"), sobject=org, creates=False)
    assert [] == found(row("Subject", way="in"), sobject=org)
    assert [] == found(row("Subject"), sobject=filled)


@pytest.mark.rule("F01", "F13")
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "not a unique external id"),
        ({"external_id": True}, "not a unique external id"),
        ({"external_id": True, "unique": True, **READ_ONLY}, "read-only"),
        ({"external_id": True, "unique": True}, ""),
        (None, "no field"),
    ],
)
def test_the_syncs_own_key(changes: dict[str, Any] | None, words: str) -> None:
    """The field that makes creation safe must be there, unique, an external id, and writable."""
    key = {} if changes is None else {"Key__c": replace(TASK.fields["Key__c"], **changes)}
    rest = {name: field for name, field in TASK.fields.items() if name != "Key__c"}
    findings = found(row("Subject"), sobject=SfObject("Task", "00T", {**rest, **key}), key_field="Key__c")

    assert ([("key_field", "Key__c", ERROR)] if words else []) == told(findings)
    assert all(words in finding.reason for finding in findings)


@pytest.mark.rule("F39", "H4", "H5")
@pytest.mark.parametrize(
    ("model", "partner", "way", "expected"),
    [
        ("Task", "action", "both", []),
        ("Task", "companyName", "in", [("derived_target", "companyName", ERROR)]),
        ("Task", "snippet", "both", [("derived_target", "snippet", ERROR)]),
        ("Conversation", "snippet", "in", [("derived_target", "snippet", ERROR)]),
        ("Conversation", "snippet", "out", []),
        ("Task", "title", "in", [("unknown_field", "title", ERROR)]),
        ("Task", "custom.Phase", "in", []),
        ("Task", "ownerName", "out", []),
    ],
)
def test_what_planhat_fills_by_itself(
    model: str, partner: str, way: str, expected: list[tuple[str, str, Severity]]
) -> None:
    """Derived fields may be sent and never received; what Planhat does not know it drops without a word."""
    pair = Pair(f"{model}:Task", "planhat", model, "Task", (row("Subject", way=way, partner=partner),))

    assert expected == told(lint([pair], {"Task": TASK}))


def test_errors_come_first() -> None:
    """What stops a sync stands above what only loses something."""
    findings = found(row("Short__c", max_length=99, partner="a"), row("Locked__c", partner="b"))

    assert [ERROR, WARNING] == [finding.severity for finding in findings]


# -- profiles and configurations --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def org(two_fakes: Both) -> Salesforce:
    """The fixtures' org: Salesforce's own fields and two custom ones."""
    both = two_fakes.again()
    config = Config.from_mapping(both.mapping(task=BOTH))
    return Salesforce(config.salesforce, session=both.session, clock=FrozenClock())


@pytest.mark.parametrize("name", ["planhat", "totango", "marketo"])
def test_a_profile_fits_an_org_as_it_comes(org: Salesforce, name: str) -> None:
    """No default mapping has an error; Type is warned of, because only some orgs have it."""
    pairs = [pair for pair in pairs_of_profile(name) if pair.sobject in {"Task", "Event"}]

    findings = lint(pairs, {pair.sobject: org.describe(pair.sobject) for pair in pairs})

    assert pairs
    assert {("unknown_field", "Type", WARNING)} >= set(told(findings))
    assert (name == "marketo") == (findings == [])


@pytest.mark.parametrize("name", ["planhat", "totango", "marketo"])
def test_an_example_configuration_fits_an_org_as_it_comes(org: Salesforce, name: str) -> None:
    """Each configuration in fixtures/ is linted as its sections are, without an error."""
    path = EXAMPLE.with_name(f"{name}.toml")
    names = re.findall(r"\$\{(\w+)\}", path.read_text("utf-8"))
    pairs = pairs_of(Config.load(path, environment=dict.fromkeys(names, "https://example.invalid")))

    findings = lint(pairs, {pair.sobject: org.describe(pair.sobject) for pair in pairs})

    assert sum(len(pair.rows) for pair in pairs) > 5
    assert {("unknown_field", "Type", WARNING)} >= set(told(findings))


@pytest.mark.parametrize("name", ["planhat", "totango", "marketo"])
def test_every_lens_of_a_profile_is_known(name: str) -> None:
    """A lens without a row in the table would be checked by nobody."""
    rows = [one for pair in pairs_of_profile(name) for one in pair.rows]

    assert set() == {one.lens for one in rows} - TABLES["lenses"].keys()
    assert len(rows) == sum(len(section["fields"]) for section in load_profile(name)["sections"].values())


def with_fields(both: Both, *fields: dict[str, Any], **more: Any) -> list[tuple[str, str, Severity]]:
    config = Config.from_mapping(both.mapping(task=BOTH, task_extra={"fields": list(fields)}, **more))
    org = Salesforce(config.salesforce, session=both.session, clock=FrozenClock())
    pairs = pairs_of(config)
    return told(lint(pairs, {pair.sobject: org.describe(pair.sobject) for pair in pairs}))


@pytest.mark.rule("F33", "F39", "F69")
def test_a_configuration_against_an_org(both: Both) -> None:
    """What a configuration adds is an error where the org refuses it; the profile's own rows stay warnings."""
    plain = [("unknown_field", "Type", WARNING)]

    assert plain == with_fields(both)
    named = with_fields(both, {"planhat": "custom.Phase", "salesforce": "Phase__c"})
    assert [("unknown_field", "Phase__c", ERROR), *plain] == named
    typed = with_fields(both, {"planhat": "type", "salesforce": "Type", "lens": "text"})
    assert [("unknown_field", "Type", ERROR)] == typed
    derived = with_fields(both, {"planhat": "custom.Account", "salesforce": "AccountId"})
    assert [("derived_target", "AccountId"), ("reference_target", "AccountId")] == [one[:2] for one in derived[:2]]
    received = {
        "planhat": "snippet",
        "salesforce": "CallObject",
        "lens": "text",
        "direction": "Receive from Salesforce",
    }
    assert [("derived_target", "snippet", ERROR), *plain] == with_fields(both, received)
    stage = {"planhat": "custom.Stage", "salesforce": "Stage__c", "lens": "status"}
    codes = with_fields(both, stage)
    assert {("restricted_value", "Stage__c", ERROR)} == set(codes) - set(plain)


@pytest.mark.rule("F13")
def test_the_key_of_a_configuration(both: Both) -> None:
    """The unique external-id field of the fixtures' org is one, an ordinary field is none."""
    both.sf_options = {"external_id_field": KEY_FIELD}
    assert [("unknown_field", "Type", WARNING)] == with_fields(both)
    both.sf_options = {"external_id_field": "CallObject"}
    assert ("key_field", "CallObject", ERROR) in with_fields(both)


# -- the command ---------------------------------------------------------------------------------------------------


@pytest.fixture
def desk(both: Both, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`sync lint` over the example configuration with some text behind it."""
    for name in ("SALESFORCE_USERNAME", "SALESFORCE_PASSWORD", "SALESFORCE_SECURITY_TOKEN", "SALESFORCE_CLIENT_ID",
                 "SALESFORCE_CLIENT_SECRET"):  # fmt: skip
        monkeypatch.setenv(name, both.credentials[name.removeprefix("SALESFORCE_").lower()])
    for name, value in {"SALESFORCE_URL": SF, "PLANHAT_URL": "https://api.planhat.com", "PLANHAT_TOKEN": "x"}.items():
        monkeypatch.setenv(name, value)
    both.wire.arm(None)

    def call(*arguments: str, more: str = "") -> Any:
        path = tmp_path / "planhat.toml"
        path.write_text(EXAMPLE.read_text("utf-8") + more, "utf-8")
        with both.network:
            return CliRunner().invoke(sync, ["lint", "--config", str(path), *arguments])

    return call


BROKEN = '\n[[sections.fields]]\nplanhat = "custom.Made"\nsalesforce = "CreatedDate"\n'


def test_lint_of_the_example(desk: Any) -> None:
    """The example has no error in an org as it comes: status 0, and a line for each warning."""
    answer = desk()

    assert 0 == answer.exit_code, answer.output
    assert "warning: Task:Task Type: Task has no field Type" in answer.output
    assert answer.output.splitlines()[-1].endswith("0 errors, 2 warnings")


def test_lint_of_a_mapping_that_cannot_work(desk: Any) -> None:
    """An error is status 1, in text and in JSON; the JSON has the section, the field, the reason, what to do."""
    text, data = desk(more=BROKEN), desk("--json", more=BROKEN)

    assert (1, 1) == (text.exit_code, data.exit_code), text.output
    assert text.output.startswith("error: Conversation:Task CreatedDate: ")
    first = json.loads(data.output)[0]
    assert ["section", "field", "code", "severity", "reason", "advice"] == list(first)
    assert ("Conversation:Task", "CreatedDate", "derived_target", "error") == tuple(first.values())[:4]


def test_lint_writes_nothing(both: Both, desk: Any) -> None:
    """It asks the org what it looks like, and neither the partner nor the state anything."""
    both.salesforce.journal.clear()
    both.planhat.journal.clear()

    assert 0 == desk().exit_code

    calls = [(call["method"], call["path"]) for call in both.sf_control.journal()]
    assert ("POST", "/services/oauth2/token") == calls[0]
    assert {("GET", "/services/data/v60.0/sobjects/Task/describe")} == set(calls[1:])
    assert [] == both.ph_control.journal()


def test_lint_of_an_object_that_is_not_there(desk: Any) -> None:
    """One line says what and what to do."""
    more = '\n[[sections]]\nplanhat = "Conversation"\nsalesforce = "Nope__c"\ndirection = "Send to Salesforce"\n'
    more += 'fields = [ { planhat = "subject", salesforce = "Name" } ]\n'

    answer = desk(more=more)

    assert 1 == answer.exit_code
    assert 1 == len(answer.output.splitlines()), answer.output
    assert "does not describe Nope__c" in answer.output


# -- drift -----------------------------------------------------------------------------------------------------------

NAMES = st.sampled_from(["Subject", "Stage__c", "Phase__c", "OwnerId"])
FLAGS = ("createable", "updateable", "restricted", "external_id", "unique", "defaulted", "calculated", "nillable")


@st.composite
def sobjects(draw: st.DrawFn) -> SfObject:
    """A describe of up to four fields."""
    fields = {}
    for name in draw(st.sets(NAMES)):
        fields[name] = SfField(
            name=name,
            values=draw(st.frozensets(st.sampled_from(["One", "Two", "Three"]))),
            length=draw(st.sampled_from([0, 80, 255])),
            type=draw(st.sampled_from(["string", "picklist", "reference"])),
            references=draw(st.frozensets(st.sampled_from(["User", "Group"]))),
            relationship=draw(st.sampled_from(["", "Owner"])),
            default=draw(st.sampled_from([None, "One", True])),
            **{flag: draw(st.booleans()) for flag in FLAGS},
        )
    return SfObject("Task", draw(st.sampled_from(["00T", None])), fields)


@st.composite
def edited(draw: st.DrawFn) -> tuple[SfObject, SfObject]:
    """A describe, and the next run's: the same, one attribute of one field changed, or another one."""
    before, other = draw(sobjects()), draw(sobjects())
    shared = sorted(before.fields.keys() & other.fields.keys())
    if not shared:
        return before, draw(st.sampled_from([before, other]))
    name = draw(st.sampled_from(shared))
    attribute = draw(st.sampled_from(sorted(vars(before.fields[name]))))
    change = {attribute: getattr(other.fields[name], attribute)}
    return before, replace(before, fields={**before.fields, name: replace(before.fields[name], **change)})


@pytest.mark.rule("F69", "F33")
@given(pair=edited())
def test_a_hash_is_as_fine_as_the_report(pair: tuple[SfObject, SfObject]) -> None:
    """Two describes have one fingerprint exactly when there is nothing to tell."""
    before, after = pair

    assert (before == after) == (drift(before, after) == [])
    assert (describe_hash(before) == describe_hash(after)) == (drift(before, after) == [])


@pytest.mark.rule("F69")
@given(sobject=sobjects())
def test_a_describe_can_be_kept(sobject: SfObject) -> None:
    """What a run kept says the same to the next one, and nothing drifts by itself."""
    kept = from_data(json.loads(json.dumps(as_data(sobject))))

    assert sobject == kept
    assert describe_hash(sobject) == describe_hash(kept)
    assert [] == drift(sobject, kept)


@pytest.mark.rule("F69", "F33")
def test_what_drift_tells() -> None:
    """A field renamed in Setup, an edited picklist, a lost right: each is a line with the field's name."""
    old = SfObject(
        "Task",
        "00T",
        {
            "Stage__c": sf_field("Stage__c", "picklist", values=frozenset({"One", "Two"})),
            "Note__c": sf_field("Note__c", length=80),
            "Subject": sf_field("Subject", length=255),
        },
    )
    new = SfObject(
        "Task",
        "00T",
        {
            "Phase__c": sf_field("Phase__c", "picklist", values=frozenset({"One", "Two"})),
            "Note__c": sf_field("Note__c", length=40, createable=False),
            "Subject": sf_field("Subject", length=255),
        },
    )

    assert [
        "Task.Note__c held 80 characters, now 40",
        "Task.Note__c can no longer be set on creation",
        "Task.Phase__c is new (picklist)",
        "Task.Stage__c is gone: deleted, hidden from this user, or renamed (to Phase__c?)",
    ] == drift(old, new)
    edited = SfObject("Task", "00T", {"Stage__c": replace(old.fields["Stage__c"], values=frozenset({"Two", "Three"}))})
    assert ["Task.Stage__c no longer has the values One", "Task.Stage__c has new values: Three"] == drift(
        SfObject("Task", "00T", {"Stage__c": old.fields["Stage__c"]}), edited
    )


@pytest.mark.rule("F69")
def test_drift_of_a_real_describe(both: Both) -> None:
    """The same org twice says nothing; an org without its custom field says that it is gone."""
    sections = Config.from_mapping(both.mapping(task=BOTH))
    first, again = (
        Salesforce(sections.salesforce, session=both.session, clock=FrozenClock()).describe("Task") for _ in range(2)
    )
    without = SfObject("Task", first.key_prefix, {k: v for k, v in first.fields.items() if k != "Stage__c"})

    assert Direction.BOTH is sections.sections[0].direction
    assert [] == drift(first, again)
    assert ["Task.Stage__c is gone: deleted, or hidden from this user"] == drift(first, without)
