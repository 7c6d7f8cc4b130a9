"""The mapping linter: what of a mapping an org would refuse, ignore or lose, said before anything runs.

Failure modes F33 (an edited picklist), F39 (a derived field mapped as writable) and F69 (a field deleted or renamed in
Setup); rules T18, T19, T32, T35, H4, H5. No I/O here: whoever calls hands in the describes.
"""

from crm_sync.linter.checks import lint
from crm_sync.linter.drift import as_data, describe_hash, drift, from_data
from crm_sync.linter.rows import pairs_of, pairs_of_profile
from crm_sync.linter.used import Used, used_by_config, used_by_profile
from crm_sync.linter.words import Finding, Pair, Row, Severity

__all__ = [
    "Finding",
    "Pair",
    "Row",
    "Severity",
    "Used",
    "as_data",
    "describe_hash",
    "drift",
    "from_data",
    "lint",
    "pairs_of",
    "pairs_of_profile",
    "used_by_config",
    "used_by_profile",
]
