"""The activities of one run, and everything by which a record finds its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

from crm_sync.model import Activity, Link
from crm_sync.state import State

Baseline = Callable[[], dict[str, str]]  # record id -> digest


@dataclass
class Observation:
    """What one run has to look at, in a stable order, and where its scans got to."""

    activities: list[Activity] = field(default_factory=list)
    cursors: dict[str, datetime] = field(default_factory=dict)


class Gathered(Observation):
    """An observation that is being made."""

    def __init__(self, state: State, began: datetime) -> None:
        super().__init__()
        self._state = state
        self.began = began  # windows end here, for all of the run (T23)
        self.by_link: dict[int, Activity] = {}
        self.by_claim: dict[tuple[str, str], Activity] = {}  # Salesforce object and id that a partner's record names
        self.by_record: dict[tuple[str, str, str], Activity] = {}  # the partner's model, Salesforce object, record id
        self.fresh = set[tuple[str, str]]()  # by model and id: the partner's, as no earlier scan showed them
        self.passed: dict[str, frozenset[str]] = {}  # by object: the ids that a scan with a condition has shown

    def new(self, sf_object: str) -> Activity:
        """An activity that nothing was known of."""
        activity = Activity(sf_object)
        self.activities.append(activity)
        return activity

    def linked(self, link: Link) -> Activity:
        """The activity of a link, one for each."""
        activity = self.by_link.get(link.id)
        if activity is None:
            activity = self.by_link[link.id] = self.new(link.sf_object)
            activity.link = self._state.link(link.id)
        return activity

    def claimed(self, sf_object: str, sf_id: str) -> Activity:
        """The activity of a Salesforce record that has no link and that somebody names."""
        activity = self.by_claim.get((sf_object, sf_id))
        if activity is None:
            activity = self.by_claim[sf_object, sf_id] = self.new(sf_object)
            activity.claimed_sf_id = sf_id
        return activity

    def baseline(self, place: str, model: str) -> Baseline:
        """What existed when a section was switched on; read when the first record asks that no link has."""
        return cache(lambda: self._state.baseline(place, model))
