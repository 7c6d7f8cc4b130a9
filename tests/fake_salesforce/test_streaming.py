"""Streaming is refused in the words of its protocol."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Caller

PATH = "/cometd/60.0"


@pytest.mark.evidence("client-derived", "jsforce, StreamingExtension.AuthFailure: the vendor's refusal of a handshake")
def test_messages_are_told_not_to_come_back(org: Caller) -> None:
    """One answer for each message, by its channel and id."""
    sent = [{"channel": "/meta/handshake", "version": "1.0", "id": "1"}, {"channel": "/meta/connect"}]
    answer = org.post(PATH, sent)

    assert answer.status == 501
    assert [("/meta/handshake", "1"), ("/meta/connect", None)] == [
        (one["channel"], one.get("id")) for one in answer.json
    ]
    first = answer.json[0]
    assert (False, "none", "501::NOT_FAKED") == (first["successful"], first["advice"]["reconnect"], first["error"])
    assert "/__understudy__/events" in first["ext"]["sfdc"]["failureReason"]
    assert ["/meta/handshake"] == [one["channel"] for one in org.post(PATH, sent[0]).json]


@pytest.mark.parametrize("body", [[], {}, [1], [{"channel": 1}], "x", None])
def test_what_is_no_message(org: Caller, body: Any) -> None:
    """The list of errors, as for everything that is not faked."""
    assert (501, "NOT_FAKED") == org.post(PATH, body).error[:2]


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_json(org: Caller, data: bytes) -> None:
    assert (501, "NOT_FAKED") == org.post(PATH, data=data).error[:2]
