"""Scrubbing: no secret is left in any place or spelling, and nothing else is changed."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from crm_contracts.traffic import Call
from crm_contracts.traffic.scrubbed import reveals, scrubbed

TOKEN = "00D5500000001Ab!AQ4AQFx.b_2nT/+=zKq0Qw9mY7hB1cVdX"
PASSWORD = 'p&ss "wörd" <1>/+é'
SECRET = "8F2C1D0E9A7B6543"
URL = "https://acme.my.salesforce.com"


def call(**given: Any) -> Call:
    base = Call(
        number=1, at=datetime(2026, 11, 21, tzinfo=UTC), vendor="salesforce", method="POST", url=URL, status=200
    )
    pairs = {key: tuple(value) for key, value in given.items() if key.endswith("_headers")}
    return replace(base, **given | pairs)


def form(**given: str) -> bytes:
    return "&".join(f"{key}={quote_plus(value)}" for key, value in given.items()).encode()


# One call for each place in which a secret may stand; "everywhere" repeats it in every spelling.
LOG_IN = call(
    url=f"{URL}/services/oauth2/token",
    request_headers=[("content-type", "application/x-www-form-urlencoded")],
    request=form(grant_type="password", client_id="3MVG9consumer", client_secret=SECRET, password=PASSWORD),
    response_headers=[("content-type", "application/json"), ("set-cookie", "BrowserId=abcdefghijkl; path=/; secure")],
    response=json.dumps({"access_token": TOKEN, "instance_url": URL, "token_type": "Bearer"}).encode(),
)
EVERYWHERE = call(
    url=f"{URL}/services/data/v60.0/query?q=SELECT+Id&sid={quote(TOKEN, safe='')}",
    request_headers=[("authorization", f"Bearer {TOKEN}"), ("cookie", "sid=abcdefghijklmnop; BrowserId=zyxwvutsrqpon")],
    request=json.dumps({"Description": f"old {SECRET} and {PASSWORD}", "Url": quote(PASSWORD)}).encode(),
    response=f"<a>{PASSWORD.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;')}</a>".encode(),
)
SPELLINGS = [TOKEN, SECRET, PASSWORD, quote(TOKEN, safe=""), quote_plus(PASSWORD), quote(PASSWORD), "zyxwvutsrqpon"]


def told(calls: list[Call]) -> str:
    return "\n".join(f"{one}\n{one.request.decode()}\n{one.response.decode()}" for one in calls)


def test_no_secret_is_left_in_any_spelling() -> None:
    """What a log-in shows is blacked out in URLs, headers, forms, JSON and XML of every call, before it and after."""
    before = told([LOG_IN, EVERYWHERE])
    assert [word for word in (TOKEN, SECRET) if word not in before] == []
    after = told(scrubbed([EVERYWHERE, LOG_IN]))
    assert [word for word in SPELLINGS if word in after] == []
    assert "wörd" not in after
    assert "w%C3%B6rd" not in after


def test_stand_ins_are_the_same_wherever_a_secret_stands() -> None:
    """The token of the log-in's answer and that of a later request have one stand-in, and two secrets have two."""
    log_in, later = scrubbed([LOG_IN, EVERYWHERE])
    stands = json.loads(log_in.response)["access_token"]
    assert f"Bearer {stands}" == later.header("authorization")
    assert later.url.endswith(f"sid={stands}")
    sent = dict(part.split("=") for part in log_in.request.decode().split("&"))
    assert ("password", "3MVG9consumer") == (sent["grant_type"], sent["client_id"])
    assert len({stands, sent["client_secret"], sent["password"]}) == 3
    assert json.loads(log_in.response)["token_type"] == "Bearer"


