#include "protocol/facts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/record.h"

/* ---- what travels: one line per field --------------------------------------------- */

/* clang-format off */
#define FIELD           RECORD_FIELD
#define RANGE(type, ...) RECORD_RANGE(type, RECORD_INT, __VA_ARGS__)
#define LIST            RECORD_ARRAY
#define SHAPE           RECORD_SHAPE

#define NUMA_MAX 4095

static const struct record_field os_fields[] = {
    FIELD(facts_os, RECORD_TEXT,         id),
    FIELD(facts_os, RECORD_TEXT_OR_NULL, id_like),
    FIELD(facts_os, RECORD_TEXT_OR_NULL, version_id),
    FIELD(facts_os, RECORD_TEXT,         pretty),
    FIELD(facts_os, RECORD_TEXT,         kernel),
    FIELD(facts_os, RECORD_TEXT,         machine),
    FIELD(facts_os, RECORD_TEXT_OR_NULL, packages),
    FIELD(facts_os, RECORD_FLAG,         systemd),
};
static const struct record_shape os_shape = SHAPE(facts_os, os_fields);

static const struct record_field pci_fields[] = {
    FIELD(facts_pci, RECORD_TEXT,         address),
    FIELD(facts_pci, RECORD_HEX16,        vendor),
    FIELD(facts_pci, RECORD_HEX16,        device),
    FIELD(facts_pci, RECORD_HEX32,        class_code),
    FIELD(facts_pci, RECORD_TEXT_OR_NULL, driver),
    RANGE(facts_pci, numa, FACTS_UNKNOWN, NUMA_MAX),
};
static const struct record_shape pci_shape = SHAPE(facts_pci, pci_fields);

static const struct record_field netdev_fields[] = {
    FIELD(facts_netdev, RECORD_TEXT,         name),
    FIELD(facts_netdev, RECORD_TEXT_OR_NULL, driver),
    RANGE(facts_netdev, mtu, FACTS_UNKNOWN, INT32_MAX),
    FIELD(facts_netdev, RECORD_FLAG,         up),
};
static const struct record_shape netdev_shape = SHAPE(facts_netdev, netdev_fields);

static const struct record_field gid_fields[] = {
    RANGE(facts_gid, index, 0, 65535),
    FIELD(facts_gid, RECORD_TEXT,         gid),
    FIELD(facts_gid, RECORD_TEXT_OR_NULL, type),
};
static const struct record_shape gid_shape = SHAPE(facts_gid, gid_fields);

static const struct record_field port_fields[] = {
    RANGE(facts_port, number, 1, 255),
    FIELD(facts_port, RECORD_TEXT,         link_layer),
    FIELD(facts_port, RECORD_TEXT,         state),
    FIELD(facts_port, RECORD_TEXT,         phys_state),
    RECORD_RANGE(facts_port, RECORD_REAL, rate_gbps, 0, 1000000),
    FIELD(facts_port, RECORD_TEXT_OR_NULL, width),
    RANGE(facts_port, active_mtu, FACTS_UNKNOWN, 65536),
    RANGE(facts_port, lid, 0, 65535),
    RANGE(facts_port, sm_lid, 0, 65535),
    LIST(facts_port, RECORD_HEX16S, pkeys, pkey_count, NULL, FACTS_MAX_PKEYS),
    LIST(facts_port, RECORD_LIST, gids, gid_count, &gid_shape, FACTS_MAX_GIDS),
};
static const struct record_shape port_shape = SHAPE(facts_port, port_fields);

static const struct record_field hca_fields[] = {
    FIELD(facts_hca, RECORD_TEXT,         name),
    FIELD(facts_hca, RECORD_TEXT,         driver),
    FIELD(facts_hca, RECORD_TEXT_OR_NULL, firmware),
    FIELD(facts_hca, RECORD_TEXT_OR_NULL, board_id),
    FIELD(facts_hca, RECORD_TEXT,         node_guid),
    FIELD(facts_hca, RECORD_TEXT_OR_NULL, pci),
    FIELD(facts_hca, RECORD_TEXT_OR_NULL, netdev),
    RANGE(facts_hca, numa, FACTS_UNKNOWN, NUMA_MAX),
    LIST(facts_hca, RECORD_LIST, ports, port_count, &port_shape, FACTS_MAX_PORTS),
};
static const struct record_shape hca_shape = SHAPE(facts_hca, hca_fields);

static const struct record_field package_fields[] = {
    FIELD(facts_package, RECORD_TEXT, name),
    FIELD(facts_package, RECORD_TEXT, version),
};
static const struct record_shape package_shape = SHAPE(facts_package, package_fields);

