"""routes - which handler serves a path; how a handler refuses; how a list is paged

`~` in a template is /subscriptions/{sub}/resourceGroups/{group}/providers/Microsoft.Compute.
Paths are compared without case, as ARM does.
"""
import re
import urllib.parse

import server

COMPUTE = ("2024-03-01",)
SHORT = {
    "~/": "/subscriptions/{sub}/resourceGroups/{group}/providers/Microsoft.Compute/",
    "=/": "/subscriptions/{sub}/resourceGroups/{group}/providers/Microsoft.Network/",
    "+/": "/subscriptions/{sub}/providers/Microsoft.Compute/",
}
ROUTES = []


class Route:
    def __init__(self, method, template, action, versions, limit, room, handler):
        self.method, self.template, self.action = method, template, action
        self.versions, self.limit, self.room = versions, limit, room
        self.handler = handler
        full = SHORT.get(template[:2], template[:2]) + template[2:]
        self.pattern = re.compile(
            "^" + re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(full)) + "/?$", re.I)


def route(method, template, action, limit="", versions=COMPUTE, room=""):
    """action is what RBAC calls it, limit a name of limits.BUCKETS."""
    def bind(handler):
        ROUTES.append(Route(method, template, action, versions, limit, room, handler))
        return handler
    return bind


class Refused(Exception):
    def __init__(self, status, code, message, headers=None, target=None, details=None):
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.headers = headers or {}
        self.target, self.details = target, details
        self.room = ""  # of the recorder

    def body(self):
        error = {"code": self.code, "message": self.message}
        if self.target:
            error["target"] = self.target
        if self.details:
            error["details"] = self.details
        return {"error": error}


def find(request):
    """The route and what its braces hold."""
    versions = set()
    for one in ROUTES:
        found = one.pattern.match(request.path)
        if not found or one.method != request.method:
            continue
        if request.query["api-version"] in one.versions:
            return one, found.groupdict()
        versions.update(one.versions)
    if versions:
        raise Refused(400, "InvalidApiVersionParameter",
                      "The api-version '%s' is invalid. The supported versions are '%s'." % (
                          request.query["api-version"], ",".join(sorted(versions))))
    raise Refused(404, "InvalidResourceType",
                  "The resource type could not be found for %s %s." % (
                      request.method, request.path))


def not_found(kind, name, group):
    return Refused(404, "ResourceNotFound",
                   "The Resource '%s/%s' under resource group '%s' was not found. For more "
                   "details please go to https://aka.ms/ARMResourceNotFoundFix" % (
                       kind, name, group))


def json_object(request):
    """The body, which must be an object; {} when there is none."""
    if request.body is None:
        return {}
    if not isinstance(request.body, dict):
        raise Refused(400, "InvalidRequestContent",
                      "The request content was invalid and could not be deserialized.")
    return request.body


def page(azure, request, entries, size=None):
    """A list with nextLink where there is more; entries are functions, called only here."""
    size = size or azure.page
    try:
        start = int(request.query.get("$skiptoken", "0"))
    except ValueError:
        raise Refused(400, "InvalidParameter", "The skip token is invalid.") from None
    body = {"value": [entry() for entry in entries[start:start + size]]}
    if start + size < len(entries):
        query = {**request.query, "$skiptoken": str(start + size)}
        body["nextLink"] = "https://%s%s?%s" % (
            request.host, urllib.parse.quote(request.path),
            urllib.parse.urlencode(query, safe="$'/", quote_via=urllib.parse.quote))
    return server.Answer(200, body)
