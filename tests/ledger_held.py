"""Writes tests/held.toml: for each error row, answer, switch and fault of the ledger a test that shows it.

    python -m pytest -q --hypothesis-profile=ci --ledger-record seen.jsonl tests/fake_* tests/crm_contracts/ledger
    python -m tests.ledger_held seen.jsonl

Rule 1: of the tests that showed an entry the one is taken that showed the fewest: it is the most about it. One that
feeds many inputs, hostile ones and the like, comes last.
Rule 2: a test that Hypothesis feeds is never taken, as what it shows depends on the profile.
Rule 3: what the record does not know stays as it was: a record of a part of the suite writes that part anew.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path

from tests.ledger_seen import HELD, OBSERVED, held

from crm_contracts.ledger import all_entries

HEAD = """# Which test shows which entry of the ledger; written by `python -m tests.ledger_held` from a record of tests.
# A test that passes and does not show what it is said to show here fails (tests/ledger_seen.py).
"""


def chosen(record: str, before: dict[str, tuple[str, ...]]) -> dict[str, list[str]]:
    """Test -> the entries it is said to show, of a *record* (JSON lines) and what was written *before*."""
    wanted = {one.id for one in all_entries() if one.kind in OBSERVED}
    shown: dict[str, list[str]] = {}
    for line in record.splitlines():
        row = json.loads(line)
        if not row["fuzzed"]:
            shown[row["test"]] = [one for one in row["seen"] if one in wanted]
    by_entry: dict[str, list[str]] = defaultdict(list)
    for test, ids in shown.items():
        for one in ids:
            by_entry[one].append(test)
    for test, told in before.items():
        for one in told:
            if one in wanted and not by_entry[one] and test not in shown:
                by_entry[one].append(test)
    found: dict[str, list[str]] = defaultdict(list)
    for one, tests in sorted(by_entry.items()):
        if tests:
            found[min(tests, key=lambda test: (_by_chance(test), len(shown.get(test, ())), len(test), test))].append(
                one
            )
    return {test: found[test] for test in sorted(found)}


def _by_chance(test: str) -> bool:
    """Whether what the test shows is a by-product of many inputs: it is named only where nothing else shows it."""
    return any(word in test for word in ("hostile", "naive", "fuzz", "seeds"))


def written(rows: dict[str, list[str]]) -> str:
    """The rows as TOML."""
    lines = [HEAD]
    for test, ids in rows.items():
        listed = "".join(f"  {json.dumps(one)},\n" for one in ids)
        lines.append(f"{json.dumps(test)} = [\n{listed}]\n")
    return "".join(lines)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    told = "".join(Path(name).read_text("utf-8") for name in sys.argv[1:])
    HELD.write_text(written(chosen(told, held())), "utf-8")
