/* fleet_azure - [azure] of the fleet file: which scale sets, and how to ask for them
 *
 *     [azure]
 *     vmss         = hpc/ib
 *     subscription = 11111111-2222-3333-4444-555555555555
 *     credential   = managed-identity
 *
 * No secret stands here, only where one is.
 *
 * Pure.
 */
#ifndef INVENTORY_FLEET_AZURE_H
#define INVENTORY_FLEET_AZURE_H

#include "inventory/arena.h"

struct fail;

/* Texts are NULL when not said. */
struct fleet_azure {
    const char *vmss;   /* "RG/NAME, RG/NAME" */
    const char *filter; /* which instances: scaleset_filter.h */
    unsigned max_age_s; /* of what is known of a set, before Azure is asked again */
    const char *subscription, *cloud, *credential;
    const char *tenant, *client_id, *object_id, *msi_res_id;
    const char *certificate, *federated_token, *token; /* files */
    const char *arm, *login, *resource, *metadata;     /* URLs */
    const char *ca_bundle;
};

#define FLEET_AZURE_AGE_S     60
#define FLEET_AZURE_MAX_AGE_S 31536000u

/* Take one line; "~/" of files means home (NULL: such paths are refused).  Texts live in
 * the arena.  -1: FAIL_FLEET_FILE, FAIL_MEMORY.
 */
int fleet_azure_take(struct fleet_azure *azure, const char *key, const char *value,
                     const char *home, struct arena *arena, struct fail *why);

/* The key at i and what it is for; NULL past the last one. */
const char *fleet_azure_key(size_t i, const char **help);

#endif
