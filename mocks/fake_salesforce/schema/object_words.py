"""What every schema is made of: the names of the object files, and what custom objects have in common.

Source: describes recorded by CumulusCI, v48 to v60.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

# The standard objects, in the order of the global describe (by name).
OBJECT_FILES: Final = (
    "accepted_event_relation", "account", "account_contact_relation", "account_contact_role", "activity_history",
    "asset", "assignment_rule", "attachment", "business_process", "campaign", "campaign_member",
    "campaign_member_status", "case", "case_comment", "case_status", "contact", "content_document",
    "content_document_link", "content_note", "content_version", "contract", "declined_event_relation", "document",
    "email_message", "event", "event_relation", "event_who_relation", "field_permissions", "group", "group_member",
    "lead", "lead_status", "note", "object_permissions", "open_activity", "opportunity", "opportunity_contact_role",
    "opportunity_line_item", "opportunity_stage", "order", "organization", "permission_set",
    "permission_set_assignment", "pricebook2", "pricebook_entry", "product2", "profile", "queue_sobject",
    "record_type", "task", "task_priority", "task_relation", "task_status", "task_who_relation",
    "undecided_event_relation", "user", "user_role",
)  # fmt: skip
AUDIT_FIELDS: Final = (
    "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp",
)  # fmt: skip
SYSTEM_FIELDS: Final = ("Id", "IsDeleted", *AUDIT_FIELDS)

CUSTOM_ABILITIES: Final = frozenset({
    "createable", "deletable", "layoutable", "mruEnabled", "queryable", "replicateable",
    "retrieveable", "searchable", "triggerable", "undeletable", "updateable",
})  # fmt: skip
CUSTOM_URLS: Final = (
    "compactLayouts", "rowTemplate", "approvalLayouts", "uiDetailTemplate", "uiEditTemplate", "defaultValues",
    "listviews", "describe", "uiNewRecord", "quickActions", "layouts", "sobject",
)  # fmt: skip
# Of a standard object whose file names none, as recorded for objects such as Organization and CampaignMember.
URLS: Final = ("rowTemplate", "defaultValues", "describe", "sobject")
LAYOUT_URLS: Final = (
    "compactLayouts", "rowTemplate", "uiDetailTemplate", "uiEditTemplate", "defaultValues", "describe", "uiNewRecord",
    "layouts", "sobject",
)  # fmt: skip
OWNER: Final[Mapping[str, Any]] = {
    "label": "Owner ID", "type": "reference", "flags": "CUDFGSPnpA", "to": ["Group", "User"],
    "relationship": "Owner",
}  # fmt: skip


RECORD_TYPE: Final[Mapping[str, Any]] = {
    "label": "Record Type ID", "type": "reference", "flags": "NCUFGSA", "to": ["RecordType"],
    "relationship": "RecordType",
}  # fmt: skip
# Lists of targets that custom objects join: those with activities, or every one.
WITH_CUSTOM: Final[Mapping[Any, str]] = {
    "@what": "activities", "@whowhat": "activities", "@relation": "activities",
    "@notes": "every", "@attachments": "every", "@linked": "every",
}  # fmt: skip
