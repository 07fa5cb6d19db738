"""shape - sets, instances and interfaces as ARM writes them"""
import machine
import world


def extension_model(of, key, extension):
    return {
        "id": of.path() + "/extensions/" + extension["name"],
        "name": extension["name"],
        "type": "Microsoft.Compute/virtualMachineScaleSets/extensions",
        "properties": {
            **shown(extension), "provisioningState": extension.get("state", "Succeeded")},
    }


def shown(extension):
    """The properties that Azure gives back: protected ones are not among them."""
    known = ("publisher", "type", "typeHandlerVersion", "autoUpgradeMinorVersion", "settings",
             "enableAutomaticUpgrade", "forceUpdateTag", "suppressFailures",
             "provisionAfterExtensions")
    return {name: extension[name] for name in known if name in extension}


def the_set(of):
    text = of.text
    network = {"name": "nic", "properties": {
        "primary": True,
        "enableAcceleratedNetworking": False,
        "enableIPForwarding": False,
        "ipConfigurations": [{"name": "ip", "properties": {
            "primary": True, "privateIPAddressVersion": "IPv4",
            "subnet": {"id": subnet_path(of)}}}],
    }}
    profile = {
        "osProfile": {
            "computerNamePrefix": of.prefix,
            "adminUsername": "azureuser",
            "linuxConfiguration": {"disablePasswordAuthentication": True,
                                   "provisionVMAgent": True},
            "secrets": [],
            "allowExtensionOperations": True,
        },
        "storageProfile": {
            "imageReference": dict(text.get("image", machine.IMAGE)),
            "osDisk": {"createOption": "FromImage", "caching": "ReadWrite", "osType": "Linux",
                       "managedDisk": {"storageAccountType": "Premium_LRS"}},
        },
        "networkProfile": {"networkInterfaceConfigurations": [network]},
        "extensionProfile": {"extensions": [
            {"name": one["name"], "properties": shown(one)} for one in of.extensions.values()]},
    }
    if text.get("priority", "Regular") != "Regular":
        profile["priority"] = text["priority"]
        profile["evictionPolicy"] = "Deallocate"
    properties = {
        "singlePlacementGroup": text.get("singlePlacementGroup", True),
        "orchestrationMode": of.mode,
        "provisioningState": of.state,
        "platformFaultDomainCount": text.get("faultDomains", 1),
        "uniqueId": of.unique_id,
        "virtualMachineProfile": profile,
        "scaleInPolicy": {"rules": text.get("scaleIn", ["Default"]), "forceDeletion": False},
    }
    if of.mode == "Uniform":
        properties["upgradePolicy"] = {"mode": of.upgrade}
        properties["overprovision"] = text.get("overprovision", False)
        properties["doNotRunExtensionsOnOverprovisionedVMs"] = False
    if "repairs" in text:
        properties["automaticRepairsPolicy"] = {
            "enabled": bool(text["repairs"]), "gracePeriod": "PT10M", "repairAction": "Replace"}
    body = {
        "name": of.name, "id": of.path(), "type": "Microsoft.Compute/virtualMachineScaleSets",
        "location": of.location, "tags": of.tags,
        "sku": {"name": of.size, "tier": "Standard",
                "capacity": text.get("capacity", len(of.instances))},
        "properties": properties,
    }
    if text.get("zones"):
        body["zones"] = text["zones"]
    return body




def set_view(of):
    counts = {}
    for one in of.instances:
        for code in ("ProvisioningState/" + one.state.lower(), "PowerState/" + one.power):
            counts[code] = counts.get(code, 0) + 1
    return {
        "virtualMachine": {"statusesSummary": [
            {"code": code, "count": count} for code, count in sorted(counts.items())]},
        "extensions": [{"name": one["name"], "statusesSummary": extension_counts(of, key)}
                       for key, one in of.extensions.items()],
        "statuses": [status("ProvisioningState/" + of.state.lower(),
                            "Provisioning " + of.state.lower())],
        "orchestrationServices": [{"serviceName": "AutomaticRepairs",
                                   "serviceState": of.repairs_state}],
    }


def extension_counts(of, key):
    counts = {}
    for one in of.instances:
        if key in one.extensions:
            code = extension_code(one.extensions[key])
            counts[code] = counts.get(code, 0) + 1
    return [{"code": code, "count": count} for code, count in sorted(counts.items())]


