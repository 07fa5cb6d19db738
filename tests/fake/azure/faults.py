"""faults - what goes wrong, by rules that the control door takes

    {"door": "arm", "method": "GET", "path": "REGEX", "after": 3, "times": 2, DEED...}

The first rule that fits and is not used up has its way; "after" exchanges pass untouched
first, "times" is for ever when left out.  DEED is one of
    "status": 503 [, "code": .., "message": .., "retryAfter": 2 | "DATE", "headers": {..}]
    "cut": true         the head and half of the body, then the connection is closed
    "drop": true        the connection is closed before a word is said
    "late": true        what was asked is done, and the connection closed without a word
    "garbage": "TEXT"   this instead of JSON, with status 200
    "huge": N           N bytes of JSON
    "wait": S           that much later (then the right answer)
"""
import re
import threading

import server


class Rule:
    def __init__(self, text):
        self.deed = text
        self.path = re.compile(text.get("path", ""), re.I)
        self.after = text.get("after", 0)
        self.left = text.get("times")

    def fits(self, door, request):
        if self.left == 0 or self.deed.get("door", "arm") != door:
            return False
        if self.deed.get("method", request.method) != request.method:
            return False
        return bool(self.path.search(request.target))

    def spend(self):
        """False while it lets pass."""
        if self.after > 0:
            self.after -= 1
            return False
        if self.left is not None:
            self.left -= 1
        return True


class Faults:
    def __init__(self):
        self.rules = []
        self.lock = threading.Lock()

    def add(self, rules):
        with self.lock:
            self.rules += [Rule(rule) for rule in (rules if isinstance(rules, list) else [rules])]

    def clear(self):
        with self.lock:
            self.rules = []

    def next(self, door, request):
        """The deed of the rule that has its way here, or {}."""
        with self.lock:
            for rule in self.rules:
                if rule.fits(door, request) and rule.spend():
                    return rule.deed
        return {}


def answer_of(deed, request):
    """What is said instead of the right answer, when the deed says that."""
    if "status" in deed:
        headers = dict(deed.get("headers", {}))
        if "retryAfter" in deed:
            headers["Retry-After"] = str(deed["retryAfter"])
        return server.Answer(deed["status"], error_body(deed, request), headers)
    if "garbage" in deed:
        return server.Answer(200, None, {"Content-Type": "application/json"},
                             raw=deed["garbage"].encode())
    if "huge" in deed:
        return server.Answer(200, None, {"Content-Type": "application/json"},
                             raw=b'{"value":["' + b"x" * deed["huge"] + b'"]}')
    return None


def error_body(deed, request):
    """ARM wraps what Compute throttles in nothing: code and message stand at the top."""
    code = deed.get("code", {429: "OperationNotAllowed", 503: "ServiceUnavailable",
                             500: "InternalServerError"}.get(deed["status"], "Fault"))
    message = deed.get("message", "The server could not do it now. Please try again later.")
    error = {"code": code, "message": message}
    if deed["status"] == 429 and "message" not in deed:
        error["message"] = "The server rejected the request because too many requests have been received."
        error["details"] = [{"code": "TooManyRequests", "target": "HighCostGet",
                             "message": '{"operationGroup":"HighCostGet","allowedRequestCount":30}'}]
    return error if deed.get("bare") else {"error": error}
