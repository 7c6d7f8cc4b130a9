"""SOQL as the lane writes it: statements that are valid for every org, and texts that are no query.

The fields are those of the row schemas of the document, so that a valid statement is valid by the facts and not by the
fake's own tables.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

_KINDS = {  # by the output schema of a field: comparison operators and literals that fit it
    "text": (("=", "!=", "LIKE"), ("'Acme'", "'%a%'", "'it\\'s'", "'Ünï😀'", "null")),
    "boolean": (("=", "!="), ("true", "FALSE")),
    "number": (("=", "!=", "<", "<=", ">", ">="), ("0", "1.5", "-3", "null")),
    "date": (("=", "<", ">="), ("2026-01-05", "TODAY", "LAST_N_DAYS:30", "THIS_MONTH", "null")),
    "datetime": (("=", "<", ">="), ("2026-01-05T09:00:00Z", "YESTERDAY", "NEXT_N_WEEKS:2", "null")),
    "id": (("=", "!="), ("'001000000000001AAA'", "null")),
}
_LONG = 255  # longer text can neither be filtered nor sorted


def fields_of(document: dict[str, Any], sobject: str) -> dict[str, str]:
    """The filterable fields of *sobject* in the document with their kind, a key of the table above."""
    kinds = {}
    for name, schema in document["components"]["schemas"][f"{sobject}Row"]["properties"].items():
        kind = _kind(schema)
        if name != "attributes" and kind and schema.get("maxLength", 0) <= _LONG:
            kinds[name] = kind
    return kinds


def _kind(schema: dict[str, Any]) -> str:
    for one in schema.get("anyOf", [schema]):
        reference = str(one.get("$ref", "")).rpartition("/")[2]
        if reference in {"Date", "DateTime"}:
            return reference.lower()
        types = one.get("type", [])
        types = [types] if isinstance(types, str) else types
        if "string" in types:
            return "id" if "pattern" in one else "text"
        for name in ("boolean", "number"):
            if name in types:
                return name
        if "integer" in types:
            return "number"
    return ""


@st.composite
def statements(draw: st.DrawFn, document: dict[str, Any], sobjects: tuple[str, ...]) -> str:
    """One valid SELECT."""
    sobject = draw(st.sampled_from(sobjects))
    fields = fields_of(document, sobject)
    names = st.sampled_from(sorted(fields))

    def condition() -> str:
        name = draw(names)
        operators, literals = _KINDS[fields[name]]
        literal = draw(st.sampled_from(literals))
        operator = draw(st.sampled_from(("=", "!=") if literal == "null" else operators))
        return f"{name} {operator} {literal}"

    if draw(st.integers(0, 4)) == 0:
        text = draw(st.sampled_from((f"SELECT COUNT() FROM {sobject}", f"SELECT COUNT(Id) n FROM {sobject}")))  # noqa: S608 - SOQL
        return text + (f" WHERE {condition()}" if draw(st.booleans()) else "")
    chosen = draw(st.lists(names, min_size=1, max_size=4, unique=True))
    text = f"SELECT {', '.join(chosen)} FROM {sobject}"  # noqa: S608 - SOQL
    number = draw(st.integers(0, 3))
    if number:
        joint = draw(st.sampled_from((" AND ", " OR ")))
        text += f" WHERE {joint.join(condition() for _ in range(number))}"
    if draw(st.booleans()):
        order = draw(names)
        text += f" ORDER BY {order}{draw(st.sampled_from(('', ' DESC', ' ASC NULLS LAST')))}"
    if draw(st.booleans()):
        text += f" LIMIT {draw(st.integers(0, 300))}"
    return text
