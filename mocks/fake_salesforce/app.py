"""The Salesforce fake: one table of routes, and the function that makes a fake of them.

Rule 1: every route of the fake is a row of a table below; its third column is the operation id in
the OpenAPI document.
Rule 2: what the vendor documents and this fake does not play comes from `data/not_faked.toml` and
answers 501 NOT_FAKED; anything else is the vendor's 404.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flask import Flask, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from fake_core.clock import Clock, RealClock
from fake_core.fake import Fake
from fake_core.ids import IdSource
from fake_salesforce import seeding
from fake_salesforce.errors import salesforce_error
from fake_salesforce.operations import changes
from fake_salesforce.operations.automation.tables import read_rules
from fake_salesforce.operations.not_faked import not_faked, resources
from fake_salesforce.org import Org, OrgConfig
from fake_salesforce.org_choice import choose_org
from fake_salesforce.routes import (
    bulk1,
    bulk1_wire,
    bulk2,
    collections,
    composite,
    graph,
    identity,
    layouts,
    oauth,
    oauth_pages,
    query,
    search,
    soap,
    sobjects,
    streaming,
    tree,
    user_password,
    versions,
)
from fake_salesforce.routes.answers import Answer
from fake_salesforce.routes.bulk1_wire import SESSION_HEADER
from fake_salesforce.routes.http import Call, View, bind, bind_open, methods_named
from fake_salesforce.routes.since import since
from fake_salesforce.wire.compression import compressed
from fake_salesforce.wire.faults import FaultAnswers, session_in
from fake_salesforce.wire.meaning import effective_method, meaning
from fake_salesforce.wire.shapes import answered

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from werkzeug.routing import Map

API_VERSION = "60.0"  # what credentials() recommends to a client
HOSTS = ("*.salesforce.com", "*.force.com", "*.cloudforce.com")

# Without a session: versions and log-in. Identity and userinfo judge the token themselves.
OPEN_ROUTES: list[tuple[str, str, str, View]] = [
    # method  path                                        operation id     view
    ("GET", "/services/data", "listVersions", versions.versions),
    ("GET", "/services/oauth2/authorize", "authorize", oauth_pages.authorize),
    ("POST", "/services/oauth2/authorize", "authorizeByPost", oauth_pages.authorize),
    ("GET", "/services/oauth2/success", "oauthSuccess", oauth_pages.success),
    ("GET", "/setup/connect", "deviceConnect", oauth_pages.connect),
    ("POST", "/setup/connect", "deviceConnectByPost", oauth_pages.connect),
    ("GET", "/services/oauth2/token", "tokenByGet", oauth.token_by_get),
    ("POST", "/services/oauth2/token", "token", oauth.token),
    ("GET", "/services/oauth2/revoke", "revokeByGet", oauth.revoke),
    ("POST", "/services/oauth2/revoke", "revoke", oauth.revoke),
    ("POST", "/services/oauth2/introspect", "introspect", oauth.introspect),
    ("GET", "/id/keys", "openidKeys", oauth.keys),
    ("GET", "/.well-known/openid-configuration", "openidConfiguration", oauth.discovery),
    ("GET", "/services/oauth2/userinfo", "userinfo", identity.userinfo),
    ("POST", "/services/oauth2/userinfo", "userinfoByPost", identity.userinfo),
    ("GET", "/services/oauth2/singleaccess", "singleAccess", identity.single_access),
    ("POST", "/services/oauth2/singleaccess", "singleAccessByPost", identity.single_access),
    ("GET", "/id/<org_id>/<user_id>", "identity", identity.identity),
    ("POST", "/services/Soap/<any(u, c):api>/<version>", "soap", soap.soap),
    ("POST", "/services/Soap/<any(u, c):api>/<version>/<rest>", "soapOfOrg", soap.soap),
]

# Below /services/data/vNN.0, with a session.
ROUTES: list[tuple[str, str, str, View]] = [
    # method  path                                        operation id          view
    ("GET", "", "listResources", versions.resources),
    ("GET", "/limits", "limits", versions.limits),
    ("GET", "/limits/recordCount", "recordCount", versions.record_count),
    ("GET", "/sobjects", "describeGlobal", sobjects.list_sobjects),
    ("GET", "/sobjects/<sobject>", "sobjectBasic", sobjects.basic),
    ("POST", "/sobjects/<sobject>", "createRecord", sobjects.create),
    ("GET", "/sobjects/<sobject>/describe", "describeObject", sobjects.full_describe),
    ("GET", "/sobjects/<sobject>/describe/layouts", "describeLayouts", layouts.page),
    ("GET", "/sobjects/<sobject>/describe/layouts/<record_type_id>", "describeLayout", layouts.of_record_type),
    ("GET", "/sobjects/<sobject>/describe/namedLayouts/<name>", "describeNamedLayout", layouts.named),
    ("GET", "/sobjects/<sobject>/describe/compactLayouts", "describeCompactLayouts", layouts.compact),
    ("GET", "/sobjects/<sobject>/describe/compactLayouts/<which>", "describeCompactLayout", layouts.compact_of),
    ("GET", "/sobjects/<sobject>/describe/approvalLayouts", "describeApprovalLayouts", layouts.approval),
    ("GET", "/sobjects/<sobject>/listviews", "listListViews", layouts.all_list_views),
    ("GET", "/sobjects/<sobject>/listviews/<list_view_id>", "getListView", layouts.list_view),
    ("GET", "/sobjects/<sobject>/listviews/<list_view_id>/describe", "describeListView", layouts.described_list_view),
    ("GET", "/sobjects/<sobject>/listviews/<list_view_id>/results", "listViewResults", layouts.list_view_results),
    ("GET", "/sobjects/<sobject>/updated", "getUpdated", sobjects.updated),
    ("GET", "/sobjects/<sobject>/deleted", "getDeleted", sobjects.deleted),
    ("GET", "/sobjects/User/<user_id>/password", "passwordExpired", user_password.expired),
    ("POST", "/sobjects/User/<user_id>/password", "setPassword", user_password.put),
    ("DELETE", "/sobjects/User/<user_id>/password", "resetPassword", user_password.reset),
    ("GET", "/sobjects/<sobject>/<record_id>", "getRecord", sobjects.by_id),
    ("POST", "/sobjects/<sobject>/<id_key:record_id>", "createRecordById", sobjects.create_by_id),
    ("PATCH", "/sobjects/<sobject>/<record_id>", "updateRecord", sobjects.update),
    ("DELETE", "/sobjects/<sobject>/<record_id>", "deleteRecord", sobjects.delete),
    ("GET", "/sobjects/<sobject>/<key>/<path:value>", "getRecordByKey", sobjects.by_key),
    ("PATCH", "/sobjects/<sobject>/<key>/<path:value>", "upsertRecord", sobjects.upsert),
    ("DELETE", "/sobjects/<sobject>/<key>/<path:value>", "deleteRecordByKey", sobjects.delete_by_key),
    ("GET", "/query", "query", query.query),
    ("GET", "/query/<locator>", "queryMore", query.more),
    ("GET", "/queryAll", "queryAll", query.query_all),
    ("GET", "/queryAll/<locator>", "queryAllMore", query.more),
    ("GET", "/recent", "recent", sobjects.recent),
    ("GET", "/compactLayouts", "compactLayouts", layouts.compact_of_several),
    ("GET", "/search", "search", search.search),
    ("GET", "/search/scopeOrder", "searchScopeOrder", search.scope_order),
    ("GET", "/search/suggestions", "searchSuggestions", search.suggestions),
    ("GET", "/parameterizedSearch", "parameterizedSearch", search.by_parameters),
    ("POST", "/parameterizedSearch", "parameterizedSearchByPost", search.by_body),
    ("GET", "/composite", "listComposite", composite.listing),
    ("POST", "/composite", "composite", composite.composite),
    ("POST", "/composite/batch", "compositeBatch", composite.batch),
    ("POST", "/composite/tree/<sobject>", "createTree", tree.create),
    ("POST", "/composite/graph", "compositeGraph", graph.run),
    ("POST", "/composite/sobjects", "createRecords", collections.create),
    ("PATCH", "/composite/sobjects", "updateRecords", collections.update),
    ("DELETE", "/composite/sobjects", "deleteRecords", collections.delete),
    ("GET", "/composite/sobjects/<sobject>", "getRecords", collections.retrieve),
    ("POST", "/composite/sobjects/<sobject>", "getRecordsByPost", collections.retrieve_by_post),
    ("PATCH", "/composite/sobjects/<sobject>/<key>", "upsertRecords", collections.upsert),
    ("GET", "/jobs", "listJobResources", bulk2.listing),
    ("POST", "/jobs/ingest", "createIngestJob", bulk2.create),
    ("GET", "/jobs/ingest", "listIngestJobs", bulk2.list_ingest),
    ("GET", "/jobs/ingest/<job_id>", "getIngestJob", bulk2.show),
    ("PATCH", "/jobs/ingest/<job_id>", "changeIngestJob", bulk2.change),
    ("DELETE", "/jobs/ingest/<job_id>", "deleteIngestJob", bulk2.delete),
    ("PUT", "/jobs/ingest/<job_id>/batches", "uploadJobData", bulk2.upload),
    ("GET", "/jobs/ingest/<job_id>/<ingest_results:results>", "getIngestResults", bulk2.results),
    ("POST", "/jobs/query", "createQueryJob", bulk2.create_query),
    ("GET", "/jobs/query", "listQueryJobs", bulk2.list_query),
    ("GET", "/jobs/query/<job_id>", "getQueryJob", bulk2.show_query),
    ("PATCH", "/jobs/query/<job_id>", "abortQueryJob", bulk2.abort_query),
    ("DELETE", "/jobs/query/<job_id>", "deleteQueryJob", bulk2.delete_query),
    ("GET", "/jobs/query/<job_id>/results", "getQueryResults", bulk2.query_results),
    ("GET", "/jobs/query/<job_id>/resultPages", "getQueryResultPages", bulk2.query_result_pages),
]
# Below /services/async/NN.0: Bulk API 1.0, with a session header of its own.
ASYNC_ROUTES: list[tuple[str, str, str, View]] = [
    # method  path                                        operation id          view
    ("POST", "/job", "createBulk1Job", bulk1.create),
    ("GET", "/job/<job_id>", "getBulk1Job", bulk1.show),
    ("POST", "/job/<job_id>", "changeBulk1Job", bulk1.change),
    ("POST", "/job/<job_id>/batch", "addBatch", bulk1.add_batch),
    ("GET", "/job/<job_id>/batch", "listBatches", bulk1.list_batches),
    ("GET", "/job/<job_id>/batch/<batch_id>", "getBatch", bulk1.show_batch),
    ("GET", "/job/<job_id>/batch/<batch_id>/request", "getBatchRequest", bulk1.request),
    ("GET", "/job/<job_id>/batch/<batch_id>/result", "getBatchResult", bulk1.result),
    ("GET", "/job/<job_id>/batch/<batch_id>/result/<result_id>", "getBatchQueryResult", bulk1.query_result),
]
ASYNC_RULE = "/services/async/<version>"
VERSION_RULE = "/services/data/<version>"
_ALL_METHODS = ["DELETE", "GET", "PATCH", "POST", "PUT"]
# Resources with GET only that would otherwise be taken for a row by the other methods of one.
_GET_ONLY = [
    "describe", "updated", "deleted", "listviews", "listviews/<list_view_id>", "describe/layouts",
    "describe/compactLayouts", "describe/approvalLayouts", "describe/layouts/<record_type_id>",
    "describe/compactLayouts/<which>", "describe/namedLayouts/<name>",
    "listviews/<list_view_id>/describe", "listviews/<list_view_id>/results",
]  # fmt: skip
_NOT_GET = ["DELETE", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"]


def create_app(
    *,
    clock: Clock | None = None,
    ids: IdSource | None = None,
    data: str = "sqlite://",
    org: OrgConfig | str | None = None,
) -> Fake:
    """A Salesforce org behind HTTP. Two apps share nothing.

    *data* is the store's URL: `sqlite://` in memory, `sqlite:///FILE` kept. *org* is a configuration, the name of an
    edition, or the path of an org file. Raises MisuseError when it says something impossible.
    """
    config = choose_org(org) if isinstance(org, str) else org or OrgConfig()
    the_org = Org(config=config, clock=clock or RealClock(), ids=ids or IdSource(), data=data)
    read_rules(the_org)
    if not the_org.store.existed:
        seeding.begin(the_org)
        credentials(the_org, "")  # the first user is logged in from the start, and after each reset
    the_org.changes.install(the_org.store)
    the_org.store.mark_baseline()
    app = make_flask(the_org)
    answers = FaultAnswers(the_org, lambda environ: _operation(app, environ))
    return Fake(
        vendor="salesforce",
        app=Front(app),
        store=the_org.store,
        clock=the_org.clock,
        ids=the_org.ids,
        hosts=HOSTS,
        meaning=meaning,
        fault_answers=answers,
        play=answers.play,
        credentials=lambda base_url: credentials(the_org, base_url),
        limits={
            "api_requests": the_org.api_requests,
            "bulk_batches": the_org.bulk_batches,
            "bulk_query_jobs": the_org.bulk_query_jobs,
        },
        seed=lambda given: seeding.seed(the_org, given),
        pin=the_org.pin,
        who=lambda environ: _who(the_org, environ),
        remembered=[SESSION_HEADER],
        events=lambda since, channel: changes.feed(the_org, since=since, channel=channel),
        finish=compressed,
    )


def _operation(app: Flask, environ: WSGIEnvironment) -> str:
    """The operation of a call that is not routed; "" for one that no route takes."""
    path = environ["PATH_INFO"].removesuffix(".xml")
    try:
        name, _ = app.url_map.bind("x").match(path, effective_method(environ))
    except HTTPException:
        return ""
    return str(name)


def make_flask(org: Org) -> Flask:
    """The Flask application of *org*: routes, and the vendor's words for what Flask refuses."""
    app = Flask("fake_salesforce", static_folder=None)
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.url_map.converters.update(id_key=sobjects.IdKeyConverter, ingest_results=bulk2.ResultsConverter)
    if _COMPILED:
        app.url_map = _COMPILED[0]
    views: dict[str, View] = {}
    for method, path, name, view in OPEN_ROUTES:
        _add(app, method, path, name, bind_open(org, view))
    for method, path, name, unguarded in ROUTES:
        views[name] = view = since(path, unguarded)
        _add(app, method, VERSION_RULE + path, name, bind(org, view))
    for method, path, name, view in ASYNC_ROUTES:
        _add(app, method, ASYNC_RULE + path, name, bulk1_wire.bind(org, view))
    for name in _GET_ONLY:
        rule = f"{VERSION_RULE}/sobjects/<sobject>/{name}"
        view = bind(org, lambda call, **_path: call.method_not_allowed("GET,HEAD"))
        _route(app, rule, f"{name} get only", view, _NOT_GET)
    others = bind(org, lambda call, **_path: call.method_not_allowed("DELETE,GET,HEAD,POST"))
    password = f"{VERSION_RULE}/sobjects/User/<user_id>/password"  # or the rule of a row by key would add its PATCH
    _route(app, password, "password other methods", others, ["OPTIONS", "PATCH", "PUT", "QUERY", "TRACE"])
    for name, row in resources().items():
        for path in row.get("paths", [row["path"]] if "path" in row else []):
            views |= _add_not_faked(app, org, name, path)
    if not _COMPILED:
        _COMPILED.append(app.url_map)
    app.extensions["views"] = views
    app.register_error_handler(HTTPException, lambda error: _refuse(org, error))
    app.register_error_handler(Exception, lambda error: _our_bug(app, org, error))
    return app