def status(code, display, level="Info", message=None):
    body = {"code": code, "level": level, "displayStatus": display, "time": world.stamp()}
    if message is not None:
        body["message"] = message
    return body


def extension_code(one):
    if one["code"] is None:
        return "ProvisioningState/transitioning"
    if one["code"] in (0, 3010):
        return "ProvisioningState/succeeded"
    return "ProvisioningState/failed/%d" % one["code"]


def extension_view(one):
    failed = one["code"] not in (None, 0, 3010)
    text = one["text"]
    if one["code"] is None:
        return {"name": one["name"], "type": "%s.%s" % (text.get("publisher"), text.get("type")),
                "typeHandlerVersion": text.get("typeHandlerVersion", "1.0") + ".0.0",
                "statuses": [status(extension_code(one), "Transitioning")]}
    return {
        "name": one["name"],
        "type": "%s.%s" % (text.get("publisher"), text.get("type")),
        "typeHandlerVersion": text.get("typeHandlerVersion", "1.0") + ".0.0",
        "statuses": [status(extension_code(one),
                            "Provisioning failed" if failed else "Provisioning succeeded",
                            "Error" if failed else "Info", one["message"])],
    }


def extension_of(one, key):
    """An extension of one instance, as a resource."""
    done = one.extensions[key]
    kind = ("Microsoft.Compute/virtualMachines/extensions" if one.set.mode == "Flexible"
            else "Microsoft.Compute/virtualMachineScaleSets/virtualMachines/extensions")
    failed = done["code"] not in (0, 3010)
    return {
        "name": done["name"], "id": one.path() + "/extensions/" + done["name"], "type": kind,
        "location": one.set.location,
        "properties": {**shown(done["text"]),
                       "provisioningState": done.get("state") or (
                           "Failed" if failed else "Succeeded")},
    }


POWER = {"running": "VM running", "deallocated": "VM deallocated", "stopped": "VM stopped",
         "starting": "VM starting", "deallocating": "VM deallocating"}


def instance_view(one):
    code = "ProvisioningState/" + one.state.lower()
    body = {
        "platformUpdateDomain": 0,
        "platformFaultDomain": one.fault_domain,
        "computerName": one.computer,
        "osName": "almalinux", "osVersion": "8.10", "hyperVGeneration": "V2",
        "extensions": [extension_view(done) for done in one.extensions.values()],
        "statuses": [status(code, "Provisioning " + one.state.lower()),
                     status("PowerState/" + one.power, POWER.get(one.power, one.power))],
    }
    if one.set.mode == "Uniform":
        body["placementGroupId"] = one.group
    if one.power == "running":
        ready = one.agent_ready
        body["vmAgent"] = {"vmAgentVersion": "2.11.1.4", "extensionHandlers": [], "statuses": [
            status("ProvisioningState/" + ("succeeded" if ready else "Unavailable"),
                   "Ready" if ready else "Not Ready", "Info" if ready else "Warning",
                   "Guest Agent is running" if ready else
                   "VM status blob is found but not yet populated.")]}
    if one.health:
        body["vmHealth"] = {"status": status("HealthState/" + one.health.lower(),
                                             "The VM is reporting itself as " + one.health)}
    return body


def profiles(one):
    return {
        "hardwareProfile": {"vmSize": one.size} if one.set.mode == "Flexible" else {},
        "storageProfile": {
            "imageReference": {**one.set.text.get("image", machine.IMAGE),
                               "exactVersion": "8.10.2024101801"},
            "osDisk": {"osType": "Linux", "name": one.name + "_disk", "caching": "ReadWrite",
                       "createOption": "FromImage", "diskSizeGB": 64,
                       "managedDisk": {"storageAccountType": "Premium_LRS"}},
            "dataDisks": [],
        },
        "osProfile": {
            "computerName": one.computer, "adminUsername": "azureuser", "secrets": [],
            "linuxConfiguration": {"disablePasswordAuthentication": True,
                                   "provisionVMAgent": True},
            "allowExtensionOperations": True,
        },
        "networkProfile": {"networkInterfaces": [
            {"id": interface_path(one), "properties": {"primary": True}}]},
        "provisioningState": "Updating" if one.under_way else one.state,
        "vmId": one.vm_id,
        "timeCreated": one.created,
    }


