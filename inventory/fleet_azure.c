#include "inventory/fleet_azure.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "inventory/fleet_setting.h"
#include "inventory/nearest.h"
#include "protocol/fail.h"

enum shape { TEXT, PATH, AGE };

#define AT(member) offsetof(struct fleet_azure, member)

/* clang-format off */
static const struct {
    const char *key;
    enum shape shape;
    size_t at;
    const char *help;
} keys[] = {
    {"vmss",            TEXT, AT(vmss),            "RG/NAME, more than one with commas: scale sets whose running instances are nodes"},
    {"filter",          TEXT, AT(filter),          "KEY=VALUE, ...: only such instances; state, zone, placement, size, model, health, id"},
    {"max_age",         AGE,  AT(max_age_s),       "seconds that what is known of a set may be old before Azure is asked again; default 60"},
    {"subscription",    TEXT, AT(subscription),    "else $AZURE_SUBSCRIPTION_ID, that of this machine, or of az"},
    {"cloud",           TEXT, AT(cloud),           "public, usgov, china or custom; else that of this machine, or public"},
    {"credential",      TEXT, AT(credential),      "managed-identity, cli, token, client-secret, client-certificate, workload-identity or auto: the first there is"},
    {"tenant",          TEXT, AT(tenant),          "else $AZURE_TENANT_ID"},
    {"client_id",       TEXT, AT(client_id),       "else $AZURE_CLIENT_ID; its secret is in $AZURE_CLIENT_SECRET, never here"},
    {"object_id",       TEXT, AT(object_id),       "another way to name a managed identity"},
    {"msi_res_id",      TEXT, AT(msi_res_id),      "and another one"},
    {"certificate",     PATH, AT(certificate),     "file with key and certificate (PEM); else $AZURE_CLIENT_CERTIFICATE_PATH"},
    {"federated_token", PATH, AT(federated_token), "file of workload identity; else $AZURE_FEDERATED_TOKEN_FILE"},
    {"token",           PATH, AT(token),           "file with a bearer, or fd:N; else $AZURE_TOKEN_FILE"},
    {"arm",             TEXT, AT(arm),             "https URL of the Resource Manager of a custom cloud"},
    {"login",           TEXT, AT(login),           "of its login"},
    {"resource",        TEXT, AT(resource),        "what its tokens are for; else the Resource Manager"},
    {"metadata",        TEXT, AT(metadata),        "URL of the metadata service"},
    {"ca_bundle",       PATH, AT(ca_bundle),       "file with certificates to trust; else $CURL_CA_BUNDLE, or the system's"},
};
/* clang-format on */
#define KEYS (sizeof keys / sizeof *keys)

const char *fleet_azure_key(size_t i, const char **help)
{
    if (i >= KEYS)
        return NULL;
    *help = keys[i].help;
    return keys[i].key;
}

static int unknown(const char *key, struct fail *why)
{
    const char *words[KEYS + 1] = {NULL}, *near;

    if (strstr(key, "secret"))
        return fail_set(why, FAIL_FLEET_FILE,
                        "'%s': no secret stands in a fleet file; "
                        "$AZURE_CLIENT_SECRET may have it",
                        key);
    for (size_t i = 0; i < KEYS; i++)
        words[i] = keys[i].key;
    near = nearest_word(key, words);
    return fail_set(why, FAIL_FLEET_FILE, "[azure] has no '%s'%s%s%s", key,
                    near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
}

static int take_age(unsigned *age_s, const char *value, struct fail *why)
{
    return setting_number(value, 0, FLEET_AZURE_MAX_AGE_S, age_s) == 0
               ? 0
               : fail_set(why, FAIL_FLEET_FILE,
                          "max_age is a number of seconds from 0 to %u, not '%s'",
                          FLEET_AZURE_MAX_AGE_S, value);
}

static int take_text(const char **text, const char *value, struct arena *arena,
                     struct fail *why)
{
    *text = arena_copy(arena, value, strlen(value));
    return *text ? 0 : fail_memory(why);
}

int fleet_azure_take(struct fleet_azure *azure, const char *key, const char *value,
                     const char *home, struct arena *arena, struct fail *why)
{
    for (size_t i = 0; i < KEYS; i++) {
        void *at = (char *)azure + keys[i].at;

        if (strcmp(keys[i].key, key) != 0)
            continue;
        if (!*value)
            return fail_set(why, FAIL_FLEET_FILE, "%s has no value", key);
        return keys[i].shape == AGE    ? take_age(at, value, why)
               : keys[i].shape == PATH ? setting_path(value, home, arena, at, why)
                                       : take_text(at, value, arena, why);
    }
    return unknown(key, why);
}
