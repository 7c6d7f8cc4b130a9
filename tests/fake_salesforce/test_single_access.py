"""A link that opens the user interface once: made for who has a session, and nothing behind it."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from .conftest import HOST, Caller

PATH = "/services/oauth2/singleaccess"


@pytest.mark.evidence("client-derived", "sf org open reads frontdoor_uri; Salesforce Help, frontdoor URLs")
def test_a_link_for_the_user(org: Caller) -> None:
    """Another one each time, with the page that was asked for; the page itself is not faked."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answers = [
        org.get(PATH),
        org.get(PATH, query={"redirect_uri": "/lightning/page/home?a=b&c"}),
        org.post(PATH, data=b"redirect_uri=%2Fone", headers=form),
    ]
    links = [urlsplit(answer.json["frontdoor_uri"]) for answer in answers]

    assert {(HOST, "/secur/frontdoor.jsp")} == {(link.netloc, link.path) for link in links}
    found = [parse_qs(link.query) for link in links]
    assert [None, ["/lightning/page/home?a=b&c"], ["/one"]] == [each.get("startURL") for each in found]
    assert 3 == len({each["otp"][0] for each in found})
    page = Caller(org.fake).get(links[0].path)
    assert (501, "NOT_FAKED") == page.error[:2]


@pytest.mark.evidence("assumed", "as userinfo; @salesforce/core: 403 for an expired token")
@pytest.mark.parametrize(("token", "text"), [("00D!x", "Bad_OAuth_Token"), ("", "Missing_OAuth_Token")])
def test_no_link_without_a_session(org: Caller, token: str, text: str) -> None:
    answer = Caller(org.fake, token=token).get(PATH)
    assert (403, text) == (answer.status, answer.text)
