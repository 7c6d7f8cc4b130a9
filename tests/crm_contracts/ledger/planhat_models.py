"""The properties of Planhat's models, their defaults and the lengths of lists: not read from the fake's files.

They are written down from the developer documentation (the page of each model) and from answers recorded by clients.

A model's text has a word of a type and a colon, then the names of the properties that a caller may write; `auto:` are
those that Planhat fills in. Every model has OF_EVERY's, but those it lacks (LACKS); most have the company's and ids.
"""

from __future__ import annotations

from typing import Any

COLLECTIONS = {
    "Company": "companies", "Enduser": "endusers", "User": "users", "Task": "tasks", "Conversation": "conversations",
    "Asset": "assets", "License": "licenses", "Opportunity": "opportunities", "Sale": "sales", "Invoice": "invoices",
    "Nps": "nps", "Churn": "churn", "Issue": "issues", "Project": "projects", "Campaign": "campaigns",
    "Objective": "objectives", "Workspace": "workspaces", "Deal": "deals", "LineItem": "lineitems",
    "Product": "products", "TimeEntry": "timeentries", "Timesheet": "timesheets", "CustomField": "customfields",
}  # fmt: skip
OF_EVERY = "object: custom  auto: _id __v createdAt updatedAt"
_COMPANY = "string: companyId  auto: companyName"
_BOTH_IDS = "string: externalId sourceId"
_SHORT = f"{_COMPANY} {_BOTH_IDS} string: name"

PROPERTIES: dict[str, str] = {
    "Company": f"""{_BOTH_IDS} name phase description address country city zip phonePrimary web status
        objectid: owner coOwner  integer: csmScore  array: followers domains collaborators products tags links
        auto: slug shareable lastPerformedTriggers createDate lastUpdated lastTouchByType sales licenses features sunits
        usage csmScoreLog documents alerts lastActivities nrr30 nrrTotal mrrTotal mrr mr mrTotal h hProfile renewalDate
        renewalDaysFromNow autoRenews headId customerTo customerFrom orgPathCount lastActive""",
    "Enduser": f"""{_COMPANY} {_BOTH_IDS} email firstName lastName name position phone
        boolean: primary featured archived npsUnsubscribed  array: tags personas otherEmails
        auto: emailMd5 relatedEndusers lastActivities sharedNotificationsPrefs beats beatsTotal convs14 convsTotal
        relevance beatTrend experience lastTouchByType createDate nps npsComment npsDate npsSent lastActive lastTouch
        lastTouchType""",
    "User": f"""{_BOTH_IDS} email nickName firstName lastName companyFilter taskFilter workflowFilter
        array: roles teams managers  object: image  number: tzOffset  integer: defaultMeetingLength
        boolean: inactive isHidden notificationsEnabled isExposedAsSenderOption compressedView playLogDisabled
        radarOneLine dailyDigest followerUpdate inAppNotifications
        auto: removed permissions skippedGettingStartedSteps collapsedFolders lastVisitedCompanies recentOpenTabs
        createDate""",
    "Task": f"""{_COMPANY} string: sourceId action description repeat type mainType status
        boolean: noSpecificTime isArchived  array: activityTags endusers users checklist  integer: repeatDays
        date: startTime endTime dateDone  objectid: ownerId doneBy
        auto: shared overdueNotified snippet ownerName children comments workflowId workflowName workflowTaskId
        workflowTemplateId workflowStepId parent sortPosition noteId""",
    "Conversation": f"""{_COMPANY} string: externalId type subject description subType source email status url
        transcript category severity product  boolean: starred pinned archived  number: timeSpent  integer: days
        array: activityTags tags users endusers comments  date: date outDate inDate startDate endDate updateDate
        auto: autoTags emailTemplateIds isOpen waitsToBeFiltered timeBucket snippet createDate sender history
        companySourceId owner followers userId note nickName numberOfParts numberOfRelevantParts taskId""",
    "Asset": f"{_SHORT}  array: followers",
    "License": f"""{_COMPANY} {_BOTH_IDS} product status renewalStatus renewalUnit noticeUnit invoiceCycle
        currency: _currency  date: fromDate toDate renewalDate
        number: value mrr arr length renewalPeriod noticePeriod renewalDaysFromNow
        boolean: fixedPeriod toDateIncluded autoRenews isOverdue""",
    "Opportunity": f"""{_COMPANY} {_BOTH_IDS} title salesStage status  currency: _currency  objectid: ownerId
        number: mrr arr nrr contractLength probability  date: dealDate landingDate closeDate  auto: stageHistory""",
    "Sale": f"{_COMPANY} {_BOTH_IDS} product  currency: _currency  date: salesDate  number: value",
    "Invoice": """string: cId extId sourceId currency status product invoiceNo  integer: invoiceDate dueDate paidDate
        number: amountTotal  array: lineItems  auto: cName""",
    "Nps": """string: email campaignId comment source cId sourceId  number: score  date: dateSent dateAnswered
        objectid: euId""",
    "Churn": f"""{_COMPANY} {_BOTH_IDS} description currency  number: value arr  array: reasons products
        date: churnDate  boolean: onlyDowngrade snoozed""",
    "Issue": """string: sourceId title description status companyMatchingValue  boolean: archived
        array: companyIds enduserIds endusers conversationIds  auto: companies mrrCombined arrCombined""",
    "Project": f"{_SHORT} currency  date: startDate endDate  number: mrr arr nrr",
    "Campaign": _SHORT,
    "Objective": f"{_SHORT}  number: health",
    "Workspace": _SHORT,
    "Workflow": _SHORT,
    "Deal": _SHORT,
    "LineItem": _SHORT,
    "Product": _SHORT,
    "TimeEntry": _SHORT,
    "Timesheet": """string: status assignedModel  array: timeEntries  integer: dateFrom dateTo
        objectid: assignedId approvedBy  date: dateOfApproval""",
    "CustomField": """string: name parent type formula numberFormat  array: listValues
        boolean: isHidden isFeatured isShared isLocked isMandatory isFormula treatUndefinedAsZero
        auto: formulaRefs filter""",
    "Ticket": """string: sourceId email companyId companyExternalId source title subject description url type severity
        product status  array: tags  number: timeSpent  date: createdAt updatedAt  integer: days""",
}
LACKS = {"CustomField": {"custom"}, "Ticket": {"_id", "__v"}}


