"""jsforce 3 from npm, unmodified: every way of it to save, read and find rows, over https and http."""

from __future__ import annotations

from tests.clients.served import Served, jsforce


def test_more_rows_than_one_call_takes(served_both: Served) -> None:
    """create, update, retrieve, upsert and destroy of many: allowRecursive, allOrNone, and each result in its place."""
    told = jsforce(
        served_both,
        """
        const conn = session();
        const Contact = conn.sobject('Contact'), Account = conn.sobject('Account');
        const rows = Array.from({length: 401}, (_, n) => ({LastName: `Over ${n}`}));
        const over = await refused(() => Contact.create(rows));
        const many = await Contact.create(rows, {allowRecursive: true});
        const ids = many.map((one) => one.id);
        const changed = await Contact.update(ids.map((Id) => ({Id, Title: 'x'})), {allowRecursive: true});
        const read = await Contact.retrieve([ids[0], '003000000000000AAA', ids[400]], {fields: ['Id', 'Title']});
        const none = await Contact.insert([{LastName: 'never'}, {}], {allOrNone: true});
        const half = await Contact.create([...rows.slice(0, 199), {}, {LastName: 'Over b'}],
                                          {allOrNone: true, allowRecursive: true});
        const keys = Array.from({length: 201}, (_, n) => ({Ext__c: `over${n}`, Name: `Over ${n}`}));
        const upserted = await Account.upsert(keys, 'Ext__c', {allowRecursive: true});
        const twice = await Account.upsert([keys[0], {...keys[0], type: 'Account'}], 'Ext__c');
        const mixed = await conn.create(null, [{attributes: {type: 'Account'}, Name: 'Over'}, {type: 'Case'}]);
        const gone = await Contact.del([...ids, half[200].id], {allowRecursive: true});
        await Account.destroy(upserted.map((one) => one.id), {allowRecursive: true});
        const old = session({version: '40.0'}).sobject('Account');  // before collections: calls at the same time
        const aged = await old.create([{Name: 'Old 1'}, {}, {Name: 'Old 2'}]);
        const oldIds = [aged[0].id, aged[2].id];
        const aging = [await old.update(oldIds.map((Id) => ({Id, Site: 's'}))), await old.retrieve(oldIds),
                       await old.upsert([{Ext__c: 'old', Name: 'Old 3'}], 'Ext__c'), await old.destroy(oldIds)];
        return {over, many: many.length, changed: changed.filter((one) => one.success).length, read, none,
                half: half.slice(198), upserted: upserted.filter((one) => one.created).length, twice, aged, mixed,
                gone: gone.filter((one) => one.success).length, aging};
        """,
    )
    assert told["over"]["code"] == "EXCEEDED_ID_LIMIT"
    assert (told["many"], told["changed"], told["upserted"], told["gone"]) == (401, 401, 201, 402)
    assert [one and one["Title"] for one in told["read"]] == ["x", None, "x"]
    rolled, missing = "ALL_OR_NONE_OPERATION_ROLLED_BACK", "REQUIRED_FIELD_MISSING"
    assert [one["errors"][0]["statusCode"] for one in told["none"]] == [rolled, missing]
    assert [[one["statusCode"] for one in each["errors"]] for each in told["half"]] == [[rolled], [missing], []]
    assert [one["success"] for one in told["twice"]] == [True, False]
    assert "Duplicate external id specified" in told["twice"][1]["errors"][0]["message"]
    assert [one["id"][:3] for one in told["mixed"]] == ["001", "500"]
    assert [one["success"] for one in told["aged"]] == [True, False, True]
    assert told["aged"][1]["errors"][0]["errorCode"] == missing
    assert [one.get("success", one.get("Site")) for each in told["aging"] for one in each] == [
        True, True, "s", "s", True, True, True,
    ]  # fmt: skip


