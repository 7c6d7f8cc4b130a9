"""Lists of Salesforce as its recorded describes and its pages have them: not read from the fake's files."""

from __future__ import annotations

# The fields that have a list, and its values, with commas between them.
PICKLISTS: dict[str, tuple[list[str], str]] = {
    "geocode": (
        ["Account.BillingGeocodeAccuracy", "Lead.GeocodeAccuracy"],
        "Address, NearAddress, Block, Street, ExtendedZip, Zip, Neighborhood, City, County, State, Unknown",
    ),
    "clean": (
        ["Account.CleanStatus", "Contact.CleanStatus", "Lead.CleanStatus"],
        "Matched, Different, Acknowledged, NotFound, Inactive, Pending, SelectMatch, Skipped",
    ),
    "industry": (
        ["Account.Industry", "Lead.Industry"],
        """Agriculture, Apparel, Banking, Biotechnology, Chemicals, Communications, Construction, Consulting, Education,
        Electronics, Energy, Engineering, Entertainment, Environmental, Finance, Food & Beverage, Government,
        Healthcare, Hospitality, Insurance, Machinery, Manufacturing, Media, Not For Profit, Recreation, Retail,
        Shipping, Technology, Telecommunications, Transportation, Utilities, Other""",
    ),
    "contact_role": (
        ["AccountContactRole.Role", "OpportunityContactRole.Role", "AccountContactRelation.Roles"],
        """Business User, Decision Maker, Economic Buyer, Economic Decision Maker, Evaluator, Executive Sponsor,
        Influencer, Technical Buyer, Other""",
    ),
    "lead_source": (
        ["Lead.LeadSource", "Contact.LeadSource", "Opportunity.LeadSource", "Account.AccountSource"],
        "Web, Phone Inquiry, Partner Referral, Purchased List, Other",
    ),
    "rating": (["Account.Rating", "Lead.Rating"], "Hot, Warm, Cold"),
    "recurrence_type": (
        ["Task.RecurrenceType", "Event.RecurrenceType"],
        "RecursDaily, RecursEveryWeekday, RecursMonthly, RecursMonthlyNth, RecursWeekly, RecursYearly, RecursYearlyNth",
    ),
    "recurrence_instance": (
        ["Task.RecurrenceInstance", "Event.RecurrenceInstance"],
        "First, Second, Third, Fourth, Last",
    ),
    "month": (
        ["Task.RecurrenceMonthOfYear", "Event.RecurrenceMonthOfYear"],
        "January, February, March, April, May, June, July, August, September, October, November, December",
    ),
    # In the order of the vendor's page, from east to west; then what it names besides.
    "time_zone": (
        ["User.TimeZoneSidKey", "Organization.TimeZoneSidKey", "Event.RecurrenceTimeZoneSidKey"],
        """Pacific/Auckland, Australia/Sydney, Australia/Brisbane, Asia/Tokyo, Asia/Seoul, Asia/Shanghai,
        Asia/Singapore, Asia/Hong_Kong, Asia/Bangkok, Asia/Dhaka, Asia/Kathmandu, Asia/Kolkata, Asia/Karachi,
        Asia/Dubai, Asia/Tehran, Europe/Moscow, Asia/Riyadh, Europe/Istanbul, Africa/Nairobi, Asia/Jerusalem,
        Europe/Helsinki, Europe/Athens, Europe/Bucharest, Africa/Cairo, Africa/Johannesburg, Europe/Berlin,
        Europe/Paris, Europe/Madrid, Europe/Rome, Europe/Stockholm, Europe/Amsterdam, Europe/Brussels,
        Europe/Zurich, Europe/Vienna, Europe/Warsaw, Europe/Prague, Africa/Lagos, Europe/London, Europe/Dublin,
        Europe/Lisbon, GMT, Atlantic/Azores, Atlantic/Cape_Verde, America/Sao_Paulo, America/Argentina/Buenos_Aires,
        America/St_Johns, America/Halifax, America/Santiago, America/Caracas, America/New_York, America/Toronto,
        America/Bogota, America/Lima, America/Chicago, America/Mexico_City, America/Denver, America/Phoenix,
        America/Los_Angeles, America/Tijuana, America/Anchorage, Pacific/Honolulu, Pacific/Pago_Pago,
        Pacific/Kiritimati, Pacific/Tongatapu, Pacific/Chatham, Pacific/Fiji, Asia/Kamchatka, Pacific/Norfolk,
        Pacific/Guadalcanal, Australia/Lord_Howe, Australia/Adelaide, Australia/Darwin, Australia/Perth,
        Asia/Kuala_Lumpur, Asia/Manila, Asia/Taipei, Asia/Ho_Chi_Minh, Asia/Jakarta, Asia/Rangoon, Asia/Colombo,
        Asia/Yekaterinburg, Asia/Tashkent, Asia/Kabul, Asia/Baku, Asia/Tbilisi, Asia/Yerevan, Asia/Kuwait,
        Asia/Baghdad, Asia/Beirut, Europe/Minsk, Africa/Algiers, Africa/Casablanca, America/Scoresbysund,
        Atlantic/South_Georgia, Atlantic/Bermuda, America/Puerto_Rico, America/Panama, America/Indiana/Indianapolis,
        America/El_Salvador, America/Mazatlan, Pacific/Gambier, Pacific/Marquesas, Pacific/Niue""",
    ),
}


