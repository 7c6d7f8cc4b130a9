"""Good bodies of every operation, and what is bad: the material that grow.py makes requests of."""

# ruff: noqa: E501 - tables read best with a case to a line
from __future__ import annotations

from typing import Any

DATA = "/services/data/v60.0"
ATTRIBUTES = {"type": "Account"}
ROW = {"Name": "Acme", "Industry": "Energy", "AnnualRevenue": 5.5, "NumberOfEmployees": 7}
SUB = {"method": "POST", "url": f"{DATA}/sobjects/Account", "referenceId": "a", "body": {"Name": "Acme"}}
GET = {"method": "GET", "url": f"{DATA}/sobjects/Account/@{{a.id}}", "referenceId": "b"}
QUERY = {"method": "GET", "url": f"{DATA}/query?q=SELECT Id FROM Account", "referenceId": "c"}
RECORDS = {
    "allOrNone": False,
    "records": [{"attributes": ATTRIBUTES, "Name": "a"}, {"attributes": {"type": "Contact"}, "LastName": "b"}],
}
# operation id -> bodies that it takes; ACCOUNT, TASK … become ids of rows
JSON: dict[str, list[Any]] = {
    "createRecord": [ROW, {"LastName": "x", "AccountId": "ACCOUNT", "Account": {"Key__c": "k"}}, {"Subject": "x", "WhoId": "CONTACT", "ActivityDate": "2026-01-05", "IsRecurrence": True, "RecurrenceType": "RecursDaily", "RecurrenceInterval": 1, "RecurrenceStartDateOnly": "2026-01-05", "RecurrenceEndDateOnly": "2026-01-09"}, {"Subject": "x", "StartDateTime": "2026-01-05T10:00:00Z", "DurationInMinutes": 30, "IsRecurrence2": True, "Recurrence2PatternText": "RRULE:FREQ=DAILY;COUNT=3"}, {"Title": "t", "PathOnClient": "a.txt", "VersionData": "YQ=="}],
    "updateRecord": [ROW, {"Name": None}, {"ParentId": "ACCOUNT"}, {"OwnerId": "USER"}],
    "upsertRecord": [ROW, {"Name": "Acme", "Parent": {"Key__c": "k"}}],
    "createRecordById": [ROW],
    "composite": [{"allOrNone": True, "collateSubrequests": True, "compositeRequest": [SUB, GET, QUERY]}, {"compositeRequest": [{**SUB, "url": f"{DATA}/composite/sobjects", "body": RECORDS}, {**GET, "httpHeaders": {"If-Modified-Since": "Mon, 05 Jan 2026 09:00:00 GMT"}}]}],
    "compositeBatch": [{"haltOnError": False, "batchRequests": [{"method": "POST", "url": "v60.0/sobjects/Account", "richInput": ROW, "binaryPartName": "x", "binaryPartNameAlias": "VersionData"}, {"method": "GET", "url": "v60.0/limits"}]}],
    "createTree": [{"records": [{"attributes": {"type": "Account", "referenceId": "r1"}, "Name": "x", "Contacts": {"records": [{"attributes": {"type": "Contact", "referenceId": "r2"}, "LastName": "y"}]}}]}],
    "compositeGraph": [{"graphs": [{"graphId": "1", "compositeRequest": [SUB, {**SUB, "referenceId": "d", "url": f"{DATA}/sobjects/Contact", "body": {"LastName": "z", "AccountId": "@{a.id}"}}]}]}],
    "createRecords": [RECORDS],
    "updateRecords": [{"allOrNone": True, "records": [{"attributes": ATTRIBUTES, "id": "ACCOUNT", "Name": "n"}]}],
    "upsertRecords": [{"allOrNone": False, "records": [{"attributes": ATTRIBUTES, "Key__c": "k", "Name": "n"}]}],
    "getRecordsByPost": [{"ids": ["ACCOUNT", "OTHER"], "fields": ["Id", "Name"]}],
    "parameterizedSearchByPost": [{"q": "Acme", "in": "NAME", "fields": ["Id"], "sobjects": [{"name": "Account", "fields": ["Id", "Name"], "limit": 5, "where": "Name LIKE 'A%'", "orderBy": "Name"}], "overallLimit": 10, "offset": 0, "snippet": 30, "spellCorrection": True, "dataCategories": []}],
    "createIngestJob": [{"object": "Account", "operation": "upsert", "externalIdFieldName": "Key__c", "contentType": "CSV", "lineEnding": "CRLF", "columnDelimiter": "TAB", "assignmentRuleId": "x"}, {"object": "Account", "operation": "insert"}],
    "changeIngestJob": [{"state": "UploadComplete"}, {"state": "Aborted"}],
    "createQueryJob": [{"operation": "query", "query": "SELECT Id, Name FROM Account", "contentType": "CSV", "columnDelimiter": "PIPE", "lineEnding": "LF"}],
    "abortQueryJob": [{"state": "Aborted"}],
    "setPassword": [{"NewPassword": "secret-2"}],
    "createBulk1Job": [{"operation": "insert", "object": "Account", "contentType": "CSV"}, {"operation": "upsert", "object": "Account", "externalIdFieldName": "Key__c", "contentType": "JSON", "concurrencyMode": "Serial"}, {"operation": "query", "object": "Account", "contentType": "XML"}],
    "changeBulk1Job": [{"state": "Closed"}, {"state": "Aborted"}],
    "addBatch": [[{"Name": "x"}, {"Name": None, "Parent": {"Key__c": "k"}}]],
}  # fmt: skip
XML: dict[str, list[str]] = {
    "createRecord": ["<Account><Name>x</Name><NumberOfEmployees>5</NumberOfEmployees></Account>"],
    "updateRecord": ["<Account><Name>x</Name></Account>"],
    "createTree": ['<SObjectTreeRequest><records type="Account" referenceId="r"><Name>x</Name><Contacts><records type="Contact" referenceId="q"><LastName>y</LastName></records></Contacts></records></SObjectTreeRequest>'],
    "compositeBatch": ["<batch><batchRequests><batchRequest><method>POST</method><url>v60.0/sobjects/Account</url><richInput><Account><Name>x</Name></Account></richInput></batchRequest></batchRequests></batch>"],
    "createBulk1Job": ['<jobInfo xmlns="http://www.force.com/2009/06/asyncapi/dataload"><operation>insert</operation><object>Account</object><contentType>CSV</contentType></jobInfo>'],
    "changeBulk1Job": ['<jobInfo xmlns="http://www.force.com/2009/06/asyncapi/dataload"><state>Closed</state></jobInfo>'],
    "addBatch": ['<sObjects xmlns="http://www.force.com/2009/06/asyncapi/dataload"><sObject><Name>x</Name><Parent><sObject><Key__c>k</Key__c></sObject></Parent></sObject></sObjects>'],
}  # fmt: skip
CSV = (
    "Name,Key__c\nx,k1\ny,k2\n", 'Name,Parent.Key__c\r\n"x\ny",k\r\n', "Name\tIndustry\nx\tEnergy\n", "Id\nACCOUNT\n", "Name,AnnualRevenue\nx,#N/A\n,1e999\n",
    "LastName,Account.Key__c\nx,k\n", "Subject,Who:Contact.Email\nx,a@acme.example\n", "SELECT Id, Name FROM Account", "Name;Industry\nx;y\n", "Name|Industry\nx|y\n",
)  # fmt: skip
BAD_CSV = (
    '"Name\nx', 'Name\n"x"y"\n', ",".join(["Name"] * 5_001) + "\nx\n", "\x00\x01,\xff\n\x00\n", "\ufeffName\nx\n", "Name,Name\nx,y\n", ",\n,\n", "\n\n\n", "Name\rx\r",
    "Name\n" + '"' * 401, "Name\n" + "x,y,z\n" * 3, "Name^Industry\nx^y\n", "Nope\nx\n", "Name\n" + "x" * 32_001 + "\n", "Name", "Name\n", "Parent..Key__c\nx\n", "Who:.Email,:,::\nx\n", "Name\n\ud800\n",
)  # fmt: skip
FORMS = (
    "grant_type=password&client_id=3MVG9understudy.connected.app&client_secret=UNDERSTUDYSECRET0000000001&username=ada%40acme.example&password=x",
    "grant_type=authorization_code&code=aPrx&client_id=3MVG9understudy.connected.app&redirect_uri=http%3A%2F%2Flocalhost&code_verifier=x",
    "grant_type=refresh_token&refresh_token=5Aep861&client_id=3MVG9understudy.connected.app", "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln",
    "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&subject_token=x&subject_token_type=y", "grant_type=client_credentials&client_id=3MVG9understudy.connected.app&client_secret=UNDERSTUDYSECRET0000000001",
    "grant_type=device&client_id=3MVG9understudy.connected.app&code=x", "response_type=device_code&client_id=3MVG9understudy.connected.app&scope=api",
    "response_type=code&client_id=3MVG9understudy.connected.app&redirect_uri=http%3A%2F%2Flocalhost%3A1717%2FOauthRedirect&state=x&scope=api&prompt=login&code_challenge=x&username=ada%40acme.example&pw=y",
    "token=TOKEN&token_type_hint=access_token&client_id=3MVG9understudy.connected.app&client_secret=UNDERSTUDYSECRET0000000001", "user_code=ABCD1234&decision=allow", "access_token=TOKEN", "callback=alert&token=x", "format=xml", "assertion=", "&&=&=x",
)  # fmt: skip
SOAP_CALLS = (
    "<query><queryString>SELECT Id FROM Account</queryString></query>", "<queryAll><queryString>SELECT Id FROM Nope</queryString></queryAll>", "<queryMore><queryLocator>01g</queryLocator></queryMore>",
    "<create><sObjects xsi:type='Account'><Name>x</Name></sObjects><sObjects><type>Contact</type><LastName>y</LastName><Account><type>Account</type><Key__c>k</Key__c></Account></sObjects></create>",
    "<update><sObjects><type>Account</type><Id>ACCOUNT</Id><fieldsToNull>Industry</fieldsToNull><NumberOfEmployees>x</NumberOfEmployees></sObjects></update>",
    "<upsert><externalIDFieldName>Key__c</externalIDFieldName><sObjects><type>Account</type><Key__c>k</Key__c><Name>n</Name></sObjects></upsert>",
    "<delete><ids>ACCOUNT</ids><ids>nope</ids></delete>", "<undelete><ids>ACCOUNT</ids></undelete>", "<emptyRecycleBin><ids>ACCOUNT</ids></emptyRecycleBin>",
    "<merge><request><masterRecord><type>Account</type><Id>ACCOUNT</Id></masterRecord><recordToMergeIds>OTHER</recordToMergeIds></request></merge>",
    "<convertLead><leadConverts><leadId>LEAD</leadId><convertedStatus>Closed - Converted</convertedStatus><doNotCreateOpportunity>maybe</doNotCreateOpportunity></leadConverts></convertLead>",
    "<retrieve><fieldList>Id, Name</fieldList><sObjectType>Account</sObjectType><ids>ACCOUNT</ids></retrieve>", "<search><searchString>FIND {Acme} RETURNING Account(Id)</searchString></search>",
    "<describeSObjects><sObjectType>Account</sObjectType></describeSObjects>", "<describeGlobal/>", "<getUserInfo/>", "<getServerTimestamp/>", "<describeLayout><sObjectType>Account</sObjectType></describeLayout>",
    "<getUpdated><sObjectType>Account</sObjectType><startDate>2026-01-05T00:00:00Z</startDate><endDate>x</endDate></getUpdated>", "<getDeleted><sObjectType>Account</sObjectType><startDate/><endDate/></getDeleted>",
    "<login><username>ada@acme.example</username><password>nope</password></login>", "<login/>", "<setPassword><userId>USER</userId><password>x</password></setPassword>", "<resetPassword><userId>nope</userId></resetPassword>", "<changeOwnPassword/>", "<nope/>",
)  # fmt: skip
SOAP_HEADERS = (
    "", "<QueryOptions><batchSize>x</batchSize></QueryOptions>", "<AssignmentRuleHeader><useDefaultRule>true</useDefaultRule></AssignmentRuleHeader>", "<AllOrNoneHeader><allOrNone>true</allOrNone></AllOrNoneHeader>",
    "<DuplicateRuleHeader><allowSave>é\n\u2028</allowSave></DuplicateRuleHeader>", "<LoginScopeHeader><organizationId>x</organizationId></LoginScopeHeader>", "<AssignmentRuleHeader><assignmentRuleId>;\n</assignmentRuleId></AssignmentRuleHeader>",
    "<QueryOptions><batchSize>99999999999999999999</batchSize></QueryOptions>", "<QueryOptions/><AllOrNoneHeader/>", "<QueryOptions><batchSize>²</batchSize></QueryOptions>",
)  # fmt: skip
BAD_XML = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]><x>&b;</x>', '<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>', "<x>" * 3_000 + "</x>" * 3_000, "<x>" * 500 + "</x>" * 500, "<x", "<x></y>", "<x/><y/>", "",
    '<?xml version="1.0" encoding="utf-7"?><x/>', '<?xml version="1.0" encoding="nope"?><x/>', '<?xml version="1.1"?><x/>', "<x a='1' a='2'/>", "<a:x/>", "<x><![CDATA[\x00]]></x>", "<x>&#0;</x>", "<x>&#xD800;</x>", "<x>\ufffe</x>",
    "<x>" + "&amp;" * 999 + "</x>", "<?pi x?><!-- c --><x/>", "<x xmlns='urn:nope'><y xmlns=''/></x>", '<?xml version="1.0" encoding="UTF-16"?><x/>', "<x " + " ".join(f"a{n}=''" for n in range(2_000)) + "/>",
)  # fmt: skip
# Values that fit nowhere, as JSON text.
BAD_JSON = (
    "null", "true", "[]", "{}", "[[]]", '""', '" "', "-1", "0", "1.5", "1e5", "1E400", "-0.0", "9" * 30, "9" * 5_000, '"' + "9" * 5_000 + '"', '"99999999999999999999"', "1e-999", "NaN", "-Infinity", '"\\ud800"', '"\\udc00x"', '"\\u0000"', '"\u2028\ufeff"', '"' + "x" * 300 + '"', '"' + "x" * 140_000 + '"', "[" * 199 + "]" * 199,
    "[" * 5_000, '{"a":' * 190 + "1" + "}" * 190, '{"a":1,"a":[2]}', '{"attributes":null}', '{"attributes":{"type":7}}', '{"attributes":{"type":"Nope","url":{}}}', '"@{a.id}"', '"@{a.[0].x}"', '"@{nope}"', '"@{a."', '"ACCOUNT"', '"2026-13-45"', '"2026-01-05T25:00:00Z"',
    '"0001-01-01T00:00:00.000+14:00"', '"9999-12-31T23:59:59-14:00"', '"10000-01-01"', '"12:00:00.000Z"', '"\'"', '"%"', '"*"', '"²"', '"१२"', '"true"', '"YQ"', '"====="', '"RRULE:FREQ=DAILY;COUNT=99999999999"', '"RRULE:"', '"001"', '"000000000000000AAA"', '["x"]', '[{"x":[{}]}]', "[null]", '{"Key__c":null}', '{"Key__c":["k"]}',
    '"/services/data/v60.0/composite"', '"http://x/"', '"//[/"', '"v60.0/query?q=%"', '"GET"', '"é"', "\u00e9", "'x'", "/*c*/1", "01", "+1", ".5", "1.", "tru", "",
)  # fmt: skip
BAD_BYTES = (b"", b" ", b"\xff\xfe", b"\xc3", b"\xef\xbb\xbf{}", b"\x00", b"{}", b"[]", b"null", b'"', b"{" * 9_999, b"[" * 99_999, b"\x1f\x8b", b"\xed\xa0\x80", "{}".encode("utf-16"), bytes(range(256)))  # fmt: skip
HEADER_VALUES = (
    "", " ", "x", "\xff", "é", "²", "true", "TRUE", "false", "0", "-1", "1", "2000", "99999999999999999999", "9" * 5_000, "nan", "batchSize=200", "batchSize=x", "batchSize=²", "batchSize=99999999999999999999", "batchSize=", "chunkSize=0", "chunkSize=²", "chunkSize=99999999999999999999", "chunkSize=1;parent=Account;startRow=x", "default;q=x",
    "allowSave=true; runAsCurrentUser=;includeRecordDetails", ";;;===", "Mon, 05 Jan 2026 09:00:00 GMT", "Mon, 99 Foo 9999 99:99:99 GMT", "Fri, 31 Dec 9999 23:59:59 -9999", "Mon, 05 Jan 0000 00:00:00 GMT", '"x"', 'W/"x--gzip", *', "*", ",,,", '"', "application/xml", "application/xml;q=nan", "application/json;q=1e999,*/*;q=-1", "text/html", "multipart/form-data",
    "multipart/form-data; boundary=", "multipart/form-data; boundary=x", 'multipart/form-data; boundary="x', "application/json; charset=utf-16", "text/csv; charset=nope", "text/csv", "application/x-www-form-urlencoded", "Bearer", "Bearer x", "Basic", "Basic ===", "Basic w6k6", "OAuth \x01", "Bearer " + "x" * 2_000,
    "gzip", "deflate", "br", "gzip, gzip", "[", "http://[::1", "evil.example:99999999", "a, b, c", "sid=x; sid", 'sid="\\', "bytes=0-", "100-continue", "updateMru=TRUE", "0ABc", "01Q000000000001AAA", "client=x/y, z=", "api-usage=a", "a" * 4_000,
)  # fmt: skip
HEADERS = (
    "Content-Type", "Accept", "Authorization", "X-SFDC-Session", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "Sforce-Query-Options", "Sforce-Call-Options", "Sforce-Auto-Assign", "Sforce-Duplicate-Rule-Header", "Sforce-Mru", "Sforce-Enable-PKChunking",
    "Sforce-Limit-Info", "Sforce-Disable-Batch-Retry", "Sforce-Line-Ending", "X-PrettyPrint", "Accept-Encoding", "Content-Encoding", "Transfer-Encoding", "Host", "X-Forwarded-Host", "X-Forwarded-Proto", "Cookie", "SOAPAction", "Accept-Language", "Expect", "Range", "Origin", "X-SFDC-Packageversion-clientPackage", "X-HTTP-Method-Override", "Package-Version",
)  # fmt: skip
MEDIA = (
    "application/json", "application/json; charset=UTF-8", "application/xml", "text/xml", "text/csv", "text/csv; charset=ISO-8859-1", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "multipart/form-data", "text/plain", "zip/csv", "",
)  # fmt: skip
QUERIES = (
    "", "", "", "q=SELECT%20Id%20FROM%20Account", "q=FIND%20%7BAcme%7D", "q=%", "q=%ff", "q=x&sobject=Account", "ids=ACCOUNT,CONTACT&allOrNone=true", "ids=x", "ids=ACCOUNT,ACCOUNT&allOrNone=maybe", "fields=Id,Name", "fields=,", "fields=Nope", "start=2026-01-05T00%3A00%3A00Z&end=2026-01-06T00%3A00%3A00Z", "start=x&end=y", "start=9999-12-31T23:59:59-14:00&end=0001-01-01T00:00:00%2B14:00",
    "_HttpMethod=PATCH", "_HttpMethod=GET", "_HttpMethod=DELETE", "_HttpMethod=%00", "limit=x", "limit=²", "limit=%C2%B2", "limit=99999999999999999999", "maxRecords=%C2%B2", "maxRecords=99999999999999999999999&locator=x", "locator=MQ", "locator=OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "queryLocator=OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "maxRecords=18446744073709551616", "locator=%ff", "explain=SELECT%20Id%20FROM%20Account", "queryLocator=%C2%B2", "jobType=V2Ingest&concurrencyMode=parallel&isPkChunkingEnabled=maybe", "updateOnly=maybe", "sObjects=Account,Nope", "recordIds=x", "token=TOKEN", "access_token=TOKEN", "format=xml", "oauth_token=x",
    "&".join(FORMS[:2]), *FORMS,
)  # fmt: skip
GOOD_QUERIES = {
    "query": ("q=SELECT%20Id%20FROM%20Account", "explain=SELECT%20Id%20FROM%20Account"),
    "queryAll": ("q=SELECT%20Id%20FROM%20Account",),
    "search": ("q=FIND%20%7BAcme%7D", "q=FIND%20%7BAcme%7D%20IN%20NAME%20FIELDS%20RETURNING%20Account(Id,Name%20WHERE%20Name%20!=%20null%20LIMIT%203)"),
    "parameterizedSearch": ("q=Acme&sobject=Account&Account.fields=Id,Name&Account.limit=3&in=NAME",),
    "searchSuggestions": ("q=Acm&sobject=Account&fields=Id,Name&limit=3&where=Name%20!=%20null", "q=Acm&sobject=Account"),
    "getUpdated": ("start=2026-01-05T00%3A00%3A00Z&end=2026-01-05T09%3A00%3A00Z",),
    "getDeleted": ("start=2026-01-05T00%3A00%3A00Z&end=2026-01-05T09%3A00%3A00Z",),
    "getRecords": ("ids=ACCOUNT,OTHER&fields=Id,Name",),
    "getRecord": ("fields=Id,Name,Owner.Name",),
    "deleteRecords": ("ids=ACCOUNT,OTHER&allOrNone=true", "ids=CONTACT,TASK"),
    "compactLayouts": ("q=Account,Contact",),
    "getQueryResults": ("maxRecords=1", "locator=MQ&maxRecords=2"),
    "recent": ("limit=5",),
    "listViewResults": ("limit=5&offset=1",),
}  # fmt: skip
WORDS = ("ACCOUNT", "CONTACT", "OTHER", "USER", "TASK", "LEAD", "x", "%00", "²", "é", "Name", "Key__c", "k", "Id", "001000000000001AAA", "..", "%2e", "'", "Nope", "describe", "User", "a" * 300, "01gxxxx-2000", "7500000000000AA", "\ufffe", "😀")  # fmt: skip
OBJECTS = ("Account", "Contact", "Task", "Event", "Lead", "User", "ContentVersion", "Opportunity", "Case", "Note", "Attachment", "account", "Nope", "CampaignMember", "ContentDocumentLink", "EventRelation", "OpportunityLineItem", "AccountHistory", "Group", "Document", "TaskRelation", "é")  # fmt: skip
