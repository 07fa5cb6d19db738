"""machines - virtual machines of their own: the instances of Flexible sets"""
import re

import actions
import routes
import server
import shape

VMS = "Microsoft.Compute/virtualMachines"
OF_SET = re.compile(r"^'?virtualMachineScaleSet/id'? eq '([^']+)'$", re.I)


def the_machine(azure, names):
    found = azure.find_machine(names["group"], names["vm"])
    if not found:
        raise routes.not_found(VMS, names["vm"], names["group"])
    return found


def listed(azure, request, machines):
    """Expanding is legal only together with the filter by set."""
    text, view = request.query.get("$filter", ""), request.query.get("$expand", "")
    if view and view.lower() != "instanceview":
        raise routes.Refused(400, "BadRequest", "The $expand expression '%s' is invalid." % view)
    if view and not text:
        raise routes.Refused(400, "BadRequest", "$expand is allowed only with a $filter by "
                                                "virtualMachineScaleSet/id.")
    if text:
        found = OF_SET.match(text)
        if not found:
            raise routes.Refused(400, "BadRequest",
                                 "The $filter expression '%s' is invalid." % text)
        machines = [one for one in machines if one.set.path().lower() == found[1].lower()]
    status_only = request.query.get("statusOnly", "").lower() == "true"
    return routes.page(azure, request, [
        lambda one=one: shape.machine_of(one, bool(view) or status_only) for one in machines])


@routes.route("GET", "~/virtualMachines", VMS + "/read", "HighCostGet")
def list_machines(azure, request, names):
    return listed(azure, request, azure.flexible(names["group"].lower()))


@routes.route("GET", "+/virtualMachines", VMS + "/read", "HighCostGet")
def list_all_machines(azure, request, names):
    return listed(azure, request, azure.flexible())


@routes.route("GET", "~/virtualMachines/{vm}", VMS + "/read", "GetVM")
def get_machine(azure, request, names):
    view = request.query.get("$expand", "").lower() == "instanceview"
    return server.Answer(200, shape.machine_of(the_machine(azure, names), view))


@routes.route("GET", "~/virtualMachines/{vm}/instanceView", VMS + "/instanceView/read", "GetVM")
def view_machine(azure, request, names):
    return server.Answer(200, shape.instance_view(the_machine(azure, names)))


def bind(word, deed):
    @routes.route("POST", "~/virtualMachines/{vm}/" + word, "%s/%s/action" % (VMS, word), "PutVM")
    def on_machine(azure, request, names):
        return actions.act(azure, request, [the_machine(azure, names)], deed)


for each in ("restart", "reimage", "redeploy", "start", "deallocate"):
    bind(each, each)
bind("powerOff", "power_off")
