"""jsforce 3 from npm, unmodified: Bulk API 2.0 whole, and the jobs, batches and shortcuts of Bulk API 1.0.

What `bulk.load` and `bulk.query` do is in test_bulk1.py.
"""

from __future__ import annotations

from tests.clients.served import Served, jsforce


def test_loading_with_bulk_2(served_both: Served) -> None:
    """loadAndWaitForResults of rows, of CSV and of a stream; query and scanAll; what cannot be is told."""
    told = jsforce(
        served_both,
        """
        const conn = session();
        const {Readable} = require('stream');
        const load = (operation, input, more = {}) => conn.bulk2.loadAndWaitForResults(
          {object: 'Account', operation, input, pollInterval: 100, ...more});
        const text = 'Line 1\\n"2", é';
        const made = await load('insert', [{Name: 'J2 a', Ext__c: 'j2a', Site: text}, {Name: 'J2 b', Ext__c: 'j2b'},
                                           {Ext__c: 'j2c'}]);
        const upserted = await load('upsert', [{Ext__c: 'j2a', Name: 'J2 A', Site: null}, {Ext__c: 'j2n', Name: 'N'}],
                                    {externalIdFieldName: 'Ext__c'});
        const csv = await load('insert', 'Name,Ext__c\\nJ2 csv,j2d\\n');
        const stream = await load('insert', Readable.from(['Name,Ext__c\\n', 'J2 stream,', 'j2e\\n']));
        const soql = "SELECT Id, Ext__c, Site, CreatedDate FROM Account WHERE Ext__c LIKE 'j2%' ORDER BY Ext__c";
        const find = async (more = {}) => (await conn.bulk2.query(soql, {pollInterval: 100, ...more})).toArray();
        const rows = await find();
        const changed = await load('update', rows.map(({Id}) => ({Id, Site: text})));
        const again = await find();
        const gone = await load('delete', rows.slice(1).map(({Id}) => ({Id})));
        const hard = await load('hardDelete', [{Id: rows[0].Id}]);
        return {made, upserted, csv, stream, rows, changed, again, gone: gone.successfulResults.length,
                hard: hard.successfulResults.length, left: (await find()).length,
                binned: (await find({scanAll: true})).length,
                column: await refused(() => load('insert', [{Nope__c: 'x'}])),
                object: await refused(() => load('insert', [{Name: 'x'}], {object: 'Nope__c'})),
                soql: await refused(() => conn.bulk2.query('SELECT Nope FROM Account'))};
        """,
    )
    made, upserted = told["made"], told["upserted"]
    assert [one["sf__Created"] for one in made["successfulResults"]] == ["true", "true"]
    assert made["failedResults"][0]["sf__Error"].startswith(
        "REQUIRED_FIELD_MISSING:Required fields are missing: [Name]"
    )
    assert made["unprocessedRecords"] == []
    assert [one["sf__Created"] for one in upserted["successfulResults"]] == ["false", "true"]
    assert [len(told[name]["successfulResults"]) for name in ("csv", "stream", "changed")] == [1, 1, 5]
    assert [row["Ext__c"] for row in told["rows"]] == ["j2a", "j2b", "j2d", "j2e", "j2n"]
    assert told["rows"][0]["Site"] == "", "set to null"
    assert {row["Site"] for row in told["again"]} == {'Line 1\n"2", é'}
    assert (told["gone"], told["hard"], told["left"], told["binned"]) == (4, 1, 0, 4)
    assert "InvalidBatch : Field name not found : Nope__c" in told["column"]["message"]
    assert told["object"]["code"] == "INVALIDJOB"
    assert told["soql"]["code"] == "INVALID_FIELD"


