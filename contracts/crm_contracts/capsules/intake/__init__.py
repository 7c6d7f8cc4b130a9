"""Getting a capsule: from HAR files, from exports of both sides, from a journal.

Whatever recorded them, requests and answers become `RecordedExchange`s first (`har`, `journal`), then facts
(`salesforce`, `partners`), then records and deeds (`book`, `infer`), then a capsule (`build`). Exports go their own way
(`exports`).
"""

from __future__ import annotations

from crm_contracts.capsules.intake.from_har import Intake, from_har

__all__ = ["Intake", "from_har"]
