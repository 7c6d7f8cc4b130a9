"""What an integration job may say, what two of them may say together, and what they make of the engine's sections."""

from __future__ import annotations

from typing import Any

import pytest

from crm_sync.config import Config, load_profile
from crm_sync.errors import ConfigError
from crm_sync.jobs.job import Job, JobInvalid, refuse_other_user
from crm_sync.jobs.pairs import read_jobs, sections_of, warnings
from crm_sync.jobs.statistics import JobStatistics
from crm_sync.model import Direction, Section
from crm_sync.report import Outcome, SectionReport

PROFILE = load_profile("totango")
TASKS_IN = {"name": "tasks-in", "section": "Task:Task", "direction": "inbound"}
TASKS_OUT = {"name": "tasks-out", "section": "Task:Task", "direction": "outbound"}
TOUCHPOINTS_IN = {"name": "touchpoints-in", "section": "Touchpoint:Event", "direction": "inbound"}
TOUCHPOINTS_OUT = {"name": "touchpoints-out", "section": "Touchpoint:Event", "direction": "outbound"}
CAMPAIGNS = {"name": "campaigns", "section": "CampaignTouch:Event", "direction": "outbound"}
BOTH, SEND, RECEIVE, OFF = (d.value for d in (Direction.BOTH, Direction.SEND, Direction.RECEIVE, Direction.OFF))


def jobs(*given: dict[str, Any]) -> tuple[Job, ...]:
    return read_jobs(given, profile=PROFILE)


def template(section: str, direction: str, *changes: tuple[str, str, str]) -> list[dict[str, Any]]:
    """The default mapping with rows (crm, attribute, type) in place of those with the same target, or added."""
    rows: list[dict[str, Any]] = [dict(row) for row in PROFILE["templates"][section][direction]]
    side = "crm" if direction == "outbound" else "attribute"
    for crm, attribute, kind in changes:
        new = {"crm": crm, "attribute": attribute, "type": kind}
        rows = [row for row in rows if row[side] != new[side]] + [new]
    return rows


def without(section: str, direction: str, attribute: str) -> list[dict[str, Any]]:
    return [row for row in PROFILE["templates"][section][direction] if row["attribute"] != attribute]


def fields(section: Section) -> dict[str, str]:
    """Salesforce field -> direction, of fields that go anywhere."""
    return {m.salesforce: section.flow(m).value for m in section.fields if section.flow(m) is not Direction.OFF}


def configured(*given: dict[str, Any]) -> list[Section]:
    """The engine's sections that the jobs make."""
    config = Config.from_mapping(
        {
            "profile": "totango",
            "salesforce": {"base_url": "https://acme.my.salesforce.com", "access_token": "t"},
            "totango": {"token": "t"},
            "sections": sections_of(jobs(*given), profile=PROFILE),
        }
    )
    return list(config.sections)


@pytest.mark.rule("T13")
@pytest.mark.rule("T24")
@pytest.mark.rule("T37")
def test_defaults_of_a_job() -> None:
    """Nothing new is made, everything is imported, the mapping is the template's; campaign touches are always made."""
    into, out, campaigns = jobs(TASKS_IN, TASKS_OUT, CAMPAIGNS)

    assert [False, False, True] == [job.create_new for job in (into, out, campaigns)]
    assert ["Task", "Task", "Event"] == [job.crm_object for job in (into, out, campaigns)]
    assert "" == into.filter
    assert [(row["crm"], row["attribute"]) for row in PROFILE["templates"]["Task:Task"]["inbound"]] == [
        (row.crm, row.attribute) for row in into.mapping
    ]


