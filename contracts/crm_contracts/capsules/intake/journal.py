"""Journals of fakes as exchanges: of a session that `understudy serve` serves, or of fakes in this process.

Rule 1: a journal tells who called (the vendor's own name for the caller, and the User-Agent) and which fault struck:
nothing is guessed.
Rule 2: several journals are put together by the fakes' clocks; where the clock stood still, a person's request comes
before the sync's, and each journal keeps its own order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from crm_contracts.capsules.intake.blacking import Secrets
from crm_contracts.capsules.intake.bodies import Unreadable, form, parsed
from crm_contracts.capsules.intake.callers import Callers
from crm_contracts.capsules.intake.exchange import RecordedExchange, Tally
from crm_contracts.capsules.intake.from_har import Intake, from_exchanges
from crm_contracts.capsules.intake.runs import PAUSE_SECONDS
from crm_contracts.serving.notes import ca_bundle
from fake_core.control import ControlClient
from fake_core.errors import MisuseError
from fake_core.fake import Fake
from fake_core.journal import JOURNAL_BODY_BYTES_MAX

__all__ = ["record", "recorded", "served_journals"]

_LOG_IN = ("/services/oauth2/token", "/services/oauth2/authorize", "/services/Soap/")


def record(
    *fakes: Fake, profile: str = "", sync_users: Sequence[str] = (), pause_seconds: int = PAUSE_SECONDS
) -> Intake:
    """The capsule of what was said to *fakes* so far: Salesforce and a partner, in this process.

    *sync_users*: who of the callers is the sync, as the journal names them (a username, the name of a token, a part of
    a User-Agent); without it, all but browsers and tools of the hand are. Raises MisuseError where the journals tell of
    no request, or of a partner that is not there.
    """
    journals = {fake.vendor: fake.exchanges() for fake in fakes}
    return recorded(journals, profile=profile, sync_users=sync_users, pause_seconds=pause_seconds, source="journals")


def served_journals(
    urls: Mapping[str, str], tenants: Mapping[str, str] | None = None
) -> dict[str, list[dict[str, Any]]]:
    """The journals of fakes that are served: vendor -> URL. Raises MisuseError for one that does not answer.

    Over https the CA of `understudy serve --tls` is trusted beside the public ones, and what REQUESTS_CA_BUNDLE names.
    """
    import requests

    session, ours = requests.Session(), requests.Session()
    ours.trust_env = False  # REQUESTS_CA_BUNDLE would win over this CA
    ours.verify = str(ca_bundle())
    found = {}
    for vendor, url in urls.items():
        try:
            tenant = (tenants or {}).get(vendor, "")
            try:
                found[vendor] = ControlClient(url, session, tenant=tenant).journal()
            except requests.exceptions.SSLError:
                if not ca_bundle().exists():
                    raise
                found[vendor] = ControlClient(url, ours, tenant=tenant).journal()
        except requests.exceptions.SSLError:
            raise MisuseError(f"{url}: its certificate is not trusted: name its CA in REQUESTS_CA_BUNDLE") from None
        except (requests.RequestException, ValueError):
            raise MisuseError(f"{url}: no fake of {vendor} answers there: is `understudy serve` running?") from None
    return found


def recorded(
    journals: Mapping[str, Sequence[Mapping[str, Any]]],
    *,
    profile: str = "",
    sync_users: Sequence[str] = (),
    pause_seconds: int = PAUSE_SECONDS,
    source: str,
) -> Intake:
    """The capsule of journals, vendor -> exchanges as a fake's `exchanges()` tells them."""
    tally, secrets, callers = Tally(), Secrets(), Callers()
    read = {
        vendor: [_exchange(one, vendor, callers, secrets) for one in entries] for vendor, entries in journals.items()
    }
    words = sorted({one.who for every in read.values() for one in every if one.who})
    callers.choose(words, sync_users)
    exchanges = list(_together(read, callers))
    return from_exchanges(
        exchanges,
        source=f"{source} of {' and '.join(sorted(journals))}",
        name=source,
        tally=tally,
        secrets=secrets,
        callers=callers,
        profile=profile,
        sync_users=sync_users,
        pause_seconds=pause_seconds,
    )


def _exchange(one: Mapping[str, Any], vendor: str, callers: Callers, secrets: Secrets) -> RecordedExchange:
    path, _, query = str(one["path"]).partition("?")
    asked, request_unread = _data(one["request"], form_like=path.startswith(_LOG_IN) or "search" in path)
    answer, response_unread = _data(one["response"])
    for data in (asked, answer, form(query)):
        secrets.of_data(data)
    login = one["verb"] == "login"
    if login:
        callers.logged_in(vendor, asked, answer)
        asked = answer = None
    who = str(one.get("who") or "")
    return RecordedExchange(
        number=int(one["n"]),
        at=datetime.fromisoformat(one["at"]),
        vendor=vendor,
        method=str(one["method"]),
        path=unquote(path),
        query=form(query),
        request=asked,
        status=int(one["status"]),
        response=answer,
        request_unread=request_unread,
        response_unread="" if one["fault"] else response_unread,
        who="" if login or not who else callers.word(vendor, "", name=who, agent=str(one.get("agent") or "")),
        fault=one["fault"] or "",
        meaning=(str(one["verb"]), str(one["object"])),
        source=f"{vendor} exchange",
    )


def _data(text: str, *, form_like: bool = False) -> tuple[Any, str]:
    """A body, and why it could not be read."""
    try:
        return parsed(text, "application/x-www-form-urlencoded" if form_like else ""), ""
    except Unreadable as error:
        cut = len(text) >= JOURNAL_BODY_BYTES_MAX // 4  # in characters, of which UTF-8 has up to four bytes each
        return None, "the journal keeps no more of so long a body" if cut else str(error)


def _together(read: Mapping[str, Sequence[RecordedExchange]], callers: Callers) -> Iterable[RecordedExchange]:
    """Journals in one order, by their clocks."""
    heads = {vendor: list(reversed(every)) for vendor, every in read.items() if every}
    while heads:
        vendor = min(
            heads,
            key=lambda one: (heads[one][-1].at, _by_sync(heads[one], callers), one != "salesforce", one),
        )
        yield heads[vendor].pop()
        if not heads[vendor]:
            del heads[vendor]


def _by_sync(waiting: Sequence[RecordedExchange], callers: Callers) -> bool:
    """Whether the next one waiting is the sync's; a log-in is that of whoever calls next."""
    for one in reversed(waiting):
        if one.who:
            return callers.is_sync(one.who)
    return True
