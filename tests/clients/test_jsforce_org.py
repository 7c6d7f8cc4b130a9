"""jsforce 3 from npm, unmodified: describes, layouts, search, composites, passwords, and what is not faked."""

from __future__ import annotations

from tests.clients.served import Served, jsforce


def test_describes_and_their_caches(served_both: Served) -> None:
    """describe, describe$, describe$$ of the connection and of an object; layouts, compact layouts and list views."""
    told = jsforce(
        served_both,
        """
        const conn = session();
        const Account = conn.sobject('Account');
        const everything = await conn.describeGlobal$();
        const cached = [await conn.describe$('Account'), conn.describe$$('Account'), await Account.describe$(),
                        Account.describe$$()];
        const same = await conn.request({method: 'GET', url: '/sobjects/Account/describe',
          headers: {'If-Modified-Since': new Date(Date.now() + 86400e3).toUTCString()}});
        const layouts = await Account.layouts(), compact = await Account.compactLayouts$();
        const {listviews} = await Account.listviews();
        const view = Account.listview(listviews[0].id);
        const made = await Account.create({Name: 'Listed'});
        return {many: everything.sobjects.length, known: 'Contact' in conn.sobjects,
                identical: cached.every((one) => one === cached[0]), same, layouts: layouts.layouts.length,
                compact: compact.compactLayouts.length, approval: await Account.approvalLayouts(),
                columns: (await view.describe()).columns.length, rows: (await view.results()).records.length,
                plans: (await view.explain()).plans.length};
        """,
    )
    assert told["many"] > 40
    assert told["known"] is told["identical"] is True
    assert told["same"] == "", "304, without a body"
    assert all(told[name] > 0 for name in ("layouts", "compact", "columns", "rows", "plans"))


def test_search_recent_and_the_user(served_both: Served) -> None:
    """search, recent, identity, limits and the usage read from the header; passwords over SOAP; gzip."""
    told = jsforce(
        served_both,
        """
        const conn = session();
        const made = await conn.sobject('Account').create({Name: 'Quetzal Feathers'});
        const found = await conn.search('FIND {Quetzal} IN NAME FIELDS RETURNING Account(Id, Name)');
        await conn.query(`SELECT Id, Name FROM Account WHERE Id = '${made.id}' FOR VIEW`);
        const recent = [await conn.recent(), await conn.recent('Account'), await conn.recent('Account', 1),
                        await conn.recent(1), await conn.sobject('Account').recent()];
        const other = await conn.sobject('User').findOne({Username: {$ne: told.username}}, 'Id');
        await conn.soap.setPassword(other.Id, 'new password 12');
        const reset = await conn.soap.resetPassword(other.Id);
        const answer = await fetch(`${conn._baseUrl()}/limits`,
          {headers: {authorization: `Bearer ${conn.accessToken}`, 'accept-encoding': 'gzip'}});
        return {made: made.id, found: found.searchRecords, recent: recent.map((rows) => rows.map((one) => one.Id)),
                me: (await conn.identity()).username, reset: reset.password.length > 5,
                max: (await conn.limits()).DailyApiRequests.Max, usage: conn.limitInfo.apiUsage,
                zipped: answer.headers.get('content-encoding'), limits: (await answer.json()).DailyApiRequests.Max};
        """,
    )
    assert [one["Name"] for one in told["found"]] == ["Quetzal Feathers"]
    assert [rows[0] for rows in told["recent"]] == [told["made"]] * 5
    assert [len(told["recent"][number]) for number in (2, 3)] == [1, 1]
    assert told["me"] == served_both.words["username"]
    assert told["reset"] is True
    assert told["max"] == told["usage"]["limit"] == told["limits"]
    assert told["zipped"] == "gzip"


