"""Liquid: dates, the deal look-up, and text that stays text."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.crm_sync.actions.desk import Desk, items, part

from crm_sync.actions.failures import Failure
from crm_sync.actions.templates import Templates, is_day
from fake_core.clock import DEFAULT_MOMENT, FrozenClock

DEAL = '{{ json.meeting.externalServiceObjects | where: "type", "DEAL" | first | map: "externalId" }}'
DAY = '{{ json.date | date: "%Y-%m-%d" }}'
MOMENT = '{{ json.datetime | date: "%Y-%m-%dT%H:%M:%SZ" }}'
INSTANTS = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.builds(  # noqa: DTZ001 - hypothesis' way
    lambda minutes: timezone(timedelta(minutes=minutes)), st.integers(-14 * 60, 14 * 60)
))  # fmt: skip


def render(text: str, **json: Any) -> str:
    return Templates(FrozenClock()).render(text, {"json": json})


@pytest.mark.rule("A15", "A16")
@pytest.mark.parametrize(
    ("given_", "rendered"),
    [
        ("2024-01-15", "2024-01-15"),
        ("2024-01-15T23:30:00-08:00", "2024-01-15"),
        (1705329000, "2024-01-15"),
        ("01/02/2024", "2024-01-02"),
        ("15/01/2024", "2024-01-15"),
        ("next Friday", "next Friday"),
        ("", ""),
        (None, ""),
    ],
)
def test_days(given_: Any, rendered: str) -> None:
    """What the date filter makes of a day: as python-liquid has it, but null, which is nothing and no error."""
    assert rendered == render(DAY, date=given_)


@pytest.mark.rule("A15")
@pytest.mark.parametrize(
    ("given_", "rendered"),
    [
        ("2024-01-15T23:30:00-08:00", "2024-01-16T07:30:00Z"),
        ("2024-01-15T14:30:00.000Z", "2024-01-15T14:30:00Z"),
        ("2024-01-15T14:30:00", "2024-01-15T14:30:00Z"),
    ],
)
def test_moments_are_converted_to_utc(given_: str, rendered: str) -> None:
    """The letter Z is true: the wall time is converted first; a moment without a zone is UTC's."""
    assert rendered == render(MOMENT, datetime=given_)


@pytest.mark.rule("A15")
@given(INSTANTS)
def test_a_rendered_moment_is_the_same_instant(moment: datetime) -> None:
    """Whatever its zone, what is rendered reads back as the same second."""
    rendered = render(MOMENT, datetime=moment.isoformat())

    assert moment.replace(microsecond=0) == datetime.fromisoformat(rendered)


@pytest.mark.rule("A15")
def test_a_moment_arrives_in_salesforce(desk: Desk) -> None:
    """A datetime field holds the instant that was meant."""
    form = '{{ json.meeting.at | date: "%Y-%m-%dT%H:%M:%SZ" }}'
    made = desk.update({"Last_Met__c": form}, json_={"at": "2024-01-15T23:30:00-08:00"})

    assert "2024-01-16T07:30:00.000+0000" == desk.opportunity_now()["Last_Met__c"]
    assert () == made.outcomes[0].not_applied


@pytest.mark.rule("A15")
@pytest.mark.parametrize(("day_of", "day"), [("written", "2024-01-15"), ("utc", "2024-01-16")])
def test_whose_day_an_instant_has_is_a_switch(desk: Desk, day_of: str, day: str) -> None:
    """An instant shown as a day keeps the day as it is written, or takes UTC's."""
    rows = items("Call", at="2024-01-15T23:30:00-08:00")
    desk.tasks_of(
        rows, desk.settings(options={"day_of": day_of}), activity_date='{{ json.item.at | date: "%Y-%m-%d" }}'
    )

    assert [day] == [task["ActivityDate"] for task in desk.tasks()]


