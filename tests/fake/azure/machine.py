"""machine - scale sets and their instances: what they are, and what becomes of them

A set has a model: its extensions, with a number that grows at each change.  An instance has
the model that was applied to it last.  What happens to instances (restart, reimage, ...) is
done here, once an operation has come to its end; operations.py says when that is.
"""
import ipaddress
import uuid

import world

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
IMAGE = {"publisher": "almalinux", "offer": "almalinux-hpc", "sku": "8_10-hpc-gen2",
         "version": "latest"}


def base36(number, width):
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = DIGITS[digit] + text
    return text.rjust(width, "0")


class Set:
    def __init__(self, azure, group, text):
        self.azure, self.group, self.text = azure, group, dict(text)
        self.name = text["name"]
        self.mode = text.get("mode", "Uniform")
        self.size = text.get("size", "Standard_HB120rs_v3")
        self.location = text.get("location", azure.location)
        self.prefix = text.get("prefix", self.name)
        self.unique_id = world.new_id()
        self.model = 1
        self.upgrade = text.get("upgrade", "Manual")
        self.repairs_state = "Running" if text.get("repairs") else "NotRunning"
        self.state = "Succeeded"
        self.tags = {}
        self.extensions = {}
        for extension in text.get("extensions", []):
            self.extensions[extension["name"].lower()] = dict(extension)
        self.placement_group = world.new_id()
        self.hosts = ipaddress.ip_network(text.get("subnet", "10.0.0.0/24")).hosts()
        self.next_number = text.get("first", 0)
        self.instances = []
        for one in text.get("instances", [{}] * text.get("count", 0)):
            self.appear(one)

    def path(self, provider="Microsoft.Compute"):
        return "/subscriptions/%s/resourceGroups/%s/providers/%s/virtualMachineScaleSets/%s" % (
            self.azure.subscription, self.group, provider, self.name)

    def take_address(self):
        """The first four of a subnet are Azure's own."""
        used = {one.address for one in self.instances}
        for host in self.hosts:
            if str(host) not in used and int(str(host).rsplit(".", 1)[1]) > 3:
                return str(host)
        raise ValueError("the subnet of %s is full" % self.name)

    def appear(self, text):
        number = int(text.get("id", self.next_number))
        self.next_number = max(self.next_number, number + 1)
        one = Instance(self, number, text)
        self.instances.append(one)
        return one

    def find(self, which):
        for one in self.instances:
            if str(which).lower() in (one.id.lower(), one.name.lower(), one.computer.lower()):
                return one
        return None

    def disappear(self, one):
        self.instances.remove(one)

    def replace(self, one, **text):
        """As automatic repairs do: another machine, another id, the address is given again."""
        self.disappear(one)
        return self.appear({"address": one.address, **text})

    def change_model(self):
        self.model += 1
        if self.upgrade == "Automatic":
            for one in self.instances:
                one.apply_model()


class Instance:
    def __init__(self, of, number, text):
        self.set, self.azure = of, of.azure
        self.number = number
        self.id = str(number)
        self.vm_id = text.get("vmId", world.new_id())
        if of.mode == "Flexible":
            self.name = text.get("name", "%s_%s" % (of.name, self.vm_id[:8]))
        else:
            self.name = text.get("name", "%s_%s" % (of.name, self.id))
        self.computer = text.get("computer", of.prefix + base36(number, 6))
        self.address = text.get("address") or of.take_address()
        self.mac = text.get("mac", "00-0D-3A-%02X-%02X-%02X" % (
            number >> 16 & 255, number >> 8 & 255, number & 255))
        self.power = text.get("power", "running")
        self.state = text.get("state", "Succeeded")
        self.under_way = 0 # operations
        self.health = text.get("health", "")
        self.size = text.get("size", of.size)
        self.zone = text.get("zone", "")
        self.fault_domain = text.get("faultDomain", number % of.text.get("faultDomains", 1))
        self.group = text.get("group", of.placement_group)
        self.protection = dict(text.get("protection", {}))
        self.priority = of.text.get("priority", "Regular")
        self.agent_ready = text.get("agent", True)
        self.created = world.stamp()
        self.model = text.get("model", of.model)
        self.extensions = {}
        self.runs = 0      # of extension handlers
        self.boots = 1
        if self.model == of.model:
            for name, extension in of.extensions.items():
                self.put_extension(name, extension)

    def path(self, provider="Microsoft.Compute"):
        if self.set.mode == "Flexible":
            return "/subscriptions/%s/resourceGroups/%s/providers/%s/virtualMachines/%s" % (
                self.azure.subscription, self.set.group, provider, self.name)
        return self.set.path(provider) + "/virtualMachines/" + self.id

    def exit_of(self):
        """How the extension's handler ends here: (code, message)."""
        exits = self.azure.scenario.get("exits", {})
        told = exits.get(self.id, exits.get(self.name, exits.get(self.computer, 0)))
        if isinstance(told, dict):
            return told.get("code", 0), told.get("message", "")
        return told, ""

    def put_extension(self, name, text):
        """Run its handler, unless it is there with the very same settings."""
        code, message = self.exit_of()
        old = self.extensions.get(name.lower())
        known = old and {**old["text"], "name": ""} == {**text, "name": ""}
        if known and old["code"] == code:
            return old
        self.runs += 1
        self.azure.note("extension", instance=self.name, id=self.id, vmId=self.vm_id,
                        extension=text.get("name", name), code=code)
        done = {"text": dict(text), "name": text.get("name", name), "code": code,
                "message": message or ("Enable succeeded" if code == 0 else
                                       "Enable succeeded with exit code 3010" if code == 3010 else
                                       "Enable failed with exit code %d" % code)}
        self.extensions[name.lower()] = done
        return done

    def apply_model(self):
        """False when an extension's handler has failed."""
        for name in list(self.extensions):
            if name not in self.set.extensions and not self.extensions[name].get("own"):
                del self.extensions[name]
        for name, extension in self.set.extensions.items():
            self.put_extension(name, extension)
        self.model = self.set.model
        self.azure.note("upgraded", instance=self.name, id=self.id, vmId=self.vm_id)
        return self.well()

    def well(self):
        return all(one["code"] in (None, 0, 3010) for one in self.extensions.values())

    def restart(self):
        self.azure.note("restart", instance=self.name, id=self.id, vmId=self.vm_id)
        self.boots += 1
        self.power = "running"

    def reimage(self):
        """A new disk of the same machine: what extensions did is gone, and done again."""
        self.azure.note("reimage", instance=self.name, id=self.id, vmId=self.vm_id)
        self.boots += 1
        texts = {name: one["text"] for name, one in self.extensions.items()}
        self.extensions = {}
        for name, text in texts.items():
            self.put_extension(name, text)

    def redeploy(self):
        """Another host: the InfiniBand side of it is new."""
        self.azure.note("redeploy", instance=self.name, id=self.id, vmId=self.vm_id)
        self.boots += 1
        self.power = "running"

    def start(self):
        self.azure.note("start", instance=self.name, id=self.id, vmId=self.vm_id)
        self.power = "running"

    def deallocate(self):
        self.azure.note("deallocate", instance=self.name, id=self.id, vmId=self.vm_id)
        self.power = "deallocated"

    def power_off(self):
        self.azure.note("poweroff", instance=self.name, id=self.id, vmId=self.vm_id)
        self.power = "stopped"

    def delete(self):
        self.azure.note("delete", instance=self.name, id=self.id, vmId=self.vm_id)
        self.set.disappear(self)