REFUSED = [
    ("T1", {**CAMPAIGNS, "direction": "inbound"}, "direction_not_allowed"),
    ("T24", {**CAMPAIGNS, "create_new": False}, "create_new_fixed"),
    ("T14", {**TASKS_OUT, "filter": "Priority = 'High'"}, "filter_not_allowed"),
    ("T2", {**TASKS_IN, "mapping": without("Task:Task", "inbound", "Account Id")}, "key_missing"),
    ("T2", {**TASKS_OUT, "mapping": without("Task:Task", "outbound", "Task External Id")}, "key_missing"),
    (
        "by their Id, not by Key__c",
        {
            **TASKS_IN,
            "mapping": [
                {"crm": "Key__c", "attribute": "Task External Id", "key": True},
                *without("Task:Task", "inbound", "Task External Id"),
            ],
        },
        "key_not_supported",
    ),
    (
        "T2",
        {
            **TASKS_IN,
            "mapping": [
                {**row, "key": True} for row in template("Task:Task", "inbound") if row["attribute"] != "Status"
            ],
        },
        "key_not_supported",
    ),
    ("T29", {**CAMPAIGNS, "mapping": without("CampaignTouch:Event", "outbound", "Start Date")}, "start_date_missing"),
    (
        "T32",
        {**TASKS_OUT, "mapping": template("Task:Task", "outbound", ("Owner.Email", "Assigned To", "text"))},
        "reference_target",
    ),
    (
        "T19",
        {**TASKS_OUT, "mapping": template("Task:Task", "outbound", ("CreatedDate", "Create Date", "date"))},
        "created_by_target",
    ),
    (
        "T35",
        {
            **TASKS_OUT,
            "mapping": [*template("Task:Task", "outbound"), {"crm": "Subject", "attribute": "Description"}],
        },
        "duplicate_target",
    ),
]


@pytest.mark.rule("T2")
@pytest.mark.rule("T29")
@pytest.mark.rule("T32")
@pytest.mark.parametrize(("rule", "given", "code"), REFUSED, ids=[f"{rule}-{code}" for rule, _, code in REFUSED])
def test_jobs_that_cannot_be(rule: str, given: dict[str, Any], code: str) -> None:
    """Validation names the job, says one word for what is wrong, and the rule."""
    with pytest.raises(JobInvalid, match=rule) as caught:
        jobs(given)

    assert code == caught.value.code
    assert str(caught.value).startswith(f"jobs[{given['name']}]: ")


@pytest.mark.rule("T32")
@pytest.mark.parametrize("target", ["OwnerId", "WhoId"])
def test_two_references_are_allowed(target: str) -> None:
    """A person may be mapped to the owner and to the participant."""
    row = {"crm": target, "crm_type": "reference", "attribute": "Participants"}
    mapping = [*without("Touchpoint:Event", "outbound", "Touchpoint Creator"), row]

    assert target in {one.crm for one in jobs({**TOUCHPOINTS_OUT, "mapping": mapping})[0].mapping}


@pytest.mark.rule("T2")
@pytest.mark.parametrize(
    "other",
    [
        {**TASKS_OUT, "crm_object": "Activity__c"},
        {
            **TASKS_OUT,
            "mapping": [
                {"crm": "Account__c", "attribute": "Account Id", "key": True},
                *without("Task:Task", "outbound", "Account Id"),
            ],
        },
    ],
)
def test_a_pair_has_one_object_and_two_keys(other: dict[str, Any]) -> None:
    """Jobs of both directions with another object, or other keys, do not make a two-way sync: pair_mismatch."""
    with pytest.raises(JobInvalid) as caught:
        jobs(TASKS_IN, other)
    assert "pair_mismatch" == caught.value.code

    assert 1 == len(jobs(other))


@pytest.mark.rule("T2")
@pytest.mark.parametrize(
    ("given", "code"),
    [
        ([TASKS_IN, {**TASKS_OUT, "name": "tasks-in"}], "name_taken"),
        ([TASKS_IN, {**TASKS_IN, "name": "again"}], "second_job"),
        ([{**TASKS_IN, "pair": "nobody"}], "pair_missing"),
        ([{**TASKS_IN, "pair": "touchpoints-out"}, TOUCHPOINTS_OUT], "pair_mismatch"),
        ([{**TASKS_IN, "pair": "tasks-in"}], "pair_mismatch"),
    ],
)
def test_jobs_that_cannot_be_together(given: list[dict[str, Any]], code: str) -> None:
    """One job for each direction of a model, with a name of its own; a pair is two directions of one."""
    with pytest.raises(JobInvalid) as caught:
        jobs(*given)

    assert code == caught.value.code


