"""`understudy conform`: named checks of what a vendor does, the same on a fake and on a real account.

Rule 1: a check is data (`data/VENDOR/*.toml`) or, where data cannot say it, a function under the same kind of name
(`functions/`). It knows no target: what runs on the fake in this process runs on a served fake and on an account.
Rule 2: a check expects nothing of what else is in an account. Whatever it makes carries the scratch word
`zz-understudy-RUN`; it takes all of it away again, also when it failed; what stays is told.
Rule 3: what could not be asked (no account, no control plane, a field that an org lacks, the budget) is "not run",
with its reason. It is never counted as passed.
Rule 4: an account of the vendor is touched once it is known to be no production (`accounts`); every call of it is
counted, and none is made beyond the budget but to take away what was made.
README.md beside this file tells how a check is written.
"""

from __future__ import annotations

from crm_contracts.conform.check import Check
from crm_contracts.conform.run import Run, conform

__all__ = ["Check", "Run", "conform"]
