"""Where a record belongs: the account of a Salesforce Task, the Company of a Planhat record.

Rule 1: what a sync makes belongs to the customer of the record that it was made for, as a user had filed it at any
time: a death may lie between reading it and making its partner (P27).
Rule 2: afterwards its place is the users' alone. In Salesforce WhatId is frame; in Planhat a record stays with its
Company, wherever a user relates the Salesforce Task to (F28).
Must not import crm_sync.
Source: rules P2 and P27, failure modes F14, F28 and F29.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from crm_contracts.world.model import Activity, Record
from crm_contracts.world.ops import SALESFORCE
from crm_contracts.world.violations import BrokenFrame, Invented

__all__ = ["Homes"]


@dataclass
class Homes:
    """The ids of every customer. Empty: nobody told, and nothing is judged."""

    accounts: dict[str, str] = field(default_factory=dict)  # customer -> id in Salesforce
    companies: dict[str, str] = field(default_factory=dict)  # customer -> id in Planhat
    merged: dict[str, str] = field(default_factory=dict)  # customer -> the one that its account was merged into

    def judge_made(self, activity: Activity, record: Record) -> None:
        """The sync made *record*: is it where its partner is? Raises Invented (I4)."""
        if not self.accounts:
            return
        here, there = self._ids(record.side)
        partners = [one for one in activity.records if (one.side == SALESFORCE) != (record.side == SALESFORCE)]
        customers = {name for one in partners for name, known in there.items() if known in one.homes}
        while more := {self.merged[name] for name in customers if name in self.merged} - customers:
            customers |= more
        allowed = {here[name] for name in customers if name in here}
        if record.home not in allowed:
            raise Invented(
                f"the {record.side} record {record.id} was made for {activity.handle} at {record.home}, "
                f"and that is at {', '.join(sorted(allowed)) or 'no customer that is known there'}",
                activity=activity.handle,
            )

    def judge_kept(self, activity: Activity, record: Record) -> None:
        """Planhat's *record* is where it was made, or where a user put it. Raises BrokenFrame (I8)."""
        if record.side != SALESFORCE and record.home not in record.homes:
            raise BrokenFrame(
                f"the {record.side} record of {activity.handle} was moved to the Company {record.home}; it was made "
                f"at {', '.join(sorted(map(str, record.homes)))}",
                activity=activity.handle,
            )

    def customer(self, record: Record) -> str:
        """The customer that *record* is at now; "" where nobody told."""
        return next((name for name, known in self._ids(record.side)[0].items() if known == record.home), "")

    def lost(self, record: Record) -> bool:
        """Is *record* at a customer whose account was merged into another one?"""
        return self.customer(record) in self.merged

    def _ids(self, side: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
        both = (self.accounts, self.companies)
        return both if side == SALESFORCE else both[::-1]
