"""What tables of Salesforce say, in our own words: from the source that each names, not read from the fake's files."""

from __future__ import annotations

from typing import Any

# --- limits ---------------------------------------------------------------------------------------------------------

# GET /limits of a Developer org as recorded by Swiftly Salesforce (about v53). The two last are in the guide alone;
# how much of them such an org has is assumed.
LIMITS: dict[str, int] = {
    "AnalyticsExternalDataSizeMB": 40960,
    "BOZosCalloutHourlyLimit": 20000,
    "ConcurrentAsyncGetReportInstances": 200,
    "ConcurrentEinsteinDataInsightsStoryCreation": 5,
    "ConcurrentEinsteinDiscoveryStoryCreation": 2,
    "ConcurrentSyncReportRuns": 20,
    "DailyAnalyticsDataflowJobExecutions": 60,
    "DailyAnalyticsUploadedFilesSizeMB": 51200,
    "DailyApiRequests": 15000,
    "DailyAsyncApexExecutions": 250000,
    "DailyBulkApiBatches": 15000,
    "DailyBulkV2QueryFileStorageMB": 976562,
    "DailyBulkV2QueryJobs": 10000,
    "DailyDurableGenericStreamingApiEvents": 10000,
    "DailyDurableStreamingApiEvents": 10000,
    "DailyEinsteinDataInsightsStoryCreation": 1000,
    "DailyEinsteinDiscoveryPredictAPICalls": 50000,
    "DailyEinsteinDiscoveryPredictionsByCDC": 500000,
    "DailyEinsteinDiscoveryStoryCreation": 100,
    "DailyFunctionsApiCallLimit": 50000,
    "DailyGenericStreamingApiEvents": 10000,
    "DailyStandardVolumePlatformEvents": 10000,
    "DailyStreamingApiEvents": 10000,
    "DailyWorkflowEmails": 195,
    "DataStorageMB": 5,
    "DurableStreamingApiConcurrentClients": 20,
    "FileStorageMB": 20,
    "HourlyAsyncReportRuns": 1200,
    "HourlyDashboardRefreshes": 200,
    "HourlyDashboardResults": 5000,
    "HourlyDashboardStatuses": 999999999,
    "HourlyLongTermIdMapping": 100000,
    "HourlyManagedContentPublicRequests": 50000,
    "HourlyODataCallout": 1000,
    "HourlyPublishedPlatformEvents": 50000,
    "HourlyPublishedStandardVolumePlatformEvents": 1000,
    "HourlyShortTermIdMapping": 100000,
    "HourlySyncReportRuns": 500,
    "HourlyTimeBasedWorkflow": 50,
    "MassEmail": 10,
    "MonthlyEinsteinDiscoveryStoryCreation": 500,
    "MonthlyPlatformEventsUsageEntitlement": 0,
    "Package2VersionCreates": 6,
    "Package2VersionCreatesWithoutValidation": 500,
    "PermissionSets": 1500,
    "PrivateConnectOutboundCalloutHourlyLimitMB": 0,
    "SingleEmail": 15,
    "StreamingApiConcurrentClients": 20,
    "DailyAsyncApexTests": 500,
    "DailyDeliveredPlatformEvents": 10000,
}

# By edition: its name in Organization, calls a day, MB of data and of files, requests of 20 seconds that run at once.
# Developer Limits quick reference (requests, concurrency); Help, Data and File Storage Allocations. What Professional
# and Unlimited may call is told by a vendor of agents, what a sandbox may by recorded headers.
EDITIONS: dict[str, tuple[str, int, int, int, int]] = {
    "Developer": ("Developer Edition", 15_000, 5, 20, 5),
    "Professional": ("Professional Edition", 15_000, 10_240, 10_240, 25),
    "Enterprise": ("Enterprise Edition", 100_000, 10_240, 10_240, 25),
    "Unlimited": ("Unlimited Edition", 500_000, 10_240, 10_240, 25),
    "Sandbox": ("Enterprise Edition", 5_000_000, 10_240, 10_240, 25),
}

