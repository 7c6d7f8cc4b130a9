"""What is rarely done and only SOAP can do: undelete, empty the recycle bin, merge, convert a lead.

Source: SOAP API Developer Guide, undelete(), emptyRecycleBin(), merge(), convertLead().
"""

from __future__ import annotations

from fake_salesforce.operations.soap.calls import Operation

OPERATIONS: dict[str, Operation] = {}