@pytest.mark.rule("A16")
@pytest.mark.parametrize(("dates", "sent"), [("liquid", ["2024-01-02"]), ("iso", [])])
def test_which_dates_are_read_is_a_switch(desk: Desk, dates: str, sent: list[str]) -> None:
    """01/02/2024 is January 2 to Liquid; who finds that doubtful has it refused."""
    made = desk.tasks_of(
        items("Call", due="01/02/2024"),
        desk.settings(options={"dates": dates}),
        activity_date='{{ json.item.due | date: "%Y-%m-%d" }}',
    )

    assert sent == [body["ActivityDate"] for _, body in desk.writes]
    assert ["INVALID_DATE"] * (not sent) == [o.code for o in made.outcomes if o.code]


@pytest.mark.rule("A16")
@pytest.mark.parametrize("text", ["Friday", "10", "March", "10:30", "2024", "2024-01-15T10:00 EST", "12 de mayo"])
def test_half_a_date_is_none(text: str) -> None:
    """What would mean another day tomorrow, or elsewhere, passes unchanged and is refused afterwards."""
    assert text == render(DAY, date=text)


@pytest.mark.rule("A16")
def test_now_is_the_injected_clocks() -> None:
    """`now` and `today` are not the machine's."""
    assert DEFAULT_MOMENT.strftime("%Y-%m-%d") == render('{{ "now" | date: "%Y-%m-%d" }}')


@pytest.mark.rule("A16")
@given(
    st.one_of(
        st.text(max_size=12),
        st.dates(date(1970, 1, 1), date(2200, 1, 1)).map(str),
        st.from_regex(r"[12]9\d{2}-\d{2}-\d{2}", fullmatch=True),
        st.from_regex(r"\d{1,2}[/.]\d{1,2}[/.]\d{2,4}", fullmatch=True),
        st.sampled_from(["next Friday", "tomorrow", "2024-02-30", "٢٠٢٤-٠١-١٥", "2024-1-5"]),
    ),
    st.booleans(),
)
@part(2)
def test_a_date_that_is_sent_is_a_real_one(made_desk: Desk, text: str, filtered: bool) -> None:
    """Sent is YYYY-MM-DD and a day of the calendar, or nothing; anything else causes no call."""
    desk = made_desk.again()
    form = ' | date: "%Y-%m-%d"' if filtered else ""

    made = desk.tasks_of(items("Call", due=text), activity_date="{{ json.item.due" + form + " }}")

    for _, body in desk.writes:
        day = body.get("ActivityDate", "2000-01-01")
        assert day == datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC).date().isoformat()
        assert made.good is ("1700-01-01" <= day <= "4000-12-31")  # the calendar of Salesforce
    if not desk.wire.sent:
        assert ["INVALID_DATE"] == [o.code for o in made.outcomes]
    assert (text.strip() == "" or is_day(text.strip()) or filtered) or [] == desk.wire.sent


@pytest.mark.rule("A16")
def test_an_opportunitys_close_date_is_checked_as_well(desk: Desk) -> None:
    """CloseDate is a date, too: what is none is refused before any call."""
    made = desk.update({"CloseDate": "01/02/2026"})

    assert ["INVALID_DATE"] == [o.code for o in made.outcomes]
    assert [] == desk.wire.sent


@pytest.mark.rule("A17")
@pytest.mark.parametrize(
    ("objects", "deal"),
    [
        ([{"type": "DEAL", "externalId": "a"}], "a"),
        ([{"type": "DEAL", "externalId": "a"}, {"type": "DEAL", "externalId": "b"}], "a"),
        ([], ""),
        (None, ""),
        ([{"type": "DEAL", "externalId": None}], ""),
        ([{"type": "DEAL"}], ""),
    ],
)
def test_the_deal_is_the_first_of_its_type(objects: Any, deal: str) -> None:
    """The first DEAL's external id; none, an empty or a missing list is nothing."""
    assert deal == render(DEAL, meeting={"externalServiceObjects": objects})
    assert "" == render(DEAL, meeting={}) == render(DEAL)


