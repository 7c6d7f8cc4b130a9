"""What checks are put to: a fake in this process, a served one, or an account of the vendor. All by one session.

Rule 1: every call is counted, and none is made beyond the budget; only taking away what was made may go over it.
Rule 2: a target's time is what its answers' Date header says: no check reads a clock of ours.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import requests
from requests.structures import CaseInsensitiveDict

from crm_contracts.conform.access import Access, access_to
from crm_contracts.vendors import HOSTS, create_fake
from fake_core.clock import Clock, FrozenClock, RealClock
from fake_core.control import ControlClient
from fake_core.errors import MisuseError
from fake_core.fake import Application, Fake
from fake_core.transport import InProcess

__all__ = ["Answer", "BudgetSpent", "NoAnswer", "Target", "askable", "in_process", "org_file", "served", "session_of"]

TIMEOUT_SECONDS = 120
TOO_MANY, WAITS_MAX = 429, 3
_NO_COOKIES = DefaultCookiePolicy(allowed_domains=())  # what a vendor hands out is not sent back: a check is a call


class BudgetSpent(Exception):
    """The next call would be one too many."""


class NoAnswer(MisuseError):
    """Nobody answers at the target's address."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names in any case."""

    status: int
    headers: CaseInsensitiveDict[str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def json(self) -> Any:
        """The body as JSON. Raises ValueError where it is none."""
        return json.loads(self.body)


@dataclass(kw_only=True)
class Target:
    """One vendor's, reached by *session* at *url*. *kind* is in-process, served or account; *control* the control
    plane of a fake. *clock* is only for waiting.
    """

    vendor: str
    kind: str
    url: str
    credentials: Mapping[str, Any]
    session: requests.Session
    clock: Clock
    control: ControlClient | None = None
    budget: int | None = None
    calls: int = 0
    access: Access = field(init=False)
    known: dict[str, Any] = field(default_factory=dict)
    _at: datetime | None = None

    def __post_init__(self) -> None:
        self.access = access_to(self.vendor)

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes, *, needed: bool = False) -> Answer:
        """One call. *needed*: beyond the budget, too. Raises BudgetSpent, NoAnswer."""
        if self.budget is not None and self.calls >= self.budget and not needed:
            raise BudgetSpent
        self.calls += 1
        try:
            got = self.session.request(
                method,
                urljoin(self.url, url),
                headers=headers,
                data=body or None,
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise NoAnswer(f"{self.vendor}: no answer from {self.url}: {_reason(error)}") from error
        if "Date" in got.headers:
            self._at = parsedate_to_datetime(got.headers["Date"])
        return Answer(got.status_code, got.headers, got.content)

    def call(self, method: str, path: str, body: Any = None, *, needed: bool = False) -> Answer:
        """One call of ours with the usual headers and a JSON body; a 429 is waited for."""
        headers = self.access.headers(self.credentials)
        if body is not None:
            headers["Content-Type"] = "application/json"
        data = b"" if body is None else json.dumps(body).encode()
        answer = self.send(method, path, headers, data, needed=needed)
        waits = 0
        while answer.status == TOO_MANY and waits < WAITS_MAX:
            waits += 1
            self.wait(self.access.pause(answer))
            answer = self.send(method, path, headers, data, needed=needed)
        return answer

    @property
    def now(self) -> datetime:
        """The target's own time, to the second. Rule 2."""
        if self._at is None:
            self.send("GET", "/", {}, b"")
        return self._at or datetime.fromtimestamp(0, UTC)

    def wait(self, seconds: float) -> None:
        """Let time pass for the target: a fake whose clock stands still is moved."""
        if self.stands_still:
            assert self.control is not None
            self.control.advance(seconds)
            if self._at is not None:
                self._at = self.control.now().replace(microsecond=0)
        else:
            self.clock.sleep(seconds)

    @property
    def stands_still(self) -> bool:
        """Whether this is a fake whose clock can be moved."""
        if "stands still" not in self.known:
            self.known["stands still"] = self.control is not None and _can_move(self.control)
        still: bool = self.known["stands still"]
        return still


def _can_move(control: ControlClient) -> bool:
    try:
        control.advance(0)
    except MisuseError:
        return False
    return True


def org_file(vendor: str) -> Path:
    """The org or tenant in which every check of *vendor* can be asked, where that takes one."""
    return Path(__file__).with_name("data") / vendor / "org.toml"


def askable(vendor: str) -> Fake:
    """A fake in which every check of *vendor* can be asked; its clock stands still."""
    path = org_file(vendor)
    return create_fake(vendor, clock=FrozenClock(), org=str(path) if path.is_file() else None)


@contextmanager
def in_process(vendor: str, fake: Fake | None = None, *, front: Application | None = None) -> Iterator[Target]:
    """*fake*, closed in the end, or one in which every check of *vendor* can be asked; *front* stands before it."""
    if fake is None:
        fake = askable(vendor)
    session = InProcess([front or fake]).session()
    session.headers.clear()
    session.cookies.set_policy(_NO_COOKIES)
    session.trust_env = False  # or each call would look for ~/.netrc and proxies
    url = HOSTS[vendor]
    try:
        yield Target(
            vendor=vendor,
            kind="in-process",
            url=url,
            credentials=fake.credentials(url),
            session=session,
            clock=FrozenClock(),
            control=ControlClient(url, session),
        )
    finally:
        fake.close()


def session_of(ca_file: str | None = None) -> requests.Session:
    """A session for a served fake or an account: it adds no header and no login of its own."""
    session = requests.Session()
    session.headers.clear()
    session.cookies.set_policy(_NO_COOKIES)
    session.auth = _no_login  # or requests would take one from ~/.netrc
    if ca_file:
        session.trust_env = False  # REQUESTS_CA_BUNDLE would win over this CA
        session.verify = ca_file
    return session


def _no_login(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def served(
    vendor: str, url: str, *, session: requests.Session, credentials: Mapping[str, Any], tenant: str = ""
) -> Target:
    """A fake that somebody serves at *url*."""
    return Target(
        vendor=vendor,
        kind="served",
        url=url,
        credentials=credentials,
        session=session,
        clock=RealClock(),
        control=ControlClient(url, session, tenant=tenant),
    )


def _reason(error: BaseException) -> str:
    inner = error.args[0] if error.args else error
    text = str(getattr(inner, "reason", None) or inner)
    return text.partition("): ")[2] or text  # without urllib3's name for the connection
