/* scaleset_interface - which private address an instance is reached at */

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "inventory/armfield.h"
#include "inventory/scaleset_parts.h"
#include "protocol/fail.h"
#include "protocol/json.h"

/* What speaks for an address; the largest sum wins, the first of equals. */
#define IS_IPV4            1
#define IS_PRIMARY_OF_CARD 2
#define IS_PRIMARY_CARD    4

/* ---- whose interface ------------------------------------------------------------------- */

static _Thread_local const struct scaleset *sorting; /* qsort has no argument to give */

static int compare_resources(const void *a, const void *b)
{
    const size_t *x = a, *y = b;

    return strcasecmp(sorting->instances[*x].resource, sorting->instances[*y].resource);
}

static int index_resources(struct scaleset *set, struct fail *why)
{
    if (set->is_indexed)
        return 0;
    free(set->by_resource);
    set->by_resource = calloc(set->count + 1, sizeof *set->by_resource);
    if (!set->by_resource)
        return fail_memory(why);
    for (size_t i = 0; i < set->count; i++)
        set->by_resource[i] = i;
    sorting = set;
    qsort(set->by_resource, set->count, sizeof *set->by_resource, compare_resources);
    set->is_indexed = true;
    return 0;
}

static int compare_id(const char *id, size_t len, const char *resource)
{
    int order = strncasecmp(id, resource, len);

    return order ? order : resource[len] ? -1 : 0;
}

static struct scaleset_instance *find_owner(const struct scaleset *set, const char *id,
                                            size_t len)
{
    size_t low = 0, high = set->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct scaleset_instance *i = &set->instances[set->by_resource[middle]];
        int order = compare_id(id, len, i->resource);

        if (order == 0)
            return i;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* It names its machine, or lies below it. */
static struct scaleset_instance *owner_of(const struct scaleset *set,
                                          const struct json *card)
{
    const char *machine = armfield_text(card, "properties.virtualMachine.id");
    const char *own = armfield_text(card, "id");
    const char *below = own ? strcasestr(own, "/networkInterfaces/") : NULL;

    if (machine)
        return find_owner(set, machine, strlen(machine));
    return below ? find_owner(set, own, (size_t)(below - own)) : NULL;
}

/* ---- which address ----------------------------------------------------------------------- */

/* -1: not an address */
static int rank_address(const char *address)
{
    unsigned char bytes[16];

    if (!address)
        return -1;
    if (inet_pton(AF_INET, address, bytes) == 1)
        return IS_IPV4;
    return inet_pton(AF_INET6, address, bytes) == 1 ? 0 : -1;
}

static int take_address(struct scaleset *set, struct scaleset_instance *i,
                        const struct json *configuration, int rank, struct fail *why)
{
    const char *address = armfield_text(configuration, "properties.privateIPAddress");
    int own = rank_address(address);

    if (own < 0)
        return 0;
    rank += own;
    if (armfield_flag(configuration, "properties.primary", false))
        rank += IS_PRIMARY_OF_CARD;
    if (rank <= i->address_rank)
        return 0;
    i->address_rank = rank;
    return scaleset_keep(set, address, &i->address, why);
}

static int take_card(struct scaleset *set, const struct json *card, struct fail *why)
{
    struct scaleset_instance *i = owner_of(set, card);
    const struct json *c = armfield_items(card, "properties.ipConfigurations");
    int rank = armfield_flag(card, "properties.primary", false) ? IS_PRIMARY_CARD : 0;

    for (; i && c; c = json_next(c))
        if (take_address(set, i, c, rank, why) < 0)
            return -1;
    return 0;
}

int scaleset_add_interfaces(struct scaleset *set, const struct json *page,
                            struct fail *why)
{
    if (scaleset_check_page(set, page, "network interfaces", why) < 0 ||
        index_resources(set, why) < 0)
        return -1;
    for (const struct json *card = json_first(page); card; card = json_next(card))
        if (take_card(set, card, why) < 0)
            return -1;
    return 0;
}