# The most occurrences of a series: Help, Considerations for Creating Recurring Tasks and Events.
OCCURRENCES = {
    "RecursDaily": 100, "RecursEveryWeekday": 100, "RecursWeekly": 53, "RecursMonthly": 60, "RecursMonthlyNth": 60,
    "RecursYearly": 10, "RecursYearlyNth": 10,
}  # fmt: skip

# --- what an org starts with ----------------------------------------------------------------------------------------

# The values of Status, Priority and StageName in their order: (value, is it the default, what follows from it).
# Task: Object Reference, TaskStatus, and the classic defaults; Case and Lead: describes recorded by CumulusCI, and the
# Help's word on which is closed or converted.
VALUES: dict[str, tuple[str, list[tuple[str, bool, bool]]]] = {
    "TaskStatus": (
        "IsClosed",
        [
            ("Not Started", True, False), ("In Progress", False, False), ("Completed", False, True),
            ("Waiting on someone else", False, False), ("Deferred", False, False),
        ],
    ),
    "TaskPriority": (
        "IsHighPriority", [("High", False, True), ("Normal", True, False), ("Low", False, False)],
    ),
    "CaseStatus": (
        "IsClosed",
        [("New", True, False), ("Working", False, False), ("Escalated", False, False), ("Closed", False, True)],
    ),
    "LeadStatus": (
        "IsConverted",
        [
            ("Open - Not Contacted", True, False), ("Working - Contacted", False, False),
            ("Closed - Converted", False, True), ("Closed - Not Converted", False, False),
        ],
    ),
}  # fmt: skip
# Names and order of stages: recorded by CumulusCI; probability and category are the long-standing defaults (recalled).
STAGES = [
    ("Prospecting", 10, "Pipeline"),
    ("Qualification", 10, "Pipeline"),
    ("Needs Analysis", 20, "Pipeline"),
    ("Value Proposition", 50, "Pipeline"),
    ("Id. Decision Makers", 60, "Pipeline"),
    ("Perception Analysis", 70, "Pipeline"),
    ("Proposal/Price Quote", 75, "Pipeline"),
    ("Negotiation/Review", 90, "Pipeline"),
    ("Closed Won", 100, "Closed"),
    ("Closed Lost", 0, "Omitted"),
]


def rows_of(name: str) -> list[dict[str, Any]]:
    """The rows that an org starts with of an object that holds values."""
    if name == "OpportunityStage":
        return [
            {
                "MasterLabel": stage, "ApiName": stage, "IsActive": True, "SortOrder": number,
                "IsClosed": stage.startswith("Closed"), "IsWon": stage == "Closed Won", "ForecastCategory": category,
                "ForecastCategoryName": category, "DefaultProbability": float(probability),
            }
            for number, (stage, probability, category) in enumerate(STAGES, 1)
        ]  # fmt: skip
    flag, values = VALUES[name]
    return [
        {"MasterLabel": value, "ApiName": value, "SortOrder": number, "IsDefault": default, flag: follows}
        for number, (value, default, follows) in enumerate(values, 1)
    ]


