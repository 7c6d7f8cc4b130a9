"""Planted bugs of the engine: normalisation, F42 to F48."""

from __future__ import annotations

from crm_contracts.world.mutants.model import Mutant, Text

__all__ = ["VALUES"]

PURE = "tests/crm_sync/test_pure.py"
MAPPING, HTML = "crm_sync.mapping.", "crm_sync.html_text."

VALUES = (
    Mutant(
        "an emptied text says nothing",
        "F42",
        "A text that a person empties is taken for no opinion, and the other side keeps the old one.",
        (
            Text("crm_sync.lens.Same.silent", "return False", 'return key == ""'),
            Text("crm_sync.lens.Same.silent_sf", "return False", 'return key == ""'),
        ),
    ),
    Mutant(
        "HTML is compared as it is",
        "F43",
        "Markup is compared with plain text.",
        (
            Text(
                f"{MAPPING}Html.key_partner",
                "html_text.to_text(Same.key_partner(self, m, values, c))",
                'str(Same.key_partner(self, m, values, c) or "")',
            ),
        ),
    ),
    Mutant(
        "signs are not escaped",
        "F43",
        "A text with < becomes markup on its way to Planhat.",
        (Text(f"{HTML}to_html", "html.escape(block, quote=False)", "block"),),
    ),
    Mutant(
        "line ends are put in order",
        "F44",
        "A change of the title rewrites the line ends of the text.",
        (
            Text(
                "crm_sync.plan._deliver",
                "plan.write.setdefault(SALESFORCE, {})[mapped.salesforce] = value",
                "plan.write.setdefault(SALESFORCE, {})[mapped.salesforce] = value\n"
                '        said = (activity.salesforce.get("Description") if activity.salesforce else None) or ""\n'
                '        if "\\r\\n" in said:\n'
                '            plan.write[SALESFORCE].setdefault("Description", said.replace("\\r\\n", "\\n"))',
            ),
        ),
    ),
    Mutant(
        "texts are not cut",
        "F45",
        "A text that is longer than its field is sent whole.",
        (
            Text("crm_sync.lens.Text.to_sf", "html_text.cut(text, m.max_length).strip()", "text.strip()"),
            Text(f"{MAPPING}Html.to_sf", "html_text.cut(text, m.max_length).strip()", "text.strip()"),
        ),
    ),
    Mutant(
        "a cut text is an edit",
        "F45",
        "What Salesforce could keep of a long text is written back.",
        (Text("crm_sync.lens.Text.agree", "return bool(kept != partner and self._canon(kept) == sf)", "return False"),),
    ),
    Mutant(
        "a day in another zone",
        "F46",
        "A moment near midnight falls on the day before.",
        (
            Text(
                f"{MAPPING}Day.key_partner",
                "moment.date().isoformat()",
                "(moment - timedelta(hours=1)).date().isoformat()",
            ),
        ),
    ),
    Mutant(
        "two forms of one letter",
        "F47",
        "Texts are compared without bringing Unicode into one form.",
        (Text(f"{HTML}canon", 'unicodedata.normalize("NFC", _plain(text))', "_plain(text)"),),
        tests=(PURE,),
    ),
    Mutant(
        "a NUL goes over",
        "F47",
        "A NUL in a text is sent to the other side.",
        (Text(f"{HTML}_plain", '.replace("\\0", "")', ""),),
    ),
    Mutant(
        "an emoji counts once",
        "F47",
        "A text is cut by its characters, and Salesforce counts UTF-16.",
        (Text(f"{HTML}cut", "", "return text if units is None else text[:units]"),),
    ),
    Mutant(
        "a status in any letters",
        "F48",
        "A status is looked up in the map without regard to case.",
        (
            Text(
                f"{MAPPING}Status.to_sf",
                'c.maps["status"].to_salesforce.get(status)',
                'c.maps["status"].to_salesforce.get(str(status).capitalize())',
            ),
        ),
    ),
)
