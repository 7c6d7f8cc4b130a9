"""What became of each row of a call that has a result for each: undelete, emptyRecycleBin, merge, convertLead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from fake_core.errors import VendorError
from fake_salesforce.errors import SalesforceError
from fake_salesforce.operations.values import TypeMismatch
from fake_salesforce.org import Org


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One row: its id ("" when it could not be told), and the one error of a failure."""

    id: str
    errors: list[SalesforceError] = field(default_factory=list)

    @property
    def success(self) -> bool:
        return not self.errors


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeOutcome(Outcome):
    """The surviving row, the rows that went into it, and their children that have it as parent now."""

    merged_ids: list[str] = field(default_factory=list)
    updated_related_ids: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvertOutcome(Outcome):
    """The lead, and what it became; None for what was not asked for."""

    account_id: str | None = None
    contact_id: str | None = None
    opportunity_id: str | None = None


def refusal(org: Org, step: Callable[[], None]) -> SalesforceError | None:
    """Run *step* in a transaction of its own; the error that undid it, or None."""
    try:
        with org.store.begin():
            step()
    except TypeMismatch as error:
        return error.located(None)
    except SalesforceError as error:
        return error
    except VendorError as error:
        raise AssertionError(f"a row was refused in words that no result has: {error}") from error
    return None
