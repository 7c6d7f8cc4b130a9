"""A capsule's text: data and nothing else, every error with its line and key, nothing lost between text and data."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from crm_contracts.capsules.capsule import BREAKS, Capsule, Customer, Engine
from crm_contracts.capsules.reading import from_text, read_capsule
from crm_contracts.capsules.schema import schema
from crm_contracts.capsules.writing import to_data, to_text, write_capsule
from crm_contracts.capsules.yaml_text import DEPTH_MAX, SIZE_MAX, dump, load
from crm_contracts.world.profiles import PROFILES
from crm_contracts.world.profiles import profile as chosen
from fake_core.errors import MisuseError

OPS = "capsule: 1\ntitle: t\nprofile: planhat\nops:\n  - "
SMALL = "capsule: 1\ntitle: t\nprofile: planhat\nops: []\n"
TEXTS = st.text(max_size=40) | st.sampled_from(
    ["no", "on", "~", "null", "1_000", "0x1F", "12:30", "2026-01-05", "", " a", "a\n", "-"]
)
DATA = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(TEXTS, inside, max_size=4),
    max_leaves=12,
)


def refusal(text: str, **more: Any) -> str:
    with pytest.raises(MisuseError) as caught:
        from_text(text, name="bug.yaml", **more)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,9}", fullmatch=True), DATA, min_size=1, max_size=4))
def test_what_is_dumped_is_loaded(data: dict[str, Any]) -> None:
    """Whatever a value looks like (a date, "no", an empty text, line ends), it comes back as what it was."""
    assert data == load(dump(data), name="x")[0]
    assert data == load(dump(data, flow=tuple(data)), name="x")[0]


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("seed", range(6))
def test_a_capsule_comes_back_as_it_was_written(profile: str, seed: int) -> None:
    """Text and back, for histories of every profile; what is written fits the published schema."""
    made = chosen(profile).history(seed, 30, 1)
    capsule = Capsule(
        title='A "title": with signs',
        saw="Two\nlines",
        failure="F01",
        source="a test",
        profile=profile,
        external_id=True,
        clock=datetime(2026, 3, 1, 12, 30, tzinfo=UTC),
        customers={"acme": Customer(name="Ácme"), "nowhere": Customer(partner=False)},
        start=tuple(one for one in made if one.kind == "create")[:1],
        ops=tuple(made),
        breaks="Duplicated",
        engine=Engine("planted", "no overlap"),
        expect={"act-1": {"salesforce": 1}},
        log="0" * 64,
        versions={"understudy": "1"},
        questions=("What happened at 9?",),
    )

    assert capsule == from_text(to_text(capsule), name="x")
    assert [] == list(Draft202012Validator(schema()).iter_errors(to_data(capsule)))


def test_the_schema_is_itself_valid() -> None:
    """The published schema is a schema of its draft, and names every invariant and every operation."""
    Draft202012Validator.check_schema(schema())

    assert list(BREAKS) == schema()["properties"]["breaks"]["enum"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "bug.yaml is empty"),
        ("[1]", "a capsule is a mapping"),
        ("capsule: 1\ntitle: t\nprofile: planhut\nops: []", "line 3, profile: 'planhut' is not one of planhat"),
        ("capsule: 1\ntitle: 5\nprofile: planhat\nops: []", "line 2, title: 5 is not a text: put it in quotes"),
        ("capsule: 1\nprofile: planhat\nops: []", "the key 'title' is missing"),
        (OPS + "{op: sync}\n  - {op: fly}", "line 6, ops 2, op: 'fly' is not one of"),
        (OPS + "{op: create, sid: task, act: a}", "ops 1: the key 'side' is missing"),
        (OPS + "{op: sync, crash: 3}", "ops 1: unknown key 'crash'"),
        (OPS + "{op: sync, crash_at: yes}", "crash_at: 'yes' is not a whole number"),
        (SMALL + "breaks: Everything", "line 5, breaks: 'Everything' is not one of"),
        (SMALL + "clock: yesterday", "line 5, clock: 'yesterday' is no moment"),
        (SMALL + "clock: 2026-01-05T09:00:00", "has no zone"),
        (SMALL + "title: again", "line 5: the key 'title' stands there twice"),
        (SMALL + "saw: &a x\nsource: *a", "line 5: a capsule has no anchors"),
        (SMALL + "saw: !!python/object/apply:os.system [ls]", "line 5: a capsule has no tags"),
        (SMALL + "---\na: 1", "line 5"),
        (SMALL + "saw: 'never closed", "this is no YAML"),
        (SMALL + "settings: " + "[" * (DEPTH_MAX + 2), "levels inside each other"),
        (OPS + "{op: skew, vendor: totango, seconds: 9}", "line 5, ops 1, vendor: 'totango' is not one of"),
        (OPS + "{op: fault, fault: lost, vendor: planhat}", "line 5, ops 1, fault: no fault of kind 'lost'"),
        (OPS + "{op: configure, settings: {taks: on}}", "line 5, ops 1, settings: no setting 'taks': there are task"),
        (SMALL + "settings: {taks: on}", "line 5, settings: no setting 'taks'"),
        (SMALL + "expect: {act-1: {tsk: 1}}", "line 5, expect, act-1: 'tsk' is not one of salesforce, task, conv"),
        (SMALL + "start: [{op: delete, side: task, act: a}]", "start 1, op: 'delete' is not one of create"),
        ("x" * (SIZE_MAX + 1), "a capsule has at most"),
    ],
    ids=lambda value: value[:25] if isinstance(value, str) else "",
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(text: str, said: str) -> None:
    """One line: the file, the line, the key, what is wrong."""
    assert said in refusal(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{op: edit, side: task, act: act-2, fields: {}}", "ops 2, act: nobody made 'act-2' before: there are act-1"),
        ("{op: move, act: act-1, to: mars}", "ops 2, to: there is no customer 'mars': there are acme, globex, nowhere"),
        ("{op: create, side: task, act: act-2, at: mars}", "ops 2, at: there is no customer 'mars'"),
    ],
    ids=["act", "to", "at"],
)
def test_what_can_have_no_effect_is_told(text: str, said: str) -> None:
    """A slip of the pen in a handle: a line says where nothing happens; strictly it is refused."""
    told: list[str] = []
    written = f"{OPS}{{op: create, side: task, act: act-1}}\n  - {text}\n"
    from_text(written, name="bug.yaml", tell=told.append)

    assert [True] == [one.startswith(f"bug.yaml, line 6, {said}") for one in told]
    assert told[0].endswith(": nothing happens here")
    assert f"bug.yaml, line 6, {said}" in refusal(written, strict=True)


def test_a_key_from_the_future_is_told_and_left_out() -> None:
    """An unknown key is said and the rest is read; a strict reading stops there."""
    told: list[str] = []
    text = SMALL.replace("capsule: 1", "capsule: 7") + "weather: rain\n"
    capsule = from_text(text, name="bug.yaml", tell=told.append)

    assert "t" == capsule.title
    assert ["bug.yaml, line 1, capsule: format 7; this understudy knows format 1: read as far as it is known"] == told[
        :1
    ]
    assert ["bug.yaml, line 5, weather: unknown key 'weather': left out"] == told[1:]
    assert "line 1, capsule: format 7" in refusal(text, strict=True)
    assert "unknown key 'weather'" in refusal(SMALL + "weather: rain", strict=True)


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    """Not there, a folder, bytes that are no text, what a capsule is made of."""
    (tmp_path / "bytes").write_bytes(b"capsule: \xff")
    (tmp_path / "folder.csv").mkdir()
    for made_of in ("story.HAR", "table.csv"):
        (tmp_path / made_of).write_text('{"log": {}}')
    wrong = {"missing": "No such file", ".": "Is a directory", "bytes": "byte 9 is no UTF-8", "story.HAR": "from-har /"}
    wrong |= {"table.csv": "from-csv --help", "folder.csv": "Is a directory", "missing.har": "No such file"}
    for name, said in wrong.items():
        with pytest.raises(MisuseError, match=said):
            read_capsule(tmp_path / name)


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """Where it cannot be written nothing is left behind."""
    capsule = from_text(SMALL, name="x")
    with pytest.raises(MisuseError, match="No such file"):
        write_capsule(capsule, tmp_path / "no folder" / "one")
    write_capsule(capsule, tmp_path / "one")

    assert ["one"] == [one.name for one in tmp_path.iterdir()]
    assert capsule == read_capsule(tmp_path / "one")
