"""A Salesforce org where any row can be made of the least it takes: parents are made as they are needed."""

from __future__ import annotations

import base64
from collections.abc import Callable
from itertools import count
from typing import Any

from tests.fake_salesforce.conftest import HOST, Caller

from fake_core.clock import FrozenClock
from fake_salesforce import OrgConfig, create_app

DAY = "2026-02-01"
TEXT = base64.b64encode(b"text").decode()
SERIES = {
    "IsRecurrence": True,
    "RecurrenceType": "RecursDaily",
    "RecurrenceInterval": 1,
    "RecurrenceStartDateOnly": "2026-01-05",
    "RecurrenceEndDateOnly": "2026-01-06",
}
TIMES = {"StartDateTime": f"{DAY}T09:00:00Z", "DurationInMinutes": 30}


class World:
    """The org and its caller. `make("Case", ContactId=...)` gives an id; what it needs besides is made."""

    def __init__(self, *features: str, **config: Any) -> None:
        config["extra"] = {"features": list(features), **config.pop("extra", {})}
        self.fake = create_app(clock=FrozenClock(), org=OrgConfig(**config))
        self.org = Caller(self.fake, self.fake.credentials(f"https://{HOST}")["access_token"])
        self._begin()

    def _begin(self) -> None:
        self._numbers = count(1)
        self._least: dict[str, Callable[[], dict[str, Any]]] = {
            "Account": lambda: {"Name": "a"},
            "AccountContactRole": lambda: {"AccountId": self.make("Account"), "ContactId": self.make("Contact")},
            "AccountContactRelation": lambda: {"AccountId": self.make("Account"), "ContactId": self.in_account()},
            "Asset": lambda: {"Name": "a", "AccountId": self.make("Account")},
            "Attachment": lambda: {"Name": "a.txt", "Body": TEXT, "ParentId": self.make("Account")},
            "Campaign": lambda: {"Name": "c"},
            "CampaignMember": lambda: {"CampaignId": self.make("Campaign"), "ContactId": self.make("Contact")},
            "CampaignMemberStatus": lambda: {"CampaignId": self.make("Campaign"), "Label": "Called"},
            "Case": dict,
            "CaseComment": lambda: {"ParentId": self.make("Case"), "CommentBody": "c"},
            "Contact": lambda: {"LastName": "c"},
            "ContentDocumentLink": lambda: {
                "ContentDocumentId": self.document(), "LinkedEntityId": self.make("Account"),
            },
            "ContentNote": lambda: {"Title": "n", "Content": TEXT},
            "ContentVersion": lambda: {"Title": "t", "PathOnClient": "t.txt", "VersionData": TEXT},
            "Contract": lambda: {"AccountId": self.make("Account")},
            "Document": lambda: {"Name": "d", "FolderId": self.user()},
            "EmailMessage": dict,
            "Event": lambda: TIMES,
            "EventRelation": lambda: {"EventId": self.make("Event"), "RelationId": self.make("Contact")},
            "FieldPermissions": lambda: {
                "ParentId": self.make("PermissionSet"), "SobjectType": "Account", "Field": "Account.Phone",
                "PermissionsRead": True,
            },
            "Group": lambda: {"Type": "Regular", "Name": "g", "DeveloperName": f"g{next(self._numbers)}"},
            "GroupMember": lambda: {"GroupId": self.make("Group"), "UserOrGroupId": self.user()},
            "Lead": lambda: {"LastName": "l", "Company": "c"},
            "Note": lambda: {"Title": "n", "ParentId": self.make("Account")},
            "ObjectPermissions": lambda: {
                "ParentId": self.make("PermissionSet"), "SobjectType": "Account", "PermissionsRead": True,
            },
            "Opportunity": lambda: {"Name": "o", "CloseDate": DAY, "StageName": "Prospecting"},
            "OpportunityContactRole": lambda: {
                "OpportunityId": self.make("Opportunity"), "ContactId": self.make("Contact"),
            },
            "OpportunityLineItem": lambda: {
                "OpportunityId": self.make("Opportunity"), "PricebookEntryId": self.entry(), "Quantity": 1,
                "UnitPrice": 1,
            },
            "Order": lambda: {"AccountId": self.make("Account"), "EffectiveDate": DAY, "Status": "Draft"},
            "PermissionSet": lambda: {"Name": f"p{next(self._numbers)}", "Label": "p"},
            "PermissionSetAssignment": lambda: {
                "PermissionSetId": self.make("PermissionSet"), "AssigneeId": self.user(),
            },
            "Pricebook2": lambda: {"Name": "p", "IsActive": True},
            "PricebookEntry": lambda: self.priced(self.make("Product2"), self.make("Pricebook2")),
            "Product2": lambda: {"Name": "p", "IsActive": True},
            "QueueSobject": lambda: {"QueueId": self.make("Group", Type="Queue"), "SobjectType": "Case"},
            "Task": dict,
            "TaskRelation": lambda: {"TaskId": self.make("Task"), "RelationId": self.make("Contact"), "IsWhat": False},
            "User": self.new_user,
        }  # fmt: skip

    def make(self, sobject: str, **more: Any) -> str:
        """The id of a new row of the least it takes, and *more*; what *more* is None is left out."""
        body = {**self.least(sobject), **more}
        return self.org.make(sobject, **{name: value for name, value in body.items() if value is not None})

    @classmethod
    def of(cls, org: Caller) -> World:
        """A world in an org that is there."""
        made = cls.__new__(cls)
        made.fake, made.org = org.fake, org
        made._begin()
        return made

    def least(self, sobject: str) -> dict[str, Any]:
        """The least that a create takes; what it points at is made."""
        return self._least[sobject]()

    def one(self, soql: str) -> str:
        found: str = self.org.soql(soql)[0]["Id"]
        return found

    def user(self) -> str:
        """The caller."""
        return self.one("SELECT Id FROM User ORDER BY CreatedDate LIMIT 1")

    def new_user(self) -> dict[str, Any]:
        name = f"u{next(self._numbers)}"
        words = {"TimeZoneSidKey": "Europe/Rome", "LocaleSidKey": "en_US", "LanguageLocaleKey": "en_US"}
        words |= {
            "Username": f"{name}@x.example",
            "Email": "u@x.example",
            "Alias": name,
            "LastName": "U",
            "CommunityNickname": name,
        }
        profile = self.one("SELECT Id FROM Profile WHERE Name = 'Standard User'")
        return {**words, "EmailEncodingKey": "UTF-8", "ProfileId": profile}

    def in_account(self) -> str:
        return self.make("Contact", AccountId=self.make("Account"))

    def document(self) -> str:
        version = self.make("ContentVersion")
        found: str = self.org.row("ContentVersion", version)["ContentDocumentId"]
        return found

    def priced(self, product: str, book: str) -> dict[str, Any]:
        """A price in *book*, after one in the standard price book."""
        standard = self.one("SELECT Id FROM Pricebook2 WHERE IsStandard = true")
        price = {"Product2Id": product, "UnitPrice": 1, "IsActive": True}
        self.org.make("PricebookEntry", Pricebook2Id=standard, **price)
        return {"Pricebook2Id": book, **price}

    def entry(self) -> str:
        standard = self.one("SELECT Id FROM Pricebook2 WHERE IsStandard = true")
        return self.org.make(
            "PricebookEntry", Pricebook2Id=standard, Product2Id=self.make("Product2"), UnitPrice=1, IsActive=True
        )