def test_jobs_of_bulk_2(served_both: Served) -> None:
    """open, uploadData, close, poll, check, results, abort and delete of a job; a job known by its id; events."""
    told = jsforce(
        served_both,
        """
        const conn = session();
        const events = [];
        const heard = (job) => { for (const name of ['open', 'close', 'inProgress', 'jobComplete', 'aborted'])
                                   job.on(name, () => events.push(name)); return job; };
        const job = heard(conn.bulk2.createJob({object: 'Account', operation: 'insert', lineEnding: 'LF'}));
        await job.open();
        await job.uploadData([{Name: 'J2 job', Ext__c: 'jjob'}, {Ext__c: 'none'}]);
        await job.close();
        await job.poll(100, 20000);
        const info = await job.check();
        const good = await job.getSuccessfulResults(true), bad = await job.getFailedResults();
        const same = await conn.bulk2.job('ingest', {id: job.id}).getAllResults();
        await job.delete();
        const deleted = await refused(() => job.check());
        const open = heard(conn.bulk2.createJob({object: 'Account', operation: 'insert'}));
        await open.open();
        const early = await refused(() => open.poll(50, 5000));
        await open.abort();
        const late = await refused(() => open.poll(50, 5000));
        const {id} = await conn.requestPost('/jobs/query', {operation: 'query', query: 'SELECT Id FROM User'});
        const query = conn.bulk2.job('query', {id});
        await query.poll(100, 20000);
        const users = await (await query.result()).toArray();
        await query.delete();
        const stopped = await conn.requestPost('/jobs/query', {operation: 'query', query: 'SELECT Id FROM User'});
        const state = (await conn.bulk2.job('query', {id: stopped.id}).abort()).state;
        return {events: [...new Set(events)], info, good, bad, same, deleted, early, late, users: users.length, state};
        """,
    )
    assert [name for name in told["events"] if name != "inProgress"] == ["open", "close", "jobComplete", "aborted"]
    info = told["info"]
    assert (info["state"], info["numberRecordsProcessed"], info["numberRecordsFailed"]) == ("JobComplete", 2, 1)
    assert told["good"].splitlines()[0] == '"sf__Id","sf__Created","Name","Ext__c"'
    assert told["bad"][0]["Ext__c"] == "none"
    assert [len(told["same"][name]) for name in ("successfulResults", "failedResults", "unprocessedRecords")] == [
        1,
        1,
        0,
    ]
    assert told["deleted"]["code"] == "NOT_FOUND"
    assert "Job is still open" in told["early"]["message"]
    assert told["late"]["message"] == "Job has been aborted"
    assert (told["users"], told["state"]) == (2, "Aborted")


def test_jobs_and_shortcuts_of_bulk_1(served_both: Served) -> None:
    """createBulk, updateBulk, upsertBulk, deleteBulk and their kind; a batch on its own; abort."""
    told = jsforce(
        served_both,
        """
        const conn = session();
        const Account = conn.sobject('Account');
        conn.bulk.pollInterval = 100;
        const made = await Account.createBulk([{Name: 'B1', Ext__c: 'jb1'}, {Ext__c: 'jb2'}]);
        const keyed = [{Name: 'B1!', Ext__c: 'jb1'}, {Name: 'B3', Ext__c: 'jb3'}];
        const upserted = await Account.upsertBulk(keyed, 'Ext__c');
        const changed = await Account.updateBulk(upserted.map(({id}) => ({Id: id, Site: 'here'})));
        const text = [];
        const rows = await conn.bulk.query("SELECT Name, Site FROM Account WHERE Ext__c LIKE 'jb%' ORDER BY Name");
        for await (const part of rows.stream()) text.push(part);
        const gone = [await Account.deleteBulk([{Id: upserted[0].id}]),
                      await Account.deleteHardBulk([{Id: upserted[1].id}])];
        const job = conn.bulk.createJob('Account', 'insert', {concurrencyMode: 'Serial'});
        const batch = job.createBatch();
        const asked = new Promise((done, fail) => batch.on('queue', done).on('error', fail));
        batch.execute([{Name: 'B1 batch'}]);
        await asked;
        const answered = new Promise((done, fail) => batch.on('response', done).on('error', fail));
        batch.poll(100, 20000);
        const results = await answered;
        const again = await conn.bulk.job(job.id).batch(batch.id).retrieve();
        const states = [(await job.check()).state, (await batch.check()).state, (await job.list()).length];
        await job.close();
        states.push((await job.check()).state);
        const stopped = conn.bulk.createJob('Account', 'insert');
        await stopped.open();
        states.push((await stopped.abort()).state);
        return {made, upserted, changed, text: text.join(''), gone: gone.map(([one]) => one.success), results, again,
                states};
        """,
    )
    assert [one["success"] for one in told["made"]] == [True, False]
    assert [one["created"] for one in told["upserted"]] == [False, True]
    assert [one["success"] for one in told["changed"]] == [True, True]
    assert told["text"].splitlines() == ['"Name","Site"', '"B1!","here"', '"B3","here"']
    assert told["gone"] == [True, True]
    assert told["results"] == told["again"]
    assert told["states"] == ["Open", "Completed", 1, "Closed", "Aborted"]
