"""extensions - of the model of a set, of one instance, of one machine; and their versions"""
import re

import actions
import machines
import operations
import routes
import server
import sets
import shape

KNOWN = {  # (publisher, type) -> system, versions
    ("microsoft.hpccompute", "infinibanddriverlinux"): ("Linux", ("1.0.0.0", "1.1.0.0", "1.2.0.0")),
    ("microsoft.hpccompute", "infinibanddriverwindows"): ("Windows", ("1.2.0.0", "1.5.0.0")),
    ("microsoft.managedservices", "applicationhealthlinux"): ("Linux", ("1.0.0.0", "2.0.0.0")),
    ("microsoft.azure.extensions", "customscript"): ("Linux", ("2.1.10.0",)),
}
NAMES = {"infinibanddriverlinux": "InfiniBandDriverLinux",
         "infinibanddriverwindows": "InfiniBandDriverWindows",
         "applicationhealthlinux": "ApplicationHealthLinux", "customscript": "CustomScript"}


def missing(word):
    return routes.Refused(400, "InvalidParameter",
                          "Required parameter '%s' is missing (null)." % word, target=word)


def read(azure, told, name, others):
    """The extension of these properties, or a refusal as Compute has it."""
    for word in ("publisher", "type", "typeHandlerVersion"):
        if not told.get(word):
            raise missing(word)
    if not re.fullmatch(r"\d+\.\d+", told["typeHandlerVersion"]):
        raise routes.Refused(400, "InvalidParameter",
                             "The value of parameter typeHandlerVersion is invalid.",
                             target="typeHandlerVersion")
    key = told["publisher"].lower(), told["type"].lower()
    versions = KNOWN.get(key, ("", ()))[1]
    if not any(one.startswith(told["typeHandlerVersion"] + ".") for one in versions):
        raise routes.Refused(404, "ArtifactNotFound",
                             "The VM extension with publisher '%s' and type '%s' could not be "
                             "found in the location '%s'." % (
                                 told["publisher"], told["type"], azure.location))
    for other in others:
        if other["name"].lower() != name.lower() and (
                other.get("publisher", "").lower(), other.get("type", "").lower()) == key:
            raise routes.Refused(
                400, "BadRequest",
                "Multiple VMExtensions per handler not supported for OS type 'Linux'. "
                "VMExtension '%s' with handler '%s.%s' already added or specified in input." % (
                    name, told["publisher"], told["type"]))
    return {"name": name, **told}


def properties_of(request):
    return routes.json_object(request).get("properties", {})


def gone(name):
    return routes.Refused(404, "NotFound",
                          "The extension '%s' was not found in this Azure location." % name)


# ---- of the model ------------------------------------------------------------

MODEL = sets.SETS + "/extensions"


def in_model(azure, names):
    """The set, and its key of the extension that the path names."""
    found, key = sets.the_set(azure, names), names["name"].lower()
    if key not in found.extensions:
        raise gone(names["name"])
    return found, key


@routes.route("GET", "~/virtualMachineScaleSets/{set}/extensions", MODEL + "/read",
              "GetVMScaleSet")
def list_model(azure, request, names):
    found = sets.the_set(azure, names)
    return routes.page(azure, request, [
        lambda key=key, one=one: shape.extension_model(found, key, one)
        for key, one in found.extensions.items()])


@routes.route("GET", "~/virtualMachineScaleSets/{set}/extensions/{name}", MODEL + "/read",
              "GetVMScaleSet")
def get_model(azure, request, names):
    found, key = in_model(azure, names)
    return server.Answer(200, shape.extension_model(found, key, found.extensions[key]))


def put_model(azure, request, found, extension, status):
    """In the model at once and "Updating", as Compute shows it; done when the operation is."""
    key = extension["name"].lower()
    found.extensions[key] = {**extension, "state": "Updating" if status == 200 else "Creating"}

    def effect():
        found.extensions[key]["state"] = "Succeeded"
        found.change_model()
        azure.note("model", set=found.name, extension=extension["name"])
    return operations.accept(
        azure, request, effect, status,
        lambda: shape.extension_model(found, key, found.extensions[key]))


@routes.route("PUT", "~/virtualMachineScaleSets/{set}/extensions/{name}", MODEL + "/write",
              "VMScaleSetUpdate")
def create_model(azure, request, names):
    found = sets.the_set(azure, names)
    new = names["name"].lower() not in found.extensions
    extension = read(azure, properties_of(request), names["name"], found.extensions.values())
    return put_model(azure, request, found, extension, 201 if new else 200)


@routes.route("PATCH", "~/virtualMachineScaleSets/{set}/extensions/{name}", MODEL + "/write",
              "VMScaleSetUpdate")
def patch_model(azure, request, names):
    """What is said, over what is there; and that must be an extension as well."""
    found, key = in_model(azure, names)
    old = found.extensions[key]
    told = {**{word: old[word] for word in old if word != "state"}, **properties_of(request)}
    return put_model(azure, request, found, read(azure, told, old["name"],
                                                 found.extensions.values()), 200)


@routes.route("DELETE", "~/virtualMachineScaleSets/{set}/extensions/{name}", MODEL + "/delete",
              "VMScaleSetUpdate")
