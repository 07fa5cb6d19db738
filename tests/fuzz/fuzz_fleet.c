/* Whatever is read must be whole: every node found by its name, every group and
 * every hostlist answered.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/fleet.h"
#include "inventory/fleet_policy.h"
#include "inventory/hostset.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int is_so)
{
    if (!is_so)
        abort();
}

static void check_node(const struct fleet *fleet, const struct fleet_node *n)
{
    demand(fleet_find(fleet, n->name) == n);
    demand(n->port > 0 && *n->address && *n->address != '-');
    demand(!n->user || (*n->user && *n->user != '-'));
    demand(!n->agent || *n->agent == '/');
    demand(*fleet_host_keys_name(n->host_keys) && *fleet_driver_name(n->driver) &&
           *fleet_reboot_name(n->reboot));
}

static void check(struct fleet *fleet)
{
    CLEANUP(hostset_done) struct hostset *all = NULL;
    struct fail why = {.code = FAIL_NONE};

    for (size_t i = 0; i < fleet_count(fleet); i++)
        check_node(fleet, fleet_node(fleet, i));
    demand(fleet_policy(fleet)->window >= 1 &&
           fleet_policy(fleet)->window <= FLEET_MAX_WINDOW);
    if (fleet_select(fleet, "@all", NULL, &all, &why) == 0)
        demand(hostset_count(all) == fleet_count(fleet));
    else
        demand(fleet_count(fleet) == 0 && why.code == FAIL_HOSTLIST);
    demand(fleet_override(fleet, "port", "77", NULL, &why) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(fleet_done) struct fleet *fleet = NULL;
    struct fail why = {.code = FAIL_NONE};

    if (fleet_parse((const char *)data, size, "f.ini", "/home/me", NULL, &fleet, &why) ==
        0)
        check(fleet);
    else
        demand(!fleet && why.code == FAIL_FLEET_FILE &&
               strncmp(why.text, "f.ini:", 6) == 0);
    return 0;
}
