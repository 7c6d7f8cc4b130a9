"""The rules T1 to T45 as far as the settings of integration jobs hold them, asked over HTTP.

The API of jobs is a stand-in; what a job may be set to is Totango's. Written without the fake's code.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from tests.fake_totango.test_rules_held import VECTORS, Service

JOBS = "/_standin/totango/jobs"
DATES = {"crm": "ActivityDate", "attribute": "Touchpoint Date"}
MOMENTS = {"crm": "StartDateTime", "attribute": "Touchpoint Date"}


@pytest.fixture(scope="module")
def made() -> Iterator[Service]:
    service = Service()
    yield service
    service.fake.close()


@pytest.fixture
def totango(made: Service) -> Service:
    made.begin()
    return made


def job(totango: Service, kind: str, direction: str, **settings: Any) -> requests.Response:
    return totango.call("POST", JOBS, {"object": kind, "direction": direction, **settings})


def mapping(kind: str, direction: str) -> list[dict[str, Any]]:
    """The default mapping as a client writes it."""
    [row] = [one for one in VECTORS["mapping"] if (one["object"], one["direction"]) == (kind, direction)]
    return [{"crm": crm, "attribute": attribute, "key": n < 2} for n, (crm, attribute) in enumerate(row["rows"])]


def refusal(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["message"].partition(":")[0]


@pytest.mark.rule("T37")
@pytest.mark.parametrize("row", VECTORS["mapping"], ids=lambda row: f"{row['object']}-{row['direction']}")
@pytest.mark.ledger(
    "totango/default/job-mapping/touchpoints",
    "totango/default/job-mapping/tasks",
    "totango/default/job-mapping/campaign_touches",
)
def test_a_job_begins_with_the_default_mapping(totango: Service, row: dict[str, Any]) -> None:
    """The template of its object and direction, keys marked; a job may replace it without touching another."""
    first = job(totango, row["object"], row["direction"]).json()
    fewer = [one for one in first["mapping"] if one["attribute"] != "Description" and one["attribute"] != "Content"]
    changed = totango.told("PUT", f"{JOBS}/{first['id']}", {"mapping": fewer})
    second = job(totango, row["object"], row["direction"]).json()

    assert row["crm_object"] == first["crm_object"]
    assert row["rows"] == [[one["crm"], one["attribute"]] for one in first["mapping"]]
    assert [True, True] == [one["key"] for one in first["mapping"][:2]]
    assert not any(one.get("key") for one in first["mapping"][2:])
    assert [one["crm"] for one in fewer] == [one["crm"] for one in changed["mapping"]]
    assert first["mapping"] == second["mapping"]


@pytest.mark.rule("T2")
@pytest.mark.parametrize("first", ["inbound", "outbound"])
def test_one_job_is_a_legal_sync_and_two_are_a_pair(totango: Service, first: str) -> None:
    """Each has settings of its own; with the same object and keys one may name the other."""
    second = "outbound" if first == "inbound" else "inbound"
    alone = job(totango, "tasks", first, schedule={"kind": "hourly"})
    twin = job(totango, "tasks", second, schedule={"kind": "daily"}, pair=alone.json()["id"])
    schedules = [totango.told("GET", f"{JOBS}/{one.json()['id']}")["schedule"] for one in (alone, twin)]

    assert (201, None) == (alone.status_code, alone.json()["pair"])
    assert (201, alone.json()["id"]) == (twin.status_code, twin.json()["pair"])
    assert [{"kind": "hourly"}, {"kind": "daily"}] == schedules


DISAGREE = pytest.mark.parametrize("what", ["object", "account key", "external id"])


def disagreeing(what: str, direction: str) -> dict[str, Any]:
    if what == "object":
        return {"crm_object": "Activity__c"}
    rows = mapping("tasks", direction)
    rows[what == "external id"]["crm"] = "Other__c"
    return {"mapping": rows}


@pytest.mark.rule("T2")
@DISAGREE
def test_a_pair_that_disagrees_is_refused(totango: Service, what: str) -> None:
    """Both jobs use one Salesforce object and map the two keys to the same fields."""
    inbound = job(totango, "tasks", "inbound").json()
    refused = job(totango, "tasks", "outbound", pair=inbound["id"], **disagreeing(what, "outbound"))
    jobs = totango.told("GET", JOBS)["jobs"]

    assert (400, "pair_mismatch") == refusal(refused)
    assert [inbound] == jobs


@pytest.mark.rule("T2")
@DISAGREE
@pytest.mark.parametrize("side", ["inbound", "outbound"])
def test_neither_of_a_pair_can_leave_the_agreement(totango: Service, what: str, side: str) -> None:
    """A change of one job that the other does not share is refused, whichever of the two names the other."""
    jobs = {"inbound": job(totango, "tasks", "inbound").json()}
    jobs["outbound"] = job(totango, "tasks", "outbound", pair=jobs["inbound"]["id"]).json()
    path = f"{JOBS}/{jobs[side]['id']}"
    refused = totango.call("PUT", path, disagreeing(what, side))

    assert (400, "pair_mismatch") == refusal(refused)
    assert jobs[side] == totango.told("GET", path)


@pytest.mark.rule("T13")
def test_creating_new_records_is_a_switch_of_the_job(totango: Service) -> None:
    """It is off until somebody switches it on, for that job."""
    one = job(totango, "tasks", "inbound").json()
    totango.told("PUT", f"{JOBS}/{one['id']}", {"create_new": True})
    other = job(totango, "touchpoints", "inbound").json()

    assert (False, False) == (one["create_new"], other["create_new"])
    assert totango.told("GET", f"{JOBS}/{one['id']}")["create_new"] is True


@pytest.mark.rule("T29")
def test_a_campaign_touch_job_must_map_its_start_date(totango: Service) -> None:
    """Without Start Date to ActivityDate the job is refused; no other row is asked for like that."""
    rows = mapping("campaign_touches", "outbound")
    without = [row for row in rows if row["attribute"] != "Start Date"]
    elsewhere = [{**row, "crm": "StartDateTime"} if row["attribute"] == "Start Date" else row for row in rows]
    fewer = [row for row in rows if row["attribute"] != "Description"]
    answers = [job(totango, "campaign_touches", "outbound", mapping=one) for one in (without, elsewhere, fewer)]

    assert [400, 400, 201] == [one.status_code for one in answers]


@pytest.mark.rule("T35")
def test_one_attribute_may_have_two_targets_but_no_target_two_sources(totango: Service) -> None:
    """Touchpoint Date goes to ActivityDate and StartDateTime; Subject cannot come from two attributes."""
    double = [*mapping("touchpoints", "outbound"), MOMENTS]
    twice = [*mapping("touchpoints", "outbound"), {"crm": "Subject", "attribute": "Content"}]
    answers = [job(totango, "touchpoints", "outbound", mapping=one) for one in (double, twice)]

    assert [201, 400] == [one.status_code for one in answers]


@pytest.mark.rule("T35")
@pytest.mark.parametrize(
    ("inbound", "doubled", "warnings"),
    [(DATES, True, ["lossy_time"]), (MOMENTS, True, []), (DATES, False, [])],
    ids=["day only", "start time", "not doubled"],
)
def test_a_doubled_date_that_comes_back_as_a_day_is_warned_of(
    totango: Service, inbound: dict[str, str], doubled: bool, warnings: list[str]
) -> None:
    """The inbound twin reads StartDateTime, or loses the time of day: the job is taken and says so."""
    rows = mapping("touchpoints", "outbound") + ([MOMENTS] if doubled else [])
    out = job(totango, "touchpoints", "outbound", mapping=rows).json()["id"]
    back = [inbound if row["attribute"] == "Touchpoint Date" else row for row in mapping("touchpoints", "inbound")]
    answer = job(totango, "touchpoints", "inbound", mapping=back, pair=out)

    assert (201, warnings) == (answer.status_code, answer.json()["warnings"])


@pytest.mark.rule("T38")
def test_the_user_of_a_connection_cannot_be_changed(totango: Service) -> None:
    """Another user is refused, the same one is no change, other settings stay free."""
    made = job(totango, "tasks", "outbound", connection={"user": "ann@us.example"}).json()
    path = f"{JOBS}/{made['id']}"
    refused = totango.call("PUT", path, {"connection": {"user": "bo@us.example"}, "name": "renamed"})
    same = totango.call("PUT", path, {"connection": {"user": "ann@us.example"}, "name": "renamed"})

    assert (400, 200) == (refused.status_code, same.status_code)
    assert ({"user": "ann@us.example"}, "renamed") == (same.json()["connection"], same.json()["name"])


def test_campaign_touches_have_no_inbound_job_and_no_switch(totango: Service) -> None:
    """They only go out, and are always made."""
    refused = job(totango, "campaign_touches", "inbound")
    made = job(totango, "campaign_touches", "outbound")

    assert (400, 201, True) == (refused.status_code, made.status_code, made.json()["create_new"])


def test_a_reference_is_no_target_but_for_two(totango: Service) -> None:
    """OwnerId and WhoId may be targets, any other reference is refused."""
    rows = mapping("touchpoints", "outbound")
    who = [*rows, {"crm": "WhoId", "attribute": "Participants"}]
    other = [*rows, {"crm": "ServiceId", "attribute": "Participants", "crm_type": "reference"}]
    answers = [job(totango, "touchpoints", "outbound", mapping=one) for one in (who, other)]

    assert [201, 400] == [one.status_code for one in answers]
