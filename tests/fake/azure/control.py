"""control - how a test steers this Azure, and asks what has happened

    GET  /history?what=WORD      notes in their order        GET /calls    counted by route
    GET  /state                  sets and instances          GET /connections
    POST /faults     RULE or [RULE...], see faults.py        DELETE /faults
    POST /scenario   {...}       its words from now on ("forbidden", "operations", "exits", ...)
    POST /set        {"set": "GROUP/NAME", "upgrade"|"model"|...: VALUE}
    POST /sets       {...}       one more set, as in a scenario
    POST /instance   {"set": "GROUP/NAME", "do": WORD, "id": .., ...}
                     do: appear, disappear, replace, change (power, state, health, group,
                     address, zone, protection, agent, model: what it is from now on)
    POST /token      {"seconds": 3600, "audience": ..}       a bearer, in the answer
    POST /expire     {}          every token is too old from now on
"""
import time

import login
import server


class Control:
    name = "control"
    official_host = "control.invalid"

    def __init__(self, azure):
        self.azure = azure

    def count_fault(self, request):
        pass

    def answer(self, request):
        if request.method == "POST" and "json" not in request.header("content-type"):
            return server.Answer(400, {"error": "a control takes application/json"})
        deed = getattr(self, "%s_%s" % (request.method.lower(), request.path.strip("/")), None)
        if not deed:
            return server.Answer(404, {"error": "no such control: " + request.path})
        try:
            return server.Answer(200, deed(request))
        except (AttributeError, KeyError, TypeError, ValueError) as why:
            return server.Answer(400, {"error": repr(why)})

    def get_history(self, request):
        what = request.query.get("what")
        return [one for one in self.azure.notes if what in (None, one["what"])]

    def get_calls(self, request):
        return dict(self.azure.calls)

    def get_connections(self, request):
        return {"failed": self.azure.failed_connections}

    def get_state(self, request):
        return {"%s/%s" % (one.group, one.name): {
            "model": one.model, "upgrade": one.upgrade, "repairs": one.repairs_state,
            "extensions": sorted(found["name"] for found in one.extensions.values()),
            "instances": [self.seen(found) for found in one.instances],
        } for one in self.azure.sets.values()}

    def seen(self, one):
        return {"id": one.id, "name": one.name, "computer": one.computer, "vmId": one.vm_id,
                "address": one.address, "power": one.power, "group": one.group,
                "model": one.model, "boots": one.boots, "runs": one.runs,
                "protection": one.protection,
                "extensions": {found["name"]: found["code"] for found in one.extensions.values()}}

    def post_faults(self, request):
        self.azure.faults.add(request.body)
        return {}

    def delete_faults(self, request):
        self.azure.faults.clear()
        return {}

    def post_scenario(self, request):
        self.azure.scenario.update(request.body)
        if "limits" in request.body:
            self.azure.limits.set(request.body["limits"])
        return {}

    def post_sets(self, request):
        self.azure.add_set(request.body)
        return {}

    def set_of(self, body):
        found = self.azure.find_set(*body.pop("set").split("/", 1))
        if not found:
            raise KeyError("no such set")
        return found

    def post_set(self, request):
        body = dict(request.body)
        found = self.set_of(body)
        if "upgrade" in body:
            found.upgrade = body.pop("upgrade")
        if body.pop("model", None):
            found.change_model()
        found.text.update(body)
        return {}

    def post_instance(self, request):
        body = dict(request.body)
        found, do, which = self.set_of(body), body.pop("do"), body.pop("id", None)
        if do == "appear":
            one = found.appear({**body, **({} if which is None else {"id": which})})
            return self.seen(one)
        one = found.find(which)
        if one is None:
            raise KeyError("no such instance")
        self.azure.note(do, instance=one.name, vmId=one.vm_id)
        if do == "replace":
            return self.seen(found.replace(one, **body))
        if do == "disappear":
            found.disappear(one)
            return self.seen(one)
        if do != "change":
            raise ValueError("do: appear, disappear, replace, change")
        return self.change(one, body)

    def change(self, one, body):
        names = {"agent": "agent_ready"}
        for word, value in body.items():
            if not hasattr(one, names.get(word, word)):
                raise KeyError(word)
            setattr(one, names.get(word, word), value)
        return self.seen(one)

    def post_token(self, request):
        body = request.body or {}
        kept = self.azure.token_seconds
        self.azure.scenario["token_seconds"] = body.get("seconds", kept)
        try:
            return {"token": login.new_token(self.azure, body.get("audience"))}
        finally:
            self.azure.scenario["token_seconds"] = kept

    def post_expire(self, request):
        past = time.time() - 1
        self.azure.tokens = {bearer: (audience, past)
                             for bearer, (audience, _) in self.azure.tokens.items()}
        return {}
