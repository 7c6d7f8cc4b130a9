"""What would make the ledger untrue: each check gives the lines that say what is wrong, none when it holds.

`make check` runs them over the checkout (tests/crm_contracts/ledger/test_checks.py), and over data that was spoiled.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from crm_contracts.ledger.entry import Entry
from crm_contracts.ledger.held import NEEDED, functions_in
from crm_contracts.ledger.tables import specs

# Who makes an error of a row, by the vendor and the table of rows: the first argument is the key.
MAKERS = {
    "salesforce": {
        "salesforce_error": "error",
        "refusal": "error",
        "state_text": "error",
        "soql_error": "soql",
        "OAuthRefused": "oauth",
        "SoapRefused": "login",
        "fault": "soap",
    },
    "planhat": {"PlanhatError": "error"},
    "totango": {"TotangoError": "error"},
    "marketo": {"SiaError": "error"},
}
# Where an error may be made without a key: the functions that read the tables.
_BY_HAND = "SalesforceError"
_BULK = ("refusal", "state_text")  # names that other rooms use for other things
_MAY = ("errors.py", "soql/errors.py", "soql/restrictions.py", "operations/bulk/refusals.py")


def unheld(entries: Iterable[Entry], held: Mapping[str, Collection[str]]) -> list[str]:
    """Entries that must have a test and have none."""
    return [
        f"{one.id} has no test: mark one that shows it (@pytest.mark.ledger), or name it in tests/held.toml "
        "(python -m tests.ledger_held)"
        for one in entries
        if one.kind in NEEDED and not one.no_cause and not held.get(one.id)
    ]


def unknown_ids(entries: Iterable[Entry], said: Mapping[str, Collection[str]]) -> list[str]:
    """Ids that tests name and the ledger does not have. *said* is test -> ids; an id with * must fit something."""
    known = {one.id for one in entries}
    return [
        f"{test} names {each}, which is no entry"
        for test, ids in said.items()
        for each in ids
        if "*" not in each and each not in known
    ]


def missing_tests(tests: Iterable[str], folder: Path) -> list[str]:
    """Tests that are named and not there, or switched off (`tests/x/test_y.py::test_z[case]`)."""
    found: dict[str, set[str]] = {}
    lines = []
    for test in tests:
        file, _, function = test.partition("::")
        if file not in found:
            found[file] = functions_in(folder, file)
        if function.partition("[")[0].rpartition("::")[2] not in found[file]:
            lines.append(f"{test} is named by the ledger and is not there")
    return lines


def unread_files(vendor: str, package: Path, others: Collection[str]) -> list[str]:
    """Data files of a fake that no row of tables.toml reads; *others* are read elsewhere."""
    read = {spec["file"] for spec in specs(vendor)} | set(others)
    there = sorted(path.relative_to(package).as_posix() for path in package.rglob("*.toml"))
    return [f"fake_{vendor}/{name} is in no row of ledger/tables.toml" for name in there if name not in read]


def rowless_errors(vendor: str, package: Path, entries: Iterable[Entry]) -> list[str]:
    """Keys that the fake's code raises and no table has, and errors that are made without a key."""
    known = {one.id for one in entries}
    lines = []
    for path in sorted(package.rglob("*.py")):
        where = path.relative_to(package).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                if name == _BY_HAND and where not in _MAY:
                    lines.append(f"fake_{vendor}/{where}:{node.lineno} makes an error without a row")
                table = MAKERS.get(vendor, {}).get(name)
                told = _keys(node) if table and (name not in _BULK or where.startswith("operations/bulk/")) else ()
                lines += [
                    f"fake_{vendor}/{where}:{node.lineno} raises {key}, which has no row"
                    for key in told
                    if f"{vendor}/{table}/{key}" not in known
                ]
    return lines


def _keys(call: ast.Call) -> Iterator[str]:
    """The keys that a call names in so many words: a text, or either of two."""
    first = call.args[0] if call.args else None
    for one in (first.body, first.orelse) if isinstance(first, ast.IfExp) else (first,):
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield one.value