# What a field has that nobody sent: recorded describes (Case, Event, Lead, Organization), Object Reference (others).
DEFAULTS: dict[str, Any] = {
    "AccountContactRelation.IsActive": True,
    "ActivityHistory.Status": "Not Started",
    "ActivityHistory.Priority": "Normal",
    "Campaign.Type": "Conference",
    "Campaign.Status": "Planned",
    "Campaign.NumberOfLeads": 0,
    "Campaign.NumberOfConvertedLeads": 0,
    "Campaign.NumberOfContacts": 0,
    "Campaign.NumberOfResponses": 0,
    "Campaign.NumberOfOpportunities": 0,
    "Campaign.NumberOfWonOpportunities": 0,
    "Campaign.AmountAllOpportunities": 0,
    "Campaign.AmountWonOpportunities": 0,
    "CampaignMember.Status": "Sent",
    "Case.Status": "New",
    "Case.Priority": "Medium",
    "ContentDocument.PublishStatus": "R",
    "ContentDocument.SharingOption": "A",
    "ContentDocument.SharingPrivacy": "N",
    "ContentDocumentLink.ShareType": "V",
    "ContentDocumentLink.Visibility": "AllUsers",
    "ContentNote.SharingPrivacy": "N",
    "ContentVersion.SharingOption": "A",
    "ContentVersion.SharingPrivacy": "N",
    "ContentVersion.PublishStatus": "R",
    "ContentVersion.Origin": "H",
    "ContentVersion.ContentLocation": "S",
    "ContentVersion.IsMajorVersion": True,
    "Contract.Status": "Draft",
    "Contract.StatusCode": "Draft",
    "Document.BodyLength": 0,
    "EmailMessage.Status": "0",
    "Event.ShowAs": "Busy",
    "Event.GroupEventType": "0",
    "EventRelation.Status": "New",
    "Lead.Status": "Open - Not Contacted",
    "OpenActivity.Status": "Not Started",
    "OpenActivity.Priority": "Normal",
    "Order.StatusCode": "Draft",
    "Order.TotalAmount": 0,
    "Organization.PreferencesLightningLoginEnabled": True,
    "PermissionSet.IsCustom": True,
    "PermissionSet.Type": "Regular",
    "PermissionSetAssignment.IsActive": True,
    "Task.Status": "Not Started",
    "Task.Priority": "Normal",
    "User.IsActive": True,
    "User.DigestFrequency": "D",
    "User.DefaultGroupNotificationFrequency": "N",
}

# --- deletions ------------------------------------------------------------------------------------------------------

# By reference: a row that it points at, which is deleted; a reference to several objects is tried with one of them.
# Object Reference and Help (what is deleted with an account, a contact, a case, a campaign); tasks: recalled.
DELETED_WITH = {
    "AccountContactRelation.AccountId": "Account",
    "AccountContactRelation.ContactId": "Contact",
    "AccountContactRole.AccountId": "Account",
    "AccountContactRole.ContactId": "Contact",
    "Attachment.ParentId": "Account",
    "CampaignMember.CampaignId": "Campaign",
    "CampaignMember.LeadId": "Lead",
    "CampaignMember.ContactId": "Contact",
    "CampaignMemberStatus.CampaignId": "Campaign",
    "CaseComment.ParentId": "Case",
    "Contact.AccountId": "Account",
    "ContentDocumentLink.LinkedEntityId": "Account",
    "ContentDocumentLink.ContentDocumentId": "ContentDocument",
    "ContentVersion.ContentDocumentId": "ContentDocument",
    "EmailMessage.ParentId": "Case",
    "EmailMessage.ActivityId": "Task",
    "Event.WhoId": "Contact",
    "Event.WhatId": "Account",
    "Event.RecurrenceActivityId": "Event",
    "EventRelation.RelationId": "Contact",
    "EventRelation.EventId": "Event",
    "FieldPermissions.ParentId": "PermissionSet",
    "GroupMember.GroupId": "Group",
    "Note.ParentId": "Account",
    "ObjectPermissions.ParentId": "PermissionSet",
    "Opportunity.AccountId": "Account",
    "OpportunityContactRole.OpportunityId": "Opportunity",
    "OpportunityContactRole.ContactId": "Contact",
    "OpportunityLineItem.OpportunityId": "Opportunity",
    "PermissionSetAssignment.PermissionSetId": "PermissionSet",
    "PricebookEntry.Pricebook2Id": "Pricebook2",
    "PricebookEntry.Product2Id": "Product2",
    "QueueSobject.QueueId": "Group",
    "Task.WhoId": "Contact",
    "Task.WhatId": "Account",
    "Task.RecurrenceActivityId": "Task",
    "TaskRelation.RelationId": "Contact",
    "TaskRelation.TaskId": "Task",
}
KEPT_FROM_DELETION = {
    "Asset.AccountId": "Account",
    "Case.ContactId": "Contact",
    "Case.AccountId": "Account",
    "Contract.AccountId": "Account",
    "Order.ContractId": "Contract",
    "Order.AccountId": "Account",
}

