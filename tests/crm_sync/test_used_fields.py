"""`understudy sync fields`: which fields of Salesforce a mapping uses, told without reaching anybody."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner, Result
from tests.crm_sync.both import BOTH, KEY_FIELD, OFF, RECEIVE, SEND, Both

from crm_sync.cli import sync
from crm_sync.config import PROFILES, Config
from crm_sync.linter import used_by_config, used_by_profile

EXAMPLES = Path(__file__).parents[2] / "fixtures/configs"


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(sync, ["fields", *(str(word) for word in words)])


def told(both: Both, **given: Any) -> set[tuple[str, str, str]]:
    return {(one.field, one.use, one.way) for one in used_by_config(Config.from_mapping(both.mapping(**given)))}


def test_a_run_reads_no_field_that_is_not_told(both: Both) -> None:
    """What stands in the queries of a run is a used field of its object, or belongs to an object that is looked up."""
    both.sf_options["external_id_field"] = KEY_FIELD
    both.sf_task()
    both.configure(task=BOTH)
    both.run()
    used = {one.field for one in used_by_config(Config.from_mapping(both.mapping(task=BOTH))) if one.object == "Task"}
    asked = [parse_qs(urlsplit(url).query).get("q", [""])[0] for _, url in both.wire.sent]
    read = {
        name for soql in asked for names in re.findall(r"SELECT (.+?) FROM Task\b", soql) for name in names.split(", ")
    }

    assert len(read) > 10
    assert set() == read - used


def test_each_way_is_told(both: Both) -> None:
    """A field that is only read, only written, both, or neither."""
    rows = [
        {"name": "subject", "planhat": "action", "salesforce": "Subject", "lens": "text"},
        {"name": "description", "planhat": "description", "salesforce": "Description", "direction": SEND},
        {"name": "date", "planhat": "startTime", "salesforce": "ActivityDate", "lens": "day", "direction": RECEIVE},
        {"name": "more", "planhat": "custom.More", "salesforce": "Priority", "direction": OFF},
    ]
    used = told(both, task=BOTH, task_extra={"fields": rows})

    assert {
        ("Subject", "mapped", "both ways"),
        ("Description", "mapped", "written"),
        ("ActivityDate", "mapped", "read"),
    } <= used
    assert "Priority" not in {field for field, _, _ in used}


def test_a_section_that_is_off_uses_nothing(both: Both) -> None:
    assert set() == told(both, task=OFF)


def test_keys_constants_and_paths_are_told() -> None:
    """The unique field of creations, what is written with each new record, and fields over a relationship."""
    totango = {(f"{one.object}.{one.field}", one.use, one.way) for one in used_by_profile("totango")}

    assert {
        ("Event.IsAllDayEvent", "constant", "written"),
        ("Task.OwnerId", "mapped", "written"),
        ("Task.Owner.Email", "mapped", "read"),
        ("Event.Type", "mapped", "written"),
        ("Task.IsClosed", "read", "read"),
    } <= totango


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_and_its_example_are_told_without_an_environment(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Addresses and secrets of a configuration need not be there; JSON and text tell the same."""
    for variable in ("SALESFORCE_URL", "PLANHAT_URL", "TOTANGO_URL", "MARKETO_URL"):
        monkeypatch.delenv(variable, raising=False)
    for mapping in (name, EXAMPLES / f"{name}.toml"):
        rows = json.loads(run(mapping, "--json").stdout)
        lines = run(mapping).stdout.splitlines()

        assert len(rows) > 10
        assert [f"{row['object']}.{row['field']}" for row in rows] == [line.split()[0] for line in lines]


def test_what_is_neither_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text("[[sections]]\n", "utf-8")
    for mapping, says in ((tmp_path / "no.toml", "is neither a profile"), (tmp_path / "x.toml", "sections[0]")):
        done = run(mapping)

        assert 1 == done.exit_code
        assert says in done.stderr
        assert 1 == len(done.stderr.splitlines())