static const struct record_field facts_fields[] = {
    FIELD(facts, RECORD_TEXT,         hostname),
    FIELD(facts, RECORD_TEXT,         boot_id),
    FIELD(facts, RECORD_TEXT_OR_NULL, hypervisor),
    FIELD(facts, RECORD_TEXT_OR_NULL, size),
    FIELD(facts, RECORD_TEXT_OR_NULL, physical_host),
    RANGE(facts, cpus, FACTS_UNKNOWN, 65536),
    FIELD(facts, RECORD_U64,          memory_bytes),
    FIELD(facts, RECORD_U64,          memlock_bytes),
    FIELD(facts, RECORD_U64,          free_bytes),
    RECORD_RANGE(facts, RECORD_U32, uid, 0, UINT32_MAX),
    RECORD_STRUCT(facts, os, &os_shape),
    LIST(facts, RECORD_LIST, pci, pci_count, &pci_shape, FACTS_MAX_PCI),
    LIST(facts, RECORD_LIST, netdevs, netdev_count, &netdev_shape, FACTS_MAX_NETDEVS),
    LIST(facts, RECORD_LIST, hcas, hca_count, &hca_shape, FACTS_MAX_HCAS),
    LIST(facts, RECORD_TEXTS, modules, module_count, NULL, FACTS_MAX_MODULES),
    LIST(facts, RECORD_TEXTS, modules_available, module_available_count,
         NULL, FACTS_MAX_MODULES),
    LIST(facts, RECORD_LIST, packages, package_count, &package_shape,
         FACTS_MAX_PACKAGES),
    FIELD(facts, RECORD_TEXT_OR_NULL, rxe_kept),
    FIELD(facts, RECORD_FLAG,         memlock_kept),
    RECORD_LATE_STRUCT(facts, platform, &platform_shape),
    RECORD_CHILD(facts, azure, &azure_shape),
};
static const struct record_shape facts_shape = SHAPE(facts, facts_fields);
/* clang-format on */

/* ---- the whole -------------------------------------------------------------------- */

struct facts *facts_new(void)
{
    struct facts *f = calloc(1, sizeof *f);

    if (f)
        f->cpus = FACTS_UNKNOWN;
    return f;
}

void facts_free(struct facts *f)
{
    if (f)
        record_clear(&facts_shape, f);
    free(f);
}

void facts_done(struct facts **f)
{
    facts_free(*f);
}

struct json *facts_encode(const struct facts *f)
{
    struct json *doc = record_encode(&facts_shape, f);

    if (doc && json_put_int(doc, "schema", FACTS_SCHEMA) < 0) {
        json_free(doc);
        return NULL;
    }
    return doc;
}

int facts_decode(const struct json *doc, struct facts **f, struct fail *why)
{
    struct facts *made;
    int64_t schema;

    if (json_get_int(doc, "schema", FACTS_SCHEMA, FACTS_SCHEMA, &schema, why) < 0)
        return -1;
    made = facts_new();
    if (!made)
        return fail_memory(why);
    if (record_decode(&facts_shape, doc, made, why) < 0) {
        facts_free(made);
        return -1;
    }
    *f = made;
    return 0;
}

/* ---- questions -------------------------------------------------------------------- */

static bool among(char *const *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], name) == 0)
            return true;
    return false;
}

bool facts_have_module(const struct facts *f, const char *name)
{
    return among(f->modules, f->module_count, name);
}

bool facts_can_load(const struct facts *f, const char *name)
{
    return facts_have_module(f, name) ||
           among(f->modules_available, f->module_available_count, name);
}

const char *facts_package_version(const struct facts *f, const char *name)
{
    for (size_t i = 0; i < f->package_count; i++)
        if (strcmp(f->packages[i].name, name) == 0)
            return f->packages[i].version;
    return NULL;
}

static bool is_soft(const struct facts_hca *hca)
{
    return strcmp(hca->driver, "rxe") == 0 || strcmp(hca->driver, "siw") == 0;
}

/* Azure's Accelerated Networking function is a Mellanox Ethernet VF that carries the
 * VM's ordinary traffic: azhpc-images names it mlx5_an0, and a hypervisor's guest has
 * no other Ethernet function of that driver.
 */
static bool is_accelerated_networking(const struct facts *f, const struct facts_hca *hca)
{
    return strncmp(hca->driver, "mlx", 3) == 0 && f->hypervisor &&
           strcmp(f->hypervisor, "microsoft") == 0;
}

/* How well a port measures: 0 not at all, 3 best. */
static int rank(const struct facts *f, const struct facts_hca *hca,
                const struct facts_port *port)
{
    if (strcmp(port->link_layer, "InfiniBand") == 0)
        return 3;
    if (is_soft(hca))
        return 1;
    return strcmp(port->state, "ACTIVE") == 0 && !is_accelerated_networking(f, hca) ? 2
                                                                                    : 0;
}

const struct facts_hca *facts_best_hca(const struct facts *f,
                                       const struct facts_port **port)
{
    const struct facts_hca *best = NULL;
    int best_rank = 0;

    for (size_t i = 0; i < f->hca_count; i++)
        for (size_t j = 0; j < f->hcas[i].port_count; j++) {
            int r = rank(f, &f->hcas[i], &f->hcas[i].ports[j]);

            if (r > best_rank) {
                best_rank = r;
                best = &f->hcas[i];
                *port = &f->hcas[i].ports[j];
            }
        }
    return best;
}
