"""The cookies that every answer sets: of no use to a client of the API, and still there.

Rule 1: the same org sets the same cookies; they end a year after the answer.
Rule 2: the domain .salesforce.com is named to hosts below it only: at any other host it would be a cookie for
strangers, at which careful clients stop (faye, which jsforce streams with, ends the whole process).
Source: recorded answers of 2021 (heroku/sf-functions-python: BrowserId with its attributes) and 2024 (OpenStax
cassettes: the three names); the values of the other two and their attributes are as clients quote them.
"""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import timedelta
from email.utils import format_datetime

from fake_salesforce.org import Org

YEAR_SECONDS = 31_536_000
_KEY = "understudy.cookies"
_VENDOR_HOST = re.compile(r"(?:^|\.)salesforce\.com(?::\d+)?$", re.IGNORECASE)

Headers = list[tuple[str, str]]


def of(org: Org, host: str) -> Headers:
    """The Set-Cookie headers of an answer sent now from *host* (a port may follow); made once for each second."""
    now = org.clock.now().replace(microsecond=0)
    domain = "domain=.salesforce.com; " if _VENDOR_HOST.search(host) else ""
    key = f"{_KEY}{domain}"
    kept = org.cookies.get(key)
    if kept is None or kept[0] != now:
        expires = format_datetime(now + timedelta(seconds=YEAR_SECONDS), usegmt=True)
        ends = f"path=/; expires={expires}; Max-Age={YEAR_SECONDS}"
        browser = base64.urlsafe_b64encode(hashlib.sha256(org.org_id.encode()).digest()[:16]).decode().rstrip("=")
        kept = (
            now,
            [
                ("Set-Cookie", f"BrowserId={browser}; {domain}{ends}"),
                ("Set-Cookie", f"CookieConsentPolicy=0:1; {ends}"),
                ("Set-Cookie", f"LSKey-c$CookieConsentPolicy=0:1; {ends}"),
            ],
        )
        org.cookies[key] = kept
    found: Headers = kept[1]
    return found
