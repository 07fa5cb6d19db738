#include "controller/deed/deed_conduct.h"

#include <stdlib.h>

#include "controller/command.h"
#include "controller/deed/batch.h"
#include "controller/deed/deed.h"
#include "controller/deed/deed_parley.h"
#include "controller/options.h"
#include "controller/screen/screen.h"
#include "controller/vmss/census.h"
#include "inventory/fleet.h"
#include "protocol/fail.h"

static unsigned failures_of(const struct command *c)
{
    const struct options *o = c->options;

    if (o->max_failures != OPTION_UNSET)
        return (unsigned)o->max_failures;
    return (unsigned)fleet_policy(c->fleet)->max_failures;
}

static int name_nodes(const struct command *c, const char ***names, struct fail *why)
{
    *names = calloc(c->node_count ? c->node_count : 1, sizeof **names);
    if (!*names)
        return fail_memory(why);
    for (size_t i = 0; i < c->node_count; i++)
        (*names)[i] = c->nodes[i]->name;
    return 0;
}

/* Before anything is opened: a name in none of the sets is a typing error. */
static int check_nodes(const struct deed_order *order, struct fail *why)
{
    const struct scaleset *set;

    if (!order->node_count)
        return fail_set(
            why, FAIL_USAGE,
            "azure %s: which instances?  To Azure, none would mean all of them",
            order->kind->name);
    for (size_t i = 0; i < order->node_count; i++)
        if (!deed_find(order, order->nodes[i], &set))
            return fail_set(why, FAIL_HOSTLIST, "'%s' is in none of the scale sets",
                            order->nodes[i]);
    return 0;
}

int deed_conduct(struct command *c, const struct deed_kind *kind, void *arg,
                 bool is_agreed)
{
    struct deed_order order = {.kind = kind,
                               .arg = arg,
                               .is_agreed = is_agreed,
                               .node_count = c->node_count,
                               .max_failures = failures_of(c)};
    const char **names = NULL;
    struct fail why;
    int status;

    order.sets = census_sets(c->census, &order.set_count);
    if (name_nodes(c, &names, &why) < 0)
        return screen_fail(&why);
    order.nodes = names;
    if (check_nodes(&order, &why) < 0 ||
        batch_read(c->options->batch, order.node_count, &order.batch, &why) < 0)
        status = screen_fail(&why);
    else
        status = deed_parley(c, &order, NULL, NULL);
    free(names);
    return status;
}
