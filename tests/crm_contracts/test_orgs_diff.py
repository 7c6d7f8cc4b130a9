"""`understudy org diff` as a CI check: what is allowed, what hits a mapping, the exit status, the reports."""

from __future__ import annotations

import copy
import json
import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.crm_contracts.test_orgs import Describe, Org, custom, field_of, save

from crm_contracts.cli import understudy
from crm_contracts.orgs.allowed import Row, read_allowed, sort_out
from crm_contracts.orgs.drift import Drift, compare
from crm_contracts.orgs.drift_report import line_of
from crm_contracts.orgs.mapped import mapped_by, read_mapping
from fake_core.errors import MisuseError

MARCH = date(2027, 3, 31)


@pytest.fixture(scope="module")
def before() -> dict[str, Describe]:
    org = Org()
    return {name: org.describe(name) for name in ("Account", "Task")}


@pytest.fixture
def folders(before: dict[str, Describe], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`then` and `now`: a mapped field is shorter, one that nobody maps is, too, and the org has a new one."""
    now = copy.deepcopy(before)
    field_of(now["Task"], "Subject")["length"] = 80
    field_of(now["Account"], "Site")["length"] = 40
    now["Account"]["fields"].append(custom(field_of(now["Account"], "Site"), "Region__c"))
    for folder, describes in (("then", before), ("now", now)):
        (tmp_path / folder).mkdir()
        for name, one in describes.items():
            save(tmp_path / folder, f"{name}.json", one)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(understudy, ["org", "diff", "then", "now", *words])


def refused(*words: str) -> str:
    done = run(*words)
    assert isinstance(done.exception, MisuseError), done.output
    assert 2 == done.exception.exit_code  # type: ignore[attr-defined]
    assert "\n" not in str(done.exception)
    return str(done.exception)


def allow(folder: Path, *rows: str) -> tuple[str, str]:
    text = "\n".join(f"[[allowed]]\nreason = 'agreed'\n{row}\n" for row in rows)
    (folder / "allowed.toml").write_text(text, "utf-8")
    return "--allowed", "allowed.toml"


def fields(folder: Path, *names: str) -> tuple[str, str]:
    (folder / "fields.toml").write_text(f"fields = {json.dumps(names)}", "utf-8")
    return "--mapped", "fields.toml"


# --- what is allowed --------------------------------------------------------------------------------


def drift(at: str = "Task.Subject", what: str = "length") -> Drift:
    return Drift(at, what, "255", "80", "a text that fits here is STRING_TOO_LONG there")


def row(at: str, what: str = "*", until: date | None = None) -> Row:
    return Row(at, what, "agreed", until, "allowed.toml", 1)


@pytest.mark.parametrize(
    ("at", "what", "fits"),
    [
        ("Task.Subject", "length", True),
        ("Task.*", "*", True),
        ("*", "len?th", True),
        ("task.subject", "LENGTH", True),
        ("Task", "*", False),
        ("Task.Subject", "label", False),
        ("Task.Sub", "length", False),
        ("ask.Subject", "length", False),
        ("Task?Subject", "length", True),
        ("TaskxSubject", "length", False),
    ],
)
def test_a_row_allows_what_its_signs_say(at: str, what: str, fits: bool) -> None:
    """A star is any text, a question mark any character, and everything else itself."""
    told = sort_out([drift()], [row(at, what)], MARCH)

    assert ([], [drift()])[not fits] == list(told.kept)
    assert ([row(at, what)], [])[fits] == list(told.stale)


def test_brackets_of_a_picklist_value_are_themselves() -> None:
    """What `org diff` prints can be written into the file as it stands."""
    one = drift("Task.Status", "picklist value 'On [hold]'")

    assert [] == list(sort_out([one], [row("Task.Status", one.what)], MARCH).kept)


@pytest.mark.parametrize(("today", "kept"), [(date(2027, 3, 30), 0), (MARCH, 0), (date(2027, 4, 1), 1)])
def test_a_row_allows_up_to_its_last_day(today: date, kept: int) -> None:
    """After it, the difference is told again, with the row that promised an end; such a row is not stale."""
    told = sort_out([drift()], [row("Task.*", until=MARCH)], today)

    assert kept == len(told.kept)
    assert kept == len(told.expired)
    assert [] == list(told.stale)


def test_a_row_whose_day_is_over_hides_no_other() -> None:
    """Another row that fits still allows."""
    told = sort_out([drift()], [row("Task.*", until=date(2020, 1, 1)), row("*")], MARCH)

    assert ([], [], []) == (list(told.kept), list(told.stale), list(told.expired))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x =", "is no TOML"),
        ("rows = []", "'rows' is unknown"),
        ("allowed = 'Task'", "one table [[allowed]] for each row"),
        ("[[allowed]]\nat = 'Task'\nwhat = '*'\nreason = 'r'\nuntill = 2027-01-01", "row 1: 'untill' is unknown"),
        ("[[allowed]]\nat = 'Task'\nwhat = '*'\n", "row 1: reason: a text is needed"),
        ("[[allowed]]\nat = 'Task'\nwhat = '*'\nreason = ' '\n", "row 1: reason: a text is needed"),
        ("[[allowed]]\nat = 7\nwhat = '*'\nreason = 'r'\n", "row 1: at: a text is needed"),
        ("[[allowed]]\nat = 'T'\nwhat = '*'\nreason = 'r'\nuntil = '2027'\n", "row 1: until: a date is needed"),
        ("[[allowed]]\nat = 'T'\nwhat = '*'\nreason = 'r'\nuntil = 2027-01-01T00:00:00\n", "row 1: until: a date"),
    ],
)
def test_a_file_that_is_wrong_is_one_clear_line(folders: Path, text: str, says: str) -> None:
    (folders / "allowed.toml").write_text(text, "utf-8")
    told = refused("--allowed", "allowed.toml")

    assert "--allowed allowed.toml: " in told
    assert says in told


def test_a_row_knows_its_line(folders: Path) -> None:
    allow(folders, "at = 'Task.*'\nwhat = '*'", "at = 'Account.*'\nwhat = '*'")

    assert ["allowed.toml:1", "allowed.toml:6"] == [one.place for one in read_allowed(Path("allowed.toml"))]


# --- what hits a mapping ----------------------------------------------------------------------------

USES: list[dict[str, Any]] = [
    {
        "object": "Task",
        "field": "Subject",
        "use": "mapped",
        "name": "title",
        "section": "S",
        "sends": True,
        "receives": True,
    },
    {
        "object": "Task",
        "field": "Owner.Email",
        "use": "mapped",
        "name": "who",
        "section": "S",
        "sends": False,
        "receives": True,
    },
    {
        "object": "Task",
        "field": "IsClosed",
        "use": "read",
        "name": "",
        "section": "S",
        "sends": False,
        "receives": True,
    },
    {"object": "Contact", "field": "*", "use": "", "name": "", "section": "mine.toml"},
]


@pytest.mark.parametrize(
    ("at", "what", "uses"),
    [
        ("Task.Subject", "length", ["title of S, both ways"]),
        ("Task.SUBJECT", "length", ["title of S, both ways"]),
        ("Task.OwnerId", "updateable", ["who of S, read"]),
        ("User.Email", "length", ["who of S, read"]),
        ("Task.IsClosed", "type", ["read beside S"]),
        ("Contact.Fax", "length", ["named in mine.toml"]),
        ("Task.Priority", "length", []),
        ("Account.Subject", "length", []),
        ("Task", "createable", ["the mapping uses Task"]),
        ("Task", "object", ["the mapping uses Task"]),
        ("Task", "record type Master", []),
        ("Task", "child relationship Notes (Note.ParentId)", []),
        ("Account", "createable", []),
    ],
)
def test_a_difference_hits_the_field_that_is_mapped(
    before: dict[str, Describe], at: str, what: str, uses: list[str]
) -> None:
    """Also the field behind a relationship, at both its ends, and an object as a whole."""
    assert uses == mapped_by("m", USES, before).hit_by(drift(at, what))


def test_a_difference_without_a_consequence_hits_nothing(before: dict[str, Describe]) -> None:
    """What `--all` tells, too, changes no answer that a sync reads."""
    now = copy.deepcopy(before)
    field_of(now["Task"], "Subject")["htmlFormatted"] = True
    (one,) = compare(before, now, everything=True)

    assert [] == mapped_by("m", USES, before).hit_by(one)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("fields =", "is no TOML"),
        ("fields = []", "a list is needed"),
        ("fields = ['Subject']", "'Subject' is not like Task.Subject"),
        ("fields = [7]", "7 is not like Task.Subject"),
        ("fields = ['Task.*']\nmore = 1", "'more' is unknown"),
    ],
)
def test_a_list_of_fields_that_is_wrong_is_one_clear_line(folders: Path, text: str, says: str) -> None:
    (folders / "fields.toml").write_text(text, "utf-8")

    assert says in refused("--mapped", "fields.toml")


def test_a_mapping_is_what_the_sync_says_it_is() -> None:
    """A profile of ours is asked by its command; what it does not know is one line."""
    uses = read_mapping("marketo")

    assert {"Task"} == {one["object"] for one in uses}
    assert {"Subject", "OwnerId", "IsClosed"} <= {one["field"] for one in uses}
    with pytest.raises(MisuseError, match=r"^--mapped nix: is neither a profile"):
        read_mapping("nix")


# --- the command ------------------------------------------------------------------------------------

ALL = ("at = 'Task.Subject'\nwhat = 'length'", "at = 'Account.*'\nwhat = '*'")


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (lambda _: (), 1),
        (lambda at: allow(at, *ALL), 0),
        (lambda at: allow(at, ALL[1]), 1),
        (lambda at: fields(at, "Task.Subject"), 3),
        (lambda at: fields(at, "Task.Status"), 1),
        (lambda at: (*fields(at, "Task.Subject"), *allow(at, ALL[0])), 1),
        (lambda at: (*fields(at, "Task.Subject"), *allow(at, ALL[1])), 3),
        (lambda at: (*fields(at, "Task.Subject"), *allow(at, *ALL)), 0),
        (lambda at: (*allow(at, f"{ALL[0]}\nuntil = 2027-03-31", ALL[1]), "--today", "2027-03-31"), 0),
        (lambda at: (*allow(at, f"{ALL[0]}\nuntil = 2027-03-31", ALL[1]), "--today", "2027-04-01"), 1),
    ],
)
def test_the_exit_status_says_what_is_hit(folders: Path, given: Callable[[Path], tuple[str, ...]], status: int) -> None:
    """0: nothing, or only what is allowed; 3: a mapped field; 1: another; as lines, as JSON, as a report."""
    words = given(folders)

    assert [status] * 3 == [run(*words, *more).exit_code for more in ((), ("--json",), ("--format", "sarif"))]


def test_lines_are_as_ever_and_say_what_is_mapped_and_allowed(folders: Path) -> None:
    done = run(*fields(folders, "Task.Subject", "Event.Subject"), *allow(folders, ALL[1], "at = 'Lead'\nwhat = 'x'"))

    line = "Task.Subject: length: fake 255, real 80 - a text that fits here is STRING_TOO_LONG there"
    assert f"{line} [mapped: named in fields.toml]\n" == done.stdout
    assert [
        "allowed.toml:6: allows nothing, remove it: no difference is Lead: x",
        "mapped, and not described: Event",
        "1 difference in 1 of 2 objects; 2 allowed; 1 hits a mapped field",
    ] == done.stderr.splitlines()


def test_json_lines_have_what_was_asked_for_and_no_more(folders: Path) -> None:
    """Without the new options a line has the keys it had."""
    plain = [json.loads(line) for line in run("--json").stdout.splitlines()]
    told = {
        (one["at"], one.get("allowed"), len(one["mapped"]))
        for one in map(
            json.loads, run("--json", *fields(folders, "Task.Subject"), *allow(folders, ALL[1])).stdout.splitlines()
        )
    }

    assert [{"at", "what", "fake", "real", "means"}] * 3 == [set(one) for one in plain]
    assert {("Task.Subject", None, 1), ("Account.Site", "agreed", 0), ("Account.Region__c", "agreed", 0)} == told


def test_a_row_whose_day_is_over_is_told(folders: Path) -> None:
    done = run(*allow(folders, "at = 'Task.*'\nwhat = '*'\nuntil = 2027-03-31"), "--today", "2027-04-01")

    assert "allowed.toml:1: allowed until 2027-03-31, 1 told again: agreed" in done.stderr.splitlines()


def test_the_report_is_one_of_findings(folders: Path) -> None:
    """Objects are checks; a hit is an error, another difference a warning, an allowed one a note."""
    words = (
        *fields(folders, "Task.Subject", "Event.Subject"),
        *allow(folders, "at = '*.Site'\nwhat = 'length'", "at = 'X'\nwhat = '*'"),
    )
    data = json.loads(run(*words, "--format", "json").stdout)

    assert [
        ("Account", "failed", ["warning", "note"]),
        ("Task", "failed", ["error"]),
        ("Event", "not run", []),
        ("allowed changes", "passed", ["warning"]),
    ] == [(one["name"], one["state"], [each["level"] for each in one["findings"]]) for one in data["results"]]
    (hit,) = data["results"][1]["findings"]
    assert ("org-drift.length", "length of a mapped field") == (hit["check"], hit["cause"])
    assert "length: fake 255, real 80" == hit["seen"]
    note = data["results"][0]["findings"][1]
    assert ("allowed: agreed", "allowed.toml", 1) == (note["cause"], note["file"], note["line"])
    assert "2 objects with 98 fields" == data["facts"]["compared"]


def test_files_are_written_beside_the_text(folders: Path) -> None:
    done = run("--output", "drift.xml", "--output", "drift.html")

    assert 1 == done.exit_code
    assert done.stdout.startswith("org diff: then and now\n")
    assert "<testcase" in (folders / "drift.xml").read_text("utf-8")
    assert "Failed: org diff: then and now" in (folders / "drift.html").read_text("utf-8")
    assert "give one of them" in refused("--json", "--output", "drift.json")


def test_a_finding_is_at_the_line_of_the_org_file() -> None:
    """The field's own line, else its object's table, else the first."""
    tables = "[imported.TaskX]\nSubject = 1\n[imported.Task]\nlabel = 'Task'\n[imported.Task.fields]\nSubject = {}\n"
    text = f"[org]\nname = 'A'\n\n{tables}"
    assert tomllib.loads(text)

    assert [9, 6, 6, 1] == [line_of(text, at) for at in ("Task.Subject", "Task.More__c", "Task", "Lead")]


def test_which_of_the_two_files_is_wrong_is_said(tmp_path: Path) -> None:
    """Both sides may be org files: the line names the one."""
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text("[objects.Task.fields]\n", "utf-8")
    bad.write_text("[objects.Task.fields]\nSubject = {length = 80}\n", "utf-8")
    found = CliRunner().invoke(understudy, ["org", "diff", str(good), str(bad)])
    assert isinstance(found.exception, MisuseError)
    assert str(found.exception).startswith(f"{bad}: objects.Task.fields.Subject: 'length' is unknown")
