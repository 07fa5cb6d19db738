"""actions - what is done to instances of a set: all of them, unless the body names some

A body without instanceIds, or with an empty list, means every instance, as to Azure; those
that are protected from the set's actions are then left alone.
"""
import operations
import routes
import sets


def chosen(found, body, required=False):
    ids = body.get("instanceIds")
    if required and not ids:
        raise routes.Refused(400, "InvalidParameter",
                             "Required parameter 'instanceIds' is missing (null).",
                             target="instanceIds")
    if not ids or ids == ["*"]:
        return [one for one in found.instances
                if not one.protection.get("protectFromScaleSetActions")]
    return [named(found, which) for which in ids]


def named(found, which):
    one = found.find(which)
    if one is None or str(which).lower() == one.computer.lower() != one.name.lower():
        raise routes.Refused(400, "InvalidParameter",
                             "The provided instanceId %s is not an active Virtual Machine Scale "
                             "Set VM instanceId." % which, target="instanceIds")
    return one


def act(azure, request, instances, deed):
    """All of them at once; those that are gone by then are passed over."""
    azure.note("action", did=request.path.rsplit("/", 1)[1],
               ids=[one.id for one in instances], vmIds=[one.vm_id for one in instances])

    def effect():
        for one in instances:
            if one in one.set.instances:
                getattr(one, deed)()
    return operations.accept(azure, request, effect, machines=instances)


def bind_set(word, deed):
    @routes.route("POST", "~/virtualMachineScaleSets/{set}/" + word,
                  "%s/%s/action" % (sets.SETS, word), "VMScaleSetUpdate")
    def on_set(azure, request, names):
        found = sets.the_set(azure, names)
        body = routes.json_object(request)
        return act(azure, request, chosen(found, body, word == "delete"), deed)

    @routes.route("POST", "~/virtualMachineScaleSets/{set}/virtualMachines/{id}/" + word,
                  "%s/%s/action" % (sets.VMS, word), "PutVM")
    def on_instance(azure, request, names):
        return act(azure, request, [sets.the_instance(azure, names)], deed)


for each in ("restart", "reimage", "redeploy", "start", "deallocate"):
    bind_set(each, each)
bind_set("poweroff", "power_off")
bind_set("delete", "delete")


@routes.route("POST", "~/virtualMachineScaleSets/{set}/manualupgrade",
              sets.SETS + "/manualUpgrade/action", "VMScaleSetUpdate")
def upgrade(azure, request, names):
    """The set's model onto these; the operation fails when an extension's handler does."""
    found = sets.the_set(azure, names)
    instances = chosen(found, routes.json_object(request), required=True)
    azure.note("action", did="manualupgrade", ids=[one.id for one in instances],
               vmIds=[one.vm_id for one in instances])

    def effect():
        failed = [one for one in instances
                  if one in one.set.instances and not one.apply_model()]
        return extension_error(failed[0]) if failed else None
    return operations.accept(azure, request, effect, machines=instances)


def extension_error(one):
    bad = [done for done in one.extensions.values() if done["code"] not in (None, 0, 3010)][0]
    return ("VMExtensionProvisioningError",
            "VM '%s' has reported a failure when processing extension '%s' (publisher '%s' and "
            "type '%s'). Error message: \"%s\"." % (
                one.name, bad["name"], bad["text"].get("publisher"), bad["text"].get("type"),
                bad["message"]))
