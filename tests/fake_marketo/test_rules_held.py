"""The rules M1 to M27 as far as the store, the settings and the views hold them, asked over HTTP.

Written from the rules and the OpenAPI document, without the fake's code. Examples: fixtures/vectors/marketo.toml.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from fake_core import ControlClient, FrozenClock, InProcess
from fake_core.testing import clean
from fake_marketo import TenantConfig, User, create_app

URL = "https://sia.understudy.example"
SIA = f"{URL}/_standin/sia"
VECTORS = tomllib.loads((Path(__file__).parents[2] / "fixtures/vectors/marketo.toml").read_text(encoding="utf-8"))
USERS = [
    User(id=1, name="Ann", email="ann@sales.example", token="ann"),
    User(id=2, name="Bo", email="bo@sales.example", token="bo"),
]
PEOPLE = [
    {"id": 1, "name": "Pat", "email": "pat@acme.example", "owner": 1, "shared": True,
     "sf_contact_id": "0035e000004aBcDEAU"},
    {"id": 2, "name": "Pat", "email": "pat@acme.example", "owner": 1, "shared": False,
     "sf_lead_id": "00Q5e000004aBcDEAU"},
]  # fmt: skip


class Seller:
    """The calls of one user."""

    def __init__(self, session: requests.Session, token: str) -> None:
        self.session = session
        self.headers = {"Authorization": f"Bearer {token}"}

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        return self.session.request(method, SIA + path, json=body, params=query, headers=self.headers)

    def told(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """The JSON of an answer that must not be a refusal."""
        answer = self.call(method, path, body, **query)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def remind(self, **keys: Any) -> Any:
        return self.told("POST", "/reminders", {"name": "Call Pat", **keys})

    def shown(self) -> list[int]:
        """Ids in the Command Center."""
        return [one["id"] for one in self.told("GET", "/command-center")["items"]]


class Tenant:
    """Two sellers and the clock."""

    def __init__(self, **options: Any) -> None:
        self.fake = create_app(clock=FrozenClock(), org=TenantConfig(users=USERS, seed={"people": PEOPLE}, **options))
        session = InProcess([self.fake]).session()
        self.ann, self.bo = Seller(session, "ann"), Seller(session, "bo")
        self.control = ControlClient(URL, session)


@pytest.fixture(scope="module")
def made() -> Iterator[Tenant]:
    tenant = Tenant()
    yield tenant
    tenant.fake.close()


@pytest.fixture
def tenant(made: Tenant) -> Tenant:
    clean(made.fake)
    return made


@pytest.mark.rule("M1")
def test_the_sync_is_off_at_first(tenant: Tenant) -> None:
    """Nobody's task sync is on before somebody switches it on, and switching it on is one user's own doing."""
    before = [one.told("GET", "/settings")["task_sync"] for one in (tenant.ann, tenant.bo)]
    tenant.ann.told("PATCH", "/settings", {"task_sync": "on"})
    after = [one.told("GET", "/settings")["task_sync"] for one in (tenant.ann, tenant.bo)]

    assert (["off", "off"], ["on", "off"]) == (before, after)


@pytest.mark.rule("M1")
def test_the_settings_keep_the_latest_time_of_switching_on(tenant: Tenant) -> None:
    """enabled_at is none before, then the latest time; previously_enabled tells a first time from a later one."""
    seen = []
    for task_sync in ("on", "on", "off", "on"):
        tenant.control.advance(60)
        settings = tenant.ann.told("PATCH", "/settings", {"task_sync": task_sync})
        seen.append((settings["enabled_at"], settings["previously_enabled"]))
    times = [None if at is None else datetime.fromisoformat(at) for at, _ in seen]
    again = tenant.control.now()

    assert times[0] is not None
    assert times[0] == times[1] == times[2]
    assert times[0] + timedelta(minutes=3) == times[3]
    assert times[3] == again
    assert [False, True] == [seen[0][1], seen[3][1]]


@pytest.mark.rule("M8")
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/Los_Angeles"])
def test_a_due_date_is_a_day_and_no_zone_moves_it(tenant: Tenant, zone: str) -> None:
    """What was written is read, whatever the user's zone; none is a value, too."""
    tenant.control.seed({"users": [{"id": 1, "name": "Ann", "email": "ann@sales.example", "token": "ann",
                                    "time_zone": zone}]})  # fmt: skip
    reminder = tenant.ann.remind(due_date="2026-03-01")
    path = f"/reminders/{reminder['id']}"

    assert "2026-03-01" == reminder["due_date"] == tenant.ann.told("GET", path)["due_date"]
    assert None is tenant.ann.told("PATCH", path, {"due_date": None})["due_date"]
    assert None is tenant.ann.remind()["due_date"]


