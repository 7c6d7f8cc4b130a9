"""Who made a request: told apart by a word of our own, and who of them is the sync.

Rule 1: the same credential with the same User-Agent is the same caller: a sync may act in a person's name.
Rule 2: who is named with --sync-user is the sync, and nobody else: by username, user id, User-Agent or a fake's name of
the caller. Nobody named: a browser (its User-Agent begins with Mozilla/) or a tool of the hand (curl, Postman) is a
person, everybody else is the sync.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from fake_core.errors import MisuseError

__all__ = ["Callers"]

_BY_HAND = ("Mozilla/", "curl/", "Wget/", "HTTPie/", "PostmanRuntime/", "insomnia/", "bruno-runtime/", "xh/")
_SCHEME = re.compile(r"^(?:Bearer|OAuth|Basic|Token)\s+", re.IGNORECASE)
_ID_URL = re.compile(r"/id/00D\w{12,15}/(005\w{12,15})$")
_USER_ID = re.compile(r"^005\w{12}(\w{3})?$")


class Callers:
    """All callers of a recording: a word of ours -> what is known of who it is."""

    def __init__(self) -> None:
        self._words: dict[tuple[str, str, str], str] = {}
        self._shown: dict[str, tuple[str, str]] = {}  # word -> vendor and credential
        self._agents: dict[str, str] = {}
        self._names: dict[tuple[str, str], set[str]] = {}  # of a credential: username, user id, a fake's name
        self._sync: Sequence[str] = ()

    def word(self, vendor: str, shown: str, *, agent: str = "", name: str = "") -> str:
        """The word for who shows the credential *shown* with this User-Agent; *name* is what a fake calls it."""
        credential = _SCHEME.sub("", shown.strip()) or name
        word = self._words.setdefault((vendor, credential, agent), f"{vendor} caller {len(self._words) + 1}")
        self._shown[word] = (vendor, credential)
        self._agents[word] = agent
        if name:
            self._names.setdefault((vendor, credential), set()).add(name)
        return word

    def logged_in(self, vendor: str, asked: Any, answer: Any) -> None:
        """A log-in was answered: the token is this user's."""
        if not isinstance(answer, Mapping) or not isinstance(answer.get("access_token"), str):
            return
        names = self._names.setdefault((vendor, answer["access_token"]), set())
        found = _ID_URL.search(str(answer.get("id", "")))
        if found:
            names.add(found[1])
        if isinstance(asked, Mapping) and isinstance(asked.get("username"), str):
            names.add(asked["username"])

    def choose(self, words: Sequence[str], named: Sequence[str]) -> None:
        """Who is the sync: those that *named* says. Raises MisuseError for a name that fits nobody."""
        self._sync = named
        for one in named:
            if not any(self._fits(word, one) for word in words):
                raise MisuseError(
                    f"--sync-user {one}: nobody in it has this username, user id or User-Agent; "
                    "leave it out to take every caller as the sync but browsers and tools of the hand (curl, Postman)"
                )

    def is_sync(self, word: str) -> bool:
        """Whether requests of *word* are the sync's."""
        if self._sync:
            return any(self._fits(word, one) for one in self._sync)
        agent = self._agents.get(word, "")
        return not agent.startswith(_BY_HAND) or "compatible;" in agent

    def user_ids(self, words: Sequence[str]) -> set[str]:
        """The Salesforce user ids (in 15 characters) and the usernames, in small letters, of these callers."""
        every = {name for word in words for name in self._known(word)}
        return {name[:15] if _USER_ID.match(name) else name.lower() for name in every}

    def _known(self, word: str) -> set[str]:
        return self._names.get(self._shown.get(word, ("", "")), set())

    def _fits(self, word: str, named: str) -> bool:
        if _USER_ID.match(named):
            return any(name[:15] == named[:15] for name in self._known(word))
        wanted = named.lower()
        in_agent = wanted in self._agents.get(word, "").lower()
        return in_agent or wanted in {name.lower() for name in self._known(word)}
