"""What becomes of a pair of which one record was deleted: it comes back, or a person gives the survivor a new one."""

from __future__ import annotations

import pytest
from tests.crm_sync.both import BOTH, KEY_FIELD, OFF, SEND, SF, Both


def undelete(both: Both, sf_id: str) -> None:
    """Somebody takes it out of the bin; REST has no call for that, SOAP has."""
    token = both.salesforce.credentials(SF)["access_token"]
    body = (
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns:urn="urn:partner.soap.sforce.com"><soapenv:Header><urn:SessionHeader>'
        f"<urn:sessionId>{token}</urn:sessionId></urn:SessionHeader></soapenv:Header><soapenv:Body>"
        f"<urn:undelete><urn:ids>{sf_id}</urn:ids></urn:undelete></soapenv:Body></soapenv:Envelope>"
    )
    headers = {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""'}
    answer = both.session.post(f"{SF}/services/Soap/u/60.0", data=body.encode(), headers=headers)
    assert "<success>true</success>" in answer.text, answer.text


def later(both: Both) -> None:
    """Newer records on both sides, so that no scan shows the older ones by its overlap."""
    both.clock.advance(3_600)
    both.sf_task(Subject="Newer in Salesforce")
    both.ph_task(action="Newer in Planhat")
    both.run()
    both.run()
    both.clock.advance(3_600)


def pair(both: Both) -> tuple[str, str]:
    """A Salesforce Task and its Planhat Task."""
    sf_id = both.sf_task(Subject="Agreed")
    both.settle()
    (task,) = [one["_id"] for one in both.ph_tasks()]
    return sf_id, task


def settle(both: Both, task: str, sf_id: str) -> tuple[str, str]:
    """What both say in the end."""
    both.settle()
    return both.sf_get(sf_id)["Subject"], both.ph_get("tasks", task)["action"]


@pytest.mark.rule("P25", "F15", "I1", "I5")
def test_what_planhat_wrote_meanwhile_arrives_when_the_task_is_back(both: Both) -> None:
    """A tombstone keeps the pair: an edit of the survivor is not passed over for good."""
    sf_id, task = pair(both)
    both.sf_delete(sf_id)
    both.run()
    both.ph_edit("tasks", task, action="Edited meanwhile")
    both.run()
    later(both)
    undelete(both, sf_id)

    assert ("Edited meanwhile", "Edited meanwhile") == settle(both, task, sf_id)


@pytest.mark.rule("P25", "F15", "I5")
def test_a_section_that_only_sends_finds_that_the_task_is_back(both: Both) -> None:
    """Nobody scans Salesforce there: the next edit asks."""
    both.configure(task=SEND, conversation=OFF)
    task = both.ph_task(action="Sent")
    both.settle()
    sf_id = both.sf_tasks()[0]["Id"]
    both.sf_delete(sf_id)
    both.run()
    both.ph_edit("tasks", task, action="Edited meanwhile")
    both.settle()
    undelete(both, sf_id)
    both.ph_edit("tasks", task, description="<p>Edited now</p>")

    assert ("Edited meanwhile", "Edited meanwhile") == settle(both, task, sf_id)
    assert "Edited now" == both.sf_get(sf_id)["Description"]


@pytest.mark.rule("P8", "P9", "P25", "I6")
@pytest.mark.parametrize("noticed", [True, False])
@pytest.mark.parametrize("characters", [15, 18])
def test_a_task_made_anew_takes_the_place_of_a_deleted_one(both: Both, noticed: bool, characters: int) -> None:
    """The Planhat Task was deleted, a person makes another and types the id: that names the Salesforce Task."""
    sf_id, task = pair(both)
    later(both)
    both.ph_delete("tasks", task)
    if noticed:
        both.sf_edit(sf_id, Description="Noticed")
        both.run()
    anew = both.ph_task(action="Made anew", sourceId=sf_id[:characters])

    assert ("Made anew", "Made anew") == settle(both, anew, sf_id)
    both.sf_edit(sf_id, Subject="Edited in Salesforce")
    assert ("Edited in Salesforce", "Edited in Salesforce") == settle(both, anew, sf_id)
    both.ph_edit("tasks", anew, action="Edited in Planhat")
    assert ("Edited in Planhat", "Edited in Planhat") == settle(both, anew, sf_id)


@pytest.mark.rule("P7", "P8", "P25")
def test_a_conversation_made_anew_takes_the_place_of_a_deleted_one(both: Both) -> None:
    """The Planhat Task of the activity is still there, and so is the pair."""
    sf_id, task = pair(both)
    both.ph_done(task)
    both.settle()
    both.ph_delete("conversations", task)
    both.sf_edit(sf_id, Description="Noticed")
    both.settle()
    anew = both.ph_conversation(subject="Made anew", externalId=sf_id)
    both.settle()
    both.sf_edit(sf_id, Subject="Edited in Salesforce")
    both.settle()

    assert "Edited in Salesforce" == both.ph_get("conversations", anew)["subject"]


@pytest.mark.rule("P9", "P25", "I4", "I5")
def test_a_survivor_that_is_given_to_another_task(both: Both) -> None:
    """The Salesforce Task was deleted, a person types the id of another into the survivor: a pair like any other."""
    sf_id, task = pair(both)
    both.sf_delete(sf_id)
    both.run()
    later(both)
    other = both.sf_task(Subject="Another")
    both.clock.advance(60)
    both.ph_edit("tasks", task, action="Mine", sourceId=other)

    report = both.run()

    assert ["Another"] == [one.losing_value for one in report.conflicts if one.field == "subject"]
    assert ("Mine", "Mine") == settle(both, task, other)
    both.sf_edit(other, Subject="Edited")
    assert ("Edited", "Edited") == settle(both, task, other)


@pytest.mark.rule("P25", "F13", "I6")
@pytest.mark.parametrize("edited", [False, True])
def test_what_planhat_deleted_is_not_made_again_when_nobody_remembers(both: Both, edited: bool) -> None:
    """The Salesforce Task says by its key whose it is: that one is gone, and a lost memory does not bring it back."""
    both.sf_options = {"external_id_field": KEY_FIELD}
    both.configure(task=BOTH)
    task = both.ph_task(action="Deleted by its user")
    both.ph_task(action="Kept")
    both.settle()
    (deleted,) = [row["Id"] for row in both.sf_tasks() if row["Subject"] == "Deleted by its user"]
    both.ph_delete("tasks", task)
    both.settle()

    both.state = type(both.state)()
    report = both.run()
    if edited:
        both.sf_edit(deleted, Subject="Edited since")
    both.settle()

    assert ["Kept"] == [one["action"] for one in both.ph_tasks()]
    assert {"the Task it was made for was deleted; this one stays": 1} == dict(report.section("Task:Task").skipped)
    assert 2 == len(both.sf_tasks())


@pytest.mark.rule("P9", "P29", "F37")
@pytest.mark.parametrize("characters", [15, 18])
def test_a_pair_that_was_typed_before_the_section_sends_is_taken_as_it_is(both: Both, characters: int) -> None:
    """To switch the section on writes nothing; an edit goes over."""
    both.configure(task=OFF, conversation=OFF)
    both.settle()
    sf_id = both.sf_task(Subject="Salesforce")
    task = both.ph_task(action="Planhat", sourceId=sf_id[:characters])
    both.settle()
    both.configure(task=SEND, conversation=OFF)
    assert ("Salesforce", "Planhat") == settle(both, task, sf_id)

    both.ph_edit("tasks", task, action="Edited")
    assert ("Edited", "Edited") == settle(both, task, sf_id)
