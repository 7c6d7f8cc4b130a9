"""The connection to one org: log-in, one refresh, and whether a person has to connect again.

Rule 1 (A24): a call that meets an expired session is followed by exactly one refresh and one replay. If either fails,
the connection needs a person, and nothing is sent until `connect`.
Rule 2 (A33): tokens live in memory and nowhere else: not in the state database, not in a message, not in a repr.
Rule 3 (A32): calls go to the instance URL that the log-in told.
Rule 4 (E.5 of the properties): there is no way to send a DELETE.
"""

from __future__ import annotations

from typing import Any, Final

import requests

from crm_sync.actions.failures import Failure
from crm_sync.actions.memory import CONNECTED, NEEDS_RECONNECT, Memory
from crm_sync.clock import Clock
from crm_sync.config import SalesforceLogin
from crm_sync.errors import ServiceUnavailable
from crm_sync.sides.salesforce import refusal
from crm_sync.transport import Transport, Verdict

_METHODS: Final = frozenset({"GET", "POST", "PATCH"})


class Connection:
    """One org as one user. *state* is disconnected, connected or needs_reconnect; *refreshes* counts log-ins."""

    def __init__(self, login: SalesforceLogin, *, session: requests.Session, clock: Clock, memory: Memory) -> None:
        self.transport = Transport(
            service="salesforce", session=session, clock=clock, attempts_max=1, judge=self._judge
        )  # attempts are counted by who calls: one budget for an item
        self.refreshes = 0
        self.wait_asked = 0.0  # Retry-After of the last answer, in seconds
        self._login = login
        self._clock = clock
        self._memory = memory
        self._token = login.access_token
        known = memory.connection(login.base_url)
        self.state = known.state
        self.instance_url = known.instance_url or login.base_url.rstrip("/")
        self._why = known.reason

    def __repr__(self) -> str:
        return f"Connection({self.instance_url!r}, {self.state}, tokens hidden)"

    def connect(self) -> None:
        """A person connects: log in anew and make one call. Raises Failure."""
        if self._login.refresh_token or self._login.username or self._login.client_secret:
            self._log_in()
        self.state = CONNECTED
        response = self.send("GET", f"/services/data/v{self._login.api_version}/")
        if response.status_code != 200:
            error = refusal(response)
            self._lost(str(error))
            raise Failure(error.code or "REFUSED", str(error))
        self._remember(CONNECTED, "")

    def send(self, method: str, path: str, *, repeatable: bool = True, **body: Any) -> requests.Response:
        """One call, with at most one refresh and one replay.

        Raises:
            Failure: NEEDS_RECONNECT.
            ServiceUnavailable, UnknownOutcome: as the transport says.
            DailyLimitReached: never; a used-up limit is an answer here.
        """
        assert method in _METHODS, f"the action runner does not send {method}"
        if self.state == NEEDS_RECONNECT:
            raise Failure("NEEDS_RECONNECT", f"the connection to Salesforce needs a person: {self._why}")
        if not self._token:
            self._log_in()
        response = self._once(method, path, repeatable=repeatable, **body)
        if _expired(response):  # surely not done: a create may be sent again, too
            self._log_in()
            response = self._once(method, path, repeatable=repeatable, **body)
            if _expired(response):
                self._lost("Salesforce refuses a fresh session")
                raise Failure("NEEDS_RECONNECT", "Salesforce refuses a fresh session")
        if self.state != CONNECTED:
            self._remember(CONNECTED, "")
        return response

    def data(self, path: str) -> str:
        """*path* of the REST API in the version of the configuration."""
        return f"/services/data/v{self._login.api_version}{path}"

    def _once(self, method: str, path: str, *, repeatable: bool, **body: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self._token}", **body.pop("headers", {})}
        url = self.instance_url + path
        write = method != "GET"
        return self.transport.send(method, url, repeatable=repeatable, write=write, headers=headers, **body)

    def _log_in(self) -> None:
        login = self._login
        form = {"client_id": login.client_id, "client_secret": login.client_secret}
        if login.refresh_token:
            form |= {"grant_type": "refresh_token", "refresh_token": login.refresh_token}
        elif login.username:
            password = login.password + login.security_token
            form |= {"grant_type": "password", "username": login.username, "password": password}
        elif login.client_secret:
            form |= {"grant_type": "client_credentials"}
        else:
            self._lost("the session expired and there is nothing to renew it with")
            raise Failure("NEEDS_RECONNECT", "the session expired and there is nothing to renew it with")
        url = (login.login_url or login.base_url).rstrip("/") + "/services/oauth2/token"
        self.refreshes += 1
        try:
            sent = {key: value for key, value in form.items() if value}
            response = self.transport.send("POST", url, repeatable=True, data=sent)
        except ServiceUnavailable:  # no answer is no refusal: the connection may be as good as ever
            raise Failure("LOGIN_UNAVAILABLE", f"the log-in host {url} does not answer") from None
        try:
            answer = response.json()
        except ValueError:
            answer = {}
        if response.status_code != 200 or not isinstance(answer, dict) or "access_token" not in answer:
            words = answer if isinstance(answer, dict) else {}
            why = (
                f"the log-in is refused: {words.get('error_description') or words.get('error') or response.status_code}"
            )
            self._lost(why)
            raise Failure("NEEDS_RECONNECT", why)
        self._token = str(answer["access_token"])
        self.instance_url = str(answer.get("instance_url") or login.base_url).rstrip("/")
        self._remember(self.state, self._why)

    def _lost(self, why: str) -> None:
        self._why = why
        self._remember(NEEDS_RECONNECT, why)

    def _remember(self, state: str, reason: str) -> None:
        self.state = state
        self._memory.connect(self._login.base_url, state, self.instance_url, reason, self._clock.now())

    def _judge(self, response: requests.Response) -> Verdict:
        asked = response.headers.get("Retry-After", "")
        self.wait_asked = float(asked) if asked.isdigit() else 0.0
        if response.status_code == 429:
            return Verdict.NOT_NOW
        if response.status_code == 403 and "REQUEST_LIMIT_EXCEEDED" in response.text and "Concurrent" in response.text:
            return Verdict.NOT_NOW
        return Verdict.UNCLEAR if response.status_code >= 500 else Verdict.DONE


def _expired(response: requests.Response) -> bool:
    """The session is over: 401, or the log-in host's own words for it."""
    return response.status_code == 401 or (response.status_code == 403 and response.text == "Bad_OAuth_Token")
