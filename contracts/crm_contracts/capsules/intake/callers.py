"""Who made a request: told apart by a word of our own, and who of them is the sync.

Rule 1: the same credential, or the same user's log-in, is the same caller.
Rule 2: who is named with --sync-user is the sync, and nobody else: by username, user id, User-Agent or a fake's name of
the caller. Nobody named: a browser (its User-Agent begins with Mozilla/) is a person, everybody else is the sync.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from fake_core.errors import MisuseError

__all__ = ["Callers"]

_SCHEME = re.compile(r"^(?:Bearer|OAuth|Basic|Token)\s+", re.IGNORECASE)
_ID_URL = re.compile(r"/id/00D\w{12,15}/(005\w{12,15})$")
_USER_ID = re.compile(r"^005\w{12}(\w{3})?$")


class Callers:
    """All callers of a recording. A word of ours -> what is known of who it is."""

    def __init__(self) -> None:
        self._words: dict[tuple[str, str], str] = {}
        self._names: dict[str, set[str]] = {}
        self._agents: dict[str, set[str]] = {}
        self._same: dict[str, str] = {}
        self._sync: Sequence[str] = ()

    def word(self, vendor: str, shown: str, *, agent: str = "", name: str = "") -> str:
        """The word for who shows the credential *shown*, or nothing but a User-Agent; *name* is what a fake calls it."""
        key = _SCHEME.sub("", shown.strip()) or name or f"agent {agent}"
        found = self._words.setdefault((vendor, key), f"{vendor} caller {len(self._words) + 1}")
        if agent:
            self._agents.setdefault(found, set()).add(agent)
        if name:
            self._names.setdefault(found, set()).add(name)
        return found

    def logged_in(self, vendor: str, asked: Any, answer: Any) -> None:
        """A log-in was answered: the token is this user's."""
        if not isinstance(answer, Mapping) or not isinstance(answer.get("access_token"), str):
            return
        token = self.word(vendor, str(answer["access_token"]))
        found = _ID_URL.search(str(answer.get("id", "")))
        names = self._names.setdefault(token, set())
        if found:
            names.add(found[1])
            first = self._words.setdefault((vendor, f"user {found[1][:15]}"), token)
            self._same[token] = first
            self._names.setdefault(first, set()).update(names)
        if isinstance(asked, Mapping) and isinstance(asked.get("username"), str):
            self._names.setdefault(self.one(token), set()).add(asked["username"])

    def one(self, word: str) -> str:
        """The first word for the same user."""
        return self._same.get(word, word)

    def choose(self, words: Sequence[str], named: Sequence[str]) -> None:
        """Who is the sync: those that *named* says. Raises MisuseError for a name that fits nobody."""
        self._sync = named
        for one in named:
            if not any(self._fits(word, one) for word in words):
                raise MisuseError(
                    f"--sync-user {one}: nobody in it has this username, user id or User-Agent; leave it out to take "
                    "every caller but browsers as the sync"
                )

    def is_sync(self, word: str) -> bool:
        """Whether requests of *word* are the sync's."""
        if self._sync:
            return any(self._fits(word, one) for one in self._sync)
        agents = self._agents.get(word, set()) | self._agents.get(self.one(word), set())
        return not any(agent.startswith("Mozilla/") and "compatible;" not in agent for agent in agents)

    def user_ids(self, words: Sequence[str]) -> set[str]:
        """The Salesforce user ids, in 15 characters, of these callers."""
        every = {name for word in words for name in self._names.get(self.one(word), set())}
        return {name[:15] for name in every if _USER_ID.match(name)}

    def _fits(self, word: str, named: str) -> bool:
        wanted = named.lower()
        known = self._names.get(word, set()) | self._names.get(self.one(word), set())
        agents = self._agents.get(word, set()) | self._agents.get(self.one(word), set())
        if _USER_ID.match(named):
            return any(name[:15] == named[:15] for name in known)
        return wanted in {name.lower() for name in known} or any(wanted in agent.lower() for agent in agents)
