"""A chart tells all that happened, marks where the two sides parted, and is safe to open anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from click.testing import CliRunner
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from crm_contracts.capsules.capsule import Capsule, Engine
from crm_contracts.capsules.explain import Chart, Step, as_svg, as_text, explained
from crm_contracts.capsules.explain import chart as parts
from crm_contracts.capsules.explain import svg as drawing
from crm_contracts.capsules.explain import text as typing_
from crm_contracts.capsules.explain.chart import seen, width, wrapped
from crm_contracts.capsules.explain.charting import _FARES
from crm_contracts.capsules.stages import Stages
from crm_contracts.capsules.writing import write_capsule
from crm_contracts.cli import understudy
from crm_contracts.world import ops
from crm_contracts.world.ops import CONVERSATION, SALESFORCE, TASK
from crm_contracts.world.pairs import ops as pair_ops
from crm_contracts.world.story import _FAULTS
from fake_core.faults import KINDS

SVG = "{http://www.w3.org/2000/svg}"
MAKE = ops.Create(side=TASK, act="act-1", fields={"mainType": "task", "action": "Call Ann"})
LOST = ops.InjectFault(fault="lost_response", vendor="salesforce", verb="create", object="Task")
TWICE = Capsule(
    title="Two <Tasks> & more",
    saw="It made duplicates again.",
    profile="planhat",
    ops=(MAKE, LOST, ops.Sync()),
    breaks="Duplicated",
    engine=Engine("published", "a creation is sent again"),
)
ANY = st.text(st.characters(), max_size=60)


_SHARED: list[Stages] = []  # making fakes takes longer than a chart


@pytest.fixture(autouse=True, scope="module")
def _stages() -> Iterator[None]:
    with Stages() as made:
        _SHARED.append(made)
        yield
        _SHARED.clear()


def told(capsule: Capsule, *, at_fault: bool = False) -> Chart:
    return explained(capsule, _SHARED[0], at_fault=at_fault)


def texts(root: Element) -> list[str]:
    return [one.text or "" for one in root.iter(f"{SVG}text")]


def test_a_duplicate_parts_the_sides_where_the_second_record_is_made() -> None:
    """The chart marks the second creation, not the first one whose answer was lost, and ends in the finding."""
    chart = told(TWICE, at_fault=True)

    made = [one for one in chart.steps if one.short == "creates Task" and one.by_sync]
    assert [(parts.ANSWER_LOST, ""), (parts.ARRIVES, "act-1")] == [(one.fares, one.parts) for one in made]
    assert (True, "I3 Duplicated") == (chart.bad, chart.verdict[0].partition(":")[0])
    lines = as_text(chart).splitlines()
    mark = next(n for n, line in enumerate(lines) if "here the two sides part over act-1" in line)
    assert "the sync creates a Task (act-1)" in lines[mark + 1]
    assert any("✗ carried out, but the answer is lost on the way" in line for line in lines[:mark])
    assert "✗ here it shows" in lines[-5] + lines[-4] + lines[-3]


def test_a_wrong_value_parts_the_sides_at_the_write_after_the_last_agreement() -> None:
    """What was agreed on before is no part of it: the edit is, that one side never got as expected."""
    capsule = Capsule(
        title="A subject",
        profile="planhat",
        ops=(
            MAKE,
            ops.Create(side=SALESFORCE, act="act-2", fields={"Subject": "Other"}),
            ops.Sync(),
            ops.Edit(side=SALESFORCE, act="act-2", fields={"Subject": "Changed"}),
            ops.Edit(side=TASK, act="act-1", fields={"action": "Call Bob"}),
            ops.Sync(),
        ),
        expect={"act-1": {SALESFORCE: {"Subject": "Call Ann"}}},
    )
    chart = told(capsule)

    # The sides agree again once the run has ended: what parted them from what was expected is the edit before it.
    assert [("a user edits the Task of act-1", "act-1")] == [(one.says, one.parts) for one in chart.steps if one.parts]


def test_what_holds_has_no_mark() -> None:
    """On the sync that ships here the same capsule holds; the chart says where its bug is seen."""
    chart = told(TWICE)

    assert (False, []) == (chart.bad, [one for one in chart.steps if one.parts])
    assert ["held: every invariant", "the bug is one of the engine with the fault 'a creation is sent again'"] == [
        chart.verdict[0],
        chart.verdict[1].partition(":")[0],
    ]


def test_every_kind_of_fault_is_drawn_and_told() -> None:
    """A fault has words, and an arrow that either arrives, is lost, is refused, or brings no answer back."""
    assert set(KINDS) == set(_FAULTS)
    assert {"delay", "duplicate", "slow_visibility", "lock_held"} == set(KINDS) - set(_FARES)


@pytest.mark.parametrize("profile", ["totango", "marketo"])
def test_the_other_partners_have_their_lane(profile: str) -> None:
    """Who wrote where: arrows of people end at their own system, those of the sync start in the middle."""
    section = {"totango": "task", "marketo": "reminder"}[profile]
    fields = {"Subject": "Call", "ActivityDate": "2026-01-07"}
    make = pair_ops.Create(side=SALESFORCE, act="act-1", section=section, fields=fields)
    chart = told(Capsule(title="A task", profile=profile, ops=(make, pair_ops.Sync())))

    assert profile.title() == chart.lanes[parts.PARTNER]
    arrows = [one.arrow for one in chart.steps if one.arrow]
    assert (parts.SALESFORCE_USERS, parts.SALESFORCE) == arrows[0]
    assert (parts.SYNC, parts.PARTNER) in arrows


def test_a_death_and_a_refusal_are_marked() -> None:
    """A run that was killed, and a request that is answered with an error, have their own sign and their own words."""
    unavailable = ops.InjectFault(fault="unavailable", vendor="salesforce", verb="create", object="Task")
    chart = told(Capsule(title="t", profile="planhat", ops=(MAKE, unavailable, ops.Sync(), ops.Sync(crash_at=2))))

    (refused,) = [one for one in chart.steps if one.fares == parts.REFUSED]
    assert (parts.SYNC, parts.SALESFORCE) == refused.arrow
    assert any("the sync is killed" in one.mishap for one in chart.steps)
    assert "✗╌╌" in as_text(chart)


def test_quiet_runs_are_one_step() -> None:
    """Ten runs that wrote nothing need not be ten lines; no run that wrote is hidden."""
    chart = told(Capsule(title="t", profile="planhat", ops=(MAKE, ops.Sync(), *[ops.Sync()] * 9)))

    runs = [one.says for one in chart.steps if one.run]
    assert ["run of the sync, 10 requests", "12 runs of the sync, nothing written"] == [runs[0], runs[-1]]
    assert [1, 2, 3] == [one.number for one in chart.steps if one.number]


def test_an_activity_that_continues_keeps_its_numbers() -> None:
    """Users' deeds on each kind of record of the partner come from the partner's people."""
    deeds = (MAKE, ops.Sync(), ops.Complete(side=TASK, act="act-1"), ops.Sync())
    subject = ops.Edit(side=CONVERSATION, act="act-1", fields={"subject": "Call"})
    chart = told(Capsule(title="t", profile="planhat", ops=(*deeds, subject)))

    assert {(parts.PARTNER_USERS, parts.PARTNER)} == {one.arrow for one in chart.steps if one.says.startswith("a user")}


AT = datetime(2026, 1, 5, 9, tzinfo=UTC)


def chart_of(*steps: Step, title: str = "t", verdict: str = "v", heading: str = "h") -> Chart:
    lanes = ("users", "Salesforce", "sync", "Planhat", "users")
    return Chart(
        title=title,
        lanes=lanes,
        steps=steps,
        verdict=(verdict,),
        bad=True,
        heading=(("seen by the customer", heading),),
    )


@given(ANY, ANY, ANY)
def test_any_text_can_be_drawn(title: str, values: str, mishap: str) -> None:
    """Whatever a customer wrote (markup, NUL, half an emoji, marks of direction) is text in the drawing."""
    step = Step(at=AT, says="a user writes", values=seen(values), mishap=seen(mishap), arrow=(0, 1), fares="lost")
    chart = chart_of(step, title=seen(title), heading=seen(values))
    root = fromstring(as_svg(chart))

    assert {"svg", "title", "desc", "g", "rect", "line", "circle", "polygon", "text"} >= {
        one.tag.removeprefix(SVG) for one in root.iter()
    }
    assert {True} == {one.tag.startswith(SVG) for one in root.iter()}
    joined = "".join("".join(texts(root)).split())
    assert "".join(seen(values).split()) in joined
    as_text(chart).encode("utf-8")


@given(ANY, st.integers(8, 60), st.integers(0, 3))
def test_lines_are_never_too_wide(text: str, columns: int, hanging: int) -> None:
    """Wrapping keeps every character but blanks, and no line is wider than it may be."""
    lines = wrapped(text, columns, hanging=hanging)

    assert "".join(text.split()) == "".join("".join(lines).split())
    assert columns >= max(width(line) for line in lines)


def test_a_credential_is_not_drawn() -> None:
    """A chart goes into a ticket: a password that somebody wrote into a Task does not."""
    make = replace(MAKE, fields={"action": "Log in", "description": "password: hunter2secret"})
    chart = told(Capsule(title="t", saw="Bearer abcdefgh.123", profile="planhat", ops=(make, ops.Sync())))

    assert not [word for word in ("hunter2", "abcdefgh") if word in as_text(chart) + as_svg(chart)]
    assert "[removed]" in as_text(chart)


def test_a_drawing_refers_to_nothing_outside() -> None:
    """No script, no address but the namespace, no style: it opens by itself."""
    svg = as_svg(told(TWICE, at_fault=True))

    assert 1 == svg.count("http")
    assert not [word for word in ("<script", "href", "<style", "url(", "@import", "<image", "onload") if word in svg]
    assert "Two &lt;Tasks&gt; &amp; more" in svg


def test_a_long_history_has_its_lanes_named_again() -> None:
    """Wherever one has scrolled to, the names of the lanes are near; the drawing is as high as its words."""
    steps = [Step(at=AT, says="a user writes", number=n, arrow=(4, 3), short="edits Task") for n in range(1, 200)]
    svg, text = as_svg(chart_of(*steps)), as_text(chart_of(*steps))

    assert 199 // drawing.HEADS_EVERY + 1 == texts(fromstring(svg)).count("Salesforce")
    assert 199 // typing_.HEADS_EVERY + 1 == sum("Salesforce     sync" in line for line in text.splitlines())
    root = fromstring(svg)
    lowest = max(int(one.get("y", "0")) for one in root.iter(f"{SVG}text"))
    assert lowest < int(root.attrib["height"]) < lowest + 80


def test_the_days_are_told() -> None:
    """A history of several days names each where it begins."""
    later = replace(Step(at=AT, says="one"), at=AT.replace(day=9))
    text = as_text(chart_of(Step(at=AT, says="one"), later, later))

    assert [1, 1] == [text.count("2026-01-05"), text.count("2026-01-09")]


def run(*words: str) -> Any:
    return CliRunner().invoke(understudy, ["explain", *words])


def test_the_command_prints_text_or_writes_a_drawing(tmp_path: Path) -> None:
    """Text to standard output, SVG into a file or to standard output; whatever cannot be drawn is one line."""
    file = tmp_path / "bug.capsule.yaml"
    write_capsule(TWICE, file)

    assert "held: every invariant" in run(str(file)).output
    assert "✗ here it shows" in run(str(file), "--faulty").output
    assert fromstring(run(str(file), "--svg", "-").output.partition("\n")[2]).tag == f"{SVG}svg"
    done = run(str(file), "--faulty", "--svg", str(tmp_path / "bug.svg"))
    assert (0, True) == (done.exit_code, "here it shows" in (tmp_path / "bug.svg").read_text("utf-8"))
    for words, said in {
        (str(tmp_path / "none"),): "No such file",
        (str(file), "--svg", str(tmp_path / "no folder" / "bug.svg")): "No such file",
    }.items():
        failed = run(*words)
        assert (2, True) == (failed.exit_code, said in failed.stderr)
    assert {"bug.capsule.yaml", "bug.svg"} == {one.name for one in tmp_path.iterdir()}
