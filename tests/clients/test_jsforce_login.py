"""jsforce 3 from npm, unmodified: every way in and out, and its SOAP calls, against `understudy serve`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.clients.conftest import ORG
from tests.clients.served import Served, jsforce, node_or_skip, serve, sf

CALLBACK = "http://localhost:1717/OauthRedirect"


def test_web_server_flow_with_pkce_and_refresh(served_both: Served) -> None:
    """getAuthorizationUrl, a person's log-in and yes, authorize(code); the refresh token renews a session."""
    told = jsforce(
        served_both,
        """
        const oauth2 = new jsforce.OAuth2({loginUrl: told.url, clientId: told.client_id,
                                           clientSecret: told.client_secret, redirectUri: told.callback,
                                           useVerifier: true});
        const url = oauth2.getAuthorizationUrl({state: 's p', scope: 'api refresh_token id'});
        const page = await (await fetch(url)).text();
        const form = new URLSearchParams({username: told.username, pw: told.password, decision: 'allow'});
        const answer = await fetch(url, {method: 'POST', body: form, redirect: 'manual'});
        const arrived = new URL(answer.headers.get('location')).searchParams;
        const conn = new jsforce.Connection({oauth2, version: told.api_version});
        const user = await conn.authorize(arrived.get('code'));
        const again = await refused(() => new jsforce.Connection({oauth2}).authorize(arrived.get('code')));
        const old = conn.accessToken;
        const refreshed = [];
        conn.on('refresh', (token) => refreshed.push(token));
        await oauth2.revokeToken(old);
        const count = (await conn.query('SELECT Id FROM User')).totalSize;
        await conn.logout(true);
        return {hasForm: page.includes('name="pw"'), state: arrived.get('state'), user, old, refreshed, count, again,
                now: refreshed[0], after: await refused(() => oauth2.refreshToken(conn.refreshToken || 'gone'))};
        """,
        callback=CALLBACK,
    )
    assert (True, "s p") == (told["hasForm"], told["state"])
    assert told["user"]["id"].startswith("005")
    assert told["refreshed"] != [told["old"]]
    assert len(told["refreshed"]) == 1
    assert told["count"] == 2
    assert (told["again"]["name"], told["again"]["message"]) == ("invalid_grant", "expired authorization code")
    assert told["after"]["name"] == "invalid_grant"


def test_password_flow_and_refresh_function(served_both: Served) -> None:
    """authorize with grant_type password; refreshFn is called for a dead session, over REST and over SOAP."""
    told = jsforce(
        served_both,
        """
        const oauth2 = new jsforce.OAuth2({loginUrl: told.url, clientId: told.client_id,
                                           clientSecret: told.client_secret});
        const first = new jsforce.Connection({oauth2, version: told.api_version});
        await first.authorize({grant_type: 'password', username: told.username,
                               password: told.password + told.security_token});
        const machine = new jsforce.Connection({oauth2, version: told.api_version});
        await machine.authorize({grant_type: 'client_credentials'});
        const calls = [];
        const conn = session({accessToken: 'dead', refreshFn: async (conn, callback) => {
          calls.push('refresh'); callback(null, told.access_token);
        }});
        const rest = (await conn.query('SELECT Id FROM User')).totalSize;
        conn.accessToken = 'dead again';
        const soap = await conn.soap.getUserInfo();
        return {me: (await first.identity()).username, machine: (await machine.identity()).username, calls, rest,
                soap: soap.userName,
                wrong: await refused(() => new jsforce.Connection({oauth2}).authorize(
                  {grant_type: 'password', username: told.username, password: 'no'})),
                login: await refused(() => new jsforce.Connection({loginUrl: told.url}).login(told.username, 'no'))};
        """,
    )
    assert told["me"] == told["soap"] == served_both.words["username"]
    assert told["machine"] != told["me"]
    assert (told["calls"], told["rest"]) == (["refresh", "refresh"], 2)
    assert (told["wrong"]["name"], told["wrong"]["message"]) == ("invalid_grant", "authentication failure")
    assert told["login"]["message"].startswith("INVALID_LOGIN: Invalid username, password, security token")


