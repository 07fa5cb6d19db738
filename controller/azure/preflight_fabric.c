/* preflight_fabric - what keeps the nodes of a set from one InfiniBand fabric */

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "controller/azure/preflight_parts.h"
#include "inventory/hostset.h"
#include "inventory/scaleset.h"
#include "inventory/sku.h"
#include "protocol/scope.h"

/* Azure's RDMA network. */
#define RDMA_FIRST_BYTE  172
#define RDMA_SECOND_BYTE 16

/* ---- sizes ------------------------------------------------------------------------------- */

static const char *size_of(const struct scaleset *set, const struct scaleset_instance *i)
{
    return i->size ? i->size : set->size;
}

static bool has_no_rdma(const void *arg, const struct scaleset *set,
                        const struct scaleset_instance *i)
{
    const char *size = size_of(set, i);

    return size && sku_rdma(arg, size) == SKU_NO;
}

static bool has_network_direct(const void *arg, const struct scaleset *set,
                               const struct scaleset_instance *i)
{
    const char *size = size_of(set, i);
    const struct sku_known *known = size ? sku_known(size) : NULL;

    (void)arg;
    return known && !known->is_sr_iov;
}

/* The size of those nodes, when they share one. */
static const char *shared_size(const struct scaleset *set, const struct hostset *nodes)
{
    const char *size = NULL;

    for (size_t i = 0; nodes && i < hostset_count(nodes); i++) {
        const struct scaleset_instance *one = scaleset_find(set, hostset_name(nodes, i));
        const char *own = one ? size_of(set, one) : NULL;

        if (!own || (size && strcasecmp(size, own) != 0))
            return "of several sizes";
        size = own;
    }
    return size ? size : "";
}

static void look_at_sizes(struct preflight_judge *j, const struct scaleset *set)
{
    CLEANUP(hostset_done)
    struct hostset *without = preflight_nodes(j, set, has_no_rdma, j->question->skus);
    CLEANUP(hostset_done)
    struct hostset *direct = preflight_nodes(j, set, has_network_direct, NULL);

    preflight_note_nodes(j, PREFLIGHT_SIZE, without,
                         "take a size whose RdmaEnabled is True, such as "
                         "Standard_HB120rs_v3, or leave these nodes out with -x",
                         "Azure says that %s has no RDMA", shared_size(set, without));
    preflight_note_nodes(j, PREFLIGHT_NETWORK_DIRECT, direct,
                         "no driver of ours serves it: take an SR-IOV size, or leave "
                         "these nodes out with -x",
                         "%s has Network Direct, which is not SR-IOV",
                         shared_size(set, direct));
}

/* ---- placement --------------------------------------------------------------------------- */

/* The placement groups that a set's nodes are in. */
struct spread {
    const char *groups[SCALESET_MAX_INSTANCES];
    size_t count;
};

static void add_group(struct spread *s, const char *group)
{
    for (size_t g = 0; g < s->count; g++)
        if (strcasecmp(s->groups[g], group) == 0)
            return;
    if (s->count < SCALESET_MAX_INSTANCES)
        s->groups[s->count++] = group;
}

static bool is_in_group(const void *arg, const struct scaleset *set,
                        const struct scaleset_instance *i)
{
    (void)set;
    return i->placement_group && strcasecmp(i->placement_group, arg) == 0;
}

/* Each island is told by its nodes, so that one of them can be chosen. */
static void look_at_islands(struct preflight_judge *j, const struct scaleset *set)
{
    struct spread s = {.count = 0};

    for (size_t i = 0; i < set->count; i++)
        if (scaleset_is_node(&set->instances[i]) && set->instances[i].placement_group)
            add_group(&s, set->instances[i].placement_group);
    for (size_t g = 0; s.count > 1 && g < s.count; g++) {
        CLEANUP(hostset_done)
        struct hostset *nodes = preflight_nodes(j, set, is_in_group, s.groups[g]);

        preflight_note_nodes(
            j, PREFLIGHT_ISLANDS, nodes,
            "measure and schedule each group by itself, or make the set anew with "
            "singlePlacementGroup=true",
            "in placement group %s of %s/%s, one of %zu: InfiniBand does not cross them",
            s.groups[g], set->group, set->name, s.count);
    }
}

static void look_at_placement(struct preflight_judge *j, const struct scaleset *set)
{
    if (set->is_single_placement_group)
        return;
    if (set->is_flexible)
        preflight_note_set(j, PREFLIGHT_PLACEMENT, set,
                           "make the set anew, Flexible with more than one fault domain "
                           "or Uniform, with "
                           "singlePlacementGroup=true",
                           "singlePlacementGroup is not true: its machines need not be "
                           "on one InfiniBand "
                           "fabric, and Azure does not tell which are");
    else
        preflight_note_set(
            j, PREFLIGHT_PLACEMENT, set,
            "make the set anew with singlePlacementGroup=true (at most 100 "
            "instances, 300 on request)",
            "singlePlacementGroup is false: instances that are added may "
            "be on another InfiniBand fabric");
}

/* A partition key belongs to one set. */
static void look_at_sets(struct preflight_judge *j)
{
    const struct preflight_question *q = j->question;

    if (q->set_count > 1)
        preflight_note_set(j, PREFLIGHT_SETS, q->sets[0],
                           "measure each set by itself: --vmss once for each",
                           "it and %zu other%s do not reach each other: Azure isolates "
                           "scale sets, and InfiniBand does not cross them",
                           q->set_count - 1, q->set_count == 2 ? "" : "s");
}

/* ---- network ----------------------------------------------------------------------------- */

static bool is_in_rdma_network(const void *arg, const struct scaleset *set,
                               const struct scaleset_instance *i)
{
    unsigned char bytes[4];

    (void)arg;
    (void)set;
    return i->address && inet_pton(AF_INET, i->address, bytes) == 1 &&
           bytes[0] == RDMA_FIRST_BYTE && bytes[1] == RDMA_SECOND_BYTE;
}

static void look_at_network(struct preflight_judge *j, const struct scaleset *set)
{
    CLEANUP(hostset_done)
    struct hostset *nodes = preflight_nodes(j, set, is_in_rdma_network, NULL);

    preflight_note_nodes(j, PREFLIGHT_NETWORK, nodes,
                         "give the virtual network another range than 172.16.0.0/16",
                         "private address within 172.16.0.0/16, which Azure keeps for "
                         "IP over InfiniBand: packets take the wrong way");
}

void preflight_look_at_fabric(struct preflight_judge *j)
{
    for (size_t s = 0; s < j->question->set_count; s++) {
        const struct scaleset *set = j->question->sets[s];

        look_at_sizes(j, set);
        look_at_islands(j, set);
        look_at_placement(j, set);
        look_at_network(j, set);
    }
    look_at_sets(j);
}