_COMPILED: list[Map] = []  # the rules of the first application: they are the same for all, and slow to compile


def _add(app: Flask, method: str, rule: str, name: str, view: View) -> None:
    _route(app, rule, name, view, [method])


def _route(app: Flask, rule: str, name: str, view: View, methods: list[str]) -> None:
    if _COMPILED:
        app.view_functions[name] = view
    else:
        app.add_url_rule(rule, endpoint=name, view_func=view, methods=methods, provide_automatic_options=False)


def _add_not_faked(app: Flask, org: Org, name: str, path: str) -> dict[str, View]:
    """Routes that answer 501; returns their views, so that a composite finds them, too."""

    def refuse(call: Call, **path: str) -> Answer:
        del path
        at, error = str(call.environ["PATH_INFO"]), not_faked(name)
        if call.environ["REQUEST_METHOD"] == "POST" and at.startswith("/services/Soap/"):
            status, headers, body = soap.fault_answer(at, error)
            return Answer(body, status, headers)
        if call.environ["REQUEST_METHOD"] == "POST" and at.startswith("/cometd"):
            return streaming.refusal(call, error) or call.error(error)
        raise error

    versioned = not path.startswith(("/services", "/cometd", "/secur"))
    rules = [VERSION_RULE + path if versioned else path]
    if rules[0].endswith("/*"):
        stem = rules[0].removesuffix("/*")
        rules = [stem, f"{stem}/<path:rest>"]
    for rule in rules:
        view = bind(org, refuse) if versioned else bind_open(org, refuse)
        _route(app, rule, f"{name} {rule}", view, _ALL_METHODS)
    return {f"{name} {rule}": refuse for rule in rules if versioned}


