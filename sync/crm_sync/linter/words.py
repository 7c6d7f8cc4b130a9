"""What the linter is given, and what it says. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any


class Severity(Enum):
    """An error would be refused, ignored or never settle; a warning loses something, or will matter one day."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Finding:
    """One thing wrong with a mapping. *code* names the check, *field* is the field of the target or source."""

    section: str
    field: str
    code: str
    severity: Severity
    reason: str
    advice: str

    def as_dict(self) -> dict[str, str]:
        return {**asdict(self), "severity": self.severity.value}

    def line(self) -> str:
        return f"{self.severity.value}: {self.section} {self.field}: {self.reason}; {self.advice} [{self.code}]"


@dataclass(frozen=True)
class Row:
    """One mapped field, whoever the partner is.

    *reads* is where its value comes from in Salesforce, if that is not *salesforce*; *by_default* tells that it is the
    profile that says so, not the configuration; *constant* is what it always says; *write_in* and *write_out* tell when
    it is written ("create_only", "once": only with a new record).
    """

    name: str
    partner: str
    salesforce: str
    lens: str
    sends: bool
    receives: bool
    reads: str = ""
    constant: str | None = None
    max_length: int | None = None
    write_in: str = "always"
    write_out: str = "always"
    by_default: bool = False

    @property
    def source(self) -> str:
        """The field of Salesforce that is read."""
        return self.reads or self.salesforce


@dataclass(frozen=True)
class Pair:
    """A section: one partner model and one sObject.

    *images* maps a row's name to the Salesforce values that its value map can write, each with the partner's word.
    *constants* are written with every new record (`on_create`); *creates* tells whether Salesforce gets new ones.
    """

    key: str
    partner: str
    model: str
    sobject: str
    rows: tuple[Row, ...]
    images: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)
    creates: bool = True
    key_field: str = ""