def properties_of(model: str) -> dict[str, str]:
    """Name -> type (`auto` for what Planhat fills in) of a model's properties."""
    found: dict[str, str] = {}
    kind = ""
    for word in f"{PROPERTIES[model]} {OF_EVERY}".split():
        if word.endswith(":"):
            kind = word[:-1]
        else:
            found.setdefault(word, kind)
    return {name: kind for name, kind in found.items() if name not in LACKS.get(model, ())}


# --- defaults -------------------------------------------------------------------------------------------------------


def _all(value: Any, names: str) -> dict[str, Any]:
    return dict.fromkeys(names.split(), value)


# What a property has that nobody sent. Company, Enduser, User: answers recorded by clients; Task, Conversation: the
# documented samples; the others: their pages. Of every model: the version counts from nought, `custom` is there.
DEFAULTS: dict[str, dict[str, Any]] = {
    "any": {"__v": 0, "custom": {}},
    "Company": {
        **_all(
            [],
            "followers domains collaborators products tags lastPerformedTriggers sales licenses csmScoreLog documents "
            "links alerts lastActivities",
        ),
        **_all({}, "lastTouchByType features sunits usage custom"),
        **_all(0, "nrr30 nrrTotal mrrTotal mrr mr mrTotal orgPathCount __v"),
        **_all(None, "h hProfile renewalDate renewalDaysFromNow autoRenews headId customerTo customerFrom"),
        "status": "prospect",
        "shareable": {"enabled": False, "euIds": [], "sunits": False, "team": {"fields": []}},
    },
    "Enduser": {
        **_all([], "tags personas otherEmails relatedEndusers lastActivities"),
        **_all(False, "featured archived npsUnsubscribed"),
        **_all(0, "beats beatTrend beatsTotal convs14 convsTotal experience relevance __v"),
        **_all({}, "lastTouchByType custom"),
        "sharedNotificationsPrefs": {"enabled": [], "disabled": [], "disabledEvents": []},
    },
    "User": {
        **_all([], "roles teams managers collapsedFolders lastVisitedCompanies"),
        **_all(False, "inactive isHidden removed isExposedAsSenderOption compressedView radarOneLine"),
        **_all(True, "notificationsEnabled playLogDisabled dailyDigest followerUpdate inAppNotifications"),
        **_all("", "companyFilter taskFilter workflowFilter"),
        **_all({}, "permissions recentOpenTabs custom"),
        **_all(0, "tzOffset __v"),
        "defaultMeetingLength": 60,
        "image": {"path": ""},
        "skippedGettingStartedSteps": _all(False, "email linkedin avatar all team customers"),
    },
    "Task": {
        **_all(False, "shared overdueNotified isArchived"),
        **_all([], "activityTags endusers users checklist children comments"),
        "mainType": "task",
        "noSpecificTime": True,
        "status": "In-progress",
        "__v": 0,
        "repeat": None,
        "custom": {},
    },
    "Conversation": {
        **_all(False, "starred pinned isOpen archived"),
        **_all([], "autoTags activityTags emailTemplateIds tags timeBucket sender history followers"),
        **_all(1, "numberOfParts numberOfRelevantParts"),  # that every conversation has one part: assumed
        "waitsToBeFiltered": True,
        "__v": 0,
    },
    "Asset": {"followers": []},
    "License": {
        "renewalStatus": "ongoing", "fixedPeriod": False, "toDateIncluded": False, "renewalUnit": "month",
        "noticeUnit": "day",
    },
    "Opportunity": {"status": "active", "contractLength": 12, "stageHistory": []},
    "Invoice": {"lineItems": []},
    "Churn": {"reasons": []},
    "Issue": {
        **_all([], "companyIds companies enduserIds endusers conversationIds"),
        **_all(0, "mrrCombined arrCombined"),
    },
    "Timesheet": {"status": "submitted", "timeEntries": [], "assignedModel": "User"},
    "CustomField": _all(False, "isHidden isFeatured isShared isLocked isMandatory isFormula"),
}  # fmt: skip
# What only reads show: an answer to a create does not have it yet.
READ_LATER = {
    "any": {"custom"},
    "Company": {
        "h", "hProfile", "renewalDate", "renewalDaysFromNow", "autoRenews", "headId", "customerTo", "customerFrom",
        "orgPathCount", "custom",
    },
    "Task": {"children", "comments", "repeat", "custom"},
    "Conversation": {"numberOfParts", "numberOfRelevantParts"},
    "Enduser": {"custom"},
    "User": {"custom"},
}  # fmt: skip

# --- lists ----------------------------------------------------------------------------------------------------------

# How many rows a list has without `limit`, and at most: the pages of the models. Deals, line items and products are
# younger than the pages we have; theirs are assumed to be what most have.
USUAL = (100, 2_000)
LISTS = {
    **dict.fromkeys((*COLLECTIONS, "Workflow"), USUAL),
    "Task": (500, 10_000),
    "Ticket": (500, 10_000),
    "Conversation": (30, 2_000),
    "Company": (100, 5_000),
    "User": (10_000, 10_000),
    "Nps": (100, 10_000),
    "Churn": (100, 1_000),
}

# The roles that are built in, by name: their ids are artificial (lists of users read by a client in Go).
ROLES = {
    "Administrator": "000000000000000000000000",
    "Manager": "000000020000000000000000",
    "Developer": "000000030000000000000000",
}