@pytest.mark.parametrize(
    "one",
    [
        call(request_headers=[("authorization", "Basic " + base64.b64encode(f"me:{SECRET}".encode()).decode())]),
        call(request_headers=[("app-token", SECRET)]),
        call(request_headers=[("x-sfdc-session", SECRET)]),
        call(response_headers=[("set-cookie", f"sid={SECRET}; path=/; HttpOnly")]),
        call(request=f"<soap:Body><n1:login><n1:password>{SECRET}</n1:password></n1:login></soap:Body>".encode()),
        call(response=f"<result><sessionId>{SECRET}</sessionId></result>".encode()),
        call(response=f"<result><sessionId><![CDATA[{SECRET}]]></sessionId></result>".encode()),
        call(url=f"https://me:{SECRET}@acme.my.salesforce.com/services/data"),
        call(url=f"https://:{SECRET}@acme.my.salesforce.com/services/data"),
        call(request_headers=[("referer", f"{URL}/home?sid={SECRET}")]),
        call(url=f"{URL}/services/oauth2/callback?code={SECRET}&state=1"),
        call(url=f"{URL}/anything#access_token={SECRET}"),
        call(request=f'--x\r\nContent-Disposition: form-data; name="client_secret"\r\n\r\n{SECRET}\r\n--x--'.encode()),
        call(request=json.dumps({"user": {"newPassword": SECRET}}).encode()),
        call(response=json.dumps({"refresh_token": SECRET}, separators=(",", ":")).encode()),
        call(response=b'{"refresh_token" : "' + SECRET.encode() + b'", "cut": "off he'),
        call(
            response=gzip.compress(json.dumps({"api_key": SECRET}).encode()),
            response_headers=[("content-encoding", "gzip")],
        ),
        call(request=zlib.compress(f"password={SECRET}".encode()), request_headers=[("content-encoding", "deflate")]),
        call(request=b"\xff\xfe binary client_secret=" + SECRET.encode() + b" \x00\x01"),
    ],
)
def test_each_place_of_a_secret_is_known(one: Call) -> None:
    """A call that shows a secret is told to do so, and shows none once it is scrubbed."""
    other = call(request=f"a note that quotes {SECRET}.".encode())
    clean = scrubbed([one, other])
    assert SECRET not in "".join(repr(each) for each in clean)
    assert reveals(one)
    assert b"a note that quotes secret-1." == clean[1].request
    assert not any(reveals(each) for each in clean)


def test_a_body_that_cannot_be_looked_through_is_left_out() -> None:
    """What is compressed in a way that we cannot read is withheld, and the call says so."""
    (clean,) = scrubbed([call(response=b"sesame", response_headers=[("content-encoding", "br")])])
    assert (b"", "compressed with br") == (clean.response, clean.answered("x-understudy-withheld"))


def test_what_is_no_secret_stays_as_it_is() -> None:
    """Error codes, page tokens, names and binary bodies pass unchanged; scrubbing twice changes nothing more."""
    plain = [
        call(
            url=f"{URL}/services/data/v60.0/query?q=SELECT%20Id",
            response=b'[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID","code":"NOT_SHARED"}]',
            response_headers=[("content-length", "97"), ("x-sfdc-request-id", "f773c4cf925f2f3c6ba0f4bd9352ea0e")],
        ),
        call(request=bytes(range(256)), response=b'{"nextPageToken":"abcdefghijkl","password":"true"}'),
    ]
    once = scrubbed(plain)
    assert plain[0] == once[0]
    assert (plain[1].request, b'{"nextPageToken":"abcdefghijkl","password":"secret-0"}') == (
        once[1].request,
        once[1].response,
    )
    assert once == scrubbed(once)
    assert scrubbed([LOG_IN, EVERYWHERE]) == scrubbed(scrubbed([LOG_IN, EVERYWHERE]))


def test_a_packed_body_is_kept_unpacked_also_where_it_was_cut() -> None:
    """Of a compressed body that the tap cut, as much as can be read is kept; its headers no longer claim otherwise."""
    whole = json.dumps([{"n": number} for number in range(2_000)]).encode()
    packed = gzip.compress(whole)
    headers = [("content-encoding", "gzip"), ("content-length", str(len(packed))), ("content-type", "application/json")]
    (kept,) = scrubbed([call(response=packed, response_headers=headers)])
    assert (whole, (("content-type", "application/json"),)) == (kept.response, kept.response_headers)
    (cut,) = scrubbed([call(response=packed[: len(packed) // 2], response_headers=headers)])
    assert whole.startswith(cut.response)
    assert len(cut.response) > 1_000
