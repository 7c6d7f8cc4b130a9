"""What the reference model knows of each Planhat model: properties and their kinds, keys, defaults, list limits.

Written from the published tables and from the contract (`openapi/planhat.yaml`), not from the fake.
Source: developer documentation, planhat-models and the page of each model; recorded create answers of 2019.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

TEXT, NUMBER, BOOLEAN, DATE, ID, ARRAY, OBJECT, COMPANY_REF = (
    "string", "Number", "Boolean", "date", "ObjectId", "Array", "Object", "company",
)  # fmt: skip


@dataclass(frozen=True)
class Model:
    """*prefixes*: what may stand before a key in a path. *in_company*: externalId is unique per company only.

    *read*: what reads show and writes do not. *hidden_by*: the flag that keeps a row out of lists. *open*: nobody
    published the properties, so that unknown ones stay (switch open_models).
    """

    name: str
    kinds: Mapping[str, str]
    keyables: tuple[str, ...]
    prefixes: Mapping[str, str]
    required: tuple[str, ...]
    defaults: Mapping[str, Any]
    limit_default: int
    limit_max: int
    read_only: frozenset[str]
    read: Mapping[str, Any] = field(default_factory=dict)
    hidden_by: str = ""
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    not_empty: tuple[str, ...] = ()
    in_company: bool = True
    open: bool = False


def _of(**names: str) -> dict[str, str]:
    kinds = {"text": TEXT, "number": NUMBER, "boolean": BOOLEAN, "date": DATE, "id": ID, "array": ARRAY}
    kinds |= {"object": OBJECT, "company": COMPANY_REF}
    return {name: kinds[kind] for kind, listed in names.items() for name in listed.split()}


def _each(names: tuple[str, ...], value: Any) -> dict[str, Any]:
    return {name: deepcopy(value) for name in names}


EXT_SRC = {"extid-": "externalId", "srcid-": "sourceId"}
STAMPS = frozenset({"_id", "createdAt", "updatedAt", "__v"})
ZERO_VERSION = {"__v": 0}

COMPANY = Model(
    name="Company",
    kinds=_of(
        text="name externalId sourceId phase status description address country city zip phonePrimary web",
        id="owner coOwner",
        number="csmScore",
        array="domains tags products followers collaborators links",
    ),
    keyables=("_id", "sourceId", "externalId"),
    prefixes=EXT_SRC,
    required=("name",),
    not_empty=("name",),
    choices={"status": ("prospect", "coming", "customer", "canceled", "lost")},
    defaults={
        "shareable": {"enabled": False, "euIds": [], "sunits": False, "team": {"fields": []}},
        **_each(("followers", "domains", "collaborators", "products", "tags"), []),
        **_each(("lastPerformedTriggers", "sales", "licenses", "csmScoreLog", "documents", "links"), []),
        **_each(("alerts", "lastActivities"), []),
        **_each(("lastTouchByType", "features", "sunits", "usage"), {}),
        **dict.fromkeys(("nrr30", "nrrTotal", "mrrTotal", "mrr", "mr", "mrTotal"), 0),
        "status": "prospect",
        **ZERO_VERSION,
    },
    read={
        **dict.fromkeys(("h", "hProfile", "renewalDate", "renewalDaysFromNow", "autoRenews", "headId"), None),
        **dict.fromkeys(("customerTo", "customerFrom"), None),
        "orgPathCount": 0,
        "custom": {},
    },
    limit_default=100,
    limit_max=5_000,
    read_only=STAMPS | {"slug", "mr", "mrr", "h", "lastTouchByType", "createDate", "lastUpdated", "orgPathCount"},
    in_company=False,
)
ENDUSER = Model(
    name="Enduser",
    kinds=_of(
        company="companyId",
        text="email externalId sourceId firstName lastName name position phone",
        array="tags personas otherEmails",
        boolean="featured primary archived npsUnsubscribed",
    ),
    keyables=("_id", "sourceId", "externalId", "email"),
    prefixes=EXT_SRC,
    required=("companyId",),
    not_empty=("companyId",),
    defaults={
        **_each(("tags", "personas", "otherEmails", "relatedEndusers", "lastActivities"), []),
        **dict.fromkeys(("featured", "archived", "npsUnsubscribed"), False),
        "sharedNotificationsPrefs": {"enabled": [], "disabled": [], "disabledEvents": []},
        **dict.fromkeys(("beats", "beatsTotal", "convs14", "convsTotal", "relevance"), 0),
        "lastTouchByType": {},
        **ZERO_VERSION,
    },
    read={"custom": {}},
    limit_default=100,
    limit_max=2_000,
    read_only=STAMPS | {"companyName", "emailMd5", "beats", "nps", "lastTouch", "createDate", "relevance"},
    hidden_by="archived",
)
USER = Model(
    name="User",
    kinds=_of(
        text="email nickName firstName lastName externalId companyFilter taskFilter workflowFilter",
        array="roles teams managers",
        boolean=(
            "inactive isHidden notificationsEnabled isExposedAsSenderOption compressedView playLogDisabled "
            "radarOneLine dailyDigest followerUpdate inAppNotifications"
        ),
        object="image",
        number="tzOffset defaultMeetingLength",
    ),
    keyables=("_id", "externalId", "email"),
    prefixes={"extid-": "externalId"},
    required=("email", "firstName", "lastName"),
    not_empty=("email", "firstName", "lastName"),
    defaults={
        **_each(("roles", "teams", "managers", "collapsedFolders", "lastVisitedCompanies"), []),
        **dict.fromkeys(("isHidden", "removed", "isExposedAsSenderOption", "compressedView", "radarOneLine"), False),
        **dict.fromkeys(("notificationsEnabled", "playLogDisabled", "dailyDigest", "followerUpdate"), True),
        "inAppNotifications": True,
        "image": {"path": ""},
        "permissions": {},
        "recentOpenTabs": {},
        "tzOffset": 0,
        "defaultMeetingLength": 60,
        **dict.fromkeys(("companyFilter", "taskFilter", "workflowFilter"), ""),
        "skippedGettingStartedSteps": dict.fromkeys(("email", "linkedin", "avatar", "all", "team", "customers"), False),
        **ZERO_VERSION,
    },
    read={"custom": {}},
    limit_default=10_000,
    limit_max=10_000,
    read_only=STAMPS | {"removed", "permissions", "createDate", "recentOpenTabs"},
    in_company=False,
)
TASK = Model(
    name="Task",
    kinds=_of(
        company="companyId",
        text="mainType action description repeat type sourceId status",
        date="startTime endTime dateDone",
        number="repeatDays",
        id="ownerId doneBy",
        boolean="noSpecificTime isArchived",
        array="activityTags checklist endusers users",
    ),
    keyables=("_id", "sourceId"),
    prefixes={"srcid-": "sourceId"},
    required=("companyId",),
    not_empty=("companyId",),
    defaults={
        "mainType": "task",
        **dict.fromkeys(("shared", "overdueNotified", "isArchived"), False),
        **_each(("activityTags", "endusers", "users", "checklist"), []),
        "status": "In-progress",
        **ZERO_VERSION,
    },
    read={"children": [], "comments": [], "custom": {}},
    limit_default=500,
    limit_max=10_000,
    read_only=STAMPS | {"companyName", "ownerName", "snippet", "shared", "overdueNotified", "noteId", "userEmail"},
    hidden_by="isArchived",
)
CONVERSATION = Model(
    name="Conversation",
    kinds=_of(
        company="companyId",
        text="type subject description externalId",
        date="date outDate",
        array="users endusers activityTags",
        boolean="starred pinned archived",
    ),
    keyables=("_id", "externalId"),
    prefixes={"extid-": "externalId"},
    required=("companyId",),
    not_empty=("companyId",),
    defaults={
        **dict.fromkeys(("starred", "pinned", "isOpen", "archived"), False),
        **_each(("autoTags", "activityTags", "emailTemplateIds", "tags", "sender", "history"), []),
        "followers": [],
        "waitsToBeFiltered": True,
        **ZERO_VERSION,
    },
    read={"numberOfParts": 1, "numberOfRelevantParts": 1},
    limit_default=30,
    limit_max=2_000,
    read_only=STAMPS | {"companyName", "snippet", "note", "createDate", "isOpen", "numberOfParts", "taskId"},
)


def _plain(
    name: str,
    *,
    required: str,
    is_open: bool = False,
    defaults: dict[str, Any] | None = None,
    **kinds: str,
) -> Model:
    """A model of a company that has nothing of its own but properties: all of them are alike."""
    text = f"externalId sourceId {kinds.pop('text', '')}"
    needed = tuple(required.split())
    return Model(
        name=name,
        kinds=_of(company="companyId", text=text, **kinds),
        keyables=("_id", "sourceId", "externalId"),
        prefixes=EXT_SRC,
        required=needed,
        not_empty=needed,
        defaults={**(defaults or {}), **ZERO_VERSION},
        open=is_open,
        read={"custom": {}},
        limit_default=100,
        limit_max=2_000,
        read_only=STAMPS | {"companyName"},
        choices={"status": ("active", "won", "lost")} if name == "Opportunity" else {},
    )


PLAIN = {
    "assets": _plain("Asset", required="name companyId", text="name", array="followers", defaults={"followers": []}),
    "projects": _plain(
        "Project", required="name companyId", text="name currency", date="startDate endDate", number="mrr arr nrr"
    ),
    "opportunities": _plain(
        "Opportunity",
        required="companyId",
        text="title salesStage status",
        id="ownerId",
        number="mrr arr nrr contractLength probability",
        date="dealDate landingDate closeDate",
        defaults={"status": "active", "contractLength": 12, "stageHistory": []},
    ),
    "churn": _plain(
        "Churn",
        required="companyId value",
        text="description currency",
        number="value arr",
        array="reasons products",
        date="churnDate",
        boolean="onlyDowngrade snoozed",
        defaults={"reasons": []},
    ),
    "objectives": _plain("Objective", is_open=True, required="name companyId", text="name", number="health"),
    "workspaces": _plain("Workspace", is_open=True, required="name companyId", text="name"),
    "campaigns": _plain("Campaign", is_open=True, required="name companyId", text="name"),
}
MODELS = {
    "companies": COMPANY,
    "endusers": ENDUSER,
    "users": USER,
    "tasks": TASK,
    "conversations": CONVERSATION,
    **PLAIN,
}
RESERVED = ("email", "chat", "ticket", "call")
ROLES = {
    "0" * 24: "Administrator",
    "00000002" + "0" * 16: "Manager",
    "00000003" + "0" * 16: "Developer",
}