OTHERS = st.lists(
    st.one_of(
        st.none(),
        st.integers(),
        st.text(max_size=3),
        st.fixed_dictionaries(
            {"type": st.sampled_from(["COMPANY", "deal", "DEALS", None, 1]), "externalId": st.text()}
        ),
    ),
    max_size=4,
)


@pytest.mark.rule("A17")
@given(OTHERS, OTHERS, st.booleans())
@part(2)
def test_other_objects_change_nothing(made_desk: Desk, before: list[Any], after: list[Any], there: bool) -> None:
    """Whatever stands before or after the deal; without one the body has no WhatId."""
    desk = made_desk.again()
    deal = [{"type": "DEAL", "externalId": desk.opportunity}] if there else []
    desk.meeting(items("Call"), externalServiceObjects=[*before, *deal, *after])
    from tests.crm_sync.actions.desk import TASK, for_each

    desk.run(for_each(**TASK, what_id=DEAL))

    assert [desk.opportunity if there else "absent"] == [body.get("WhatId", "absent") for _, body in desk.writes]


@pytest.mark.rule("A18")
@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("{{ json.opportunityId }}", "006"),
        ("{{ json.dealRoom.salesforceOpportunityId }}", "006d"),
        ("{{ json.item.title }}: {{ json.nothing.at.all }}", "Call: "),
        ("{% if json.item.title == 'Call' %}yes{% else %}no{% endif %}", "yes"),
        ("{% assign a = 'x' %}{% for i in json.list %}{{ a }}{{ i }}{% endfor %}", "x1x2"),
        ("{{ json.rows | map: 'id' | join: '/' }}", "a//7"),
        ("{{ json.rows | where: 'id' | size }}", "2"),
        ("{{ json.nothing | map: 'id' }}", ""),
        ("{% unless json.nothing %}empty{% endunless %}", "empty"),
    ],
)
def test_variables_and_tags(text: str, rendered: str) -> None:
    """The documentation's paths and tags; a path that leads nowhere is empty and no error."""
    json = {
        "opportunityId": "006",
        "dealRoom": {"salesforceOpportunityId": "006d"},
        "item": {"title": "Call"},
        "list": [1, 2],
        "rows": [{"id": "a"}, {"id": None}, 5, {"id": 7}],
    }

    assert rendered == render(text, **json)


@pytest.mark.rule("A18")
@given(st.text(min_size=1, max_size=40, alphabet=st.characters(exclude_categories=["Cs", "Cc"])))
@example('{{ json.item.title }} {% if %} "quoted" \\n \\ \'')
@example("<b>&amp;</b>")
@part(2)
def test_rendered_text_arrives_byte_for_byte(made_desk: Desk, text: str) -> None:
    """What a template renders is data: braces, quotes and backslashes reach Salesforce as they are."""
    desk = made_desk.again()

    desk.tasks_of([{"title": "Call", "text": f"|{text}|"}])

    assert [f"|{text}|"] == [task["Description"] for task in desk.tasks()]


@pytest.mark.rule("A18")
def test_a_template_that_cannot_be_rendered_refuses_its_item(desk: Desk) -> None:
    """A mistake that shows only with the data is one item's, before any call."""
    made = desk.tasks_of(items("Call", n=0), subject="{{ 10 | divided_by: json.item.n }}")

    assert ["TEMPLATE_FAILED"] == [o.code for o in made.outcomes]
    assert [] == desk.wire.sent
    with pytest.raises(Failure, match="TEMPLATE|loop"):
        render("{% for i in (1..1000000) %}{% endfor %}")
    doubled = '{% assign a = "0123456789" %}{% for i in (1..30) %}{% assign a = a | append: a %}{% endfor %}'
    with pytest.raises(Failure, match="namespace"):  # ten gigabytes
        render(doubled + "{{ a | size }}")
    deep: Any = "x"
    for _ in range(5_000):
        deep = [deep]
    with pytest.raises(Failure, match="recursion"):
        render("{{ json.deep }}", deep=deep)
