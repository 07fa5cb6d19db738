"""sets - scale sets: shown, changed, and what is done to their instances"""
import operations
import routes
import server
import shape

SETS = "Microsoft.Compute/virtualMachineScaleSets"
VMS = SETS + "/virtualMachines"


def the_set(azure, names):
    found = azure.find_set(names["group"], names["set"])
    if not found:
        raise routes.not_found(SETS, names["set"], names["group"])
    return found


def the_instance(azure, names):
    found = the_set(azure, names).find(names["id"])
    if not found:
        raise routes.Refused(404, "InvalidParameter" if names["id"].isdigit() else "NotFound",
                             "The entity was not found in this Azure location.")
    return found


@routes.route("GET", "~/virtualMachineScaleSets/{set}", SETS + "/read", "GetVMScaleSet")
def get_set(azure, request, names):
    return server.Answer(200, shape.the_set(the_set(azure, names)))


def list_page(azure, request, found):
    return routes.page(azure, request, [lambda one=one: shape.the_set(one) for one in found])


@routes.route("GET", "~/virtualMachineScaleSets", SETS + "/read", "HighCostGet")
def list_sets(azure, request, names):
    return list_page(azure, request, [
        one for one in azure.sets.values() if one.group.lower() == names["group"].lower()])


@routes.route("GET", "+/virtualMachineScaleSets", SETS + "/read", "HighCostGet")
def list_all_sets(azure, request, names):
    return list_page(azure, request, list(azure.sets.values()))


@routes.route("GET", "+/locations/{location}/virtualMachineScaleSets", SETS + "/read",
              "HighCostGet")
def list_sets_of_location(azure, request, names):
    return list_page(azure, request, [
        one for one in azure.sets.values() if one.location.lower() == names["location"].lower()])


@routes.route("GET", "~/virtualMachineScaleSets/{set}/instanceView",
              SETS + "/instanceView/read", "HighCostGet")
def view_set(azure, request, names):
    found = the_set(azure, names)
    if found.mode == "Flexible":
        raise routes.Refused(409, "OperationNotAllowed",
                             "Operation 'GetInstanceView' is not supported on Virtual Machine "
                             "Scale Set '%s' in Flexible orchestration mode." % found.name)
    return server.Answer(200, shape.set_view(found))


def filter_of(text):
    """A test of an instance, of the filters that Compute knows."""
    if not text:
        return lambda one: True
    word = text.replace(" ", "").lower()
    if word in ("properties/latestmodelappliedeqtrue", "properties/latestmodelappliedeqfalse"):
        wanted = word.endswith("true")
        return lambda one: (one.model == one.set.model) == wanted
    if word == "startswith(instanceview/statuses/code,'powerstate')eqtrue":
        return lambda one: True
    raise routes.Refused(400, "BadRequest", "The $filter expression '%s' is invalid." % text)


def instance_reference(one):
    """What the list of a Flexible set tells of its machines."""
    return {"id": one.path(), "name": one.name, "instanceId": one.name,
            "location": one.set.location, "type": VMS}


@routes.route("GET", "~/virtualMachineScaleSets/{set}/virtualMachines", VMS + "/read",
              "HighCostGet")
def list_instances(azure, request, names):
    found = the_set(azure, names)
    chosen = [one for one in found.instances if filter_of(request.query.get("$filter"))(one)]
    if found.mode == "Flexible":
        return routes.page(azure, request,
                           [lambda one=one: instance_reference(one) for one in chosen])
    wanted = request.query.get("$expand", request.query.get("$select", ""))
    view = wanted.lower().startswith("instanceview")
    return routes.page(azure, request,
                       [lambda one=one: shape.instance(one, view) for one in chosen])


@routes.route("GET", "~/virtualMachineScaleSets/{set}/virtualMachines/{id}", VMS + "/read",
              "GetVM")
def get_instance(azure, request, names):
    view = request.query.get("$expand", "").lower() == "instanceview"
    return server.Answer(200, shape.instance(the_instance(azure, names), view))