@pytest.mark.rule("T35")
def test_a_pair_that_loses_the_time_of_day_is_warned_of() -> None:
    """The date goes out as a day and as a start; whoever takes the day back loses the time: lossy_time."""
    double = template("Touchpoint:Event", "outbound", ("StartDateTime", "Touchpoint Date", "date"))
    out = {**TOUCHPOINTS_OUT, "mapping": double}
    start = template("Touchpoint:Event", "inbound", ("StartDateTime", "Touchpoint Date", "date"))

    assert [] == warnings(jobs(TOUCHPOINTS_IN, TOUCHPOINTS_OUT))
    assert ["lossy_time"] == [text.partition(":")[0] for text in warnings(jobs(TOUCHPOINTS_IN, out))]
    assert [] == warnings(jobs({**TOUCHPOINTS_IN, "mapping": start}, out))


@pytest.mark.rule("T38")
def test_a_connection_keeps_its_user() -> None:
    """Another user is refused; the same one, and a job that does not say, are not."""
    (job,) = jobs({**TASKS_IN, "connection_user": "sync@acme.example"})

    refuse_other_user(job, connected_as="")
    refuse_other_user(job, connected_as="sync@acme.example")
    refuse_other_user(jobs(TASKS_IN)[0], connected_as="sync@acme.example")
    with pytest.raises(JobInvalid) as caught:
        refuse_other_user(job, connected_as="other@acme.example")
    assert "connection_user_fixed" == caught.value.code


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"section": "Task:Task", "direction": "inbound"}, r"jobs\[\?\]: name: Missing"),
        ({**TASKS_IN, "section": "Deal:Opportunity"}, "there are Task:Task, Touchpoint:Event"),
        ({**TASKS_IN, "direction": "both"}, "direction: Must be one of: inbound, outbound"),
        ({**TASKS_IN, "speed": 3}, "speed: Unknown field"),
        ({**TASKS_IN, "mapping": [{"crm": ""}]}, r"mapping\.0\.crm: Shorter than .* mapping\.0\.attribute: Missing"),
        ({**TASKS_IN, "schedule": {"kind": "yearly"}}, r"jobs\[tasks-in\]: schedule\.kind"),
        ({**TASKS_IN, "filter": "(Subject = 'x'"}, r"jobs\[tasks-in\]: filter: .* \(rule T14\)"),
    ],
)
def test_a_wrong_key_is_named_with_its_path(given: dict[str, Any], why: str) -> None:
    """One line: the job, the key, what is wrong."""
    with pytest.raises(ConfigError, match=f"(?s){why.replace('.* ', '.*')}"):
        jobs(given)


# -- sections ----------------------------------------------------------------------------------------------------------


@pytest.mark.rule("T1")
@pytest.mark.rule("T2")
def test_two_jobs_make_one_section_and_one_job_half_of_it() -> None:
    """Both directions, or one; each job's switch is its direction's."""
    (both,) = configured({**TASKS_IN, "create_new": True, "filter": "Priority = 'High'"}, TASKS_OUT)
    (half,) = configured({**TASKS_OUT, "create_new": True})

    assert (BOTH, True, False, "Priority = 'High'") == (
        both.direction.value, both.rules.create_in, both.rules.create_out, both.rules.filter_in,
    )  # fmt: skip
    assert (SEND, False, True, "") == (
        half.direction.value, half.rules.create_in, half.rules.create_out, half.rules.filter_in,
    )  # fmt: skip


@pytest.mark.rule("T25")
@pytest.mark.rule("T37")
def test_the_default_jobs_make_the_profiles_sections() -> None:
    """Fields both templates map go both ways, the others one way."""
    expected = {
        "Subject": BOTH,
        "Description": BOTH,
        "Priority": BOTH,
        "Status": BOTH,
        "ActivityDate": BOTH,
        "OwnerId": BOTH,
        "CreatedBy.Email": RECEIVE,
        "CreatedDate": RECEIVE,
        "LastModifiedDate": RECEIVE,
    }

    assert [expected] == [fields(section) for section in configured(TASKS_IN, TASKS_OUT)]


@pytest.mark.rule("T25")
def test_what_no_job_maps_goes_nowhere() -> None:
    """A row that a job leaves out is not written in that direction."""
    (section,) = configured(
        {**TASKS_IN, "mapping": without("Task:Task", "inbound", "Priority")},
        {**TASKS_OUT, "mapping": without("Task:Task", "outbound", "Description")},
    )

    assert (SEND, RECEIVE) == (fields(section)["Priority"], fields(section)["Description"])
    (section,) = configured({**TASKS_IN, "mapping": without("Task:Task", "inbound", "Priority")})
    assert "Priority" not in fields(section)


