"""fixtures/orgs/marketo.toml shows what it says it shows: each rule that lives in the fake."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from crm_contracts.rules import load
from fake_core import FrozenClock
from fake_marketo import create_app

from .conftest import Api

FILE = Path(__file__).parents[2] / "fixtures/orgs/marketo.toml"


@pytest.fixture(scope="module")
def lena() -> Iterator[Api]:
    fake = create_app(clock=FrozenClock(), org=str(FILE))
    yield Api(fake, "lena-token")
    fake.close()


def test_it_shows_each_rule_of_the_fake() -> None:
    """Every rule that lives in the fake is named beside rows that show it."""
    living = {rule.id for rule in load().values() if rule.vendor == "marketo" and rule.lives == "fake"}

    assert set() == living - set(re.findall(r"\bM\d+\b", FILE.read_text("utf-8")))


@pytest.mark.rule("M1", "M24")
def test_one_user_is_on_and_one_is_off(lena: Api) -> None:
    """Who never touched the settings is off; who switched on twice says so."""
    settings = [api.told("GET", "/settings") for api in (lena, lena.as_("kai-token"))]

    assert [("on", True), ("off", False)] == [(one["task_sync"], one["previously_enabled"]) for one in settings]


@pytest.mark.rule("M17", "M20", "M8")
def test_the_names_tell_what_the_command_center_shows(lena: Api) -> None:
    """What is named shown is on the page, what is named hidden is not; another zone has another today."""
    names = [one["name"] for one in lena.told("GET", "/command-center")["items"]]
    kai = lena.as_("kai-token").told("GET", "/command-center")
    stored = [one["name"] for one in lena.told("GET", "/reminders", include_deleted="true")["items"]]

    assert ["today: shown", "tomorrow: shown"] == names
    assert ("2026-01-04", ["Kai's today"]) == (kai["today"], [one["name"] for one in kai["items"]])
    assert 8 == len(stored)


@pytest.mark.rule("M12")
def test_the_template_is_lenas(lena: Api) -> None:
    """Fields whatever their case, no line break, an unknown field as typed."""
    told = lena.told("GET", "/reminders/2/activity-detail")

    assert "[Call] today: shown SpringNo answer{{unknown}}" == told["text"]


@pytest.mark.rule("M26")
def test_one_email_is_two_people(lena: Api) -> None:
    """One has a contact's id, the other a lead's."""
    people = lena.told("GET", "/people")["items"]

    assert ([True, False], 1) == ([bool(one["sf_contact_id"]) for one in people], len({one["email"] for one in people}))


@pytest.mark.rule("M27")
def test_each_category_has_a_failure(lena: Api) -> None:
    """One of each, and only the intermittent one is tried again."""
    rows = lena.told("GET", "/diagnostics")["items"]

    assert ["Authentication", "Access/Validation", "Intermittent", "Other"] == [one["category"] for one in rows]
    assert [False, False, True, False] == [one["retried"] for one in rows]


@pytest.mark.rule("M25")
def test_a_logged_email_is_on_the_list(lena: Api) -> None:
    """Its id differs from a reminder's by case only, and both are kept as they are."""
    assert ["00T1A000000xyzuUAA"] == [one["sf_task_id"] for one in lena.told("GET", "/logged-activities")["items"]]
    assert "00T1a000000XYZUEA4" == lena.told("GET", "/reminders/2")["sf_task_id"]
