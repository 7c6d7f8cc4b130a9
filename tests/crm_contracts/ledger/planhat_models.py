"""The properties of Planhat's models, written down from its developer documentation: not read from the fake's files.

A model's text has a word of a type and a colon, then the names of the properties that a caller may write; `auto:` are
those that Planhat fills in. Every model has OF_EVERY's, but those it lacks (LACKS); most have the company's and ids.
"""

from __future__ import annotations

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
