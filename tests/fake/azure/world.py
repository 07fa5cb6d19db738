"""world - what there is in this Azure: sets, instances, operations, tokens, and what happened

A scenario is JSON; everything in it may be left out:

    subscription, tenant, location, group   the usual names (group: of sets that name none)
    sets          [{"name", "group", "mode": "Uniform"|"Flexible", "size", "count", "prefix",
                    "singlePlacementGroup", "upgrade": "Manual"|"Automatic"|"Rolling",
                    "repairs", "priority", "scaleIn", "zones", "faultDomains", "overprovision",
                    "subnet": "10.0.0.0/24", "network": ["10.0.0.0/16"], "extensions": [{...}],
                    "instances": [{"id", "address", "power", "group", ...}]}]
    page          entries a page of every list (1000)
    skus          {"count": 600, "page": 1000}
    operations    {"polls": 1, "retryAfter": 0, "style": "async"|"location"|"both",
                   "outcome": "Succeeded"|"Failed"|"Canceled", "code", "message",
                   "vanish": true, "path": "REGEX"}, or a list of them, the first that fits
    exits         {INSTANCE: {"code": 11, "message": ".."}} or a number: how the extension's
                  handler ends there (NAME or id of the instance)
    tokens        bearers that are good from the beginning; token_seconds: life of new ones
    applications  [{"clientId", "secret", "certificate": PEM FILE, "federated": TOKEN}]
    identities    [{"system": true} | {"clientId", "objectId", "resourceId"}]
    audiences     what a token must be for, beside public, government and China
    forbidden     actions that the caller has no right to, with * at the end if need be
    limits        {BUCKET: {"room": 30, "perMinute": 10}}, see limits.py
    events        pending scheduled events of the metadata service
    self          {"set": "GROUP/NAME", "id"}: whose metadata service this is
"""
import collections
import json
import threading
import time
import uuid

import faults
import limits
import machine

USUAL = {
    "subscription": "11111111-2222-3333-4444-555555555555",
    "tenant": "99999999-8888-7777-6666-555555555555",
    "location": "westeurope",
    "group": "hpc",
    "page": 1000,
    "token_seconds": 3600,
    "environment": "AzurePublicCloud",
}
MAX_NOTES = 100000


def read_scenario(path):
    if not path:
        return {}
    with open(path) as text:
        return json.load(text)


class World:
    def __init__(self, scenario, tape):
        self.lock = threading.RLock()
        self.tape = tape
        self.scenario = {**USUAL, **scenario}
        self.doors = {}
        self.faults = faults.Faults()
        self.limits = limits.Limits(self.scenario.get("limits", {}))
        self.notes = []
        self.calls = collections.Counter()
        self.failed_connections = 0
        self.tokens = {}      # bearer -> Token
        self.assertions = {}  # jti -> when it ends
        self.operations = {}  # id -> operations.Operation
        self.reports = {}     # Impact's, by path
        self.sets = {}        # (group, name), lower case -> machine.Set
        for text in self.scenario.get("sets", []):
            self.add_set(text)
        for bearer in self.scenario.get("tokens", []):
            self.add_token(bearer, None, None)

    def __getattr__(self, name):
        """What the scenario says, as an attribute."""
        try:
            return self.__dict__["scenario"][name]
        except KeyError:
            raise AttributeError(name) from None

    def add_set(self, text):
        group = text.get("group", self.group)
        self.sets[group.lower(), text["name"].lower()] = machine.Set(self, group, text)

    def find_set(self, group, name):
        return self.sets.get((group.lower(), name.lower()))

    def group_exists(self, group):
        return any(key[0] == group.lower() for key in self.sets)

    def flexible(self, group=None):
        """Every machine of the Flexible sets, of one resource group or of all."""
        return [one for found in self.sets.values() for one in found.instances
                if found.mode == "Flexible" and group in (None, found.group.lower())]

    def find_machine(self, group, name):
        for one in self.flexible(group.lower()):
            if one.name.lower() == name.lower():
                return one
        return None

    def add_token(self, bearer, audience, seconds):
        self.tokens[bearer] = (audience, None if seconds is None else time.time() + seconds)
        self.tape.secret(bearer)

    def note(self, what, **more):
        """History, for tests to ask."""
        if len(self.notes) < MAX_NOTES:
            self.notes.append({"what": what, "at": round(time.time(), 3), **more})

    def connection_failed(self):
        self.failed_connections += 1


def new_id():
    return str(uuid.uuid4())


def stamp(seconds=None):
    """As ARM writes a time."""
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(seconds))