def test_composites_by_ones_own_requests(served_both: Served) -> None:
    """requestPost of composite, batch, tree and graph, as users of jsforce call them."""
    told = jsforce(
        served_both,
        """
        const conn = session();
        const data = `/services/data/v${conn.version}`;
        const parts = [{method: 'POST', url: `${data}/sobjects/Account`, referenceId: 'a', body: {Name: 'Composed'}},
                       {method: 'GET', url: `${data}/sobjects/Account/@{a.id}?fields=Name`, referenceId: 'b'}];
        const {compositeResponse} = await conn.requestPost('/composite', {allOrNone: true, compositeRequest: parts});
        const batch = await conn.requestPost('/composite/batch', {batchRequests: [
          {method: 'GET', url: `v${conn.version}/limits/recordCount?sObjects=Account`},
          {method: 'GET', url: `v${conn.version}/sobjects/Nope`}]});
        const tree = await conn.requestPost('/composite/tree/Account', {records: [
          {attributes: {type: 'Account', referenceId: 'r'}, Name: 'Tree'}]});
        const graph = await conn.requestPost('/composite/graph',
          {graphs: [{graphId: 'g', compositeRequest: parts.slice(0, 1)}]});
        return {composite: compositeResponse.map((one) => one.httpStatusCode), name: compositeResponse[1].body.Name,
                batch: batch.results.map((one) => one.statusCode), errors: batch.hasErrors,
                tree: tree.results[0].referenceId, graph: graph.graphs[0].isSuccessful};
        """,
    )
    assert (told["composite"], told["name"]) == ([201, 200], "Composed")
    assert (told["batch"], told["errors"]) == ([200, 404], True)
    assert (told["tree"], told["graph"]) == ("r", True)


def test_what_is_not_faked_says_so(served_both: Served) -> None:
    """Tooling, Apex, Metadata, Analytics, Chatter, approvals, quick actions, tabs, themes: the name is the error's."""
    told = jsforce(
        served_both,
        """
        const conn = session();
        const {tooling, apex, metadata, analytics, chatter, process: {rule, approval}} = conn;
        const quick = conn.sobject('Account').quickAction('LogCall'), me = chatter.resource('/users/me');
        const calls = {
          tooling: [() => tooling.query('SELECT Id FROM ApexClass'), () => tooling.executeAnonymous('x'),
            () => tooling.describeGlobal(), () => tooling.sobject('ApexClass').create({Name: 'x'}),
            () => tooling.runTestsSynchronous({}), () => tooling.completions()],
          apex: [() => apex.get('/x'), () => apex.post('/x', {}), () => apex.put('/x', {}), () => apex.patch('/x', {}),
            () => apex.delete('/x')],
          metadata: [() => metadata.describe(), () => metadata.list({type: 'CustomObject'}),
            () => metadata.read('CustomObject', 'A__c'), () => metadata.create('CustomObject', {fullName: 'A__c'}),
            () => metadata.deploy('UEs=', {}), () => metadata.deployRest(Buffer.from('PK'), {}),
            () => metadata.retrieve({apiVersion: '60.0'}).complete()],
          analytics: [() => analytics.reports(), () => analytics.report('00O').execute(), () => analytics.dashboards()],
          chatter: [() => me.retrieve(), () => me.update({}), () => chatter.batch([me.retrieve()])],
          process: [() => rule.list(), () => rule.trigger('001'), () => approval.list(),
            () => approval.request([approval.submit('001', 'x')])],
          ui: [() => conn.tabs(), () => conn.theme(), () => conn.quickActions(), () => conn.quickAction('X').describe(),
            () => conn.sobject('Account').quickActions(), () => quick.describe(), () => quick.defaultValues(),
            () => quick.execute('001', {})],
        };
        const out = {};
        for (const [name, each] of Object.entries(calls)) {
          const found = [];
          for (const call of each) found.push((await refused(call)).name);
          out[name] = found;
        }
        return out;
        """,
    )
    names = {name for each in told.values() for name in each}
    assert names == {"NOT_FAKED", "sf:NOT_FAKED"}, told
    assert {name for name, each in told.items() if "sf:NOT_FAKED" in each} == {"metadata"}


def test_streaming_is_refused_and_the_client_stops(served_tls: Served) -> None:
    """jsforce's own extension hears the refusal; without it the client stops asking and the process ends by itself."""
    told = jsforce(
        served_tls,
        """
        const {StreamingExtension} = require('jsforce/lib/api/streaming');
        const conn = session();
        const refusal = await new Promise((done) => {
          const client = conn.streaming.createClient([new StreamingExtension.AuthFailure(done)]);
          client.subscribe('/data/ChangeEvents', () => {});
        });
        let asked = 0;
        const alone = conn.streaming.createClient([{outgoing: (message, next) => { asked += 1; next(message); }}]);
        await new Promise((done) => {
          alone.addExtension({incoming: (message, next) => { next(message); done(); }});
          alone.subscribe('/topic/Own', () => {});
        });
        return {refusal, asked, channel: await refused(() => conn.streaming.channel('/u/own').push({payload: 'x'}))};
        """,
    )
    assert told["refusal"]["error"] == "501::NOT_FAKED"
    assert "change events are read from the control plane" in told["refusal"]["ext"]["sfdc"]["failureReason"]
    assert told["asked"] == 1
    assert told["channel"]["code"] == "INVALID_TYPE"
