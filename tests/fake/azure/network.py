"""network - interfaces and virtual networks, of Microsoft.Network

A set's interfaces are Microsoft.Network's under a path of Microsoft.Compute.
"""
import routes
import server
import sets
import shape

OF_SETS = ("2018-10-01", "2024-01-01")
OWN = ("2018-10-01", "2024-01-01")
ACTION = sets.SETS + "/networkInterfaces/read"


def listed(azure, request, instances):
    return routes.page(azure, request, [lambda one=one: shape.interface(one) for one in instances])


@routes.route("GET", "~/virtualMachineScaleSets/{set}/networkInterfaces", ACTION,
              versions=OF_SETS)
def list_of_set(azure, request, names):
    return listed(azure, request, sets.the_set(azure, names).instances)


@routes.route("GET", "~/virtualMachineScaleSets/{set}/virtualMachines/{id}/networkInterfaces",
              ACTION, versions=OF_SETS)
def list_of_instance(azure, request, names):
    return listed(azure, request, [sets.the_instance(azure, names)])


@routes.route("GET", "=/networkInterfaces", "Microsoft.Network/networkInterfaces/read",
              versions=OWN)
def list_of_group(azure, request, names):
    return listed(azure, request, azure.flexible(names["group"].lower()))


@routes.route("GET", "=/networkInterfaces/{nic}", "Microsoft.Network/networkInterfaces/read",
              versions=OWN)
def get_interface(azure, request, names):
    for one in azure.flexible(names["group"].lower()):
        if shape.interface_path(one).rsplit("/", 1)[1].lower() == names["nic"].lower():
            return server.Answer(200, shape.interface(one))
    raise routes.not_found("Microsoft.Network/networkInterfaces", names["nic"], names["group"])


@routes.route("GET", "=/virtualNetworks/{net}", "Microsoft.Network/virtualNetworks/read",
              versions=OWN)
def get_network(azure, request, names):
    for one in azure.sets.values():
        if shape.network_path(one).lower() == request.path.lower().rstrip("/"):
            return server.Answer(200, shape.network(one))
    raise routes.not_found("Microsoft.Network/virtualNetworks", names["net"], names["group"])


@routes.route("GET", "=/virtualNetworks/{net}/subnets/{subnet}",
              "Microsoft.Network/virtualNetworks/subnets/read", versions=OWN)
def get_subnet(azure, request, names):
    for subnet in get_network_of(azure, request)["properties"]["subnets"]:
        if subnet["name"].lower() == names["subnet"].lower():
            return server.Answer(200, subnet)
    raise routes.not_found("Microsoft.Network/virtualNetworks/subnets", names["subnet"],
                           names["group"])


def get_network_of(azure, request):
    for one in azure.sets.values():
        if request.path.lower().startswith(shape.network_path(one).lower() + "/"):
            return shape.network(one)
    return {"properties": {"subnets": []}}
