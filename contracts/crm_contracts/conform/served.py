"""Fakes that somebody serves: who is behind a URL, and which fakes are served beside it.

Rule: a URL is a fake or it is refused: its control plane says whose it is. An account of the vendor is
`--target sandbox`, with its guard and its budget.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import requests

from crm_contracts.conform.target import Target, served, session_of
from crm_contracts.serving import notes
from crm_contracts.vendors import VENDORS
from fake_core.control import CONTROL_PREFIX, ControlClient
from fake_core.errors import MisuseError

__all__ = ["served_beside"]


def served_beside(url: str, wanted: Sequence[str], environment: Mapping[str, str] | None = None) -> dict[str, Target]:
    """By vendor: the fake at *url*, and of the other *wanted* vendors those served with it. Raises MisuseError."""
    if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
        raise MisuseError(f"--target {url}: say in-process, sandbox, or the URL of a fake (http://localhost:8443)")
    url = url.rstrip("/")
    told = _told(os.environ if environment is None else environment)
    known = {vendor: words for vendor, words in told.items() if words["url"].rstrip("/") == url}
    beside = told if known else {}
    if not known:
        known = dict([_asked(url)])
    return {vendor: _target(vendor, words) for vendor, words in {**known, **beside}.items() if vendor in wanted}


def _told(environment: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """What is known of served fakes, by vendor: the variables of `understudy env`, or the note of the newest server."""
    from_variables = {
        vendor: {"url": environment[f"{vendor}_URL".upper()], "ca_file": environment.get(f"{vendor}_CA_FILE".upper())}
        for vendor in VENDORS
        if environment.get(f"{vendor}_URL".upper())
    }
    if from_variables:
        return from_variables
    try:
        return {vendor: words for vendor, words in notes.what_is_served().items() if vendor != "control"}
    except MisuseError:
        return {}


def _session(words: Mapping[str, Any]) -> requests.Session:
    return session_of(words.get("ca_file") or None)


def _target(vendor: str, words: Mapping[str, Any]) -> Target:
    session = _session(words)
    tenant = next(iter(words.get("tenants", {})), "")
    control = ControlClient(words["url"], session, tenant=tenant)
    try:
        credentials = control.credentials()
    except (requests.RequestException, ValueError) as error:
        raise MisuseError(f"--target {words['url']}: no fake answers there: start `understudy serve`") from error
    return served(vendor, words["url"], session=session, credentials=credentials, tenant=tenant)


def _asked(url: str) -> tuple[str, dict[str, Any]]:
    """Whose fake says that it answers at *url*, and its words; which tenants, of several. Raises MisuseError."""
    words: dict[str, Any] = {"url": url}
    try:
        answer = _session(words).get(url + CONTROL_PREFIX, timeout=60)
        said = answer.json() if answer.ok else None
    except (requests.RequestException, ValueError):
        said = None
    told: dict[str, Any] = said if isinstance(said, dict) else {}
    vendor = told.get("vendor")
    if not isinstance(vendor, str):
        raise MisuseError(
            f"--target {url}: no fake of ours answers there; for an account of the vendor say --target sandbox"
        )
    if vendor not in VENDORS:
        raise MisuseError(f"--target {url}: a fake of {vendor} answers, which is not installed here")
    return vendor, words | ({"tenants": dict.fromkeys(told["tenants"])} if "tenants" in told else {})
