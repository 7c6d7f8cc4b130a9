"""A check is played on a target: its steps in order, what differs, and taking away what it made.

Rule 1: the first step that differs ends the check: what comes after rests on it.
Rule 2: what a call created is known from its answer, is taken away in reverse order whatever happened, and what could
not be is told. A record created without the scratch word is a fault of the check, and told as its failure.
Rule 3: a call that is one too many in its minute (429) is made again when the vendor takes it.
Rule 4: an answer that cannot be read at all, because it has another shape than the vendor's, differs like any other.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from crm_contracts.conform.access import Interaction, Made
from crm_contracts.conform.check import Check
from crm_contracts.conform.entries import expected_refusal
from crm_contracts.conform.matching import KINDS, Difference, compared, plain
from crm_contracts.conform.target import TOO_MANY, WAITS_MAX, Answer, NoAnswer, Target
from crm_contracts.conform.words import NOTHING, fill, found, names
from fake_core.errors import MisuseError

__all__ = ["Differs", "Play"]

POLLS_MAX, POLL_SECONDS_MAX = 60, 5
PAUSED_SECONDS_MAX = 90
MISSHAPEN = (LookupError, TypeError, ValueError, AttributeError)


class Differs(Exception):
    """An answer is not what the check expects."""

    def __init__(self, differences: Sequence[Difference]) -> None:
        super().__init__("; ".join(map(str, differences)))
        self.differences = list(differences)


class Play:
    """One check on one target. A function of `functions/` gets it; *kept* are its names."""

    def __init__(self, check: Check, target: Target, run: str) -> None:
        self.check = check
        self.target = target
        self.scratch = f"zz-understudy-{run}"
        self.key = f"{zlib.crc32(f'{run} {check.name}'.encode()):08x}"
        self.kept: dict[str, Any] = {
            **target.credentials,
            **target.access.names(target.credentials),
            "url": target.url.rstrip("/"),
            "scratch": self.scratch,
            "key": self.key,
            "mark": f"{self.scratch}-{self.key}",
        }
        self.interactions: list[Interaction] = []
        self.made: list[Made] = []
        self.unmarked: list[str] = []
        self.told: Mapping[str, Any] = {}  # the step that was played last

    def run(self) -> None:
        """Raises Differs, and whatever the target raises. Rule 4."""
        try:
            if self.check.function is not None:
                self.check.function(self)
            for step in self.check.steps:
                self.step(step)
        except MISSHAPEN as error:
            raise Differs([Difference("the answer", "<what the check reads>", repr(error))]) from error
        if self.unmarked and not self.check.unmarked:
            raise Differs([Difference(f"made without {self.scratch}", "<none>", self.unmarked)])

    def clean(self) -> list[str]:
        """What could not be taken away, and why. Rule 2."""
        made, self.made = self.made[::-1], []
        try:
            return list(self.target.access.remove(self.target, made)) if made else []
        except MISSHAPEN as error:
            return [f"{one.what}: the answer could not be read: {error!r}" for one in made]
        except NoAnswer as error:
            return [f"{one.what}: {error}" for one in made]

    # ---- for functions ---------------------------------------------------------------------------------------

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str | None] | None = None,
        json: Any = None,
        body: bytes | str | None = None,
    ) -> Answer:
        """One call with names filled in; whatever the answer is."""
        return self._send(
            {"call": f"{method} {path}", "query": query or {}, "headers": headers or {}} | _given(json, body)
        )

    def step(self, step: Mapping[str, Any]) -> Answer | None:
        """One step as a file has it. Raises Differs."""
        if "wait" in step:
            self.target.wait(step["wait"])
        if "control" in step:
            self._control(fill(step["control"], self.look_up))
            return None
        self.told = told = dict(step)
        if "refused" in told:
            told = told | self.target.access.refusal(told["refused"])
        answer = self._send(told)
        polls, pause = 0, told.get("pause", 0)
        polls_max = PAUSED_SECONDS_MAX // pause if pause else POLLS_MAX
        while "until" in told and not self._settled(fill(told["until"], self.look_up), answer) and polls < polls_max:
            polls += 1
            if pause or self.target.control is None:  # a fake's jobs move on at each poll, an account's take their time
                self.target.wait(pause or min(polls, POLL_SECONDS_MAX))
            answer = self._send(told)
        asked = fill({key: value for key, value in told.items() if key not in _ASKING}, self.look_up)
        differences = list(self._differences(asked, answer))
        if differences:
            raise Differs(differences)
        for name, path in told.get("keep", {}).items():
            self.kept[name] = self._kept(answer, path)
        return answer

    def same(self, what: str, expected: Any, actual: Any) -> None:
        """Raises Differs unless *actual* is what *expected* says; `<...>` kinds are understood."""
        differences = list(compared(expected, actual, self._kinds, place=what, whole=True))
        if differences:
            raise Differs(differences)

    # ---- names -----------------------------------------------------------------------------------------------

    def look_up(self, name: str, more: str | None) -> Any:
        """What `{name}` or `{name:more}` stands for."""
        if name == "day":
            at = self.target.now.astimezone(self._zone) + timedelta(days=int(more or 0))
            return at.date().isoformat()
        if name == "time":
            return _moment(self.target.now + timedelta(seconds=int(more or 0)))
        if name == "quoted":
            return quote(str(self.kept[more or ""]), safe="")
        if name not in self.kept and name in self.target.access.late:
            self.kept[name] = self.target.access.late[name](self.target)
        if name not in self.kept:
            raise MisuseError(f"conform: {self.check.name}: no name {name!r}: it is neither a credential nor kept")
        return self.kept[name]

    @property
    def expected_words(self) -> str:
        """The text of the refusal that the last step expects, or of its body."""
        told = fill({key: self.told[key] for key in _REFUSING if key in self.told}, self.look_up)
        refusal = expected_refusal(told)
        return refusal.text if refusal is not None else str(told.get("text", ""))

    @property
    def missing(self) -> set[str]:
        """Names that no step keeps and nobody has: credentials this target does not have."""
        used = {name for step in self.check.steps for name in names(step)}
        kept = {name for step in self.check.steps for name in step.get("keep", {})}
        return used - kept - set(self.kept) - {"day", "time", "quoted", *self.target.access.late}

    @property
    def _zone(self) -> Any:
        if "zone" not in self.target.known:
            self.target.known["zone"] = self.target.access.zone(self.target)
        return self.target.known["zone"]

    @property
    def _kinds(self) -> dict[str, Any]:
        return {**KINDS, **self.target.access.kinds}

    # ---- one call ----------------------------------------------------------------------------------------------

    def _send(self, step: Mapping[str, Any]) -> Answer:
        asked = {key: step[key] for key in ("call", "query", "headers", "json", "form", "body") if key in step}
        told = fill(asked, self.look_up)
        method, _, url = told["call"].partition(" ")
        if told.get("query"):
            url += ("&" if "?" in url else "?") + urlencode(told["query"], quote_via=quote)
        headers = self.target.access.headers(self.target.credentials)
        body = b""
        if "json" in told:
            body = json.dumps(plain(told["json"]), ensure_ascii=False).encode()
            headers["Content-Type"] = "application/json"
        elif "form" in told:
            body = urlencode(told["form"]).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        elif "body" in told:
            body = told["body"] if isinstance(told["body"], bytes) else told["body"].encode()
        headers |= told.get("headers", {})
        headers = {name: value for name, value in headers.items() if value not in {None, "<none>"}}
        answer = self.target.send(method, url, headers, body)
        waits = 0
        while self._too_fast(step, answer) and waits < WAITS_MAX:
            waits += 1
            self.target.wait(self.target.access.pause(answer))
            answer = self.target.send(method, url, headers, body)
        interaction = Interaction(method, url, headers, body, answer)
        self.interactions.append(interaction)
        self._note(interaction, exempt="unmarked" in step)
        return answer

    def _too_fast(self, step: Mapping[str, Any], answer: Answer) -> bool:
        """Whether the vendor's limit of calls refused what a check that is not about limits asked. Rule 3."""
        status = step.get("status", 0)
        expected = status if isinstance(status, list) else [status]
        return answer.status == TOO_MANY and TOO_MANY not in expected and not self.check.fake_only

    def _note(self, interaction: Interaction, *, exempt: bool) -> None:
        gone = set(self.target.access.gone(interaction))
        self.made = [one for one in self.made if one.key not in gone]
        known = {one.key for one in self.made}
        for one in self.target.access.made(interaction):
            if one.key not in known:
                self.made.append(one)
                known.add(one.key)
                if (
                    not exempt
                    and interaction.method != "GET"
                    and self.scratch not in interaction.body.decode("utf-8", "replace")
                ):
                    self.unmarked.append(one.what)

    def _settled(self, until: Mapping[str, Any], answer: Answer) -> bool:
        return all(
            any(one in answer.text for one in wanted) if path == "text" else _or_nothing(answer, path) in wanted
            for path, wanted in until.items()
        )

    def _kept(self, answer: Answer, path: str) -> Any:
        if path.startswith("header "):
            value: Any = answer.headers.get(path.removeprefix("header "), NOTHING)
        elif path.startswith("text "):
            match = re.search(path.removeprefix("text "), answer.text)
            value = match[1] if match else NOTHING
        else:
            value = _or_nothing(answer, path)
        if value is NOTHING:
            raise Differs([Difference(path, "<any>", "<no such value>")])
        return value

    # ---- what differs --------------------------------------------------------------------------------------------

    def _differences(self, told: Mapping[str, Any], answer: Answer) -> Iterator[Difference]:
        status = told["status"]
        if answer.status not in (status if isinstance(status, list) else [status]):
            yield Difference("status", status, answer.status)
        for name, value in told.get("answers", {}).items():
            yield from compared(value, answer.headers.get(name), self._kinds, place=f"header {name}", whole=True)
        for name in told.get("silent", ()):
            if name in answer.headers:
                yield Difference(f"header {name}", "<no such header>", answer.headers[name])
        if "text" in told:
            yield from compared(told["text"], answer.text, self._kinds, place="body", whole=True)
        for pattern in told.get("says", ()):
            if not re.search(pattern, answer.text):
                yield Difference("body", f"<re:{pattern}>", answer.text)
        if _BODY_WORDS & told.keys():
            yield from self._body(told, answer)

    def _body(self, told: Mapping[str, Any], answer: Answer) -> Iterator[Difference]:
        at = told.get("at", "")
        place = f"body.{at}" if at else "body"
        try:
            body = found(answer.json, at)
        except ValueError:
            yield Difference("body", "<JSON>", answer.text)
            return
        if body is NOTHING:
            yield Difference(place, "<any>", "<no such value>")
            return
        if "equals" in told:
            yield from compared(told["equals"], body, self._kinds, place=place, whole=True)
        if "has" in told:
            yield from compared(told["has"], body, self._kinds, place=place, whole=False)
        for path, kind in told.get("kinds", {}).items():
            value = found(body, path)
            if value is NOTHING:
                yield Difference(f"{place}.{path}", kind, "<no such key>")
            else:
                yield from compared(kind, value, self._kinds, place=f"{place}.{path}", whole=True)
        for path in told.get("lacks", ()):
            if found(body, path) is not NOTHING:
                yield Difference(f"{place}.{path}", "<no such key>", found(body, path))
        if "keys" in told and told["keys"] != (there := list(body) if isinstance(body, dict) else None):
            yield Difference(f"{place}: keys in their order", told["keys"], there)
        if "count" in told and told["count"] != (size := len(body) if isinstance(body, (list, dict)) else None):
            yield Difference(f"{place}: count", told["count"], size)

    # ---- a fake's control plane ------------------------------------------------------------------------------------

    def _control(self, told: Mapping[str, Any]) -> None:
        """`{fault = {...}}`, `{limit = {name = 1}}`, `{advance = 60}`, `{seed = {...}}`."""
        control = self.target.control
        assert control is not None, self.check.name
        for name, value in told.items():
            if name == "fault":
                control.add_fault(**{"vendor": self.target.vendor, **value})
            elif name == "limit":
                for limit, number in value.items():
                    control.set_limit(limit, number)
            elif name == "advance":
                control.advance(value)
            elif name == "seed":
                control.seed(plain(value))
            else:
                raise MisuseError(f"conform: {self.check.name}: no control {name!r}: fault, limit, advance, seed")


_REFUSING = ("refused", "equals", "has", "text")
_ASKING = {"call", "query", "headers", "json", "form", "body", "keep", "refused"}
_BODY_WORDS = {"equals", "has", "kinds", "lacks", "keys", "count", "at"}


def _given(json_body: Any, body: bytes | str | None) -> dict[str, Any]:
    if json_body is not None:
        return {"json": json_body}
    return {} if body is None else {"body": body}


def _or_nothing(answer: Answer, path: str) -> Any:
    try:
        return found(answer.json, path)
    except ValueError:
        return NOTHING


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
