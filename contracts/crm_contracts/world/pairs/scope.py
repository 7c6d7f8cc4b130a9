"""Which way stands open for which record, in one round: jobs, filters, windows, parents. Must not import crm_sync.

Rule: every answer is a reason in words, "" where the way is open, so that a finding can tell it.
Source: rules T1, T3, T11, T13 to T16, T20, T23, T24, T39 to T42, M1, M14 to M16, M18, M21, M24.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from crm_contracts.world.fields import plain
from crm_contracts.world.pairs.fields import shared
from crm_contracts.world.pairs.model import Activity, Record
from crm_contracts.world.pairs.ops import IN, OUT, PARTNER, SALESFORCE
from crm_contracts.world.pairs.settings import CAMPAIGN_TOUCH, REMINDER, TASK, TOUCHPOINT, PairSettings

__all__ = ["JobsRun", "Scope"]

PULL = timedelta(hours=24)  # rule M16
MAPPED = frozenset({"Not Started", "Completed"})  # rule M3
TOLD = timedelta(days=15)  # how long Salesforce keeps what was deleted


@dataclass(frozen=True, kw_only=True)
class JobsRun:
    """One run of the jobs. *passing*: by section, the Salesforce records that its filter lets through; None = all.
    *passing_after*: the same when the run had ended. *behind*: something was shown as it had been a while ago (F49).
    """

    ways: tuple[str, ...]
    sections: tuple[str, ...]
    began: datetime
    passing: Mapping[str, frozenset[str] | None]
    passing_after: Mapping[str, frozenset[str] | None]
    clean: bool = True
    behind: bool = False
    read: str = ""


@dataclass
class Scope:
    """What the oracle knows of the world around the records.

    *granted*: the exceptions that it allows for. *matched*: customers whose account both systems know; *introduced*:
    since when Totango knows a late one. *user_id*: the Salesforce user whose reminders are synced (M24). *enabled*:
    every moment at which Marketo's sync was switched on; *disabled_at*: when it was last switched off.
    """

    settings: PairSettings
    matched: set[str]
    granted: frozenset[str] = frozenset()
    user_id: str = ""
    introduced: dict[str, datetime] = field(default_factory=dict)
    enabled: list[datetime] = field(default_factory=list)
    disabled_at: datetime | None = None

    def shut(self, activity: Activity, way: str, this: JobsRun) -> str:
        """Why no change of the pair goes this *way* in *this* round; "" if it may."""
        policy = self.settings.policy(activity.section)
        if way not in this.ways or activity.section not in this.sections:
            return "no such job ran"
        if not policy.opens(way):
            return f"the direction is {policy.direction}"
        if activity.section == REMINDER and not self.settings.enabled:
            return "the task sync is off (M1)"
        record = activity.one(SALESFORCE if way == IN else PARTNER)
        if record is None:
            return ""
        return self._in(record, this) if way == IN else self._out(activity, record, this)

    def _in(self, record: Record, this: JobsRun) -> str:
        passing = this.passing.get(record.section)
        if record.section == CAMPAIGN_TOUCH:
            return "a campaign touch only goes out (T1)"
        if passing is not None and record.id not in passing:
            return "the filter does not let it through (T14)"
        if record.section == REMINDER and self.settings.unmapped_status == "skip_record":
            status = record.row.get("Status")
            return "" if status in MAPPED else f"its status {status} does not sync (M4)"
        title, text = plain(record.row.get("Subject")), plain(record.row.get("Description"))
        if record.section == TASK and not title:
            return "it has no title (T16)"
        if record.section == TOUCHPOINT and not title and not text:
            return "it has neither subject nor content (T16)"
        return ""

    def _out(self, activity: Activity, record: Record, this: JobsRun) -> str:
        days = self.settings.policy(record.section).out_updated_days
        if days is not None and record.stamp < this.began - timedelta(days=days):
            return f"it was not updated for {days} days (T23)"
        if activity.section != REMINDER and activity.at not in self.matched:
            return "its account is not matched (T20)"
        if record.row.get("disable_sync"):
            return "it is kept out of every sync (T42)"
        return ""

    def unmakable(self, activity: Activity, way: str, this: JobsRun) -> str:
        """Why no counterpart may be made this *way*; "" if it may."""
        reason = self.shut(activity, way, this)
        if reason:
            return reason
        if not self.settings.policy(activity.section).creates(way):
            return f"creating is switched off ({'T13' if way == IN else 'T24'})"
        source = activity.one(SALESFORCE if way == IN else PARTNER)
        if source is None:
            return "its source was deleted" if activity.any_deleted else "there is nothing to make it of"
        if activity.section == REMINDER:
            return self._unmakable_reminder(source, way)
        if activity.at not in self.matched:
            return "its account is not there (T11, T20)"
        late = self.introduced.get(activity.at)
        if way == IN and late is not None and source.stamp <= late and "late-account" not in self.granted:
            return "it is older than its account (T15)"
        return ""

    def _unmakable_reminder(self, source: Record, way: str) -> str:
        if way == OUT:
            fresh = source.created > self.enabled[-1]
            return "" if fresh else "it was there before the sync was switched on (M14, M15)"
        if source.row.get("OwnerId") != self.user_id:
            return "it is another user's (M24)"
        return "" if self._pulled(source, self.enabled[0]) else "it was not touched in the 24 hours before (M16)"

    def forgotten(self, activity: Activity) -> bool:
        """Whether a Salesforce task was not touched in the day before the sync was switched on the last time (M16)."""
        source = activity.one(SALESFORCE)
        first = activity.section == REMINDER and activity.one(PARTNER) is None
        return first and source is not None and not self._pulled(source, self.enabled[-1])

    def _pulled(self, source: Record, since: datetime) -> bool:
        is_open = source.row.get("Status") != "Completed"
        everything = self.settings.initial_import == "all_open" and is_open
        return everything or source.stamp >= since - PULL

    def owed(self, activity: Activity, way: str, this: JobsRun) -> bool:
        """Whether a counterpart not only may but must be made this *way* (I1)."""
        source = activity.one(SALESFORCE if way == IN else PARTNER)
        if source is None or self.unmakable(activity, way, this):
            return False
        if way == IN and activity.section == REMINDER:
            return self._pulled(source, self.enabled[-1])
        late = self.introduced.get(activity.at)
        if way == IN and late is not None:
            return source.stamp > late  # rule T15: only what was edited since
        return True

    def outlives(self, activity: Activity, side: str, *, tied: bool = False) -> bool:
        """Whether the survivor was edited after the record on *side* was deleted, and the last write wins (T41).

        *tied*: or perhaps: Salesforce tells whole seconds, and within one its edit counts as the later (F57).
        """
        survivor = activity.one(SALESFORCE if side == PARTNER else PARTNER)
        at = max((one.deleted_at for one in activity.gone(side) if one.deleted_at), default=None)
        if survivor is None or at is None:
            return False
        by_last = self.settings.policy(activity.section).delete_vs_update == "last_write_wins"
        unheard = {one.name for one in shared(activity.section, self.settings) if one.out_only and side == PARTNER}
        wrote = max((moment for name, moment in survivor.wrote.items() if name not in unheard), default=None)
        if wrote is None:
            return False
        return by_last and (wrote > at or (tied and side == PARTNER and int(wrote.timestamp()) == int(at.timestamp())))

    def undeletable(self, activity: Activity, record: Record, this: JobsRun) -> str:
        """Why the sync may not delete *record* of *activity* in *this* round; "" if it may."""
        way, other = (IN, SALESFORCE) if record.side == PARTNER else (OUT, PARTNER)
        policy = self.settings.policy(activity.section)
        evidence = [one for one in activity.gone(other) if not one.by_sync]
        if not evidence:
            return "no user deleted its counterpart"
        if way not in this.ways or activity.section not in this.sections:
            return "no such job ran"
        if not policy.opens(way) or not policy.deletes(way):
            return "deletions do not go this way"
        at = max(one.deleted_at for one in evidence if one.deleted_at)
        if self.outlives(activity, other):
            return "it was edited after its counterpart was deleted, and the last write wins (T41)"
        if activity.section == REMINDER:
            return self._off(way, at)
        return self._too_old(policy.out_updated_days, way, at, this)

    def _too_old(self, days: int | None, way: str, at: datetime, this: JobsRun) -> str:
        if way == OUT and days is not None and at < this.began - timedelta(days=days):
            return f"the deletion is older than {days} days (T39)"
        return ""

    def _off(self, way: str, at: datetime) -> str:
        if not self.settings.enabled:
            return "the task sync is off (M1)"
        if way == IN and at < self.enabled[-1] - timedelta(days=self.settings.catch_up_days):
            return "the deletion is older than the catch-up (M18)"
        return ""

    def must_delete(self, activity: Activity, record: Record, this: JobsRun) -> bool:
        """Whether a deletion not only may but must arrive (I6)."""
        if self.undeletable(activity, record, this):
            return False
        other = SALESFORCE if record.side == PARTNER else PARTNER
        if self.outlives(activity, other, tied=True):
            return False
        linked = any(one.linked for one in activity.gone(other) if not one.by_sync)
        if not linked and "unlinked-delete" in self.granted:
            return False  # what had no counterpart then is a user's own business
        if self.settings.policy(activity.section).in_filter and other == SALESFORCE:
            return False  # nobody can say what a filter would have said of it
        first = min(one.deleted_at for one in activity.gone(other) if one.deleted_at)
        if other == SALESFORCE and first < this.began - TOLD and "deletion-horizon" in self.granted:
            return False
        while_off = self.disabled_at is not None and other == PARTNER
        return not while_off
