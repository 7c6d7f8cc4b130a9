"""What a tester may send to the control plane by mistake: one line says so, whatever the value."""

from __future__ import annotations

from typing import Any

import pytest
import requests

URL = "https://acme.notes.example/__understudy__/"


@pytest.mark.parametrize(
    "value", [None, [], {}, [[]], True, "x", 1e300, -1e300, 10**400, "0001-01-01T00:00:00+14:00"], ids=str
)
@pytest.mark.parametrize(
    ("control", "key"), [("restore", "id"), ("clock", "advance_seconds"), ("clock", "now"), ("limits", "calls")]
)
def test_any_json_value(session: requests.Session, control: str, key: str, value: Any) -> None:
    """A value of another type, or beyond any calendar, is a mistake that is told."""
    answer = session.post(URL + control, json={key: value})

    assert (400, ["error"]) == (answer.status_code, list(answer.json()))


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"a":NaN}', b'{"a":' * 5_000 + b"1" + b"}" * 5_000])
@pytest.mark.parametrize("control", ["restore", "clock", "limits", "faults"])
def test_bytes_that_are_no_json(session: requests.Session, control: str, body: bytes) -> None:
    """What cannot be read is refused, however deep it is nested."""
    answer = session.post(URL + control, data=body)

    assert (400, "the body is not JSON") == (answer.status_code, answer.json()["error"])