def delete_model(azure, request, names):
    found, key = sets.the_set(azure, names), names["name"].lower()
    if key not in found.extensions:
        return server.Answer(204)

    def effect():
        found.extensions.pop(key, None)
        found.change_model()
        azure.note("model", set=found.name, removed=names["name"])
    return operations.accept(azure, request, effect, last_status=204)


# ---- of one instance, and of one machine ---------------------------------------

def put_one(azure, request, one, name, told):
    """There at once, and "Creating" or "Updating" until its handler has run."""
    key = name.lower()
    others = [{**done["text"], "name": done["name"]} for done in one.extensions.values()]
    extension, old = read(azure, told, name, others), one.extensions.get(key)
    state = "Updating" if old else "Creating"
    shown = {"name": name, "own": True, **(old or {"code": None, "message": ""}),
             "text": extension, "state": state}
    one.extensions[key] = shown

    def effect():
        if old:
            one.extensions[key] = old
        else:
            one.extensions.pop(key, None)
        one.put_extension(name, extension)["own"] = True
        return None if one.well() else actions.extension_error(one)

    return operations.accept(azure, request, effect, 200 if old else 201,
                             lambda: shape.extension_of(one, key))


def get_one(one, name, view):
    key = name.lower()
    if key not in one.extensions:
        raise gone(name)
    body = shape.extension_of(one, key)
    if view:
        body["properties"]["instanceView"] = shape.extension_view(one.extensions[key])
    return server.Answer(200, body)


def delete_one(azure, request, one, name):
    if name.lower() not in one.extensions:
        return server.Answer(204)

    def effect():
        one.extensions.pop(name.lower(), None)
        azure.note("removed", instance=one.name, id=one.id, extension=name)
    return operations.accept(azure, request, effect, last_status=204)


def bind(path, action, of):
    """The four verbs and the list, for one kind of machine."""
    wants_view = lambda request: request.query.get("$expand", "").lower() == "instanceview"

    @routes.route("GET", path + "/extensions", action + "/read", "GetVM")
    def list_them(azure, request, names):
        one, view = of(azure, names), wants_view(request)
        return server.Answer(200, {"value": [get_one(one, name, view).body
                                             for name in one.extensions]})

    @routes.route("GET", path + "/extensions/{name}", action + "/read", "GetVM")
    def get_it(azure, request, names):
        return get_one(of(azure, names), names["name"], wants_view(request))

    @routes.route("PUT", path + "/extensions/{name}", action + "/write", "PutVM")
    def put_it(azure, request, names):
        return put_one(azure, request, of(azure, names), names["name"], properties_of(request))

    @routes.route("PATCH", path + "/extensions/{name}", action + "/write", "PutVM")
    def patch_it(azure, request, names):
        one = of(azure, names)
        if names["name"].lower() not in one.extensions:
            raise gone(names["name"])
        old = one.extensions[names["name"].lower()]["text"]
        told = properties_of(request)
        return put_one(azure, request, one, names["name"],
                       {**{word: old[word] for word in old if word != "name"}, **told})

    @routes.route("DELETE", path + "/extensions/{name}", action + "/delete", "PutVM")
    def delete_it(azure, request, names):
        return delete_one(azure, request, of(azure, names), names["name"])


bind("~/virtualMachineScaleSets/{set}/virtualMachines/{id}", sets.VMS + "/extensions",
     sets.the_instance)
bind("~/virtualMachines/{vm}", machines.VMS + "/extensions", machines.the_machine)


# ---- what there is to install ----------------------------------------------------

IMAGES = "+/locations/{location}/publishers/{publisher}/artifacttypes/vmextension/types"


def image(azure, names, path, name, system=None):
    body = {"id": path, "name": name, "location": names["location"]}
    if system:
        body["properties"] = {"operatingSystem": system, "computeRole": "IaaS", "handlerSchema": "",
                              "vmScaleSetEnabled": True, "supportsMultipleExtensions": False}
    return body


@routes.route("GET", IMAGES, "Microsoft.Compute/locations/publishers/read")
def list_types(azure, request, names):
    return server.Answer(200, [
        image(azure, names, request.path + "/" + NAMES[kind], NAMES[kind])
        for publisher, kind in KNOWN if publisher == names["publisher"].lower()])


@routes.route("GET", IMAGES + "/{type}/versions", "Microsoft.Compute/locations/publishers/read")
def list_versions(azure, request, names):
    found = KNOWN.get((names["publisher"].lower(), names["type"].lower()))
    if not found:
        raise routes.Refused(404, "ArtifactNotFound",
                             "The VM extension with publisher '%s' and type '%s' could not be "
                             "found in the location '%s'." % (
                                 names["publisher"], names["type"], names["location"]))
    versions = sorted(found[1], reverse="desc" in request.query.get("$orderby", ""))
    count = int(request.query.get("$top", len(versions)))
    return server.Answer(200, [image(azure, names, request.path + "/" + one, one)
                               for one in versions[:count]])


@routes.route("GET", IMAGES + "/{type}/versions/{version}",
              "Microsoft.Compute/locations/publishers/read")
def get_version(azure, request, names):
    found = KNOWN.get((names["publisher"].lower(), names["type"].lower()))
    if not found or names["version"] not in found[1]:
        raise routes.Refused(404, "ArtifactNotFound", "The VM extension was not found.")
    return server.Answer(200, image(azure, names, request.path, names["version"], found[0]))