@routes.route("GET", "~/virtualMachineScaleSets/{set}/virtualMachines/{id}/instanceView",
              VMS + "/instanceView/read", "GetVM")
def view_instance(azure, request, names):
    return server.Answer(200, shape.instance_view(the_instance(azure, names)))


@routes.route("PUT", "~/virtualMachineScaleSets/{set}/virtualMachines/{id}", VMS + "/write",
              "PutVM")
def put_instance(azure, request, names):
    """Of all that can be put, the protection is what has an effect here."""
    body, one = routes.json_object(request), the_instance(azure, names)
    if not body.get("location"):
        raise routes.Refused(400, "LocationRequired",
                             "The location property is required for this definition.")
    told = body.get("properties", {}).get("protectionPolicy")

    def effect():
        if told is not None:
            one.protection = dict(told)
            azure.note("protected", instance=one.name, id=one.id, policy=told)
    return operations.accept(azure, request, effect, 200, lambda: shape.instance(one, False))


@routes.route("DELETE", "~/virtualMachineScaleSets/{set}/virtualMachines/{id}", VMS + "/delete",
              "PutVM")
def delete_instance(azure, request, names):
    return operations.accept(azure, request, the_instance(azure, names).delete, 202)


def update(found, body):
    """What a PATCH says, put in place; the number of the model grows when it is concerned."""
    properties = body.get("properties", {})
    for word in ("overprovision", "singlePlacementGroup"):
        if word in properties:
            found.text[word] = properties[word]
    if "mode" in properties.get("upgradePolicy", {}):
        found.upgrade = properties["upgradePolicy"]["mode"]
    if "automaticRepairsPolicy" in properties:
        found.text["repairs"] = properties["automaticRepairsPolicy"].get("enabled", False)
        found.repairs_state = "Running" if found.text["repairs"] else "NotRunning"
    if "rules" in properties.get("scaleInPolicy", {}):
        found.text["scaleIn"] = properties["scaleInPolicy"]["rules"]
    if "tags" in body:
        found.tags = dict(body["tags"])
    profile = properties.get("virtualMachineProfile", {}).get("extensionProfile")
    if profile is not None:
        found.extensions = {one["name"].lower(): {"name": one["name"], **one.get("properties", {})}
                            for one in profile.get("extensions", [])}
        found.change_model()
    resize(found, body.get("sku", {}).get("capacity", len(found.instances)))


def resize(found, capacity):
    """Scale-in takes the newest that is not protected."""
    while len(found.instances) < capacity:
        found.appear({})
    for one in reversed(list(found.instances)):
        if len(found.instances) > capacity and not one.protection.get("protectFromScaleIn"):
            found.disappear(one)


@routes.route("PATCH", "~/virtualMachineScaleSets/{set}", SETS + "/write", "VMScaleSetUpdate")
def patch_set(azure, request, names):
    found, body = the_set(azure, names), routes.json_object(request)
    return operations.accept(azure, request, lambda: update(found, body), 200,
                             lambda: {**shape.the_set(found)})


@routes.route("POST", "~/virtualMachineScaleSets/{set}/setOrchestrationServiceState",
              SETS + "/setOrchestrationServiceState/action", "VMScaleSetUpdate")
def set_service_state(azure, request, names):
    found, body = the_set(azure, names), routes.json_object(request)
    if body.get("serviceName") != "AutomaticRepairs":
        raise routes.Refused(400, "InvalidParameter",
                             "The value of parameter serviceName is invalid.",
                             target="serviceName")
    if body.get("action") not in ("Suspend", "Resume"):
        raise routes.Refused(400, "InvalidParameter", "The value of parameter action is invalid.",
                             target="action")
    if not found.text.get("repairs"):
        raise routes.Refused(409, "OperationNotAllowed",
                             "The orchestration service AutomaticRepairs is not enabled on "
                             "Virtual Machine Scale Set '%s'." % found.name)

    def effect():
        found.repairs_state = "Suspended" if body["action"] == "Suspend" else "Running"
        azure.note("repairs", set=found.name, state=found.repairs_state)
    return operations.accept(azure, request, effect)