URI_BYTES_MAX = 16_384  # of the URI alone, and of URI and headers together: limits sheet Summer '26
# The words of the server in front of the vendor's, quoted in simple-salesforce #271 and jsforce #1134 for 414.
_REFUSED_URI = b"<h1>Bad Message 414</h1><pre>reason: URI Too Long</pre>"
_REFUSED_HEAD = b"<h1>Bad Message 431</h1><pre>reason: Request Header Fields Too Large</pre>"


class Front:
    """What happens to a request before routing.

    A URI or head that is too long is refused; `_HttpMethod=` takes the place of POST; the suffix `.json` of a path is
    taken off and `.xml` is an Accept header.
    """

    def __init__(self, app: Flask) -> None:
        self.flask = app
        self._app: WSGIApplication = app.wsgi_app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path: str = environ["PATH_INFO"]
        head = sum([len(key) + len(one) for key, one in environ.items() if key[:5] == "HTTP_"])
        if head + 3 * len(path) + len(environ.get("QUERY_STRING", "")) > URI_BYTES_MAX:
            refused = _too_long(environ, head)
            if refused is not None:
                return refused(environ, start_response)
        if path.endswith(_SUFFIXES):
            _take_suffix(environ)
        if environ["REQUEST_METHOD"] == "POST" and path.startswith("/services/data/"):
            environ["REQUEST_METHOD"] = effective_method(environ)
        return self._app(environ, start_response)


