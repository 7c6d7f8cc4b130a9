"""jsforce 3 from npm, unmodified, against `understudy serve` over https and http."""

from __future__ import annotations

from tests.clients.served import Served, jsforce


def test_log_in_with_a_password_over_soap(served_both: Served) -> None:
    told = jsforce(
        served_both,
        """
        const conn = new jsforce.Connection({loginUrl: told.url, version: told.api_version});
        const user = await conn.login(told.username, told.password + told.security_token);
        const me = await conn.identity();
        const instance = conn.instanceUrl, old = conn.accessToken;
        await conn.logout();
        return {user, me: me.user_id, org: me.organization_id, instance,
                after: await refused(() => session({accessToken: old}).query('SELECT Id FROM User'))};
        """,
    )
    assert told["user"]["id"] == told["me"]
    assert told["user"]["organizationId"] == told["org"]
    assert told["after"]["code"] == "INVALID_SESSION_ID"


def test_rows_one_at_a_time_and_many(served_both: Served) -> None:
    told = jsforce(
        served_both,
        """
        const conn = session();
        const Account = conn.sobject('Account');
        const made = await Account.create({Name: 'One'});
        const many = await Account.create([{Name: 'Two'}, {Name: ''}, {Name: 'Three'}]);
        const one = await Account.retrieve(made.id);
        const both = await Account.retrieve([made.id, many[0].id]);
        const changed = await Account.update({Id: made.id, Name: 'Uno'});
        const first = await Account.upsert({Ext__c: 'e1', Name: 'Ext'}, 'Ext__c');
        const second = await Account.upsert([{Ext__c: 'e1', Name: 'Ext 2'}, {Ext__c: 'e2', Name: 'New'}], 'Ext__c');
        const gone = await Account.destroy([made.id, many[0].id, many[2].id]);
        return {made, many, one, both, changed, first, second, gone,
                again: await refused(() => Account.destroy(made.id)),
                missing: await refused(() => Account.retrieve(made.id))};
        """,
    )
    assert told["made"]["success"] is True
    assert [each["success"] for each in told["many"]] == [True, False, True]
    assert told["many"][1]["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"
    assert told["one"]["Name"] == "One"
    assert [each["Name"] for each in told["both"]] == ["One", "Two"]
    assert told["changed"] == {"id": told["made"]["id"], "success": True, "errors": []}
    assert told["first"]["created"] is True
    assert [each["created"] for each in told["second"]] == [False, True]
    assert all(each["success"] for each in told["gone"])
    assert told["again"]["code"] == "ENTITY_IS_DELETED"
    assert told["missing"]["code"] == "NOT_FOUND"


def test_queries_fetch_page_after_page(served_both: Served) -> None:
    told = jsforce(
        served_both,
        """
        const conn = session();
        const rows = Array.from({length: 450}, (_, n) => ({LastName: `Page ${n}`}));
        for (const part of [0, 200, 400]) await conn.sobject('Contact').create(rows.slice(part, part + 200));
        const soql = "SELECT Id, LastName FROM Contact WHERE LastName LIKE 'Page %' ORDER BY LastName";
        const page = await conn.query(soql, {headers: {'Sforce-Query-Options': 'batchSize=200'}});
        const all = [];
        const small = {headers: {'Sforce-Query-Options': 'batchSize=200'}};
        const query = conn.query(soql, {autoFetch: true, maxFetch: 1000, ...small});
        query.on('record', (one) => all.push(one.LastName));
        await new Promise((done, fail) => query.on('end', done).on('error', fail).run());
        const found = await conn.sobject('Contact').find({LastName: {$like: 'Page 1%'}}, 'LastName').limit(5).execute();
        const count = await conn.sobject('Contact').count({LastName: {$like: 'Page %'}});
        return {size: page.totalSize, first: page.records.length, all: new Set(all).size, found: found.length, count,
                wrong: await refused(() => conn.query('SELECT Bacon__c FROM Account'))};
        """,
    )
    assert (told["size"], told["first"], told["all"]) == (450, 200, 450)
    assert (told["found"], told["count"]) == (5, 450)
    assert told["wrong"]["code"] == "INVALID_FIELD"


def test_describes_limits_versions_and_requests_of_ones_own(served_both: Served) -> None:
    told = jsforce(
        served_both,
        """
        const conn = session();
        const version = await conn.request('/services/data');
        const everything = await conn.describeGlobal();
        const account = await conn.describe('Account');
        const limits = await conn.limits();
        const updated = await conn.sobject('Account').updated(new Date(Date.now() - 3600e3), new Date());
        const deleted = await conn.sobject('Account').deleted(new Date(Date.now() - 3600e3), new Date());
        return {versions: version.length, many: everything.sobjects.length, fields: account.fields.length,
                max: limits.DailyApiRequests.Max, usage: conn.limitInfo.apiUsage, updated: updated.latestDateCovered,
                deleted: deleted.earliestDateAvailable};
        """,
    )
    assert told["versions"] > 30
    assert told["many"] >= 18
    assert told["fields"] > 50
    assert told["usage"]["limit"] == told["max"]
    assert told["updated"].endswith("+0000")
    assert told["deleted"].endswith("+0000")