def test_one_row_by_reference(served_both: Served) -> None:
    """conn.sobject().record(): retrieve, update, destroy and blob; a file of many parts; request by every method."""
    told = jsforce(
        served_both,
        """
        const conn = session();
        const whole = async (stream) => { const parts = []; for await (const one of stream) parts.push(one);
                                          return Buffer.concat(parts).toString('hex'); };
        const made = await conn.sobject('Account').create({Name: 'Ref'});
        const one = conn.sobject('Account').record(made.id);
        await one.update({Site: 'here'});
        const read = await one.retrieve({fields: ['Site']});
        const note = await conn.create('Attachment', {Name: 'f', ParentId: made.id, Body: 'AAH/'});
        const body = await whole(conn.sobject('Attachment').record(note.id).blob('Body'));
        const file = await conn.create('ContentVersion',
          {Title: 'T', PathOnClient: 't.bin', VersionData: Buffer.from([0, 1, 255, 13, 10, 45, 45]).toString('base64')},
          {multipartFileFields: {VersionData: {filename: 't.bin', contentType: 'application/octet-stream'}}});
        const data = await whole(conn.sobject('ContentVersion').record(file.id).blob('VersionData'));
        const path = `/sobjects/Account/${made.id}`;
        await conn.requestPatch(path, {Site: 'there'});
        const got = await conn.requestGet(`${path}?fields=Site`);
        const put = await refused(() => conn.requestPut(path, {}));
        await conn.requestDelete(path);
        const gone = await refused(() => one.retrieve());
        const broken = await refused(() => conn.request({method: 'POST', url: '/sobjects/Account', body: '{',
                                                         headers: {'content-type': 'application/json'}}));
        const several = await refused(() => conn.sobject('Account').create({Name: 'x', Ext__c: 'y'.repeat(50)}));
        return {read, body, data, got, put, gone, broken, several};
        """,
    )
    assert (told["read"]["Site"], told["got"]["Site"]) == ("here", "there")
    assert (told["body"], told["data"]) == ("0001ff", "0001ff0d0a2d2d")
    codes = ["METHOD_NOT_ALLOWED", "NOT_FOUND", "JSON_PARSER_ERROR", "STRING_TOO_LONG"]
    assert [told[name]["code"] for name in ("put", "gone", "broken", "several")] == codes


