"""Closed sets: status and priority, two values each, against Salesforce picklists that have more (M3-M7).

Rule 1: a Salesforce value without a row in the map is *no opinion*: the reminder keeps what it says (M4, M7).
Rule 2: nothing is written to Salesforce but the image of a value that somebody chose in Sales Insight Actions: what did
not change there is not sent (M5).
Rule 3: values are compared as they stand, case and all: labels can be renamed, API values stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from crm_sync.config import load_profile


@dataclass(frozen=True)
class Choice:
    """A map of the partner's value to Salesforce's, and what the partner says of a value at first sight."""

    to_salesforce: Mapping[str, str]
    first_sight: str

    def __post_init__(self) -> None:
        images = list(self.to_salesforce.values())
        assert len(set(images)) == len(images), "two values of one image could not be told apart coming back"
        assert self.first_sight in self.to_salesforce, self.first_sight

    def from_salesforce(self, value: str | None) -> str | None:
        """The partner's value; None for no opinion."""
        return next((mine for mine, theirs in self.to_salesforce.items() if theirs == value), None)

    def at_first_sight(self, value: str | None) -> str:
        """What a record that is made from Salesforce says."""
        return self.from_salesforce(value) or self.first_sight

    def kept(self, value: str | None, current: str) -> str:
        """What a known record says after Salesforce said *value*."""
        return self.from_salesforce(value) or current

    def written(self, before: str, now: str) -> str | None:
        """What an edit *before* -> *now* writes to Salesforce; None for nothing (M5)."""
        return None if before == now else self.to_salesforce[now]


CHOICES: Mapping[str, Choice] = {
    name: Choice(row["to_salesforce"], row["first_sight"]) for name, row in load_profile("marketo")["choices"].items()
}
