"""Credentials in places where others read them.

Rule 1: an address is written down by proxies, servers and browsers; a header and a body are not.
Rule 2: a credential is for the vendor that gave it. Each that a call shows in a header, and each that was handed to the
        program, is looked for in what is sent to anybody else.
Source: RFC 6750, section 5.3 (do not pass bearer tokens in page URLs); Salesforce Help, OAuth 2.0 Token Revocation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote_plus

from crm_contracts.findings import Level
from crm_contracts.integration.outcome import Looked, Seen
from crm_contracts.integration.parsed import ParsedCall, Run

_NAMES = re.compile(
    r"(?:access_|oauth_|refresh_|session_|api_?|auth_|app-?|bearer_?|security_)?token|sid|session_?id|password|passwd|pwd"
    r"|client_secret|secret|api_?key|authorization|assertion",
    re.IGNORECASE,
)
_SECRET_CHARS_MIN = 8
_NEAR = re.compile(
    r"127(?:\.\d+){3}|::1|[\w-]+|.+\.(?:localhost|local|internal|test)"
)  # names of a machine or its own net
_FORM_OF = {"revokeByGet": "token"}  # documented so by the vendor, and its POST is the better way


def secret_in_url(run: Run) -> Looked:
    looked = Looked(number=len(run.calls))
    secrets = {secret for secret in (*run.secrets, *_shown(run)) if len(secret) >= _SECRET_CHARS_MIN}
    for one in run.parsed:
        for name, value in one.query:
            if not value or not (_NAMES.fullmatch(name) or value in secrets):
                continue
            if one.found is not None and _documented(one, name):
                if name not in _FORM_OF.values():
                    continue
                level: Level | None = "warning"
            else:
                level = None
            what = f"{one.operation or one.path}: the query parameter {name} holds a credential"
            looked.seen.append(Seen(what=what, calls=[one], about=f"{one.operation or one.path} {name}", level=level))
        before, path = one.call.url.partition("?")[0], unquote_plus(one.path)
        user = before.partition("://")[2].partition("/")[0].rpartition("@")[0]
        if ":" in user or any(secret in path and not _public(one, secret) for secret in secrets):
            what = f"{one.operation or one.method}: the address itself holds a credential"
            looked.seen.append(Seen(what=what, calls=[one], about=f"{one.operation} address"))
    return looked


def token_to_another_host(run: Run) -> Looked:
    looked = Looked()
    owner: dict[str, str] = {}
    for one in run.parsed:
        for secret in (*_answered(one), *([one.token] if one.token and one.ok else [])):
            if len(secret) >= _SECRET_CHARS_MIN:
                owner.setdefault(secret, one.vendor)
    for one in run.parsed:
        if not one.token and not owner:
            continue
        looked.number += 1
        others = [(secret, vendor) for secret, vendor in owner.items() if vendor != one.vendor]
        sent = _sent(one) if others else ""
        for secret, vendor in others:
            if secret in sent:
                what = f"{one.operation or one.path}: {vendor}'s token was sent to {one.vendor}"
                looked.seen.append(Seen(what=what, calls=[one], about=f"{vendor} {one.vendor}"))
        if one.token and one.call.url.startswith("http://") and not _NEAR.fullmatch(one.host):
            what = f"a token was sent to {one.host} over http, in the clear"
            looked.seen.append(Seen(what=what, calls=[one], about=f"http {one.host}"))
    return looked


def names_a_secret(name: str) -> bool:
    """Whether a parameter of that name holds a credential."""
    return _NAMES.fullmatch(name) is not None


def _shown(run: Run) -> Iterator[str]:
    for one in run.parsed:
        if one.token:
            yield one.token


def _answered(one: ParsedCall) -> Iterator[str]:
    """Tokens that a log-in's answer hands out."""
    if one.operation == "token" and isinstance(one.answer_json, dict):
        for name in ("access_token", "refresh_token"):
            if isinstance(one.answer_json.get(name), str):
                yield one.answer_json[name]
    elif one.logs_in:
        yield from re.findall(r"<sessionId>([^<]+)</sessionId>", one.answer_text)


def _sent(one: ParsedCall) -> str:
    """All that the vendor of a call was told."""
    return "\n".join([one.token, one.said, *(value for _, value in one.call.request_headers)])


def _documented(one: ParsedCall, name: str) -> bool:
    assert one.found is not None
    return any(row["name"] == name and row["in"] == "query" for row in one.router.parameters(one.found.operation))


def _public(one: ParsedCall, secret: str) -> bool:
    """Planhat's tenant stands in the address of a push by the vendor's own design."""
    return one.vendor == "planhat" and secret in one.path_values.values()
