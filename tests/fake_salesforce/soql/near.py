"""Texts near to SOQL: grown from the grammar, then damaged.

Rule 1: a text is made of a list of numbers alone, each a choice; so that Hypothesis can shrink it and a fuzzer that
only knows bytes can make it, too.
Rule 2: most choices fit: what fails early tests the parser only.
"""

# ruff: noqa: E501 - tables read best with a case to a line
from __future__ import annotations

from collections.abc import Iterator, Sequence

FIELDS = (
    "Id", "Name", "OwnerId", "CreatedDate", "LastViewedDate", "Industry", "AnnualRevenue", "NumberOfEmployees", "IsDeleted",
    "BillingAddress", "BillingLatitude", "Parent.Name", "Owner.Name", "Parent.Parent.Owner.Email", "Description", "a.Name",
    "Account.Name", "Phone", "Website", "Nope", "Nope.Name", "ParentId", "Owner.Type", "Id.Id", "Parent",
)  # fmt: skip
VALUES = (
    "null", "true", "'x'", "''", "'%a_'", "'\\''", "'\\q'", "'é'", "1", "-1.5", ".5", "1e5", "USD5000", "EUR0.1", "2026-01-05", "2026-02-30",
    "2026-01-05T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "TODAY", "LAST_N_DAYS:3", "NEXT_N_YEARS:99999999",
    "N_FISCAL_QUARTERS_AGO:2", "THIS_FISCAL_YEAR", "'001000000000001AAA'", "'nonsense'", ":x", "Name", "12:00:00", "99999999999999999999999",
)  # fmt: skip
OPERATORS = ("=", "!=", "<>", "<", "<=", ">", ">=", "LIKE", "INCLUDES", "EXCLUDES", "IN", "NOT IN", "IS", "==")
CALLS = (
    "COUNT({})", "COUNT_DISTINCT({})", "SUM({})", "AVG({})", "MIN({})", "MAX({})", "GROUPING({})", "FORMAT({})", "toLabel({})",
    "convertCurrency({})", "CALENDAR_YEAR({})", "FISCAL_QUARTER({})", "HOUR_IN_DAY(convertTimezone({}))", "DAY_ONLY({})", "WEEK_IN_YEAR({})",
    "DISTANCE({}, GEOLOCATION(1.5,-2), 'mi')", "DISTANCE(BillingAddress, {}, 'km')", "FIELDS({})", "FORMAT(MAX({}))", "convertTimezone({})",
    "COUNT()", "nope({})",
)  # fmt: skip
TAILS = (
    "LIMIT 5", "LIMIT 0", "OFFSET 3", "OFFSET 2001", "LIMIT -1", "FOR VIEW", "FOR REFERENCE", "FOR UPDATE", "ALL ROWS", "UPDATE VIEWSTAT",
    "WITH USER_MODE", "WITH DATA CATEGORY A__c AT (b__c, c__c)", "USING SCOPE mine", "USING SCOPE team", "LIMIT 200", "",
)  # fmt: skip
SOURCES = (
    "Account", "Account a", "Contact c, c.Account a", "Task", "Lead", "ContentDocumentLink", "Nope", "Account, Contact", "User", "Contacts",
)  # fmt: skip
NOISE = (
    "(",
    ")",
    ",",
    "'",
    "\\",
    ".",
    "\0",
    "\ud800",
    "😀",
    "\n",
    "--",
    "/*",
    "SELECT",
    "FROM",
    "NOT",
    ";",
    ":",
    "AND",
    "OR",
    "NULLS",
    "%",
)
# condition -> what runs on Account
GOOD = (
    "Name = 'x'", "Name LIKE '%a_'", "Name IN ('x', null, 'é')", "Id != '001000000000001AAA'", "CreatedDate = TODAY", "AnnualRevenue > USD5",
    "Parent.Name != null", "Owner.Type = 'User'", "CALENDAR_YEAR(CreatedDate) > 2000", "FISCAL_MONTH(CreatedDate) = 1", "IsDeleted = false",
    "DISTANCE(BillingAddress, GEOLOCATION(1.5,-2), 'mi') < 5", "toLabel(Industry) = 'Energy'", "LastViewedDate = null", "Industry NOT IN ('x')",
    "HOUR_IN_DAY(convertTimezone(CreatedDate)) < 25", "LastModifiedDate >= N_FISCAL_QUARTERS_AGO:2", "NumberOfEmployees <= -1.5",
    "Id IN (SELECT AccountId FROM Contact)", "Id NOT IN (SELECT AccountId FROM Contact WHERE LastName > 'a')",
)  # fmt: skip
GOOD_ITEMS = (
    "Id", "Name", "CreatedDate", "Parent.Name", "Owner.Name", "BillingAddress", "LastViewedDate", "FORMAT(AnnualRevenue) x", "toLabel(Industry)",
    "DISTANCE(BillingAddress, GEOLOCATION(1.5,-2), 'km') d", "(SELECT Id, Name FROM Contacts LIMIT 2)", "Parent.Parent.Owner.Email",
    "(SELECT Subject FROM Tasks ORDER BY Subject)", "convertCurrency(AnnualRevenue) c", "Industry", "TYPEOF Owner WHEN User THEN Email END",
)  # fmt: skip
GOOD_GROUPS = (
    "Industry", "ROLLUP(Industry, Name)", "CUBE(Industry)", "CALENDAR_YEAR(CreatedDate)", "Parent.Name", "Owner.Name, Industry",
)  # fmt: skip
DEEPEST = 4