# --- files ----------------------------------------------------------------------------------------------------------

# ContentVersion.FileType by the extension of the file's name: Object Reference, and public results of queries.
FILE_TYPES = {
    "bmp": "BMP", "csv": "CSV", "doc": "WORD", "docx": "WORD_X", "eml": "EML", "gif": "GIF", "htm": "HTML",
    "html": "HTML", "jpg": "JPG", "jpeg": "JPEG", "js": "JS", "json": "JSON", "log": "TEXT", "md": "UNKNOWN",
    "mov": "MOV", "mp3": "MP3", "mp4": "MP4", "msg": "MSG", "pdf": "PDF", "png": "PNG", "ppt": "POWER_POINT",
    "pptx": "POWER_POINT_X", "rtf": "RTF", "snote": "SNOTE", "svg": "SVG", "txt": "TEXT", "xls": "EXCEL",
    "xlsx": "EXCEL_X", "xml": "XML", "zip": "ZIP", "odd": "UNKNOWN",
}  # fmt: skip
PREVIEWED = {"CSV", "HTML", "JSON", "SNOTE", "TEXT", "XML"}  # recalled

# --- rights ---------------------------------------------------------------------------------------------------------

_USES_THE_API = {"api_enabled"}
_SEES_THE_SETUP = {"api_enabled", "view_setup"}
_WRITES = {"read", "create", "edit", "delete"}
# By profile: user permissions, rights on every object, and whether fields are there. Security Guide; which rights each
# standard profile has is recalled.
PROFILES: dict[str, tuple[set[str], set[str], bool]] = {
    "System Administrator": (
        {
            *_SEES_THE_SETUP, "modify_all_data", "view_all_data", "manage_users", "assign_permission_sets",
            "manage_profiles", "manage_sharing", "manage_data_integrations", "view_all_users", "transfer_any_record",
            "bulk_hard_delete",
        },
        _WRITES,
        True,
    ),
    "Standard User": (_SEES_THE_SETUP, _WRITES, True),
    "Read Only": (_SEES_THE_SETUP, {"read"}, True),
    "Minimum Access - Salesforce": (_USES_THE_API, set(), False),
    "Minimum Access - API Only Integrations": (_USES_THE_API, set(), False),
}  # fmt: skip
# Objects that everybody reads, and the permission that writes them; "" where nobody needs one. Object Reference.
OPEN = {
    "BusinessProcess": "modify_all_data",
    "CampaignMemberStatus": "",
    "CaseStatus": "modify_all_data",
    "FieldPermissions": "manage_profiles",
    "Group": "manage_users",
    "GroupMember": "manage_users",
    "LeadStatus": "modify_all_data",
    "ObjectPermissions": "manage_profiles",
    "OpportunityStage": "modify_all_data",
    "Organization": "modify_all_data",
    "PermissionSet": "manage_profiles",
    "PermissionSetAssignment": "assign_permission_sets",
    "Profile": "manage_profiles",
    "QueueSobject": "manage_users",
    "RecordType": "modify_all_data",
    "TaskPriority": "modify_all_data",
    "TaskStatus": "modify_all_data",
    "User": "manage_users",
    "UserRole": "manage_users",
}
# What users may not change of themselves, although they may of their title or phone.
NOT_OF_ONESELF = (
    "IsActive", "ProfileId", "UserRoleId", "Username", "UserPermissionsMarketingUser", "UserPermissionsOfflineUser",
)  # fmt: skip
# What a right on an object brings along: Security Guide, Object Permissions.
BRINGS: dict[str, set[str]] = {
    "read": {"read"},
    "create": {"create", "read"},
    "edit": {"edit", "read"},
    "delete": {"delete", "edit", "read"},
    "view_all": {"view_all", "read"},
    "modify_all": {"modify_all", "view_all", "delete", "edit", "read"},
}
# Objects without rights of their own, and the object whose rights they have.
FOLLOWS = {
    "AcceptedEventRelation": "Event",
    "AccountContactRole": "Account",
    "ActivityHistory": "Task",
    "CampaignMember": "Campaign",
    "CaseComment": "Case",
    "DeclinedEventRelation": "Event",
    "EventRelation": "Event",
    "EventWhoRelation": "Event",
    "OpenActivity": "Task",
    "OpportunityContactRole": "Opportunity",
    "OpportunityLineItem": "Opportunity",
    "PricebookEntry": "Product2",
    "TaskRelation": "Task",
    "TaskWhoRelation": "Task",
    "UndecidedEventRelation": "Event",
}

