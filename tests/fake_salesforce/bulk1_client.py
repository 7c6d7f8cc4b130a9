"""A client of Bulk API 1.0 that is nothing but HTTP: XML by default, JSON where a test asks for it."""

from __future__ import annotations

import json as jsonlib
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import Any

NAMESPACE = "http://www.force.com/2009/06/asyncapi/dataload"
XML = "application/xml; charset=UTF-8"
JSON = "application/json"


def leaves(text: str) -> dict[str, str]:
    """The elements of an XML answer that hold text, by local name; of a repeated one the last."""
    return {each.tag.rpartition("}")[2]: each.text or "" for each in ET.fromstring(text).iter() if not len(each)}


@dataclass
class Bulk:
    """Requests below `/services/async/60.0` with a session of the administrator."""

    org: Any
    version: str = "60.0"

    def __call__(self, method: str, path: str, body: bytes | str = b"", media: str = XML, **headers: str) -> Any:
        data = body.encode() if isinstance(body, str) else body
        given = {"X-SFDC-Session": self.org.token, "Authorization": "", **headers}
        if data:
            given["Content-Type"] = media
        return self.org.call(method, f"/services/async/{self.version}{path}", data=data, headers=given)

    def job(self, operation: str, sobject: str, *, form: str = "CSV", key: str = "", **headers: str) -> str:
        """The id of a new job."""
        external = f"<externalIdFieldName>{key}</externalIdFieldName>" if key else ""
        answer = self(
            "POST",
            "/job",
            f'<?xml version="1.0" encoding="UTF-8"?><jobInfo xmlns="{NAMESPACE}"><operation>{operation}</operation>'
            f"<object>{sobject}</object>{external}<concurrencyMode>Parallel</concurrencyMode>"
            f"<contentType>{form}</contentType></jobInfo>",
            **headers,
        )
        assert 201 == answer.status, answer.text
        return leaves(answer.text)["id"]

    def batch(self, job: str, body: bytes | str, media: str = "text/csv") -> str:
        """The id of a new batch."""
        answer = self("POST", f"/job/{job}/batch", body, media)
        assert 201 == answer.status, answer.text
        found = re.search(r"751[0-9A-Za-z]{15}", answer.text)
        assert found is not None
        return found[0]

    def state(self, job: str, batch: str) -> str:
        found: str = self.info(job, batch)["state"]
        return found

    def info(self, job: str, batch: str) -> dict[str, Any]:
        """The batchInfo, whichever form it has."""
        answer = self("GET", f"/job/{job}/batch/{batch}")
        assert 200 == answer.status, answer.text
        found: dict[str, Any] = jsonlib.loads(answer.text) if answer.text.startswith("{") else leaves(answer.text)
        return found

    def finish(self, job: str, batch: str) -> dict[str, Any]:
        """The batchInfo after as many looks as a polling client needs."""
        for _ in range(3):
            found = self.info(job, batch)
            if found["state"] not in {"Queued", "InProgress"}:
                return found
        raise AssertionError(found)

    def result(self, job: str, batch: str) -> Any:
        """The answer with the results."""
        self.finish(job, batch)
        return self("GET", f"/job/{job}/batch/{batch}/result")

    def close(self, job: str, state: str = "Closed") -> Any:
        return self("POST", f"/job/{job}", f'<jobInfo xmlns="{NAMESPACE}"><state>{state}</state></jobInfo>')

    def load(self, operation: str, sobject: str, body: str, *, key: str = "", form: str = "CSV") -> Any:
        """One job with one batch: the answer with its results."""
        job = self.job(operation, sobject, key=key, form=form)
        media = {"CSV": "text/csv", "JSON": JSON, "XML": XML}[form]
        return self.result(job, self.batch(job, body, media))

    def select(self, soql: str, sobject: str, *, form: str = "CSV", operation: str = "query") -> Any:
        """The rows of a query, as they came."""
        job = self.job(operation, sobject, form=form)
        batch = self.batch(job, soql)
        listed = self.result(job, batch)
        found = re.search(r"752[0-9A-Za-z]{12}", listed.text)
        assert found is not None, listed.text
        return self("GET", f"/job/{job}/batch/{batch}/result/{found[0]}")


def refused(answer: Any) -> tuple[int, str, str]:
    """Status, exceptionCode and exceptionMessage, in either form."""
    told = jsonlib.loads(answer.text) if answer.text.startswith("{") else leaves(answer.text)
    return answer.status, told["exceptionCode"], told["exceptionMessage"]