DESCRIPTION_OF_TITLE = [
    row for row in template("Task:Task", "outbound", ("Description", "Title", "text")) if row["crm"] != "Subject"
]


@pytest.mark.rule("T2", "T25", "T35")
@pytest.mark.parametrize(
    "given",
    [
        [{**TASKS_IN, "mapping": template("Task:Task", "inbound", ("Subject", "Description", "text"))}],
        [TASKS_IN, {**TASKS_OUT, "mapping": DESCRIPTION_OF_TITLE}],
        [{**TASKS_OUT, "mapping": DESCRIPTION_OF_TITLE}, TASKS_IN],
    ],
)
def test_a_row_that_would_not_be_carried_is_refused(given: list[dict[str, Any]]) -> None:
    """One Salesforce field and two attributes: nobody's row is left out, or sent from another attribute, unsaid."""
    with pytest.raises(JobInvalid, match="keeps a Salesforce field and one attribute together") as caught:
        configured(*given)

    assert "second_attribute" == caught.value.code


@pytest.mark.rule("T37")
def test_a_row_of_the_admins_own_is_carried() -> None:
    """A custom field and any attribute; a person of any attribute becomes the owner by e-mail."""
    mapping = template(
        "Task:Task", "outbound", ("Stage__c", "activity_type_id", "text"), ("OwnerId", "Assigner", "text")
    )
    (section,) = configured({**TASKS_OUT, "mapping": mapping})

    by_target = {mapped.salesforce: mapped for mapped in section.fields}
    assert ("activity_type_id", "text", SEND) == (
        by_target["Stage__c"].partner, by_target["Stage__c"].lens, fields(section)["Stage__c"],
    )  # fmt: skip
    assert ("assigner", "user_email") == (by_target["OwnerId"].partner, by_target["OwnerId"].lens)


@pytest.mark.rule("T35")
def test_double_mapping_sends_twice_and_takes_the_start_back() -> None:
    """Touchpoint Date goes to the day and the start; inbound, the start speaks; the Event then has a length."""
    (section,) = configured(
        {
            **TOUCHPOINTS_IN,
            "mapping": template("Touchpoint:Event", "inbound", ("StartDateTime", "Touchpoint Date", "date")),
        },
        {
            **TOUCHPOINTS_OUT,
            "mapping": template("Touchpoint:Event", "outbound", ("StartDateTime", "Touchpoint Date", "date")),
        },
    )

    assert (SEND, BOTH) == (fields(section)["ActivityDate"], fields(section)["StartDateTime"])
    assert {"IsAllDayEvent": False, "DurationInMinutes": 60} == section.on_create
    assert {"IsAllDayEvent": True, "DurationInMinutes": 1440} == configured(TOUCHPOINTS_OUT)[0].on_create


@pytest.mark.rule("T30")
@pytest.mark.rule("T1")
def test_a_campaign_touch_may_leave_its_id() -> None:
    """A custom field of Event gets the id, and such Events never come in; by default there is no such field."""
    mapping = [
        {"crm": "Totango_Campaign_Touch_ID__c", "attribute": "Touchpoint External Id", "key": True},
        *without("CampaignTouch:Event", "outbound", "Touchpoint External Id"),
    ]
    touchpoints, campaigns = configured(TOUCHPOINTS_IN, {**CAMPAIGNS, "mapping": mapping})

    assert ("id", SEND) == (
        next(m.partner for m in campaigns.fields if m.salesforce == "Totango_Campaign_Touch_ID__c"),
        fields(campaigns)["Totango_Campaign_Touch_ID__c"],
    )
    assert {"Totango_Campaign_Touch_ID__c": ["*"]} == touchpoints.rules.exclude_salesforce
    touchpoints, campaigns = configured(TOUCHPOINTS_IN, CAMPAIGNS)
    assert {} == touchpoints.rules.exclude_salesforce
    assert {"Subject", "Description", "ActivityDate", "OwnerId", "Type"} == set(fields(campaigns))


