"""How to speak to a vendor: log-in header, kinds of values, refusals, what an answer made and how that goes away.

One module for each vendor, whose class is `Access`. `conform` knows no vendor beside these modules and the data.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from crm_contracts.conform.target import Answer, Target

__all__ = ["Access", "Interaction", "Made", "access_to"]

PAUSE_MAX = 120.0  # seconds


@dataclass(frozen=True, slots=True)
class Interaction:
    """One call of a check and its answer."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    answer: Answer


@dataclass(frozen=True, slots=True)
class Made:
    """A record that exists since a call: *key* is how `remove` finds it, *what* its words for a person."""

    key: str
    what: str


class Access(ABC):
    """What a vendor needs said: its refusals, what a call made and how that goes away. The rest has the defaults of an
    API with a bearer token.
    """

    kinds: ClassVar[Mapping[str, Callable[[Any, str], bool]]] = {}
    # The credential that names the account: `--account VENDOR=…` has to say the same ("" = the account tells itself).
    account_word: ClassVar[str] = ""

    def headers(self, credentials: Mapping[str, Any]) -> dict[str, str]:
        """What every call carries unless a step says otherwise."""
        return {"Authorization": f"Bearer {credentials['token']}"}

    def names(self, credentials: Mapping[str, Any]) -> dict[str, Any]:
        """Further names a check may use."""
        del credentials
        return {}

    @property
    def late(self) -> Mapping[str, Callable[[Target], Any]]:
        """Names that are asked of the target when a check uses them."""
        return {}

    @abstractmethod
    def refusal(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """A step's `refused` as other words of a step (`equals`, `text`, `has`)."""

    @abstractmethod
    def said(self, answer: Answer) -> tuple[str, str] | None:
        """Code and message of a refusal, or None where *answer* is none."""

    @abstractmethod
    def made(self, interaction: Interaction) -> Iterable[Made]:
        """What the call created."""

    @abstractmethod
    def gone(self, interaction: Interaction) -> Iterable[str]:
        """Keys of what the call deleted."""

    @abstractmethod
    def remove(self, target: Target, made: Sequence[Made]) -> Iterator[str]:
        """Delete *made*, given newest first; say what is still there, and why."""

    def pause(self, answer: Answer) -> float:
        """Seconds until a call is taken again after *answer*, a 429."""
        told = answer.headers.get("Retry-After") or answer.headers.get("RateLimit-Reset") or "1"
        return min(float(told), PAUSE_MAX) if told.isdigit() else 1.0

    def zone(self, target: Target) -> tzinfo:
        """Whose days `{day:0}` counts."""
        del target
        return UTC

    def lacks(self, target: Target, need: str) -> str:
        """Why *target* cannot be asked ("" = it can): *need* is `field X.Y`, `object X`, or a word of the vendor's."""
        del target
        return f"nobody knows how to look for {need!r}"


def access_to(vendor: str) -> Access:
    """The vendor's own."""
    made: Access = import_module(f"crm_contracts.conform.access.{vendor}").Access()
    return made
