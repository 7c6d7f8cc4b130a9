"""Calls without secrets: tokens, cookies, passwords, client secrets, session ids, wherever they stand.

Rule 1: a secret is learned where it shows itself, in a request or in an answer, and then blacked out everywhere: in
headers, URLs and bodies, escaped or not. The same secret has the same stand-in (`secret-1`) in one recording.
Rule 2: what stands under a secret's name is blacked out even where it is too short or too ordinary to look for.
Rule 3: bodies are unpacked first; `content-encoding` and a `content-length` that is no longer true go with it. A body
that cannot be unpacked cannot be looked through, and is left out.
Rule 4: nothing else changes: names, ids and texts of records stay. `understudy capsule scrub` is for those.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Collection, Iterable
from dataclasses import replace
from functools import lru_cache
from html import escape, unescape
from urllib.parse import quote, quote_plus, unquote_plus

from crm_contracts.traffic import WITHHELD, Call, Headers
from crm_contracts.traffic.bodies import unpacked
from crm_contracts.traffic.secrets import TOKEN_LENGTH_MIN, Secrets

__all__ = ["Scrubber", "reveals", "scrubbed"]

SHORT = "secret-0"  # what stands for a secret that is too short to be looked for
_KEY = (
    r"(?:sid|assertion|client_assertion|jwt|pw|pwd|token|code_verifier|device_code|signature"
    r"|[\w.-]*(?:access|refresh|id|session|security|csrf|xsrf|auth|api|bearer|oauth)[_-]?token"
    r"|[\w.-]*(?:secret|passwor[dt]|passwd|passphrase|api[_-]?key|private[_-]?key|session[_-]?id)[\w.-]*)"
)
_IN_A_KEY = (  # one of these is in each _KEY where it stands, in small letters
    *('"sid"', "sid=", "<sid", ":sid", "assertion", "jwt", "pw", "token", "code_verifier", "device_code", "signature"),
    *("secret", "passwor", "passwd", "passphrase", "api_key", "api-key", "apikey"),
    *("private_key", "private-key", "privatekey", "session_id", "session-id", "sessionid"),
)
_HEADERS = re.compile(
    r"authorization|^cookie$|^set-cookie$|api-?key|secret|password|session|auth-?token|app-token|(?:csrf|xsrf)-?token"
    r"|^x-planhat-webhook-signature$",
    re.IGNORECASE,
)
_SESSION_COOKIE = re.compile(r"sid|sess|token|auth|csrf|xsrf|jwt", re.IGNORECASE)
_JSON = re.compile(rf'("{_KEY}"\s*:\s*")((?:[^"\\]|\\.)+)(?=")', re.IGNORECASE)
_FORM = re.compile(rf"((?:^|[?&#;\s\"']){_KEY}=)([^&#;\s\"'<>]+)", re.IGNORECASE)
_CODE = re.compile(r"((?:^|[?&])code=)([^&#\s]+)")  # of the authorization code flow, and only there
_XML = re.compile(
    rf"(<(?:[\w.-]+:)?{_KEY}(?:\s[^<>]*)?>)((?:<!\[CDATA\[.*?\]\]>|[^<])+)(?=</)", re.IGNORECASE | re.DOTALL
)
_PART = re.compile(rf'(name="{_KEY}"[^\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n)([^\r\n]+)', re.IGNORECASE)
_USER = re.compile(r"(://[^/\s@:]*:)([^/\s@]+)(?=@)")
_CODED = frozenset({"content-encoding", "content-length"})  # of a packed body: untrue of an unpacked one
_LOG_IN_PATHS = ("/oauth2/", "/setup/secur/", "/secur/")
_STAND_IN = re.compile(r"secret-\d+|\[removed\]")
_PLAIN_WORD = re.compile(r"[a-z]{1,8}|[A-Z]?[a-z]{1,8}|true|false|null|\d{1,6}")


class Scrubber:
    """Learns the secrets of calls, and tells calls without them. One for a recording."""

    def __init__(self) -> None:
        self.secrets = Secrets(lambda number: f"secret-{number}")
        self.withheld: list[str] = []  # why bodies were left out
        self._learned: dict[str, str] = {}  # what stands for a value

    def learn(self, call: Call) -> None:
        """Remember what *call* shows to be a secret."""
        self._scrub(call)

    def scrub(self, call: Call) -> Call:
        """*call* without the secrets that are known by now, and those it shows itself."""
        known = self.secrets.count
        clean = self._scrub(call)
        # What it showed may stand where it was not known yet: the answer's token in the request.
        return clean if self.secrets.count == known else self._scrub(call)

    def _scrub(self, call: Call) -> Call:
        login = any(part in call.url for part in _LOG_IN_PATHS)
        sent, got = self._told(call.request_headers), self._told(call.response_headers)
        request, sent = self._unpacked(call.request, call.header("content-encoding"), sent)
        response, got = self._unpacked(call.response, call.answered("content-encoding"), got)
        url = call.url
        values = [value for name, value in (*sent, *got) if not _tells(name)]
        # One look at everything together: most calls show no secret but in a header that tells so.
        if login or _USER.search(url) or self._may_show("\n".join([url, request.text, response.text, *values])):
            sent, got = self._plain(sent, login=login), self._plain(got, login=login)
            request, sent = self._body(request, sent, login=login)
            response, got = self._body(response, got, login=login)
            url = self._text(_USER.sub(self._stand, url), login=login)
        return replace(
            call,
            url=url,
            request_headers=sent,
            request=request.plain,
            response_headers=got,
            response=response.plain,
        )

    def _told(self, headers: Headers) -> Headers:
        """*headers* without the secrets of those whose names tell them."""
        found: list[tuple[str, str]] = []
        for name, value in headers:
            if not _tells(name):
                found.append((name, value))
            elif name == "set-cookie":
                found.append((name, self._set_cookie(value)))
            elif name == "cookie":
                found.append((name, "; ".join(self._cookie(part) for part in value.split(";"))))
            else:
                scheme, _, credential = value.strip().rpartition(" ")
                found.append((name, f"{scheme} {self._credential(scheme, credential)}".strip()))
        return tuple(found)

    def _plain(self, headers: Headers, *, login: bool) -> Headers:
        """*headers* without the secrets in those whose names tell nothing."""
        return tuple((name, value if _tells(name) else self._text(value, login=login)) for name, value in headers)

    def _credential(self, scheme: str, value: str) -> str:
        if scheme.lower() == "basic":
            try:
                user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
            except (binascii.Error, ValueError):
                pass
            else:
                self._learn(password)
                self._learn(user if not password else "")  # a key alone may stand in the user's place
        return self._learn(value)

    def _cookie(self, part: str) -> str:
        name, equals, value = part.strip().partition("=")
        return f"{name}{equals}{self._learn(value) if equals else ''}"

    def _set_cookie(self, value: str) -> str:
        first, semicolon, rest = value.partition(";")
        name, _, given = first.partition("=")
        # Each client without a jar gets new ones with each answer: only those of a session are worth looking for.
        stands = self._learn(given) if _SESSION_COOKIE.search(name) else SHORT
        return f"{name}={stands}{semicolon}{rest}"

    def _unpacked(self, body: bytes, coding: str | None, headers: Headers) -> tuple[_Body, Headers]:
        """*body* without its coding, and the headers that go with it."""
        plain = unpacked(body, coding) if body and coding else body
        if plain is None:
            self.withheld.append(f"a body compressed with {coding}")
            return _Body(b""), (*_without(headers, _CODED), (WITHHELD, f"compressed with {coding}"))
        return _Body(plain), headers if plain is body else _without(headers, _CODED)

    def _body(self, body: _Body, headers: Headers, *, login: bool) -> tuple[_Body, Headers]:
        clean = _Body(self._text(body.text, login=login).encode(body.encoding))
        return clean, headers if clean.plain == body.plain else _without(headers, {"content-length"})

    def _text(self, text: str, *, login: bool) -> str:
        if not (login or self._may_show(text)):
            return text
        for pattern in (_JSON, _FORM, _XML, _PART):
            text = pattern.sub(self._stand, text)
        if login:
            text = _CODE.sub(self._stand, text)
        return self.secrets.without(text)

    def _may_show(self, text: str) -> bool:
        """Whether a look at *text* is worth it: most show no secret, and looking takes longer than anything else."""
        small = text.casefold()
        return any(part in small for part in _IN_A_KEY) or self.secrets.may_be_in(text, small)

    def _stand(self, found: re.Match[str]) -> str:
        return found[1] + self._learn(found[2])

    def _learn(self, value: str) -> str:
        """What stands for *value*, which stood where a secret stands, in whatever escapes."""
        if not value or _STAND_IN.fullmatch(value):
            return value
        if value not in self._learned:
            self._learned[value] = self._add(value)
        return self._learned[value]

    def _add(self, value: str) -> str:
        plain = _plain(value)
        least = TOKEN_LENGTH_MIN if not _PLAIN_WORD.fullmatch(plain) else len(plain) + 1
        return self.secrets.add(plain, least=least, forms={value, *_forms(plain)} - {plain}) or SHORT


class _Body:
    """A body as bytes, and as text in whichever of two encodings it has."""

    def __init__(self, plain: bytes) -> None:
        self.plain = plain
        try:
            self.text, self.encoding = plain.decode(), "utf-8"
        except UnicodeDecodeError:
            self.text, self.encoding = plain.decode("latin-1"), "latin-1"


def _without(headers: Headers, names: Collection[str]) -> Headers:
    return tuple(pair for pair in headers if pair[0] not in names)


def scrubbed(calls: Iterable[Call], scrubber: Scrubber | None = None) -> list[Call]:
    """*calls* without secrets: first all are learned from, then all are cleaned."""
    one = scrubber or Scrubber()
    given = list(calls)
    for call in given:
        one.learn(call)
    return [one.scrub(call) for call in given]


def reveals(call: Call) -> bool:
    """Whether a secret shows itself in *call*: then it may not be written."""
    fresh = Scrubber()
    fresh.learn(call)
    return bool(fresh.secrets.count or fresh.secrets.blacked)


@lru_cache(maxsize=1_000)
def _tells(header: str) -> bool:
    """Whether a header of that name holds a secret."""
    return _HEADERS.search(header) is not None


def _plain(value: str) -> str:
    """A secret as it is, of whatever it was written in."""
    if value.startswith("<![CDATA["):
        return value[9:-3]
    if "\\" in value:
        try:
            return str(json.loads(f'"{value}"'))
        except ValueError:
            return value
    if "%" in value or "+" in value:
        return unquote_plus(value) if "%" in value else value
    return unescape(value) if "&" in value else value


def _forms(plain: str) -> set[str]:
    """The other ways in which *plain* may be written."""
    return {
        quote(plain, safe=""),
        quote(plain),
        quote(plain, safe="!*'()"),
        quote_plus(plain),
        quote(plain, safe="").replace("%2F", "%2f").replace("%21", "!"),
        json.dumps(plain)[1:-1],
        json.dumps(plain, ensure_ascii=False)[1:-1],
        escape(plain),
        escape(plain, quote=False),
    }
