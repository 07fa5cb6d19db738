"""arm - Azure Resource Manager's door: who is it, what does he want, may he, and how often

The handlers are in sets.py, extensions.py, machines.py, network.py and catalog.py; each is
bound to a path by routes.route().  Errors have Microsoft's codes and sentences where they are
publicly known.
"""
import time

import operations
import routes
import server
import world

import actions     # noqa: F401  binds its routes, as the next do
import catalog     # noqa: F401
import extensions  # noqa: F401
import machines    # noqa: F401
import network     # noqa: F401
import sets        # noqa: F401

AUDIENCES = (
    "https://management.azure.com", "https://management.core.windows.net",
    "https://management.usgovcloudapi.net", "https://management.core.usgovcloudapi.net",
    "https://management.chinacloudapi.cn", "https://management.core.chinacloudapi.cn",
)


class Arm:
    name = "arm"
    official_host = "management.azure.com"

    def __init__(self, azure):
        self.azure = azure

    def count_fault(self, request):
        self.azure.calls["fault"] += 1

    def answer(self, request):
        operations.settle(self.azure)
        try:
            answer = self.serve(request)
        except routes.Refused as why:
            self.azure.note("refused", status=why.status, code=why.code,
                            method=request.method, target=request.target)
            answer = server.Answer(why.status, why.body(), why.headers, room=why.room)
        answer.headers.setdefault("x-ms-request-id", world.new_id())
        answer.headers.setdefault("x-ms-correlation-request-id", world.new_id())
        return answer

    def serve(self, request):
        if request.path == "/metadata/endpoints":
            return server.Answer(200, catalog.endpoints(self.azure, request), room="undescribed")
        self.authenticate(request)
        if not request.query.get("api-version"):
            raise routes.Refused(
                400, "MissingApiVersionParameter",
                "The api-version query parameter (?api-version=) is required for all requests.")
        route, names = routes.find(request)
        self.azure.calls["%s %s" % (route.method, route.template)] += 1
        self.locate(names)
        try:
            self.authorize(request, route)
            headers = self.throttle(route)
            answer = route.handler(self.azure, request, names)
        except routes.Refused as why:
            why.room = route.room
            raise
        answer.headers.update(headers)
        answer.room = route.room
        return answer

    def authenticate(self, request):
        word, _, bearer = request.header("authorization").partition(" ")
        if word.lower() != "bearer" or not bearer:
            self.challenge("AuthenticationFailed",
                           "Authentication failed. The 'Authorization' header is missing.")
        if bearer not in self.azure.tokens:
            self.challenge("InvalidAuthenticationToken", "The access token is invalid.")
        audience, ends = self.azure.tokens[bearer]
        if ends is not None and ends <= time.time():
            self.challenge("ExpiredAuthenticationToken",
                           "The access token expiry UTC time '%s' is earlier than current UTC "
                           "time '%s'." % (world.stamp(ends), world.stamp()))
        good = AUDIENCES + tuple(self.azure.scenario.get("audiences", ())) + (
            "https://" + self.azure.doors["arm"], "https://" + request.host)
        if audience is not None and audience.rstrip("/") not in good:
            self.challenge("InvalidAuthenticationTokenAudience",
                           "The access token has been obtained for wrong audience or resource "
                           "'%s'. It should exactly match with one of the allowed audiences "
                           "'https://management.core.windows.net/','https://management.azure.com/'."
                           % audience)

    def challenge(self, code, message):
        raise routes.Refused(401, code, message, headers={
            "WWW-Authenticate": 'Bearer authorization_uri="https://%s/%s", error="invalid_token", '
                                'error_description="%s"' % (
                                    self.azure.doors["login"], self.azure.tenant, message)})

    def locate(self, names):
        told = names.get("sub", self.azure.subscription)
        if told.lower() != self.azure.subscription.lower():
            raise routes.Refused(404, "SubscriptionNotFound",
                                 "The subscription '%s' could not be found." % told)
        if "group" in names and not self.azure.group_exists(names["group"]):
            raise routes.Refused(404, "ResourceGroupNotFound",
                                 "Resource group '%s' could not be found." % names["group"])

    def authorize(self, request, route):
        for action in self.azure.scenario.get("forbidden", []):
            if action.lower() == route.action.lower() or (
                    action.endswith("*") and route.action.lower().startswith(action[:-1].lower())):
                raise routes.Refused(
                    403, "AuthorizationFailed",
                    "The client '%s' with object id '%s' does not have authorization to perform "
                    "action '%s' over scope '%s' or the scope is invalid. If access was recently "
                    "granted, please refresh your credentials." % (
                        "0f0e0d0c-1111-2222-3333-444444444444",
                        "0f0e0d0c-1111-2222-3333-444444444444", route.action, request.path))

    def throttle(self, route):
        headers, wait = self.azure.limits.take(route.limit, route.method != "GET")
        if not wait:
            return headers
        self.azure.note("throttled", route=route.template, wait=wait)
        raise routes.Refused(
            429, "OperationNotAllowed",
            "The server rejected the request because too many requests have been received for "
            "this subscription.", headers={**headers, "Retry-After": str(wait)},
            details=[{"code": "TooManyRequests", "target": route.limit,
                      "message": '{"operationGroup":"%s"}' % route.limit}])
