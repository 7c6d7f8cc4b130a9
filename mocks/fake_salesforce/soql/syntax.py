"""The shape of a SOQL text, before anybody asked whether its names exist.

Rule 1: these are values. They are built by `parser` and read by `check`; nothing changes them.
Rule 2: every node that can be at fault knows where it stands: `at` counts characters from the start
of the text (0-based), which is what a caret message needs.
Source: SOQL and SOSL Reference, "SOQL SELECT Syntax".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Path:
    """A field name, with the relationships that lead to it: `Owner.Name` is ("Owner", "Name")."""

    names: tuple[str, ...]
    at: int

    def __str__(self) -> str:
        """As the client wrote it."""
        return ".".join(self.names)


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments; `name` as written."""

    name: str
    arguments: tuple[Operand | Value, ...]
    at: int

    def __str__(self) -> str:
        """Near to what the client wrote; for messages."""
        return f"{self.name}({', '.join(str(each) for each in self.arguments)})"


Operand: TypeAlias = Path | Call

ValueKind: TypeAlias = Literal[
    "string", "number", "currency", "datetime", "date", "time", "boolean", "null", "range",
    "bind", "word",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Value:
    """A literal. `text` is as written, except that a string has lost its quotes and escapes.

    A string compared by LIKE keeps its escapes before `%` and `_` in `pattern`: there a backslash
    before a wildcard, or before itself, still stands. `count` is the n of `LAST_N_DAYS:n`.
    """

    kind: ValueKind
    text: str
    at: int
    pattern: str = ""
    count: int | None = None

    def __str__(self) -> str:
        """For messages."""
        return self.text


@dataclass(frozen=True, slots=True)
class Compare:
    """`left operator value`; operators are = != < <= > >= LIKE (`<>` was made `!=`)."""

    left: Operand
    operator: str
    value: Value


@dataclass(frozen=True, slots=True)
class Membership:
    """`left [NOT] IN (...)`: either values or an inner query."""

    left: Operand
    negated: bool
    values: tuple[Value, ...] = ()
    inner: Query | None = None


@dataclass(frozen=True, slots=True)
class Picks:
    """`left INCLUDES ('a;b','c')`, or EXCLUDES when `negated`."""

    left: Operand
    negated: bool
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """`NOT condition`."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class AllOf:
    """Conditions joined by AND."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Conditions joined by OR."""

    conditions: tuple[Condition, ...]


Condition: TypeAlias = Compare | Membership | Picks | Negation | AllOf | AnyOf


@dataclass(frozen=True, slots=True)
class Item:
    """A field or function in SELECT, with its alias."""

    what: Operand
    alias: str | None
    at: int


@dataclass(frozen=True, slots=True)
class ChildItem:
    """`(SELECT ... FROM Contacts)` in SELECT."""

    query: Query


@dataclass(frozen=True, slots=True)
class TypeofItem:
    """`TYPEOF What WHEN Account THEN Phone ELSE Name END`; `otherwise` None: no ELSE."""

    reference: Path
    branches: tuple[tuple[Path, tuple[Path, ...]], ...]
    otherwise: tuple[Path, ...] | None


SelectItem: TypeAlias = Item | ChildItem | TypeofItem


@dataclass(frozen=True, slots=True)
class Source:
    """One name of FROM with its alias."""

    path: Path
    alias: str | None


@dataclass(frozen=True, slots=True)
class Order:
    """One term of ORDER BY; `nulls_last` None: not said."""

    what: Operand
    descending: bool
    nulls_last: bool | None


@dataclass(frozen=True, slots=True)
class Group:
    """GROUP BY with its HAVING."""

    by: tuple[Operand, ...]
    having: Condition | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A whole SELECT, outer or inner. `at` is where its SELECT stands."""

    items: tuple[SelectItem, ...]
    sources: tuple[Source, ...]
    scope: Path | None = None
    where: Condition | None = None
    with_mode: Path | None = None
    with_condition: Condition | None = None
    with_category: tuple[Path, ...] = ()  # the selectors (AT, ABOVE ...) of WITH DATA CATEGORY
    group: Group | None = None
    order_by: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int | None = None
    all_rows: bool = False
    purposes: tuple[str, ...] = ()
    tracking: tuple[Path, ...] = ()
    at: int = 0
