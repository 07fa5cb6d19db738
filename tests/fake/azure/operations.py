"""operations - what takes its time: accepted, asked about, and then over

An operation is over after so many polls, or so many seconds, as the scenario says; then its
effect comes about.  "vanish" makes the operation's own address unknown after that, while the
effect is there all the same.

The machines that one is at are shown as "Updating" until seconds have ended it, as Compute
shows them.  One that waits for polls does not show, since nobody might ever poll it.
"""
import re
import time

import routes
import server
import world


class Operation:
    def __init__(self, azure, request, effect, rule, last_status, machines):
        self.id = world.new_id()
        self.what = "%s %s" % (request.method, request.path)
        self.effect, self.rule, self.last_status = effect, rule, last_status
        self.polls = rule.get("polls", 1)
        self.started = time.time()
        self.status, self.error, self.ended = "InProgress", None, None
        self.machines = machines if "seconds" in rule else ()
        for one in self.machines:
            one.under_way += 1

    def is_due(self):
        if "seconds" in self.rule:
            return time.time() >= self.started + self.rule["seconds"]
        return self.polls <= 0

    def finish(self, azure):
        self.ended = time.time()
        for one in self.machines:
            one.under_way -= 1
        self.status = self.rule.get("outcome", "Succeeded")
        if self.status != "Succeeded":
            self.error = (self.rule.get("code", "InternalExecutionError"),
                          self.rule.get("message", "An internal execution error occurred. "
                                                   "Please retry later."))
        if self.status == "Succeeded" or self.rule.get("effect"):
            error = self.effect()
            if error:
                self.status, self.error = "Failed", error
        azure.note("operation", id=self.id, did=self.what, status=self.status)

    def body(self):
        body = {"name": self.id, "status": self.status, "startTime": world.stamp(self.started)}
        if self.ended:
            body["endTime"] = world.stamp(self.ended)
        if self.error:
            body["error"] = {"code": self.error[0], "message": self.error[1]}
        return body


def rule_of(azure, request):
    told = azure.scenario.get("operations", {})
    for rule in told if isinstance(told, list) else [told]:
        if re.search(rule.get("path", ""), request.path, re.I):
            return rule
    return {}


def settle(azure):
    """Operations that time alone ends."""
    for one in list(azure.operations.values()):
        if one.status == "InProgress" and "seconds" in one.rule and one.is_due():
            one.finish(azure)


def accept(azure, request, effect, status=202, body=None, last_status=200, machines=()):
    """Begin; body is a function that shows the resource as it is by now.

    With "polls": 0 it is over before it is answered, as Azure does at times.
    """
    rule = rule_of(azure, request)
    one = Operation(azure, request, effect, rule, last_status, machines)
    azure.operations[one.id] = one
    azure.note("accepted", id=one.id, did=one.what, body=request.body)
    if rule.get("polls", 1) <= 0 and "seconds" not in rule:
        one.finish(azure)
        if one.error:
            raise routes.Refused(409, *one.error)
        return server.Answer(200 if status == 202 else status, body() if body else None)
    answer = server.Answer(status, body() if body else None, addresses(azure, request, one))
    return answer


def addresses(azure, request, one):
    base = "https://%s/subscriptions/%s/providers/Microsoft.Compute/locations/%s/operations/%s" % (
        request.host, azure.subscription, azure.location, one.id)
    query = "p=%s&api-version=%s" % (world.new_id(), request.query["api-version"])
    style = one.rule.get("style", "both" if request.method in ("POST", "DELETE") else "async")
    headers = {}
    if style in ("async", "both"):
        headers["Azure-AsyncOperation"] = base + "?" + query
        headers["Azure-AsyncNotification"] = "Enabled"
    if style in ("location", "both"):
        headers["Location"] = base + "?monitor=true&" + query
    if "retryAfter" in one.rule:
        headers["Retry-After"] = str(one.rule["retryAfter"])
    return headers


@routes.route("GET", "+/locations/{location}/operations/{id}",
              "Microsoft.Compute/locations/operations/read", "GetOperation", room="undescribed")
def get_operation(azure, request, names):
    one = azure.operations.get(names["id"])
    if one is None:
        raise routes.Refused(404, "NotFound", "The entity was not found in this Azure location.")
    if one.status == "InProgress":
        one.polls -= 1
        if one.is_due():
            one.finish(azure)
    if one.status != "InProgress" and one.rule.get("vanish"):
        raise routes.Refused(404, "NotFound", "The entity was not found in this Azure location.")
    headers = {}
    if "retryAfter" in one.rule:
        headers["Retry-After"] = str(one.rule["retryAfter"])
    if request.query.get("monitor") != "true":
        return server.Answer(200, one.body(), headers)
    if one.status == "InProgress":
        return server.Answer(202, None, {
            **headers, "Location": "https://" + request.host + request.target})
    if one.error:
        raise routes.Refused(409, *one.error)
    return server.Answer(one.last_status)
