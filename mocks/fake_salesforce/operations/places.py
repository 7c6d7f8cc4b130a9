"""Countries and states as picklists: text and code of an address say the same, and both are on the list.

Rule 1: a code sets its text, a text (a name or a code) its code; what is not on the list is refused.
Rule 2: a state needs a country, and one that has it.
Source: Salesforce Help, State and Country/Territory Picklists; the refusals are widely reported, not re-verified.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fake_salesforce import data_files
from fake_salesforce.errors import salesforce_error
from fake_salesforce.operations.save import Save


def settle(save: Save) -> None:
    """Bring text and code together in every address that the client wrote to. Raises FIELD_INTEGRITY_EXCEPTION."""
    facts = data_files.load("places.toml")
    for prefix in save.prep.coded_addresses:
        names = {f"{prefix}{part}" for part in ("Country", "CountryCode", "State", "StateCode")}
        if names.isdisjoint(save.given):
            continue
        country = _settle(save, f"{prefix}Country", facts["countries"], "FIELD_INTEGRITY_EXCEPTION.country")
        states = facts["states"].get(country or "", {})
        if country is None and (save.new[f"{prefix}State"] or save.new[f"{prefix}StateCode"]):
            field = save.prep.fields[f"{prefix}State"]
            raise salesforce_error("FIELD_INTEGRITY_EXCEPTION.no_country", field=field.name, label=field.label)
        _settle(save, f"{prefix}State", states, "FIELD_INTEGRITY_EXCEPTION.state")


def _settle(save: Save, name: str, known: Mapping[str, str], refusal: str) -> str | None:
    """The code of the place that *name* and its code field are to hold, after both are set."""
    new: dict[str, Any] = save.new
    code_name = f"{name}Code"
    by_code = code_name in save.given
    told = new[code_name] if by_code else new[name] if name in save.given else new[code_name] or new[name]
    if told is None:
        new[name] = new[code_name] = None
        return None
    code = next((each for each, text in known.items() if told.lower() in (each.lower(), text.lower())), None)
    if code is None:
        field = save.prep.fields[code_name if by_code else name]
        raise salesforce_error(refusal, field=field.name, label=field.label)
    new[name], new[code_name] = known[code], code
    return code