@pytest.mark.rule("M8")
@pytest.mark.parametrize(
    "given",
    ["2026-03-01T00:00:00Z", "2026-02-30", "01/02/2026", "tomorrow", "", 20260301, "2026-3-1", "２０２６-03-01"],
)
def test_a_due_date_that_is_no_day_is_refused(tenant: Tenant, given: Any) -> None:
    """A time, a day that no calendar has, another notation: 400, and the reminder stays."""
    reminder = tenant.ann.remind(due_date="2026-03-01")
    path = f"/reminders/{reminder['id']}"

    assert 400 == tenant.ann.call("POST", "/reminders", {"name": "x", "due_date": given}).status_code
    assert 400 == tenant.ann.call("PATCH", path, {"due_date": given, "name": "y"}).status_code
    assert reminder == tenant.ann.told("GET", path)


@pytest.mark.rule("M12")
@pytest.mark.parametrize("row", VECTORS["template"], ids=lambda row: repr(row["template"]))
def test_a_template_is_filled_in(tenant: Tenant, row: dict[str, Any]) -> None:
    """Text is copied, fields are replaced once, empty ones leave nothing, line breaks go."""
    body = {"activity_detail_template": row["template"], **row["fields"]}

    assert row["text"] == tenant.ann.told("POST", "/activity-detail-preview", body)["text"]


@pytest.mark.rule("M12")
@pytest.mark.ledger("marketo/limit/activity-detail-characters")
@pytest.mark.parametrize(("length", "kept"), [(254, 254), (255, 255), (256, 255), (5_000, 255)])
def test_what_a_template_makes_is_cut(tenant: Tenant, length: int, kept: int) -> None:
    """At most 255 characters stay, counted after line breaks are gone and whatever their bytes."""
    name = "\n" + "ü" * (length - 1) + "\N{PILE OF POO}"
    body = {"activity_detail_template": "{{activity_subject}}", "activity_subject": name}
    text = tenant.ann.told("POST", "/activity-detail-preview", body)["text"]

    assert name.replace("\n", "")[:kept] == text
    assert kept == len(text)


@pytest.mark.rule("M12")
@pytest.mark.ledger("marketo/default/activity-detail-template")
def test_a_reminder_is_told_by_its_assignees_template(tenant: Tenant) -> None:
    """The text for a Salesforce task follows the template and the reminder as they are now; the default is the name."""
    reminder = tenant.ann.remind(type="Call", person=1)
    path = f"/reminders/{reminder['id']}/activity-detail"
    texts = [tenant.ann.told("GET", path)["text"]]
    tenant.ann.told("PATCH", "/settings", {"activity_detail_template": "{{activity_type}}: {{activity_subject}}"})
    texts.append(tenant.ann.told("GET", path)["text"])
    tenant.ann.told("PATCH", f"/reminders/{reminder['id']}", {"name": "Write", "assignee": 2})
    texts.append(tenant.ann.told("GET", path)["text"])

    assert ["Call Pat", "Call: Call Pat", "Write"] == texts


@pytest.mark.rule("M17")
@pytest.mark.parametrize("row", VECTORS["day"], ids=lambda row: f"{row['now']} {row['zone']}")
def test_the_command_center_shows_today_and_tomorrow(row: dict[str, Any]) -> None:
    """What is due on the two days in the user's zone is shown, and nothing else; the list has all."""
    tenant = Tenant()
    ann = tenant.ann
    tenant.control.set_clock(datetime.fromisoformat(row["now"]))
    tenant.control.seed({"users": [{"id": 1, "name": "Ann", "email": "ann@sales.example", "token": "ann",
                                    "time_zone": row["zone"]}]})  # fmt: skip
    today = date.fromisoformat(row["today"])
    made = {n: ann.remind(due_date=(today + timedelta(days=n)).isoformat())["id"] for n in (2, 1, 0, -1)}
    made[99] = ann.remind(due_date=None)["id"]
    page = ann.told("GET", "/command-center")
    stored = [one["id"] for one in ann.told("GET", "/reminders")["items"]]
    tenant.fake.close()

    assert (row["today"], (today + timedelta(days=1)).isoformat()) == (page["today"], page["tomorrow"])
    assert {made[0], made[1]} == {one["id"] for one in page["items"]}
    assert sorted(made.values()) == sorted(stored)


@pytest.mark.rule("M17")
def test_the_command_center_is_the_assignees_and_moves_with_the_day(tenant: Tenant) -> None:
    """It shows up the day before it is due, at its assignee's, and goes when the day is over or it is deleted."""
    today = tenant.control.now().date()
    given = tenant.ann.remind(due_date=(today + timedelta(days=2)).isoformat(), person=1, assignee=2)["id"]
    seen = []
    for _ in range(4):
        seen.append((given in tenant.ann.shown(), given in tenant.bo.shown()))
        tenant.control.advance(86_400)
    other = tenant.ann.remind(due_date=tenant.control.now().date().isoformat())["id"]
    before = tenant.ann.shown()
    tenant.ann.told("DELETE", f"/reminders/{other}")

    assert [(False, False), (False, True), (False, True), (False, False)] == seen
    assert ([other], []) == (before, tenant.ann.shown())


