"""Evidence played again: each recorded request is asked of a fresh fake, in order, and the answers are compared.

Rule 1: the fake's clock stands at the moment of the recording.
Rule 2: an exchange that starts from records we do not have, or that follows from one which differed, is not compared.
It is told and counted, and never counted as agreed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from crm_contracts.openapi.documents import Operation
from crm_contracts.openapi.routes import router
from crm_contracts.record.answers import Difference, differences, error_of
from crm_contracts.record.names import Names
from crm_contracts.record.requests import asked
from crm_contracts.record.seeding import gone_before, made_by, seed, shown_rows
from crm_contracts.traffic import UPSTREAM_HEADER, WITHHELD, Call
from crm_contracts.traffic.har import Recording
from crm_contracts.vendors import HOSTS, create_fake
from fake_core.clock import FrozenClock
from fake_core.errors import ConnectionDropped, MisuseError
from fake_core.fake import Fake
from fake_core.transport import InProcess

__all__ = ["Compared", "compare"]

# A refusal with one of these codes does not tell that there is, or was, such a record.
_OF_NO_RECORD = ("NOT_FOUND", "MALFORMED_ID", "INVALID_CROSS_REFERENCE_KEY", "MALFORMED_QUERY", "INVALID_TYPE", "404")
_KEY = re.compile(r"sobjects/(\w+)/(\w+__c)(?:/|$)")
_NO_KEY = "Provided external ID field does not exist"
_NO_COMPANY = b"companyId not found"
_KEYED = re.compile(rb'"companyId" ?: ?"(?:extid|srcid)-([^"]+)"')
_CUSTOM = re.compile(r"/sobjects/(\w+__c)(?:/|$)")


@dataclass(frozen=True, slots=True)
class Compared:
    """One recorded exchange, our answer to it, and in what that differs; or *why* it was not compared."""

    call: Call
    operation: Operation | None
    ours: Call | None = None
    differences: Sequence[Difference] = ()
    why: str = ""


def compare(
    recording: Recording, *, orgs: dict[str, str] | None = None, seeds: Mapping[str, Any] | None = None
) -> Iterator[Compared]:
    """Every exchange of *recording*, in order. *orgs* says how the fake of a vendor starts (`create_app`'s org),
    *seeds* which records were there when the recording began: else they are made from what it shows of them.
    """
    players: dict[str, _Player] = {}
    try:
        for call in recording.calls:
            if call.vendor not in players:
                own = [one for one in recording.calls if one.vendor == call.vendor]
                org = (orgs or {}).get(call.vendor)
                fake = create_fake(call.vendor, clock=FrozenClock(own[0].at), **({"org": org} if org else {}))
                players[call.vendor] = _Player(fake, own, (seeds or {}).get(call.vendor))
            partial = recording.notes.get(call.number, {}).get("partial", ())
            yield players[call.vendor].play(call, partial=partial)
    finally:
        for player in players.values():
            player.fake.close()


class _Player:
    """A fresh fake, and what is known of the recording's records."""

    def __init__(self, fake: Fake, calls: Sequence[Call], records: Any = None) -> None:
        self.fake = fake
        self._host = HOSTS[fake.vendor]
        self._network = InProcess([fake])
        self._words = fake.credentials(self._host)
        self._names = Names(fake.vendor)
        self._calls = calls
        self._seeded = records is not None
        self._made = made_by(calls)
        self._bad: set[int] = set()  # exchanges that differed, or were not compared
        self._api = f"/services/data/v{self._words.get('api_version', '60.0')}"
        self._shown = shown_rows(calls, self._made)
        self._gone = gone_before(calls, self._made)
        self._why: dict[str, str] = {}
        self._bind_user(calls)
        if self._seeded:
            self._shown, self._gone = {}, {}
            self._seed(records)

    def play(self, call: Call, *, partial: Collection[str]) -> Compared:
        operation = _operation(call)
        self._move(call.at)
        self._prepare(call)
        why = self._hindered(call)
        request = why or asked(call, self._names, self._host, self._words)
        if isinstance(request, str):
            self._bad.add(call.number)
            return Compared(call, operation, why=request)
        ours = self._ask(call, request)
        if ours.status == 501 and operation is not None and operation.not_faked:
            self._bad.add(call.number)
            return Compared(call, operation, ours, why=f"the fake does not play {operation.operation_id}")
        if lacking := _lacking(call, ours) or self._unshown(call, ours):
            self._bad.add(call.number)
            return Compared(call, operation, ours, why=lacking)
        found = differences(call, ours, self._names, partial=partial)
        if found:
            self._bad.add(call.number)
        return Compared(call, operation, ours, found)

    def _prepare(self, call: Call) -> None:
        """Make the records that *call* is the first to name: reads before it did not show them."""
        named = call.url + " ".join(body.decode("utf-8", "replace") for body in (call.request, call.response))
        for id_ in self._names.strangers(named, self._shown):
            whole = next((one for one in self._shown if one.startswith(id_)), id_)
            if whole in self._shown and whole not in self._why and not self._names.knows(whole):
                why = seed(whole, self._shown, self.fake.vendor, self._names, self._send, self._api)
                self._why.update(why)
                kind = self._gone.get(whole)
                if kind and whole not in why:
                    self._send("DELETE", f"{self._api}/sobjects/{kind}/{self._names.ours(whole)}", None)

    def _hindered(self, call: Call) -> str:
        """Why *call* cannot be compared, "" when it can."""
        if call.status == 0 or call.answered(UPSTREAM_HEADER) is not None:
            return "the recording has no answer of the vendor's"
        if withheld := call.header(WITHHELD):
            return f"the recording does not have what was sent ({withheld})"
        sent = call.url + call.request.decode("utf-8", "replace")
        for one in self._names.strangers(sent, self._made):
            origin = self._made.get(one) or next((n for id_, n in self._made.items() if id_.startswith(one)), 0)
            if origin in self._bad:
                return f"it needs {one}, which exchange {origin} should have made"
            if origin == 0 and (error_of(call)[0] or str(call.status)) not in _OF_NO_RECORD and call.status != 401:
                return self._why.get(one) or f"it starts from a record that we do not have ({one})"
        if call.status < 400:
            answer = call.response.decode("utf-8", "replace")
            for one in self._names.strangers(answer):
                if one in self._why:
                    return self._why[one]
                if (origin := self._made.get(one, call.number)) in self._bad and origin < call.number:
                    return f"it shows what exchange {origin} should have made"
        return ""

    def _seed(self, records: Any) -> None:
        """What was there, as told. Raises MisuseError."""
        if self.fake.seed is None:
            raise MisuseError(f"--seed: {self.fake.vendor} takes no starting records")
        self.fake.seed(records)
        for id_ in self._names.strangers(json.dumps(records)):
            self._names.bind(id_, id_)

    def _unshown(self, call: Call, ours: Call) -> str:
        """The company that *call* names by a key of its own and we do not find, where the recording never shows it."""
        if self._seeded or self.fake.vendor != "planhat" or _NO_COMPANY not in ours.response or call.status >= 300:
            return ""
        if _NO_COMPANY in call.response:
            return ""
        for key in dict.fromkeys(_KEYED.findall(call.request)):
            bodies = (one.request + one.response for one in self._calls if "/companies" in one.url)
            if not any(b'"%s"' % key in body for body in bodies):
                return f"it names a company by its key {key.decode('utf-8', 'replace')}, which is not shown (--seed)"
        return ""

    def _move(self, at: datetime) -> None:
        assert isinstance(self.fake.clock, FrozenClock)
        self.fake.clock.set(max(at, self.fake.clock.now()))
        self._words = self.fake.credentials(self._host)  # a session that did not end in between

    def _ask(self, call: Call, request: tuple[str, str, list[tuple[str, str]], bytes]) -> Call:
        method, url, headers, body = request
        try:
            status, _, answered, answer = self._network.send(self.fake, method, url, headers=headers, body=body)
        except ConnectionDropped:
            return replace(call, status=0, response_headers=(), response=b"")
        given = tuple((name.lower(), value) for name, value in answered)
        return replace(
            call,
            method=method,
            url=url,
            request_headers=headers,
            request=body,
            status=status,
            response_headers=given,
            response=answer,
        )

    def _send(self, method: str, path: str, data: Any) -> tuple[int, Any]:
        headers = [("Content-Type", "application/json")]
        token = self._words.get("access_token") or self._words.get("token")
        headers.append(
            ("app-token", str(token)) if self.fake.vendor == "totango" else ("Authorization", f"Bearer {token}")
        )
        body = b"" if data is None else json.dumps(data).encode()
        status, _, _, answer = self._network.send(self.fake, method, self._host + path, headers=headers, body=body)
        try:
            return status, json.loads(answer)
        except ValueError:
            return status, answer.decode("utf-8", "replace")

    def _bind_user(self, calls: Sequence[Call]) -> None:
        """Whoever is alone named in the recording's requests is the one who calls."""
        if self.fake.vendor != "salesforce":
            return
        sent = " ".join(call.url + call.request.decode("utf-8", "replace") for call in calls)
        users = [one for one in self._names.strangers(sent) if one.startswith("005")]
        if len(users) == 1:
            query = f"/query?q=SELECT+Id+FROM+User+WHERE+Username='{quote(self._words['username'])}'"
            _, found = self._send("GET", self._api + query, None)
            for row in found.get("records", ()) if isinstance(found, dict) else ():
                self._names.bind(users[0], row["Id"])


def _lacking(call: Call, ours: Call) -> str:
    """Which object, or external id, of the recorded org ours does not have."""
    key = _KEY.search(urlsplit(call.url).path)
    if call.vendor == "salesforce" and key and call.status < 400 and _NO_KEY in error_of(ours)[1]:
        return f"our org has no external id {key[1]}.{key[2]}: describe it in an org file (--org)"
    custom = _CUSTOM.search(urlsplit(call.url).path)
    if call.vendor == "salesforce" and custom and error_of(ours)[0] == "NOT_FOUND" != error_of(call)[0]:
        return f"our org has no {custom[1]}: describe it in an org file (--org)"
    return ""


def _operation(call: Call) -> Operation | None:
    found = router(call.vendor).find(call.method, urlsplit(call.url).path)
    return found.operation if found else None