def _too_long(environ: WSGIEnvironment, head: int) -> Answer | None:
    """414 or 431 for a URI, or a URI and *head* bytes of headers, over the limit; None when they fit."""
    query = environ.get("QUERY_STRING", "")
    uri = len(quote(environ["PATH_INFO"].encode("latin-1"), safe="/:!$&'()*+,;=@~")) + bool(query) + len(query)
    if uri > URI_BYTES_MAX:
        return Answer(_REFUSED_URI, 414, [("Content-Type", "text/html;charset=utf-8"), ("Connection", "close")])
    if uri + head > URI_BYTES_MAX:
        return Answer(_REFUSED_HEAD, 431, [("Content-Type", "text/html;charset=utf-8"), ("Connection", "close")])
    return None


_DATA = "/services/data/"
_SUFFIXES = (".json", ".xml")
_SUFFIXED = re.compile(r"/services/data(?:/[^/]+(?:/[^/]+){0,3})?/?")  # shorter than a row by external id


def _take_suffix(environ: WSGIEnvironment) -> None:
    """`/limits.json` is `/limits`; the value of an external id may end like that and is left alone."""
    path, _, form = environ["PATH_INFO"].rpartition(".")
    if _SUFFIXED.fullmatch(path):
        environ["PATH_INFO"] = path
        if form == "xml":
            environ["HTTP_ACCEPT"] = "application/xml"