# -- statistics --------------------------------------------------------------------------------------------------------


@pytest.mark.rule("T21")
def test_a_skip_adds_to_no_figure() -> None:
    """processed = created + updated + failed + deleted + unchanged; skips are told apart, with their reasons."""
    section = SectionReport()
    section.add("a", Outcome.CREATED)
    section.add("b", Outcome.UPDATED)
    section.add("c", Outcome.UNCHANGED)
    section.add("d", Outcome.QUARANTINED, "refused")
    section.add("h", Outcome.DELETED)
    before = JobStatistics.of(section).as_dict()
    for label in "efg":
        section.add(label, Outcome.SKIPPED, "no account")

    statistics = JobStatistics.of(section)
    assert (5, 1, 1, 1, 1, 1) == (
        statistics.processed, statistics.created, statistics.updated, statistics.failed, statistics.deleted,
        statistics.unchanged,
    )  # fmt: skip
    assert {"no account": 3} == dict(statistics.skipped)
    after = statistics.as_dict()
    assert {**before, "diagnostics": None} == {**after, "diagnostics": None}
    assert {"d": "refused"} == after["diagnostics"]["failures"]
    assert section.seen == statistics.processed + sum(statistics.skipped.values())


# -- the configuration -------------------------------------------------------------------------------------------------


@pytest.mark.rule("T37")
def test_a_configuration_has_jobs_or_sections() -> None:
    """Jobs make the sections; both at once, or jobs that are no list, are refused."""
    base = {
        "profile": "totango",
        "salesforce": {"base_url": "https://acme.my.salesforce.com", "access_token": "t"},
        "totango": {"token": "t"},
    }
    config = Config.from_mapping({**base, "jobs": [TASKS_IN, CAMPAIGNS]})

    assert ["tasks-in", "campaigns"] == [job.name for job in config.jobs]
    assert ["Task:Task", "CampaignTouch:Event"] == [section.key for section in config.sections]
    with pytest.raises(ConfigError, match="not both"):
        Config.from_mapping({**base, "jobs": [TASKS_IN], "sections": []})
    for wrong in ({"name": "x"}, ["x"], "x", 3):
        with pytest.raises(ConfigError, match=r"one \[\[jobs\]\] table"):
            Config.from_mapping({**base, "jobs": wrong})


@pytest.mark.rule("T14")
def test_a_filter_of_a_section_is_checked_as_a_jobs() -> None:
    """A condition that would end the query around it is refused with the path of its key."""
    section = {
        "totango": "Task",
        "salesforce": "Task",
        "direction": BOTH,
        "rules": {"filter_in": "Id = 'x') OR (1 = 1"},
    }
    given = {
        "profile": "totango",
        "salesforce": {"base_url": "https://acme.my.salesforce.com", "access_token": "t"},
        "totango": {"token": "t"},
        "sections": [section],
    }

    with pytest.raises(ConfigError, match=r"sections\[0\]\.rules\.filter_in: .*not closed"):
        Config.from_mapping(given)


@pytest.mark.rule("T37")
def test_a_job_may_name_a_custom_object() -> None:
    """The fields and rules of the model hold for an object of the customer's own."""
    keys = [
        {"crm": "Account__c", "attribute": "Account Id", "key": True},
        *without("Task:Task", "inbound", "Account Id"),
    ]
    (section,) = configured({**TASKS_IN, "crm_object": "Activity__c", "mapping": keys})

    assert ("Task:Activity__c", "account_id", "record") == (section.key, section.parent_field, section.rules.grain)
    assert "Account__c" == section.company_field
    assert {"Subject", "OwnerId"} <= set(fields(section))


@pytest.mark.rule("T44")
def test_the_profile_names_the_version_of_salesforces_api() -> None:
    """47.0 unless the configuration says another."""
    base = {"profile": "totango", "totango": {"token": "t"}, "jobs": [TASKS_IN]}
    login = {"base_url": "https://acme.my.salesforce.com", "access_token": "t"}

    assert "47.0" == Config.from_mapping({**base, "salesforce": login}).salesforce.api_version
    assert (
        "61.0" == Config.from_mapping({**base, "salesforce": {**login, "api_version": "61.0"}}).salesforce.api_version
    )