def instance(one, view):
    """An instance of a Uniform set."""
    properties = {
        "latestModelApplied": one.model == one.set.model,
        "modelDefinitionApplied": "VirtualMachineScaleSet",
        **profiles(one),
        "networkProfileConfiguration": {"networkInterfaceConfigurations": [{
            "name": "nic", "properties": {
                "primary": True, "enableAcceleratedNetworking": False,
                "ipConfigurations": [{"name": "ip", "properties": {
                    "primary": True, "privateIPAddressVersion": "IPv4",
                    "subnet": {"id": subnet_path(one.set)}}}]}}]},
    }
    if one.protection:
        properties["protectionPolicy"] = one.protection
    if view:
        properties["instanceView"] = instance_view(one)
    body = {
        "name": one.name, "id": one.path(), "instanceId": one.id,
        "type": "Microsoft.Compute/virtualMachineScaleSets/virtualMachines",
        "location": one.set.location, "tags": {},
        "sku": {"name": one.size, "tier": "Standard"},
        "properties": properties,
        "resources": [extension_of(one, key) for key in one.extensions],
    }
    if one.zone:
        body["zones"] = [one.zone]
    return body


def machine_of(one, view):
    """An instance of a Flexible set: a virtual machine of its own."""
    properties = {
        **profiles(one),
        "virtualMachineScaleSet": {"id": one.set.path()},
        "platformFaultDomain": one.fault_domain,
    }
    if one.priority != "Regular":
        properties["priority"] = one.priority
        properties["evictionPolicy"] = "Deallocate"
    if view:
        properties["instanceView"] = instance_view(one)
    body = {
        "name": one.name, "id": one.path(), "type": "Microsoft.Compute/virtualMachines",
        "location": one.set.location, "tags": {}, "properties": properties,
        "resources": [extension_of(one, key) for key in one.extensions],
    }
    if one.zone:
        body["zones"] = [one.zone]
    return body


def subnet_path(of):
    return network_path(of) + "/subnets/compute"


def network_path(of):
    return "/subscriptions/%s/resourceGroups/%s/providers/Microsoft.Network/virtualNetworks/%s" % (
        of.azure.subscription, of.group, of.name + "-net")


def interface_path(one):
    if one.set.mode == "Uniform":
        return one.path() + "/networkInterfaces/nic"
    return "/subscriptions/%s/resourceGroups/%s/providers/Microsoft.Network/networkInterfaces/%s" % (
        one.azure.subscription, one.set.group, one.name + "-nic")


def interface(one):
    path = interface_path(one)
    body = {
        "name": path.rsplit("/", 1)[1], "id": path,
        "etag": 'W/"%s"' % one.vm_id,
        "properties": {
            "provisioningState": "Succeeded",
            "resourceGuid": one.vm_id,
            "primary": True,
            "enableAcceleratedNetworking": False,
            "enableIPForwarding": False,
            "macAddress": one.mac,
            "virtualMachine": {"id": one.path()},
            "dnsSettings": {"dnsServers": [], "appliedDnsServers": []},
            "ipConfigurations": [{
                "name": "ip", "id": path + "/ipConfigurations/ip",
                "etag": 'W/"%s"' % one.vm_id,
                "properties": {
                    "provisioningState": "Succeeded",
                    "primary": True,
                    "privateIPAddress": one.address,
                    "privateIPAllocationMethod": "Dynamic",
                    "privateIPAddressVersion": "IPv4",
                    "subnet": {"id": subnet_path(one.set)},
                }}],
        },
    }
    if one.set.mode == "Flexible":
        body["type"] = "Microsoft.Network/networkInterfaces"
        body["location"] = one.set.location
    return body


def network(of):
    subnet = of.text.get("subnet", "10.0.0.0/24")
    return {
        "name": of.name + "-net", "id": network_path(of), "location": of.location,
        "type": "Microsoft.Network/virtualNetworks", "etag": 'W/"%s"' % of.unique_id,
        "properties": {
            "provisioningState": "Succeeded",
            "resourceGuid": of.unique_id,
            "addressSpace": {"addressPrefixes": of.text.get("network", ["10.0.0.0/16"])},
            "subnets": [{"name": "compute", "id": subnet_path(of),
                         "etag": 'W/"%s"' % of.unique_id,
                         "properties": {"provisioningState": "Succeeded",
                                        "addressPrefix": subnet}}],
        },
    }