# The references that have a list, and the objects it names.
TARGETS = {
    "what": (
        ["Task.WhatId", "Event.WhatId", "EmailMessage.RelatedToId"],
        """Account Asset AssetRelationship Campaign Case Contract ContractLineItem CreditMemo Entitlement Image Invoice
        ListEmail Location Opportunity Order Product2 ProductRequest ReturnOrder ServiceAppointment ServiceContract
        ServiceResource Shipment Solution WorkOrder WorkOrderLineItem""",
    ),
    "whowhat": (
        ["TaskRelation.RelationId"],
        "Account Asset Campaign Case Contact Contract Lead Opportunity Order Product2",
    ),
    "relation": (
        ["EventRelation.RelationId"],
        "Account Asset Calendar Campaign Case Contact Contract Lead Opportunity Order Product2 User",
    ),
    "notes": (["Note.ParentId"], "Account Asset Campaign Contact Contract Lead Opportunity Order Product2"),
    "attachments": (
        ["Attachment.ParentId"],
        "Account Asset Campaign Case Contact Contract EmailMessage Event Lead Opportunity Order Product2 Task",
    ),
    "linked": (
        ["ContentDocumentLink.LinkedEntityId", "ContentVersion.FirstPublishLocationId"],
        """Account Asset Campaign Case Contact Contract EmailMessage Event Lead Opportunity Order Organization Product2
        Task User""",
    ),
}


# ISO 3166-1.
COUNTRIES = """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW
    BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI
    FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN
    IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME
    MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF
    PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV
    SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE
    YT ZA ZM ZW
"""
# Where the vendor's spelling is not that of the public-domain table.
SPELLED = {
    "BO": "Bolivia, Plurinational State of",
    "GB": "United Kingdom",
    "IR": "Iran, Islamic Republic of",
    "KP": "Korea, Democratic People's Republic of",
    "KR": "Korea, Republic of",
    "LA": "Lao People's Democratic Republic",
    "MD": "Moldova, Republic of",
    "RU": "Russian Federation",
    "SY": "Syrian Arab Republic",
    "TZ": "Tanzania, United Republic of",
    "VE": "Venezuela, Bolivarian Republic of",
    "VN": "Viet Nam",
}
STATES = {
    "US": """AL Alabama, AK Alaska, AZ Arizona, AR Arkansas, CA California, CO Colorado, CT Connecticut, DE Delaware,
        DC District of Columbia, FL Florida, GA Georgia, HI Hawaii, ID Idaho, IL Illinois, IN Indiana, IA Iowa,
        KS Kansas, KY Kentucky, LA Louisiana, ME Maine, MD Maryland, MA Massachusetts, MI Michigan, MN Minnesota,
        MS Mississippi, MO Missouri, MT Montana, NE Nebraska, NV Nevada, NH New Hampshire, NJ New Jersey, NM New Mexico,
        NY New York, NC North Carolina, ND North Dakota, OH Ohio, OK Oklahoma, OR Oregon, PA Pennsylvania,
        RI Rhode Island, SC South Carolina, SD South Dakota, TN Tennessee, TX Texas, UT Utah, VT Vermont, VA Virginia,
        WA Washington, WV West Virginia, WI Wisconsin, WY Wyoming""",
    "CA": """AB Alberta, BC British Columbia, MB Manitoba, NB New Brunswick, NL Newfoundland and Labrador,
        NT Northwest Territories, NS Nova Scotia, NU Nunavut, ON Ontario, PE Prince Edward Island, QC Quebec,
        SK Saskatchewan, YT Yukon Territories""",
    "AU": """ACT Australian Capital Territory, NSW New South Wales, NT Northern Territory, QLD Queensland,
        SA South Australia, TAS Tasmania, VIC Victoria, WA Western Australia""",
}