@pytest.mark.rule("M20", "M17")
@pytest.mark.parametrize("by", ["complete", "status"])
def test_a_completed_reminder_leaves_the_command_center(tenant: Tenant, by: str) -> None:
    """Completing is a change of the status like any other: it can be taken back, and both ways of it are the same."""
    reminder = tenant.ann.remind(due_date=tenant.control.now().date().isoformat())
    path = f"/reminders/{reminder['id']}"
    tenant.control.advance(1)
    if by == "complete":
        done = tenant.ann.told("POST", f"{path}/complete")
    else:
        done = tenant.ann.told("PATCH", path, {"status": "complete"})
    changed = {name for name in reminder if reminder[name] != done[name]}
    shown = tenant.ann.shown()
    tenant.ann.told("PATCH", path, {"status": "open"})

    assert ("complete", {"status", "updated_at"}) == (done["status"], changed)
    assert ([], [reminder["id"]]) == (shown, tenant.ann.shown())


@pytest.mark.rule("M24")
def test_each_user_has_tasks_and_settings_of_their_own(tenant: Tenant) -> None:
    """What one user has another neither sees nor changes."""
    reminder = tenant.ann.remind()
    tenant.ann.told("PATCH", "/settings", {"activity_detail_template": "mine"})
    path = f"/reminders/{reminder['id']}"
    refused = [
        tenant.bo.call("GET", path),
        tenant.bo.call("PATCH", path, {"name": "x"}),
        tenant.bo.call("POST", f"{path}/complete"),
        tenant.bo.call("DELETE", path),
    ]

    assert [404] * 4 == [one.status_code for one in refused]
    assert reminder == tenant.ann.told("GET", path)
    assert [] == tenant.bo.told("GET", "/reminders", include_deleted="true")["items"]
    assert "mine" != tenant.bo.told("GET", "/settings")["activity_detail_template"]


@pytest.mark.rule("M24")
@pytest.mark.parametrize(("person", "status"), [(1, 201), (2, 400), (None, 400)])
def test_a_task_goes_to_somebody_else_only_for_a_shared_person(tenant: Tenant, person: int | None, status: int) -> None:
    """Assigning to a team member needs a person that is shared; the owner then follows the assignee."""
    answer = tenant.ann.call("POST", "/reminders", {"name": "x", "person": person, "assignee": 2})

    assert status == answer.status_code
    assert (1 if status == 201 else 0) == len(tenant.bo.told("GET", "/reminders")["items"])


@pytest.mark.rule("M26")
def test_two_people_with_one_email_stay_two(tenant: Tenant) -> None:
    """Each has Salesforce ids of its own, which is what WhoId comes from."""
    people = tenant.ann.told("GET", "/people")["items"]

    assert ["pat@acme.example"] * 2 == [one["email"] for one in people]
    assert [("0035e000004aBcDEAU", None), (None, "00Q5e000004aBcDEAU")] == [
        (one["sf_contact_id"], one["sf_lead_id"]) for one in people
    ]


@pytest.mark.rule("M27")
@pytest.mark.ledger(
    "marketo/side-effect/diagnostics-retried",
    "marketo/shape/diagnostic-category/Authentication",
    "marketo/shape/diagnostic-category/Access/Validation",
    "marketo/shape/diagnostic-category/Intermittent",
    "marketo/shape/diagnostic-category/Other",
)
@pytest.mark.parametrize(
    ("category", "code"), [(category, code) for category, codes in VECTORS["diagnostics"].items() for code in codes]
)
def test_a_failure_has_the_category_of_its_code(tenant: Tenant, category: str, code: str) -> None:
    """The page shows category and message by record; only an intermittent failure is tried again by itself."""
    reminder = tenant.ann.remind()["id"]
    failure = {"reminder": reminder, "operation": "update", "code": code, "message": "unable to obtain"}
    tenant.ann.told("POST", "/diagnostics", failure)
    [shown] = tenant.ann.told("GET", "/diagnostics")["items"]

    assert failure == {name: shown[name] for name in failure}
    assert (category, category == "Intermittent") == (shown["category"], shown["retried"])
    assert [] == tenant.bo.told("GET", "/diagnostics")["items"]


@pytest.mark.rule("M27")
def test_a_person_sees_to_what_is_not_retried(tenant: Tenant) -> None:
    """A failure waits until somebody acknowledges it, once."""
    made = tenant.ann.told("POST", "/diagnostics", {"operation": "create", "code": "INVALID_TYPE"})
    waiting = tenant.ann.told("GET", "/diagnostics", acknowledged="false")["items"]
    tenant.control.advance(5)
    seen = tenant.ann.told("POST", f"/diagnostics/{made['id']}/acknowledge")
    tenant.control.advance(5)
    again = tenant.ann.told("POST", f"/diagnostics/{made['id']}/acknowledge")

    assert (None, [made["id"]]) == (made["acknowledged_at"], [one["id"] for one in waiting])
    assert seen["acknowledged_at"] == again["acknowledged_at"] is not None
    assert [] == tenant.ann.told("GET", "/diagnostics", acknowledged="false")["items"]