def _refuse(org: Org, error: HTTPException) -> Answer:
    """Flask found no route, or none for this method: say so as the vendor does, session first."""
    below = request.path[len(_DATA) :].split("/") if request.path.startswith(_DATA) else []

    def view(call: Call) -> Answer:
        if isinstance(error, MethodNotAllowed):
            if any(below):
                call.settle(below[0])  # a version that is not there has no resource, whatever the method
            return call.method_not_allowed(methods_named(error))
        raise salesforce_error("NOT_FOUND")

    if request.path.startswith("/services/async/"):
        return _refuse_async(org, error)
    return (_bind_unversioned if below else bind_open)(org, view)()


def _refuse_async(org: Org, error: HTTPException) -> Answer:
    version = request.path.split("/")[3]
    if isinstance(error, MethodNotAllowed):
        return bulk1_wire.bind(org, bulk1.other_method)(version=version, allowed=methods_named(error))
    return bulk1_wire.bind(org, bulk1.unknown)(version=version)


def _bind_unversioned(org: Org, view: View) -> View:
    return bind(org, view, versioned=False)


def _our_bug(app: Flask, org: Org, error: Exception) -> Answer:
    """An exception nobody foresaw: logged with its traceback, answered as the vendor's own would be."""
    app.logger.error("unforeseen", exc_info=error)
    status, headers, body = answered(Call(org, request.environ), "error_after", request.endpoint or "")
    return Answer(body, status, [one for one in headers if one[0] != "Content-Length"])


