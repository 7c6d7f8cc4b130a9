"""Passwords of users, and users that cannot be deleted."""

from __future__ import annotations

from typing import Any

import pytest

GUIDE = ("documented", "REST API Developer Guide v66, sObject User Password")


def ada(org: Any) -> str:
    found: str = org.soql("SELECT Id FROM User ORDER BY Id LIMIT 1")[0]["Id"]
    return found


def log_in(org: Any, password: str) -> Any:
    """The SOAP answer to a log-in of the administrator."""
    body = (
        '<env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/"><env:Body>'
        '<n1:login xmlns:n1="urn:partner.soap.sforce.com"><n1:username>admin@understudy.example</n1:username>'
        f"<n1:password>{password}</n1:password></n1:login></env:Body></env:Envelope>"
    ).encode()
    headers = {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": "login"}
    return org.post("/services/Soap/u/60.0", data=body, headers=headers)


@pytest.mark.evidence(*GUIDE)
def test_set_and_log_in(org: Any) -> None:
    """204 without a body; the new password opens, the old one does not."""
    path = f"/sobjects/User/{ada(org)}/password"
    assert {"isExpired": False} == org.get(path).json
    answer = org.post(path, {"NewPassword": "fresh12345"})
    assert (204, b"") == (answer.status, answer.body)
    assert 200 == log_in(org, "fresh12345").status
    assert 500 == log_in(org, "understudy-1").status
    assert org.row("User", ada(org))["LastPasswordChangeDate"] is not None


@pytest.mark.evidence(*GUIDE)
def test_reset(org: Any) -> None:
    """A password in the answer; a session opened with it can do nothing but set another."""
    user = ada(org)
    made = org.delete(f"/sobjects/User/{user}/password")
    assert (200, ["NewPassword"]) == (made.status, list(made.json))
    assert {"isExpired": True} == org.get(f"/sobjects/User/{user}/password").json
    answer = log_in(org, made.json["NewPassword"])
    assert "<passwordExpired>true</passwordExpired>" in answer.text
    org.token = answer.text.partition("<sessionId>")[2].partition("</sessionId>")[0]
    assert "INVALID_OPERATION_WITH_EXPIRED_PASSWORD" == org.get("/limits").error[1]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"NewPassword": "onlyletters"}, "Your password must have a mix of letters and numbers."),
        ({"NewPassword": "a1"}, "Your password must be at least 8 characters long."),
        ({"NewPassword": "understudy-1"}, "invalid repeated password"),
        ({}, "NewPassword is required"),
        ([], "NewPassword is required"),
    ],
)
@pytest.mark.evidence("documented", "the sample refusal is documented; the other texts are reported or assumed")
def test_refused(org: Any, body: Any, text: str) -> None:
    """Too short, too simple, the same again; the error has no fields."""
    answer = org.post(f"/sobjects/User/{ada(org)}/password", body)
    assert (400, "INVALID_NEW_PASSWORD", text) == answer.error
    assert ["message", "errorCode"] == list(answer.json[0])


@pytest.mark.evidence("assumed", "answers for a user that is none")
def test_no_such_user(org: Any) -> None:
    """An id of nobody, or of something else."""
    for record_id in ("005Ud00000000zzIAA", "001Ud0000000001IAA", "x"):
        assert 404 == org.get(f"/sobjects/User/{record_id}/password").status


@pytest.mark.evidence("documented", "Object Reference v62, User: no delete call; deactivate instead")
def test_users_are_deactivated(org: Any) -> None:
    """DELETE is refused; IsActive can be taken away, and then nobody logs in."""
    user = org.soql("SELECT Id FROM User ORDER BY Id")[1]["Id"]
    assert "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY" == org.delete(f"/sobjects/User/{user}").error[1]
    assert 204 == org.patch(f"/sobjects/User/{user}", {"IsActive": False}).status
    assert not org.row("User", user)["IsActive"]
