"""Log-in over HTTP: the SOAP login call and the OAuth endpoints that need no browser.

Rule 1: every URL in an answer keeps the scheme and host the client used.
Rule 2: SOAP answers use default-namespace elements: clients read them by tag name or by regex.
Source: simple-salesforce and jsforce (what they send and read); headers of the token endpoint are
recorded (OpenStax cassettes).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from fake_salesforce.errors import SalesforceError
from fake_salesforce.operations import login
from fake_salesforce.operations.login import SoapRefused
from fake_salesforce.routes.http import RESULT_CACHE, Answer, Call, read_body

SOAP_BYTES_MAX = 1_048_576  # a log-in is a few hundred bytes
_NAMESPACES = {"u": "partner", "c": "enterprise"}


# --- SOAP -------------------------------------------------------------------------------------------


def soap(call: Call, api: str, version: str, rest: str = "") -> Answer:
    """POST /services/Soap/u/NN.0 (partner) and /services/Soap/c/NN.0 (enterprise)"""
    del rest  # an org id may follow the version
    kind = _NAMESPACES[api]
    try:
        username, secret = _login_element(read_body(call.environ))
        host = (urlsplit(call.base_url).hostname or "").lower()
        session, user = login.soap_login(call.org, username=username, secret=secret, host=host)
    except SoapRefused as refused:
        return _fault(refused, kind)
    except SalesforceError as error:
        return _fault(SoapRefused("XML_PARSER_ERROR", why=error.message), kind)
    base = call.base_url
    words = _user_words(call, user) | {
        "kind": kind,
        "metadata": f"{base}/services/Soap/m/{version}/{call.org.org_id}",
        "server": f"{base}/services/Soap/{api}/{version}/{call.org.org_id}",
        "session": session.token,
        "sandbox": str(call.org.config.sandbox).lower(),
    }
    body = _LOGIN_RESPONSE.format_map({key: escape(str(one)) for key, one in words.items()})
    return _xml(body, 200)


def _login_element(body: bytes) -> tuple[str, str]:
    """(username, password) of a login envelope; raises SoapRefused."""
    if len(body) > SOAP_BYTES_MAX:
        raise SoapRefused("XML_PARSER_ERROR", why="too large")
    try:
        root: Element = fromstring(body)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise SoapRefused("XML_PARSER_ERROR", why=str(error)) from error
    envelope_body = next((one for one in root if _local(one) == "Body"), None)
    call = next(iter(envelope_body), None) if envelope_body is not None else None
    if call is None:
        raise SoapRefused("XML_PARSER_ERROR", why="no Body")
    if _local(call) != "login":
        raise SoapRefused("UNKNOWN_OPERATION", element=_local(call))
    words = {_local(one): one.text or "" for one in call}
    return words.get("username", ""), words.get("password", "")


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _fault(refused: SoapRefused, kind: str) -> Answer:
    words = {"kind": kind, "code": refused.code, "text": refused.text, "fault": refused.fault}
    return _xml(_FAULT.format_map({key: escape(one) for key, one in words.items()}), 500)


def _xml(body: str, status: int) -> Answer:
    headers = [("Content-Type", "text/xml;charset=UTF-8"), ("Cache-Control", RESULT_CACHE)]
    return Answer(body.encode(), status, headers)


def _user_words(call: Call, user: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "org": call.org.org_id,
        "org_name": call.org.config.name,
        "profile": user.get("ProfileId") or "000000000000000AAA",
        "seconds": call.org.sessions.seconds,
        "email": user.get("Email") or "",
        "full_name": user.get("Name") or "",
        "user": user["Id"],
        "username": user["Username"],
        "language": user.get("LanguageLocaleKey") or "en_US",
        "locale": user.get("LocaleSidKey") or "en_US",
        "timezone": user.get("TimeZoneSidKey") or call.org.config.timezone,
    }


_LOGIN_RESPONSE = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns="urn:{kind}.soap.sforce.com" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    "<soapenv:Body><loginResponse><result>"
    "<metadataServerUrl>{metadata}</metadataServerUrl><passwordExpired>false</passwordExpired>"
    "<sandbox>{sandbox}</sandbox><serverUrl>{server}</serverUrl><sessionId>{session}</sessionId>"
    "<userId>{user}</userId><userInfo><accessibilityMode>false</accessibilityMode>"
    "<chatterExternal>false</chatterExternal><currencySymbol>$</currencySymbol>"
    "<orgAttachmentFileSizeLimit>5242880</orgAttachmentFileSizeLimit>"
    "<orgDefaultCurrencyIsoCode>USD</orgDefaultCurrencyIsoCode>"
    "<orgDefaultCurrencyLocale>en_US</orgDefaultCurrencyLocale>"
    "<orgDisallowHtmlAttachments>false</orgDisallowHtmlAttachments>"
    "<orgHasPersonAccounts>false</orgHasPersonAccounts><organizationId>{org}</organizationId>"
    "<organizationMultiCurrency>false</organizationMultiCurrency>"
    "<organizationName>{org_name}</organizationName><profileId>{profile}</profileId>"
    '<roleId xsi:nil="true"/><sessionSecondsValid>{seconds}</sessionSecondsValid>'
    '<userDefaultCurrencyIsoCode xsi:nil="true"/><userEmail>{email}</userEmail>'
    "<userFullName>{full_name}</userFullName><userId>{user}</userId>"
    "<userLanguage>{language}</userLanguage><userLocale>{locale}</userLocale>"
    "<userName>{username}</userName><userTimeZone>{timezone}</userTimeZone>"
    "<userType>Standard</userType><userUiSkin>Theme3</userUiSkin></userInfo>"
    "</result></loginResponse></soapenv:Body></soapenv:Envelope>"
)
_FAULT = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:sf="urn:fault.{kind}.soap.sforce.com"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    "<soapenv:Body><soapenv:Fault><faultcode>sf:{code}</faultcode>"
    "<faultstring>{code}: {text}</faultstring>"
    '<detail><sf:{fault} xsi:type="sf:{fault}"><sf:exceptionCode>{code}</sf:exceptionCode>'
    "<sf:exceptionMessage>{text}</sf:exceptionMessage></sf:{fault}></detail>"
    "</soapenv:Fault></soapenv:Body></soapenv:Envelope>"
)
