"""metadata - the instance metadata service of one machine: who it is, its tokens, its events"""
import time

import login
import server

VERSIONS = ("2017-04-02", "2018-02-01", "2019-06-01", "2020-07-01", "2021-01-01", "2021-02-01",
            "2021-12-13", "2023-07-01")


class Bad(Exception):
    def __init__(self, status, error, description=None):
        super().__init__(error)
        self.status = status
        self.body = {"error": error}
        if description:
            self.body["error_description"] = description


class Metadata:
    name = "metadata"
    official_host = "169.254.169.254"

    def __init__(self, azure):
        self.azure = azure

    def count_fault(self, request):
        self.azure.calls["metadata fault"] += 1

    def answer(self, request):
        self.azure.calls["metadata " + request.path] += 1
        try:
            return self.serve(request)
        except Bad as why:
            return server.Answer(why.status, why.body)

    def serve(self, request):
        if request.header("metadata").lower() != "true":
            raise Bad(400, "Bad request. Required metadata header not specified")
        if request.header("x-forwarded-for"):
            raise Bad(400, "Bad request. X-Forwarded-For is not allowed")
        version = request.query.get("api-version")
        if version not in VERSIONS:
            raise Bad(400, "Bad request. api-version is invalid or was not specified in the request.")
        path = request.path.rstrip("/").split("/")[2:]
        if path == ["identity", "oauth2", "token"] and request.method == "GET":
            return server.Answer(200, self.token(request.query))
        if path == ["scheduledevents"]:
            answer = self.events(request)
            answer.room = "undescribed"
            return answer
        if path[:1] == ["instance"] and request.method == "GET":
            return self.instance(request, path[1:])
        raise Bad(404, "Not found")

    def token(self, query):
        if not query.get("resource"):
            raise Bad(400, "invalid_request", "Required query variable 'resource' is missing")
        found = self.identity(query)
        now = int(time.time())
        life = self.azure.token_seconds
        return {
            "access_token": login.new_token(self.azure, query["resource"].rstrip("/")),
            "client_id": found.get("clientId", "0f0e0d0c-1111-2222-3333-444444444444"),
            "expires_in": str(life), "expires_on": str(now + life),
            "ext_expires_in": str(life), "not_before": str(now),
            "resource": query["resource"], "token_type": "Bearer",
        }

    def identity(self, query):
        """The one that is meant: the machine's own, or one of those assigned to it."""
        own = self.azure.scenario.get("identities", [{"system": True}])
        for word, key in (("client_id", "clientId"), ("object_id", "objectId"),
                          ("msi_res_id", "resourceId")):
            if word in query:
                for one in own:
                    if one.get(key, "").lower() == query[word].lower():
                        return one
                raise Bad(400, "invalid_request", "Identity not found")
        system = [one for one in own if one.get("system")]
        if system or len(own) == 1:
            return (system or own)[0]
        if own:
            raise Bad(400, "invalid_request", "Multiple user assigned identities exist, please "
                      "specify the clientId / resourceId of the identity in the token request")
        raise Bad(400, "invalid_request", "Identity not found")

    def events(self, request):
        told = self.azure.scenario.setdefault("events", [])
        if request.method == "POST":
            wanted = [one.get("EventId") for one in (request.body or {}).get("StartRequests", [])]
            self.azure.note("events started", ids=wanted)
            for one in told:
                if one["EventId"] in wanted:
                    one["EventStatus"] = "Started"
            return server.Answer(200)
        return server.Answer(200, {"DocumentIncarnation": len(self.azure.notes) + 1,
                                   "Events": told})

    def instance(self, request, path):
        value = {"compute": self.compute(), "network": self.network()}
        for word in path:
            try:
                value = value[int(word)] if isinstance(value, list) else value[word]
            except (KeyError, ValueError, IndexError, TypeError):
                raise Bad(404, "Not found") from None
        if isinstance(value, (dict, list)):
            return server.Answer(200, value)
        if request.query.get("format") != "text":
            raise Bad(404, "Not found")
        return server.Answer(200, None, {"Content-Type": "text/plain; charset=utf-8"},
                             raw=str(value).encode())

    def myself(self):
        told = self.azure.scenario.get("self", {})
        group, _, name = told.get("set", "").partition("/")
        of = self.azure.find_set(group, name)
        return of.find(told.get("id", "0")) if of else None

    def compute(self):
        me, azure = self.myself(), self.azure
        body = {
            "azEnvironment": azure.environment, "location": azure.location,
            "subscriptionId": azure.subscription, "resourceGroupName": azure.group,
            "provider": "Microsoft.Compute", "osType": "Linux", "name": "head",
            "vmId": "22222222-3333-4444-5555-666666666666", "vmSize": "Standard_D4s_v5",
            "zone": "", "placementGroupId": "", "platformFaultDomain": "0",
            "platformUpdateDomain": "0", "vmScaleSetName": "", "tags": "", "tagsList": [],
            "securityProfile": {"secureBootEnabled": "false", "virtualTpmEnabled": "false"},
        }
        if me:
            body.update({
                "name": me.name, "vmId": me.vm_id, "vmSize": me.size, "zone": me.zone,
                "resourceGroupName": me.set.group, "vmScaleSetName": me.set.name,
                "placementGroupId": me.group, "resourceId": me.path(),
                "platformFaultDomain": str(me.fault_domain),
            })
        return body

    def network(self):
        me = self.myself()
        if not me:
            return {"interface": []}
        return {"interface": [{
            "ipv4": {"ipAddress": [{"privateIpAddress": me.address, "publicIpAddress": ""}],
                     "subnet": [{"address": me.address.rsplit(".", 1)[0] + ".0", "prefix": "24"}]},
            "ipv6": {"ipAddress": []}, "macAddress": me.mac.replace("-", "")}]}
