"""What a job tells of a run, beside the engine's full accounting.

Rule T21: processed = created + updated + failed + deleted + unchanged. A record that was skipped is in none of these;
how many there were, and why, is kept apart. Nothing is lost: seen = processed + skipped.
Source: Totango help, Synchronize tasks and touchpoints with Salesforce ("not counted in the overall statistics").
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from crm_sync.report import SectionReport

#: What the engine calls an outcome -> the job's word; everything else is a skip.
WORDS = {
    "created": "created",
    "updated": "updated",
    "deleted": "deleted",
    "unchanged": "unchanged",
    "quarantined": "failed",
    "failed": "failed",
}


@dataclass
class JobStatistics:
    """One run of one job."""

    created: int = 0
    updated: int = 0
    failed: int = 0
    deleted: int = 0
    unchanged: int = 0
    skipped: Counter[str] = field(default_factory=Counter)  # reason -> how many; outside the totals
    failures: dict[str, str] = field(default_factory=dict)  # record -> reason
    warnings: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, section: SectionReport) -> JobStatistics:
        """A job's view of what the engine accounts for."""
        found = cls()
        for label, (outcome, reason) in section.outcomes.items():
            word = WORDS.get(outcome.name.lower())
            if word is None:
                found.skipped[reason] += 1
                continue
            setattr(found, word, getattr(found, word) + 1)
            if word == "failed":
                found.failures[label] = reason
        return found

    @property
    def processed(self) -> int:
        return self.created + self.updated + self.failed + self.deleted + self.unchanged

    def as_dict(self) -> dict[str, Any]:
        return {
            "processed": self.processed,
            "created": self.created,
            "updated": self.updated,
            "failed": self.failed,
            "deleted": self.deleted,
            "unchanged": self.unchanged,
            "diagnostics": {"skipped": dict(self.skipped), "failures": self.failures, "warnings": self.warnings},
        }