class Grower:
    """Writes a text by the choices given; when they run out, the first of each kind is chosen."""

    def __init__(self, choices: Sequence[int]) -> None:
        self._choices: Iterator[int] = iter(choices)

    def one(self, among: Sequence[str]) -> str:
        return among[self.number(len(among))]

    def number(self, below: int) -> int:
        return next(self._choices, 0) % below

    def text(self) -> str:
        """A whole query, damaged in up to three places."""
        words = (self.fitting() if self.number(3) else self.query(0)).split(" ")
        for _ in range(max(0, self.number(8) - 5)):
            at = self.number(len(words) + 1)
            match self.number(3):
                case 0:
                    words.insert(at, self.one(NOISE))
                case 1:
                    del words[at : at + 1]
                case _:
                    words[at : at + 1] = words[at : at + 1] * 2
        return " ".join(words)

    def fitting(self) -> str:
        """A query that runs, mostly."""
        joint = self.one((" AND ", " OR "))
        where = joint.join(self.one(GOOD) for _ in range(self.number(3)))
        if self.number(4) == 1:
            group = self.one(GOOD_GROUPS)
            parts = ["SELECT COUNT(Id), MAX(Name) n FROM Account", where and f"WHERE {where}", "GROUP BY", group]
            parts.append(self.one(("", "HAVING COUNT(Id) > 0", "ORDER BY COUNT(Id) DESC", "LIMIT 3")))
        else:
            items = ", ".join(dict.fromkeys(self.one(GOOD_ITEMS) for _ in range(1 + self.number(3))))
            parts = ["SELECT", items, "FROM Account", where and f"WHERE {where}"]
            parts.append(
                self.one(("", "ORDER BY Name DESC", "ORDER BY CreatedDate, Id NULLS LAST", "ORDER BY Parent.Name"))
            )
            parts.append(self.one(("", "LIMIT 5", "LIMIT 1 OFFSET 1", "OFFSET 3")))
        return " ".join(part for part in parts if part)

    def query(self, depth: int) -> str:
        """SELECT ... and the clauses behind it."""
        items = ", ".join(self.item(depth) for _ in range(1 + self.number(3)))
        parts = ["SELECT", items, "FROM", self.one(SOURCES)]
        if self.number(2):
            parts += ["WHERE", self.condition(depth)]
        match self.number(4):
            case 1:
                parts += ["GROUP BY", self.operand()]
            case 2:
                parts += ["GROUP BY", f"{self.one(('ROLLUP', 'CUBE'))}({self.operand()}, {self.operand()})"]
            case 3:
                parts += ["ORDER BY", self.operand(), self.one(("", "DESC", "ASC NULLS LAST", "NULLS FIRST"))]
        if self.number(3) == 1:
            parts += ["HAVING", self.condition(depth)]
        parts += [self.one(TAILS) for _ in range(self.number(3))]
        return " ".join(part for part in parts if part)

    def item(self, depth: int) -> str:
        """What may stand in SELECT."""
        match self.number(6):
            case 0 | 1:
                return self.one(FIELDS)
            case 2:
                return f"{self.operand()} n"
            case 3:
                return f"TYPEOF Owner WHEN User THEN {self.one(FIELDS)}, Name ELSE {self.one(FIELDS)} END"
            case 4 if depth < DEEPEST:
                return f"({self.query(depth + 1)})"
        return self.operand()

    def operand(self) -> str:
        """A field, or a function of one."""
        return self.one(CALLS).format(self.one(FIELDS)) if self.number(2) else self.one(FIELDS)

    def condition(self, depth: int) -> str:
        """A comparison, or several."""
        match self.number(7):
            case 0 if depth < DEEPEST:
                joint = self.one((" AND ", " OR "))
                return f"({joint.join(self.condition(depth + 1) for _ in range(1 + self.number(3)))})"
            case 1 if depth < DEEPEST:
                return f"NOT {self.condition(depth + 1)}"
            case 2 if depth < DEEPEST:
                return f"{self.one(FIELDS)} {self.one(('IN', 'NOT IN'))} ({self.query(depth + 1)})"
            case 3:
                return f"{self.operand()} {self.one(('IN', 'NOT IN', 'INCLUDES'))} ({self.one(VALUES)}, {self.one(VALUES)})"
        return f"{self.operand()} {self.one(OPERATORS)} {self.one(VALUES)}"
