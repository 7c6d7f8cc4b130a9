"""What a query asks for, in the org's own terms: names resolved, literals typed, rules checked.

Rule 1: these are values, made by `check` and read by `compiler`; no SQL here. `at` is where a literal
stands in the text, kept so that the statement can run again with another one (see `shapes`).
Rule 2: what depends on when and by whom the query runs (TODAY, the user, their time zone, the fiscal
year) is no value here: it is bound or asked for when the query runs, so that a plan is good for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from fake_salesforce.schema.metadata import ChildRelationship, Field, SObject

# ---- Columns


@dataclass(frozen=True, slots=True)
class Column:
    """A stored field of the row that *route* leads to; each step of it is a reference to follow."""

    route: tuple[Field, ...]
    sobject: SObject
    field: Field


@dataclass(frozen=True, slots=True)
class NameColumn:
    """A field of the pseudo object Name, behind a polymorphic *reference* of the row at *route*.

    `field` is a described stand-in: its `type` rules comparing and output.
    """

    route: tuple[Field, ...]
    sobject: SObject
    reference: Field
    field: Field


@dataclass(frozen=True, slots=True)
class DatePart:
    """CALENDAR_YEAR(...) and its kind; `field` is a stand-in of the result's type."""

    function: str
    column: Column | LocalTime
    field: Field


@dataclass(frozen=True, slots=True)
class LocalTime:
    """convertTimezone(...): the clock of the running user at the moment in *column*."""

    column: Column
    field: Field


@dataclass(frozen=True, slots=True)
class Labelled:
    """toLabel(...) of a picklist, as it is compared; `field` is text."""

    column: Column
    field: Field


@dataclass(frozen=True, slots=True)
class Place:
    """Latitude and longitude in degrees: two columns, or two numbers."""

    latitude: Column | float
    longitude: Column | float


@dataclass(frozen=True, slots=True)
class Distance:
    """DISTANCE(...): from the location of the row to *to*, in *unit* (`mi` or `km`)."""

    here: Place
    to: Place
    unit: str
    field: Field


@dataclass(frozen=True, slots=True)
class Grouping:
    """GROUPING(...): 1 in the subtotals that put all values of *operand* together, 0 elsewhere."""

    operand: Operand
    field: Field


@dataclass(frozen=True, slots=True)
class Aggregate:
    """COUNT, COUNT_DISTINCT, SUM, AVG, MIN or MAX over *operand*; `field` gives the result's type."""

    function: str
    operand: Operand
    field: Field


Operand: TypeAlias = Column | NameColumn | DatePart | LocalTime | Labelled | Distance | Grouping | Aggregate

# ---- Values


@dataclass(frozen=True, slots=True)
class Span:
    """A date literal; see `dates.SPANS`. `moments`: compared with a datetime, not a date."""

    name: str
    count: int
    moments: bool


Constant: TypeAlias = str | int | float

# ---- Conditions. Each is true or false for a row, never unknown: null is equal to nothing but null.


@dataclass(frozen=True, slots=True)
class IsNull:
    operand: Operand


@dataclass(frozen=True, slots=True)
class Compare:
    """operator: = < <= > >=."""

    operand: Operand
    operator: str
    value: Constant
    at: int


@dataclass(frozen=True, slots=True)
class Within:
    """A comparison with a date literal: = means inside, < before its start, > after its end."""

    operand: Operand
    operator: str
    span: Span


@dataclass(frozen=True, slots=True)
class Like:
    """`pattern`: % and _ are wildcards unless behind a backslash."""

    operand: Operand
    pattern: str
    at: int


@dataclass(frozen=True, slots=True)
class OneOf:
    """Equal to one of *values*, or null where *null*. `ats`: where each of the values stands."""

    operand: Operand
    values: tuple[Constant, ...]
    null: bool
    ats: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SameSet:
    """A multi-select picklist holding exactly *values*."""

    operand: Operand
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HasPicks:
    """A multi-select picklist holding all values of at least one group."""

    operand: Operand
    groups: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class InQuery:
    """Equal to a value the inner query finds."""

    operand: Operand
    inner: RowQuery


@dataclass(frozen=True, slots=True)
class Never:
    """True for no row (a comparison with null other than = and !=)."""


@dataclass(frozen=True, slots=True)
class Not:
    condition: Condition


@dataclass(frozen=True, slots=True)
class AllOf:
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    conditions: tuple[Condition, ...]


Condition: TypeAlias = (
    IsNull | Compare | Within | Like | OneOf | SameSet | HasPicks | InQuery | Never | Not | AllOf
    | AnyOf
)  # fmt: skip

# ---- Output: what a record looks like


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value under *key*.

    `labels` puts picklist labels in place of values (toLabel), `localized` writes it as the running
    user's locale does (FORMAT).
    """

    key: str
    column: Operand
    labels: bool = False
    localized: bool = False


@dataclass(frozen=True, slots=True)
class Compound:
    """An address or location: its parts by their key in the answer."""

    key: str
    parts: tuple[tuple[str, Column], ...]


@dataclass(frozen=True, slots=True)
class Parent:
    """The row a reference leads to, or null."""

    key: str
    route: tuple[Field, ...]
    sobject: SObject
    shapes: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class Polymorphic:
    """The row of one of several types. A type without a branch shows `otherwise`, or null."""

    key: str
    route: tuple[Field, ...]
    sobject: SObject
    reference: Field
    branches: tuple[tuple[SObject, tuple[Shape, ...]], ...]
    otherwise: tuple[Shape, ...] | None


@dataclass(frozen=True, slots=True)
class Children:
    """A child sub-query."""

    key: str
    relationship: ChildRelationship
    query: RowQuery


Shape: TypeAlias = Leaf | Compound | Parent | Polymorphic | Children

# ---- Queries


@dataclass(frozen=True, slots=True)
class Order:
    operand: Operand
    descending: bool
    nulls_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RowQuery:
    """A checked query. `kind`: rows; count (COUNT() alone); aggregate (groups or functions).

    For aggregates every shape is a Leaf. `subtotals`: for each kind of subtotal row, which of `groups`
    it keeps apart; empty without ROLLUP and CUBE. `scope`: of USING SCOPE. `purposes`: of FOR.
    `long_texts`: how many custom long text fields it selects.
    """

    sobject: SObject
    kind: Literal["rows", "count", "aggregate"]
    shapes: tuple[Shape, ...]
    where: Condition | None = None
    groups: tuple[Operand, ...] = ()
    subtotals: tuple[tuple[bool, ...], ...] = ()
    having: Condition | None = None
    order_by: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int | None = None
    scope: str = "everything"
    purposes: frozenset[str] = frozenset()
    long_texts: int = 0

    @property
    def plain(self) -> bool:
        """Nothing but fields of rows and a WHERE: ranges of ids may be asked for one after the other."""
        return self.kind == "rows" and not (
            self.order_by or self.limit is not None or self.offset is not None or self.scope != "everything"
        )