def credentials(org: Org, base_url: str) -> dict[str, Any]:
    """What a client needs to reach the org at *base_url* as its first user."""
    user = org.config.users[0]
    answer: dict[str, Any] = {
        "url": base_url,
        "username": user.username,
        "password": user.password,
        "security_token": user.security_token,
    }
    client_id = "understudy"
    if org.config.apps:
        app = org.config.apps[0]
        client_id = app.client_id
        answer |= {"client_id": app.client_id, "client_secret": app.client_secret}
    now = org.clock.now()
    session = org.sessions.of_user(org.admin_id, now) or org.sessions.open(
        user_id=org.admin_id, client_id=client_id, now=now
    )
    answer["access_token"] = session.token
    if org.config.apps:
        answer["refresh_token"] = org.sessions.grant_refresh(user_id=org.admin_id, client_id=client_id)
    return answer | {"api_version": API_VERSION}


def _who(org: Org, environ: WSGIEnvironment) -> str:
    """The caller's username, "" without a session that is known now."""
    token = environ.get(SESSION_HEADER) or environ.get("HTTP_AUTHORIZATION", "").rpartition(" ")[2]
    if environ["PATH_INFO"].startswith("/services/Soap/"):
        token = session_in(environ)
    user_id = org.sessions.owner(token)
    return next((name for name, one in org.user_ids.items() if one == user_id), user_id)
