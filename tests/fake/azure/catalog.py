"""catalog - what Azure has to offer: sizes, its own addresses; and Impact, which takes reports"""
import routes
import server

# Sizes with what an administrator of RDMA asks of them: processors, RDMA, NICs of InfiniBand.
SIZES = (
    ("Standard_HB120rs_v2", "standardHBv2Family", 120, True),
    ("Standard_HB120rs_v3", "standardHBv3Family", 120, True),
    ("Standard_HB120-32rs_v3", "standardHBv3Family", 32, True),
    ("Standard_HB176rs_v4", "standardHBv4Family", 176, True),
    ("Standard_HX176rs", "standardHXFamily", 176, True),
    ("Standard_HC44rs", "standardHCSFamily", 44, True),
    ("Standard_ND96asr_v4", "standardNDASv4_A100Family", 96, True),
    ("Standard_ND96isr_H100_v5", "standardNDSH100v5Family", 96, True),
    ("Standard_ND96is_H100_v5", "standardNDSH100v5Family", 96, False),
    ("Standard_H16r", "standardHFamily", 16, True),
    ("Standard_D4s_v5", "standardDSv5Family", 4, False),
)


def sku(name, family, processors, rdma, location):
    capabilities = {
        "vCPUs": str(processors), "MemoryGB": str(processors * 4), "vCPUsAvailable": str(processors),
        "MaxResourceVolumeMB": "491520", "OSVhdSizeMB": "1047552", "HyperVGenerations": "V1,V2",
        "CpuArchitectureType": "x64", "LowPriorityCapable": "True", "PremiumIO": "True",
        "AcceleratedNetworkingEnabled": "True", "RdmaEnabled": str(rdma),
        "MaxNetworkInterfaces": "8",
    }
    return {
        "resourceType": "virtualMachines", "name": name, "tier": "Standard",
        "size": name.split("_", 1)[1], "family": family, "locations": [location],
        "locationInfo": [{"location": location, "zones": ["1", "2"], "zoneDetails": []}],
        "capabilities": [{"name": key, "value": value} for key, value in capabilities.items()],
        "restrictions": [],
    }


def offered(count, location):
    """The sizes above and as many of no interest as make it long."""
    sizes = list(SIZES) + [("Standard_D%ds_v%d" % (2 + number, 3 + number % 3),
                            "standardDSv%dFamily" % (3 + number % 3), 2 + number, False)
                           for number in range(max(0, count - len(SIZES)))]
    return [lambda one=one: sku(*one, location) for one in sizes]


@routes.route("GET", "+/skus", "Microsoft.Compute/skus/read", versions=("2021-07-01",))
def list_skus(azure, request, names):
    told = azure.scenario.get("skus", {})
    text = request.query.get("$filter", "")
    location = azure.location
    if text:
        word, _, value = text.partition(" eq ")
        if word.strip() != "location" or not value.strip().startswith("'"):
            raise routes.Refused(400, "InvalidFilterInQueryString",
                                 "Invalid $filter '%s' specified in the query string." % text)
        location = value.strip().strip("'")
    return routes.page(azure, request, offered(told.get("count", 600), location),
                       told.get("page", 100000))


def endpoints(azure, request):
    """ARM's own addresses, in the form of the version that is asked for."""
    login, resource = "https://" + azure.doors["login"], "https://" + request.host
    audiences = ["https://management.core.windows.net/", "https://management.azure.com/"]
    if request.query.get("api-version", "") < "2019":
        return {"galleryEndpoint": resource, "graphEndpoint": resource, "portalEndpoint": resource,
                "authentication": {"loginEndpoint": login, "audiences": audiences}}
    return [{"name": azure.environment, "portal": resource, "resourceManager": resource,
             "authentication": {"loginEndpoint": login, "audiences": audiences,
                                "tenant": "common", "identityProvider": "AAD"},
             "media": resource, "graph": resource}]


@routes.route("PUT", "/subscriptions/{sub}/providers/Microsoft.Impact/workloadImpacts/{name}",
              "Microsoft.Impact/WorkloadImpacts/write",
              versions=("2023-02-01-preview", "2025-01-01-preview"), room="undescribed")
def put_impact(azure, request, names):
    told = routes.json_object(request).get("properties", {})
    for word in ("startDateTime", "impactCategory", "impactedResourceId"):
        if not told.get(word):
            raise routes.Refused(400, "InvalidRequestBody", "The property '%s' is required." % word)
    azure.reports[request.path.lower()] = told
    azure.note("impact", name=names["name"], report=told)
    return server.Answer(201, {"id": request.path, "name": names["name"],
                               "type": "Microsoft.Impact/workloadImpacts",
                               "properties": {**told, "provisioningState": "Succeeded"}})
