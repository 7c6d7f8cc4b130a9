"""The data files of this fake: complete, consistent, used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import fake_totango
from fake_core.web import STAND_IN_HEADER
from fake_totango.errors import ERRORS, TotangoError
from fake_totango.routes import ROUTES, STAND_INS
from fake_totango.switches import SWITCHES, UNKNOWNS

from .conftest import Api

ROOM = Path(str(fake_totango.__file__)).parent
CODE = "\n".join(path.read_text("utf-8") for path in sorted(ROOM.rglob("*.py")))
TESTS = "\n".join(path.read_text("utf-8") for path in sorted(Path(__file__).parent.glob("test_*.py")))
GRADES = {"recorded", "documented", "client-derived", "assumed"}


@pytest.mark.parametrize("key", ERRORS)
def test_every_error_is_raised_and_has_evidence(key: str) -> None:
    """A row of errors.toml that nobody raises is taken out; its words can be filled."""
    words = dict.fromkeys(re.findall(r"{(\w+)}", ERRORS[key]["text"]), "x")

    assert f'"{key}"' in CODE
    assert (True, True) == (ERRORS[key]["grade"] in GRADES, bool(ERRORS[key]["source"]))
    assert TotangoError(key, **words).text


@pytest.mark.parametrize("name", SWITCHES)
def test_every_switch_is_read_and_tested(name: str) -> None:
    """A switch that no code reads or no test turns is taken out; a default is one of its values."""
    switch = SWITCHES[name]

    assert f'switches["{name}"]' in CODE
    assert name in TESTS
    assert (True, True, True) == (switch.default in switch.values, switch.grade in GRADES, bool(switch.source))
    assert switch.unknown in {0, *(row["number"] for row in UNKNOWNS)}


def test_stand_ins_are_routes_under_their_own_path_or_named(api: Api) -> None:
    """All that is under /_standin/ is a stand-in, and of the vendor's paths only the two deletes are."""
    ours = {name for _, path, name, _ in ROUTES if path.startswith("/_standin/")}

    assert ours | {"deleteTouchpoint", "deleteTask"} == set(STAND_INS)
    assert api.get("/_standin/totango/jobs").headers[STAND_IN_HEADER] == STAND_INS["listJobs"]
    assert STAND_IN_HEADER not in api.get("/api/v3/activity-types").headers


@pytest.mark.parametrize("name", STAND_INS)
def test_reasons_are_header_texts(name: str) -> None:
    """A reason goes into a header: one line of ASCII."""
    assert re.fullmatch(r"[ -~]+", STAND_INS[name])