def test_soap_calls(served_both: Served) -> None:
    """Everything of jsforce's `soap` that an org's rows need."""
    told = jsforce(
        served_both,
        """
        const conn = session();
        const soap = conn.soap;
        const made = await soap.create([{type: 'Account', Name: 'S1', Phone: '1'}, {type: 'Account', Name: 'S2'},
                                        {type: 'Account'}]);
        const [one, two] = made.map((each) => each.id);
        const changed = await soap.update({type: 'Account', Id: one, Phone: null, Name: 'S1 & <b>'});
        const upserted = await soap.upsert('Ext__c', [{type: 'Account', Ext__c: 'soap', Name: 'S3'}]);
        const row = await conn.sobject('Account').retrieve(one);
        const gone = await soap.delete([one, two]);
        const back = await soap.undelete([one, two]);
        const merged = await soap.merge({masterRecord: {type: 'Account', Id: one}, recordToMergeIds: [two]});
        const lead = await conn.sobject('Lead').create({LastName: 'L', Company: 'C'});
        const converted = await soap.convertLead({leadId: lead.id, convertedStatus: 'Closed - Converted'});
        await soap.delete(one);
        const emptied = await soap.emptyRecycleBin([one]);
        const now = await soap.getServerTimestamp();
        const me = await soap.getUserInfo();
        return {made, changed, upserted, row, gone, back, merged, converted, emptied, now, me,
                tabs: await refused(() => soap.describeTabs())};
        """,
    )
    assert [each["success"] for each in told["made"]] == [True, True, False]
    assert told["made"][2]["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"
    assert told["changed"]["success"] is True
    assert (told["row"]["Name"], told["row"]["Phone"]) == ("S1 & <b>", None)
    assert (told["upserted"][0]["created"], told["upserted"][0]["success"]) == (True, True)
    assert [each["success"] for name in ("gone", "back", "emptied") for each in told[name]] == [True] * 5
    assert told["merged"]["mergedRecordIds"] == [told["made"][1]["id"]]
    assert told["converted"]["success"] is True
    assert told["converted"]["contactId"].startswith("003")
    assert told["me"]["sessionSecondsValid"] == 7_200
    assert told["now"]["timestamp"].endswith("Z")
    assert "NOT_FAKED" in told["tabs"]["message"]


@pytest.fixture(scope="module")
def served_with_key(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """An org with a connected app that holds the certificate of a key made now."""
    node_or_skip()
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    home = tmp_path_factory.mktemp("jwt")
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    (home / "client.pem").write_bytes(key.public_key().public_bytes(serialization.Encoding.PEM, form))
    (home / "client.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    app = {"client_id": "jwt.app", "client_secret": "s", "certificate": "client.pem"}
    words = "".join(f"{name} = {json.dumps(value)}\n" for name, value in app.items())
    (home / "org.toml").write_text(
        f'[[org.apps]]\n{words}approved_users = ["admin@understudy.example"]\n{ORG}', encoding="utf-8"
    )
    with serve(home / "served", "--org", str(home / "org.toml"), "--tls") as one:
        yield one, Path(home / "client.key")


def test_jwt_bearer(served_with_key: Any) -> None:
    """An assertion that node signs, traded for a session by jsforce's own token call."""
    served, key = served_with_key
    told = jsforce(
        served,
        """
        const {createSign} = require('crypto');
        const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
        const claims = {iss: 'jwt.app', sub: told.username, aud: told.url, exp: Math.floor(Date.now() / 1000) + 180};
        const text = `${part({alg: 'RS256'})}.${part(claims)}`;
        const signature = createSign('RSA-SHA256').update(text).sign(require('fs').readFileSync(told.key), 'base64url');
        const oauth2 = new jsforce.OAuth2({loginUrl: told.url});
        const grant = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
        const answer = await oauth2.requestToken({grant_type: grant, assertion: `${text}.${signature}`});
        const conn = session({accessToken: answer.access_token});
        return {me: (await conn.identity()).username, keys: Object.keys(answer),
                forged: await refused(() => oauth2.requestToken({grant_type: grant, assertion: `${text}.AAAA`}))};
        """,
        key=str(key),
    )
    assert told["me"] == "admin@understudy.example"
    assert told["keys"] == ["access_token", "scope", "instance_url", "id", "token_type"]
    assert told["forged"]["message"] == "invalid assertion"


@pytest.mark.nightly
def test_the_sf_command_line_logs_in_with_a_key(served_with_key: Any) -> None:
    """`sf org login jwt`: its assertion says milliseconds where seconds belong, and the vendor takes it."""
    served, key = served_with_key
    words = ["--client-id", "jwt.app", "--jwt-key-file", str(key), "--username", "admin@understudy.example"]
    told = sf(served, "org", "login", "jwt", *words, "--instance-url", served.url, "--json")
    assert told["result"]["username"] == "admin@understudy.example"
    limits = sf(served, "org", "list", "limits", "--target-org", words[-1], "--json")
    assert "DailyApiRequests" in {one["name"] for one in limits["result"]}
