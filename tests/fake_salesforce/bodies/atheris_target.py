"""What atheris runs: bytes choose an operation and grow a request of it, or are its body; see test_bodies.py.

By hand: `python tests/fake_salesforce/bodies/atheris_target.py -max_total_time=600`.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
sys.path[:0] = [str(ROOT), *(str(ROOT / name) for name in ("mocks", "contracts", "sync"))]

import atheris  # noqa: E402 - the paths come first

with atheris.instrument_imports(
    include=["fake_salesforce.routes", "fake_salesforce.operations", "fake_salesforce.xml"]
):
    from tests.fake_salesforce.bodies.grow import OPERATIONS, Grower
    from tests.fake_salesforce.bodies.judge import made

JUDGE = made()


def one_input(data: bytes) -> None:
    """Fail when the request that *data* makes is answered with anything but the vendor's words."""
    operation = OPERATIONS[data[0] % len(OPERATIONS)] if data else OPERATIONS[0]
    own, choices = data[1:2] >= b"\xc0", data[2:]
    sent = Grower(choices[:40] if own else choices, JUDGE.known).request(operation)
    if own:
        sent.body = choices[40:]
        sent.length = str(len(sent.body)) if sent.body else ""
    JUDGE.caller.fake.reset()
    wrong = JUDGE.send(sent)
    assert not wrong, (sent, wrong)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
