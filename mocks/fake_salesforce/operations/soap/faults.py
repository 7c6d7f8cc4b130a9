"""SOAP faults: which element carries a code, and what REST errors are in SOAP.

Rule 1: the fault element follows from the code (`data/soap.toml`); what is not listed there is an UnexpectedErrorFault.
Rule 2: faults of a query say its row and column, -1 where the text names none.
Source: SOAP API Developer Guide, API Fault Elements; InvalidFieldFault recorded (WWW::Salesforce tests).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from fake_core.errors import FakeError
from fake_salesforce import data_files
from fake_salesforce.errors import SalesforceError, salesforce_error
from fake_salesforce.operations.login import SoapRefused
from fake_salesforce.operations.records import ManyFound
from fake_salesforce.operations.soap.xml import tag, text_of
from fake_salesforce.operations.values import TypeMismatch
from fake_salesforce.soql.errors import NotFaked

_PLACE = re.compile(r"ERROR at Row:(\d+):Column:(\d+)")
CLIENT = "soapenv:Client"  # the faultcode of what the vendor's XML reader refuses


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault as it goes out: HTTP status, code, text, fault element; *bare* ones have no detail and no sf: code."""

    code: str
    text: str
    status: int = 500
    bare: bool = False

    @property
    def element(self) -> str:
        """The name of the element in `detail`."""
        return _elements().get(self.code, "UnexpectedErrorFault")

    def body(self) -> str:
        """The fault for the Body of an envelope."""
        if self.bare:
            inner = tag("faultcode", CLIENT) + tag("faultstring", self.text)
            return f"<soapenv:Fault>{inner}</soapenv:Fault>"
        name = f"sf:{self.element}"
        detail = tag("sf:exceptionCode", self.code) + tag("sf:exceptionMessage", self.text)
        if self.element in data_files.load("soap.toml")["query_faults"]["names"]:
            place = _PLACE.search(self.text)
            row, column = place.groups() if place is not None else ("-1", "-1")
            detail += tag("sf:row", row) + tag("sf:column", column)
        return (
            f"<soapenv:Fault><faultcode>sf:{self.code}</faultcode>"
            f"<faultstring>{text_of(f'{self.code}: {self.text}')}</faultstring>"
            f'<detail><{name} xsi:type="{name}">{detail}</{name}></detail></soapenv:Fault>'
        )


class Faulted(Exception):
    """A call ends with *fault*."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.text)
        self.fault = fault


def fault(code: str, /, *, status: int = 500, bare: bool = False, **words: object) -> Faulted:
    """The fault of a code with its text from `data/soap.toml`."""
    row = data_files.load("soap.toml")["texts"].get(code)
    assert row is not None, f"{code} is raised but has no text in soap.toml"
    return Faulted(Fault(code, row["message"].format(**words), status, bare))


def of_error(error: FakeError) -> Fault:
    """What an operation's error is in SOAP; raises it again when it is none of the vendor's."""
    if isinstance(error, SoapRefused):
        return Fault(error.code, error.text)
    if isinstance(error, TypeMismatch):
        names: Mapping[str, str] = data_files.load("soap.toml")["xsd"]
        kind = names.get(error.kind, "xsd:string")
        return fault("BAD_VALUE", value=error.value, type=kind, bare=True).fault
    if isinstance(error, NotFaked):
        return fault("NOT_FAKED", status=501, what=error.feature, why="SOQL").fault
    if isinstance(error, ManyFound):
        return Fault("DUPLICATE_VALUE", str(error))
    if not isinstance(error, SalesforceError):
        raise error
    if error.code == "NOT_FAKED":
        return Fault(error.code, error.message, 501)
    if error.key == "API_DISABLED_FOR_ORG":  # whose words speak of REST
        error = salesforce_error("API_DISABLED_FOR_ORG.partner")
    text = data_files.load("soap.toml")["texts"].get(error.code, {}).get("message")
    if error.key == "INVALID_SESSION_ID" and text is not None:
        return Fault(error.code, text)
    return Fault(error.code, error.message)


def _elements() -> Mapping[str, str]:
    rows: Mapping[str, list[str]] = data_files.load("soap.toml")["faults"]
    return {code: name for name, codes in rows.items() for code in codes}
