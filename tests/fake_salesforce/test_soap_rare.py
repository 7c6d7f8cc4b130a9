"""What only SOAP can do: undelete, empty the recycle bin, merge, convert a lead."""

from __future__ import annotations

import re

import pytest

from .conftest import Caller
from .soap_client import Soap, one, result, soap

__all__ = ["soap"]


def ids(*given: str) -> str:
    return "".join(f"<urn:ids>{each}</urn:ids>" for each in given)


@pytest.mark.evidence("documented", "SOAP API Developer Guide, undelete()")
def test_undelete(org: Caller, soap: Soap) -> None:
    """A row comes back with its children; one that is not in the bin is refused."""
    account = org.make("Account", Name="A")
    contact = org.make("Contact", LastName="C", AccountId=account)
    living = org.make("Account", Name="B")
    org.delete(f"/sobjects/Account/{account}")
    text = result(soap(f"<urn:undelete>{ids(account, living)}</urn:undelete>"))
    assert f"<result><id>{account}</id><success>true</success></result>" in text
    assert "UNDELETE_FAILED" == one(text, "statusCode")
    assert [200, 200] == [
        org.get(f"/sobjects/{name}/{each}").status for name, each in (("Account", account), ("Contact", contact))
    ]


def test_undelete_all_or_none(org: Caller, soap: Soap) -> None:
    """The header leaves all in the bin when one cannot come back."""
    account, living = org.make("Account", Name="A"), org.make("Account", Name="B")
    org.delete(f"/sobjects/Account/{account}")
    header = "<urn:AllOrNoneHeader><urn:allOrNone>true</urn:allOrNone></urn:AllOrNoneHeader>"
    text = result(soap(f"<urn:undelete>{ids(account, living)}</urn:undelete>", header=header))
    assert ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "UNDELETE_FAILED"] == re.findall("<statusCode>(.*?)</", text)
    assert 404 == org.get(f"/sobjects/Account/{account}").status


def test_empty_recycle_bin(org: Caller, soap: Soap) -> None:
    """What is emptied cannot be undeleted."""
    account = org.make("Account", Name="A")
    org.delete(f"/sobjects/Account/{account}")
    emptied = result(soap(f"<urn:emptyRecycleBin>{ids(account)}</urn:emptyRecycleBin>"))
    assert f"<result><id>{account}</id><success>true</success></result>" in emptied
    assert "false" == one(result(soap(f"<urn:undelete>{ids(account)}</urn:undelete>")), "success")


@pytest.mark.evidence("documented", "SOAP API Developer Guide, merge(): MergeResult")
def test_merge(org: Caller, soap: Soap) -> None:
    """The loser is gone, its children are the master's, the master has the values of the call."""
    master, loser = org.make("Account", Name="Master"), org.make("Account", Name="Loser")
    contact = org.make("Contact", LastName="C", AccountId=loser)
    text = result(
        soap(
            f"<urn:merge><urn:request><urn:masterRecord><ns:type>Account</ns:type><ns:Id>{master}</ns:Id>"
            f"<ns:Phone>7</ns:Phone></urn:masterRecord><urn:recordToMergeIds>{loser}</urn:recordToMergeIds>"
            "</urn:request></urn:merge>"
        )
    )
    assert (
        f"<result><id>{master}</id><mergedRecordIds>{loser}</mergedRecordIds><success>true</success>"
        f"<updatedRelatedIds>{contact}</updatedRelatedIds></result>"
    ) in text
    assert (master, "7") == (org.row("Contact", contact)["AccountId"], org.row("Account", master)["Phone"])
    assert 404 == org.get(f"/sobjects/Account/{loser}").status


@pytest.mark.evidence("documented", "SOAP API Developer Guide, convertLead(): LeadConvertResult")
def test_convert_lead(org: Caller, soap: Soap) -> None:
    """An account, a contact and an opportunity; a lead converts once."""
    lead = org.make("Lead", LastName="L", Company="Co")
    asked = (
        f"<urn:convertLead><urn:leadConverts><urn:convertedStatus>Closed - Converted</urn:convertedStatus>"
        f"<urn:leadId>{lead}</urn:leadId></urn:leadConverts></urn:convertLead>"
    )
    text = result(soap(asked))
    assert ("true", lead) == (one(text, "success"), one(text, "leadId"))
    assert ["001", "003", "006"] == [one(text, f"{name}Id")[:3] for name in ("account", "contact", "opportunity")]
    again = result(soap(asked))
    assert ("false", True) == (one(again, "success"), '<accountId xsi:nil="true"/>' in again)


def test_too_many(org: Caller, soap: Soap) -> None:
    assert "EXCEEDED_ID_LIMIT" in result(soap(f"<urn:undelete>{ids('001000000000001AAA') * 201}</urn:undelete>"), 500)
    assert "EXCEEDED_ID_LIMIT" in result(soap(f"<urn:merge>{'<urn:request/>' * 11}</urn:merge>"), 500)


def test_a_merge_request_that_is_none_keeps_the_others_back(org: Caller, soap: Soap) -> None:
    """A fault is the answer to the whole call: what stands before it is not merged either."""
    master, loser = org.make("Account", Name="Master"), org.make("Account", Name="Loser")
    asked = f"<urn:masterRecord><ns:type>Account</ns:type><ns:Id>{master}</ns:Id></urn:masterRecord>"
    asked += f"<urn:recordToMergeIds>{loser}</urn:recordToMergeIds>"
    text = result(soap(f"<urn:merge><urn:request>{asked}</urn:request><urn:request/></urn:merge>"), 500)
    assert "sf:INVALID_TYPE" == one(text, "faultcode")
    assert 200 == org.get(f"/sobjects/Account/{loser}").status


def test_merge_of_what_is_no_object(soap: Soap) -> None:
    text = result(soap("<urn:merge><urn:request/></urn:merge>"), 500)
    assert "sf:INVALID_TYPE" == one(text, "faultcode")
