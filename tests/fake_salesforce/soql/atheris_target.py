"""What atheris runs: bytes are choices of the grower, or a text of their own; see test_fuzz.py.

By hand: `python tests/fake_salesforce/soql/atheris_target.py -max_total_time=600`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
sys.path[:0] = [str(ROOT), *(str(ROOT / name) for name in ("mocks", "contracts", "sync"))]

import atheris  # noqa: E402 - the paths come first

with atheris.instrument_imports(include=["fake_salesforce.soql", "lark"]):
    from tests.fake_salesforce.conftest import HOST, Caller
    from tests.fake_salesforce.soql.near import Grower

    from fake_core.clock import FrozenClock
    from fake_salesforce import create_app

FAKE = create_app(clock=FrozenClock())
CALLER = Caller(FAKE, FAKE.credentials(f"https://{HOST}")["access_token"])
PARENT = CALLER.make("Account", Name="Acme", Industry="Energy")
CALLER.make("Contact", LastName="Jones", AccountId=PARENT)


def one_input(data: bytes) -> None:
    """Fail when the text that *data* makes is answered with anything but rows or a refusal."""
    text = Grower(list(data[1:])).text() if data[:1] < b"\x80" else data[1:].decode("utf-8", "replace")
    answer: Any = CALLER.get("/query", query={"q": text.encode("utf-8", "replace").decode()})
    # 414: longer than an address may be; 501: an object that is not faked
    assert answer.status in {200, 400, 414, 501}, (text, answer.text)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