def test_finding_rows(served_both: Served) -> None:
    """find, findOne, select, count with every kind of condition; children; pages, streams and events."""
    told = jsforce(
        served_both,
        """
        const conn = session();
        const Account = conn.sobject('Account'), Contact = conn.sobject('Contact');
        const [one, two] = await Account.create([{Name: 'Find one', Industry: 'Banking', AnnualRevenue: 5},
          {Name: "Find o'two", Industry: 'Energy'}]);
        await Contact.create(Array.from({length: 250}, (_, n) =>
          ({LastName: `Kid ${String(n).padStart(3, '0')}`, AccountId: n % 5 ? one.id : two.id})),
          {allowRecursive: true});
        const small = {headers: {'Sforce-Query-Options': 'batchSize=200'}};
        const names = (rows) => rows.map((row) => row.Name || row.LastName);
        const kids = {LastName: {$like: 'Kid %'}};
        const mine = {Name: {$like: 'Find o%'}};
        const soql = "SELECT Id, LastName FROM Contact WHERE LastName LIKE 'Kid %' ORDER BY LastName";
        const {Date: D} = jsforce;
        const out = {
          sorted: names(await Account.find(mine, 'Id, Name').sort({Name: -1}).limit(5)),
          skipped: names(await Account.find(mine, ['Name']).orderby('Name', 'DESC').offset(1)),
          conditions: names(await Account.find({$or: [{Industry: 'Energy'},
            {$and: [{AnnualRevenue: {$gte: 5}}, {AnnualRevenue: {$lt: 6}}, {Industry: {$in: ['Banking']}}]}],
            Name: {$nin: ['x'], $ne: null, $like: 'Find%'}, CreatedDate: {$gt: D.YESTERDAY}}, 'Name').sort('Name')),
          moment: names(await Account.find({...mine, CreatedDate:
            {$gte: D.toDateTimeLiteral(new Date(Date.now() - 3600e3))}}, 'Name').sort('Name')),
          quoted: names(await Account.find({Name: "Find o'two"}, 'Name')),
          nobody: await Account.findOne({Name: 'nobody at all'}, 'Id'),
          counted: await Contact.count(kids),
          selected: (await Account.select('Id, Name').where("Name LIKE 'Find o%'")).length,
          children: (await Account.find(mine, 'Id, Name').include('Contacts', kids, 'Id, LastName',
            {limit: 2, sort: '-LastName'}).end().sort('Name').execute()).map((row) => names(row.Contacts.records)),
          allChildren: (await conn.query("SELECT Id, (SELECT Id FROM Contacts) FROM Account WHERE Name LIKE 'Find o%'" +
            " ORDER BY Name DESC", {autoFetch: true, ...small})).records.map((row) => row.Contacts.records.length),
          included: (await Account.find({Name: 'Find one'}, 'Id')
            .includeChildren({Contacts: {fields: ['Id'], limit: 3}}))[0].Contacts.totalSize,
          most: (await Contact.find(kids, 'Id', {autoFetch: true, maxFetch: 230, ...small})).length,
          explained: Object.keys(await Account.find(mine, 'Id').explain()),
          csv: (await new Promise((done, fail) => { let text = ''; conn.query(soql + ' LIMIT 2').stream('csv')
            .on('data', (part) => { text += part; }).on('end', () => done(text)).on('error', fail); })),
        };
        const star = await Account.findOne({Name: 'Find one'}, '*, Owner.*');
        out.star = [star.Name, star.AnnualRevenue, star.Owner.Username];
        const page = await conn.query(soql, small);
        const more = await conn.queryMore(page.nextRecordsUrl);
        out.pages = [page.records.length, page.done, more.records.length, more.done, more.totalSize];
        await Contact.destroy(page.records[0].Id);
        out.scanned = [await Contact.count(kids), (await conn.query(soql, {scanAll: true})).totalSize];
        return out;
        """,
    )
    assert told["sorted"] == ["Find one", "Find o'two"]
    assert (told["skipped"], told["quoted"], told["nobody"]) == (["Find o'two"], ["Find o'two"], None)
    assert told["conditions"] == told["moment"] == ["Find o'two", "Find one"]
    assert (told["counted"], told["selected"], told["included"], told["most"]) == (250, 2, 3, 230)
    assert told["children"] == [["Kid 245", "Kid 240"], ["Kid 249", "Kid 248"]]
    assert told["allChildren"] == [200, 50]
    assert told["explained"] == ["plans", "sourceQuery"]
    assert [line.split(",")[1] for line in told["csv"].splitlines()] == ["LastName", "Kid 000", "Kid 001"]
    assert told["star"] == ["Find one", 5, served_both.words["username"]]
    assert told["pages"] == [200, False, 50, True, 250]
    assert told["scanned"] == [249, 250]


def test_changing_what_was_found(served_both: Served) -> None:
    """Query.update and Query.destroy: by template, by function, and over their thresholds through Bulk 1 and 2."""
    told = jsforce(
        served_both,
        """
        const conn = session();
        conn.bulk.pollInterval = conn.bulk2.pollInterval = 100;
        const Contact = conn.sobject('Contact');
        await Contact.create(Array.from({length: 30}, (_, n) => ({LastName: `Mass ${10 + n}`})));
        const found = (tens) => Contact.find({LastName: {$like: `Mass ${tens}%`}}, 'Id, LastName', {autoFetch: true});
        const results = [
          await found(1).update({Title: '${LastName}!'}),
          await found(2).update((row) => ({Id: row.Id, Title: row.LastName.slice(-1)})),
          await found(2).update({Department: 'two'}, 'Contact', {bulkThreshold: 3, bulkApiVersion: 2}),
          await found(3).update({Department: 'one'}, 'Contact', {bulkThreshold: 3, bulkApiVersion: 1}),
        ];
        const rows = await Contact.find({LastName: {$like: 'Mass %'}}, 'Title, Department').sort('LastName');
        const ends = [await found(1).destroy(), await found(2).destroy('Contact', {bulkThreshold: 3}),
                      await found(3).del({bulkThreshold: 3, bulkApiVersion: 1})];
        const good = (many) => many.map((each) => each.filter((one) => one.success).length);
        return {results: good(results), ends: good(ends), some: [rows[0].Title, rows[12].Title, rows[12].Department,
                rows[29].Department], left: await Contact.count({LastName: {$like: 'Mass %'}})};
        """,
    )
    assert (told["results"], told["ends"], told["left"]) == ([10] * 4, [10] * 3, 0)
    assert told["some"] == ["Mass 10!", "2", "two", "one"]