# --- sharing --------------------------------------------------------------------------------------------------------

# By model: what Organization calls it, and the objects that show it there. Object Reference, Organization.
_EVERY = ("Account", "Contact", "Opportunity", "Lead", "Case")
SHOWN_AS: dict[str, tuple[str, tuple[str, ...]]] = {
    "Private": ("None", _EVERY),
    "Read": ("Read", _EVERY),
    "ReadWrite": ("Edit", _EVERY),
    "ReadWriteTransfer": ("ReadEditTransfer", _EVERY),
    "ControlledByParent": ("ControlledByParent", ("Contact",)),
}
# The sharing of a new org: Security Guide, and a recorded query of Organization (leads and cases ReadEditTransfer,
# contacts ControlledByParent).
PRIVATE = ("Task", "Event", "ContentDocument", "ContentNote")
GIVEN_AWAY = ("Lead", "Case")
READ_AND_WRITTEN = ("Account", "Campaign", "Opportunity")

# --- duplicates -----------------------------------------------------------------------------------------------------

# What matches by the vendor's equations (Help, Standard Contact and Lead Matching Rule; accounts recalled), by role.
_OF_PEOPLE = [
    "first last title company", "first last email", "first last phone company", "first last street city",
    "first last street zip", "first last street phone", "first last street title", "first last title email",
    "first last phone",
]  # fmt: skip
MATCHING: dict[str, tuple[str, list[str]]] = {
    "Account": (
        "Standard_Account_Match_Rule_v1_0",
        ["name street", "name city state", "name zip", "name phone", "website phone", "website street"],
    ),
    "Contact": ("Standard_Contact_Match_Rule_v1_1", _OF_PEOPLE),
    "Lead": ("Standard_Lead_Match_Rule_v1_0", _OF_PEOPLE),
}
# The field of each role.
ROLES = {
    "Account": {
        "name": "Name", "street": "BillingStreet", "city": "BillingCity", "state": "BillingState",
        "zip": "BillingPostalCode", "phone": "Phone", "website": "Website",
    },
    "Contact": {
        "first": "FirstName", "last": "LastName", "title": "Title", "company": "Account.Name", "email": "Email",
        "phone": "Phone", "street": "MailingStreet", "city": "MailingCity", "zip": "MailingPostalCode",
    },
    "Lead": {
        "first": "FirstName", "last": "LastName", "title": "Title", "company": "Company", "email": "Email",
        "phone": "Phone", "street": "Street", "city": "City", "zip": "PostalCode",
    },
}  # fmt: skip

# --- locks ----------------------------------------------------------------------------------------------------------

_ABOUT = ("WhoId", "WhatId", "AccountId")
_ALWAYS = ("create", "update", "delete")
# By entry: object, calls, and the references whose rows they lock; the last says of a task's creation that only one
# that is open and has a day locks them. Record Locking Cheat Sheet; events, contacts and cases by analogy.
LOCKS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...], bool]] = {
    "Task-create": ("Task", ("create",), _ABOUT, True),
    "Task-update": ("Task", ("update", "delete"), _ABOUT, False),
    "Event-create": ("Event", _ALWAYS, _ABOUT, False),
    "Opportunity-create": ("Opportunity", _ALWAYS, ("AccountId",), False),
    "Contact-create": ("Contact", _ALWAYS, ("AccountId",), False),
    "Case-create": ("Case", _ALWAYS, ("AccountId", "ContactId"), False),
}
