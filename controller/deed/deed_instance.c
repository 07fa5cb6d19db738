#include "controller/deed/deed_instance.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "inventory/armfield.h"
#include "inventory/scaleset.h"
#include "protocol/json.h"

/* ---- paths -------------------------------------------------------------------------- */

#define COMPUTE "/subscriptions/%s/resourceGroups/%s/providers/Microsoft.Compute"

static int check_room(int len, struct fail *why)
{
    return len < DEED_PATH_BYTES
               ? 0
               : fail_set(why, FAIL_USAGE,
                          "the names of the set are too long for a path");
}

int deed_path_of_set(const struct scaleset *set, const char *below,
                     char path[DEED_PATH_BYTES], struct fail *why)
{
    return check_room(snprintf(path, DEED_PATH_BYTES,
                               COMPUTE "/virtualMachineScaleSets/%s%s", set->subscription,
                               set->group, set->name, below),
                      why);
}

int deed_path_in_set(const struct scaleset *set, const struct scaleset_instance *of,
                     const char *below, char path[DEED_PATH_BYTES], struct fail *why)
{
    return check_room(snprintf(path, DEED_PATH_BYTES,
                               COMPUTE "/virtualMachineScaleSets/%s/virtualMachines/%s%s",
                               set->subscription, set->group, set->name, of->id, below),
                      why);
}

int deed_path_of_machine(const struct scaleset *set, const struct scaleset_instance *of,
                         const char *below, char path[DEED_PATH_BYTES], struct fail *why)
{
    if (!set->is_flexible)
        return deed_path_in_set(set, of, below, path, why);
    return check_room(snprintf(path, DEED_PATH_BYTES, COMPUTE "/virtualMachines/%s%s",
                               set->subscription, set->group, of->id, below),
                      why);
}

/* ---- looking ------------------------------------------------------------------------ */

static int look_at(struct deed_ask *look, const char *expand)
{
    look->method = "GET";
    look->api_version = DEED_API_VERSION;
    look->expand = expand;
    return 0;
}

static int look_at_machine(void *arg, const struct scaleset *set,
                           const struct scaleset_instance *of, struct deed_ask *look,
                           struct fail *why)
{
    (void)arg;
    look_at(look, "instanceView");
    return deed_path_of_machine(set, of, "", look->path, why);
}

int deed_look_in_set(void *arg, const struct scaleset *set,
                     const struct scaleset_instance *of, struct deed_ask *look,
                     struct fail *why)
{
    (void)arg;
    look_at(look, "instanceView");
    return deed_path_in_set(set, of, "", look->path, why);
}

static enum deed_sight fail_gone(struct fail *why)
{
    fail_set(why, FAIL_AZURE_NOT_FOUND, "is not there any more");
    return SIGHT_FAILED;
}

/* The words of Azure's about the end of its provisioning; "" when it has none. */
static const char *provisioning_words(const struct json *answer)
{
    const struct json *s = armfield_items(answer, "properties.instanceView.statuses");

    for (; s; s = json_next(s)) {
        const char *code = armfield_text(s, "code"), *words = armfield_text(s, "message");

        if (code && words && strncasecmp(code, "ProvisioningState/", 18) == 0)
            return words;
    }
    return "";
}

enum deed_sight deed_judge_provisioning(const struct json *answer, struct fail *why)
{
    const char *state = armfield_text(answer, "properties.provisioningState");
    const char *words = provisioning_words(answer);

    if (!answer)
        return fail_gone(why);
    if (!state || strcasecmp(state, "Succeeded") == 0)
        return SIGHT_AS_WANTED;
    if (strcasecmp(state, "Failed") != 0 && strcasecmp(state, "Canceled") != 0 &&
        strcasecmp(state, "Deleting") != 0)
        return SIGHT_NOT_YET;
    fail_set(why, FAIL_AZURE_OPERATION, "its provisioning state is '%s'%s%s", state,
             *words ? ": " : "", words);
    return SIGHT_FAILED;
}

/* Where there is no agent, nobody waits for it. */
static bool is_agent_awaited(const struct json *answer)
{
    const struct json *s =
        armfield_items(answer, "properties.instanceView.vmAgent.statuses");
    const char *word = armfield_text(s, "displayStatus");

    return word && strcasecmp(word, "Ready") != 0;
}

/* Up, with its agent, and not said to be unhealthy. */
static enum deed_sight judge_running(void *arg, const struct scaleset_instance *of,
                                     const struct json *answer, struct fail *why)
{
    enum deed_sight sight = deed_judge_provisioning(answer, why);
    struct scaleset_instance now;

    (void)arg;
    (void)of;
    if (sight != SIGHT_AS_WANTED)
        return sight;
    scaleset_read_standing(answer, &now);
    if (now.power == SCALESET_STOPPED || now.power == SCALESET_DEALLOCATED)
        return SIGHT_OTHERWISE;
    if (now.power != SCALESET_RUNNING || is_agent_awaited(answer) ||
        (now.health && strcasecmp(now.health, "unhealthy") == 0))
        return SIGHT_NOT_YET;
    return SIGHT_AS_WANTED;
}

enum deed_sight deed_judge_upgrade(void *arg, const struct scaleset_instance *of,
                                   const struct json *answer, struct fail *why)
{
    enum deed_sight sight = deed_judge_provisioning(answer, why);
    struct scaleset_instance now;

    (void)arg;
    (void)of;
    if (sight != SIGHT_AS_WANTED)
        return sight;
    scaleset_read_standing(answer, &now);
    switch (now.model) {
    case SCALESET_MODEL_LATEST:
        return SIGHT_AS_WANTED;
    case SCALESET_MODEL_OLD:
        return SIGHT_OTHERWISE;
    case SCALESET_MODEL_UNKNOWN:
        break;
    }
    fail_set(why, FAIL_AZURE_ANSWER,
             "Azure does not say whether it has the set's latest model");
    return SIGHT_FAILED;
}

static enum deed_sight judge_protection(const struct json *answer, bool wanted,
                                        struct fail *why)
{
    enum deed_sight sight = deed_judge_provisioning(answer, why);
    struct scaleset_instance now;

    if (!answer || sight == SIGHT_NOT_YET)
        return sight;
    scaleset_read_standing(answer, &now);
    return now.keeps_from_scale_in == wanted && now.keeps_from_set_actions == wanted
               ? SIGHT_AS_WANTED
               : SIGHT_OTHERWISE;
}

static enum deed_sight judge_protected(void *arg, const struct scaleset_instance *of,
                                       const struct json *answer, struct fail *why)
{
    (void)arg;
    (void)of;
    return judge_protection(answer, true, why);
}

static enum deed_sight judge_unprotected(void *arg, const struct scaleset_instance *of,
                                         const struct json *answer, struct fail *why)
{
    (void)arg;
    (void)of;
    return judge_protection(answer, false, why);
}

/* ---- asking ------------------------------------------------------------------------- */

static int post(const struct scaleset *set, const struct scaleset_instance *of,
                const char *word, struct deed_ask *ask, struct fail *why)
{
    ask->method = "POST";
    ask->api_version = DEED_API_VERSION;
    return deed_path_of_machine(set, of, word, ask->path, why);
}

static int ask_restart(void *arg, const struct scaleset *set,
                       const struct scaleset_instance *of, struct deed_ask *ask,
                       struct fail *why)
{
    (void)arg;
    return post(set, of, "/restart", ask, why);
}

static int ask_reimage(void *arg, const struct scaleset *set,
                       const struct scaleset_instance *of, struct deed_ask *ask,
                       struct fail *why)
{
    (void)arg;
    return post(set, of, "/reimage", ask, why);
}

static int ask_redeploy(void *arg, const struct scaleset *set,
                        const struct scaleset_instance *of, struct deed_ask *ask,
                        struct fail *why)
{
    (void)arg;
    return post(set, of, "/redeploy", ask, why);
}

static int ask_start(void *arg, const struct scaleset *set,
                     const struct scaleset_instance *of, struct deed_ask *ask,
                     struct fail *why)
{
    (void)arg;
    ask->is_repeatable = true;
    return post(set, of, "/start", ask, why);
}

/* {key: child}; takes child, also when it fails, with NULL. */
static struct json *wrap(const char *key, struct json *child)
{
    struct json *object = json_object();

    if (!object)
        json_free(child);
    else if (json_put(object, key, child) == 0)
        return object;
    json_free(object);
    return NULL;
}

static struct json *list_of(const char *text)
{
    struct json *list = json_array();

    if (list && json_push(list, json_text(text)) == 0)
        return list;
    json_free(list);
    return NULL;
}

/* The list is never empty: to Azure, that would mean every instance. */
int deed_ask_upgrade(void *arg, const struct scaleset *set,
                     const struct scaleset_instance *of, struct deed_ask *ask,
                     struct fail *why)
{
    (void)arg;
    ask->method = "POST";
    ask->api_version = DEED_API_VERSION;
    ask->is_repeatable = true;
    ask->body = wrap("instanceIds", list_of(of->id));
    if (!ask->body)
        return fail_memory(why);
    return deed_path_of_set(set, "/manualupgrade", ask->path, why);
}

static struct json *policy(bool wanted)
{
    struct json *object = json_object();

    if (object && json_put_flag(object, "protectFromScaleIn", wanted) == 0 &&
        json_put_flag(object, "protectFromScaleSetActions", wanted) == 0)
        return object;
    json_free(object);
    return NULL;
}

/* Of what is not put nothing is changed; the location must be there. */
static int put_protection(const struct scaleset *set, const struct scaleset_instance *of,
                          bool wanted, struct deed_ask *ask, struct fail *why)
{
    ask->method = "PUT";
    ask->api_version = DEED_API_VERSION;
    ask->body = wrap("properties", wrap("protectionPolicy", policy(wanted)));
    if (!ask->body || json_put_text(ask->body, "location", set->location) < 0)
        return fail_memory(why);
    return deed_path_in_set(set, of, "", ask->path, why);
}

static int ask_protect(void *arg, const struct scaleset *set,
                       const struct scaleset_instance *of, struct deed_ask *ask,
                       struct fail *why)
{
    (void)arg;
    return put_protection(set, of, true, ask, why);
}

static int ask_unprotect(void *arg, const struct scaleset *set,
                         const struct scaleset_instance *of, struct deed_ask *ask,
                         struct fail *why)
{
    (void)arg;
    return put_protection(set, of, false, ask, why);
}

/* ---- kinds -------------------------------------------------------------------------- */

/* clang-format off */
static const struct deed_kind kinds[] = {
    {.name = "restart", .doing = "restarting", .done = "restarted",
     .loses = "what runs on them ends",
     .ask = ask_restart, .look = look_at_machine, .judge = judge_running},
    {.name = "reimage", .doing = "reimaging", .done = "reimaged",
     .loses = "the OS disk of each is lost, with all that is on it: they come back as "
              "their image is",
     .ask = ask_reimage, .look = look_at_machine, .judge = judge_running},
    {.name = "redeploy", .doing = "redeploying", .done = "redeployed",
     .loses = "what runs on them ends, and their temporary disks are lost: they move to "
              "other hardware",
     .ask = ask_redeploy, .look = look_at_machine, .judge = judge_running},
    {.name = "start", .doing = "starting", .done = "started", .is_seen = true,
     .ask = ask_start, .look = look_at_machine, .judge = judge_running},
    {.name = "upgrade", .doing = "upgrading", .done = "upgraded", .is_seen = true,
     .loses = "where the set's model has changed so that it needs it, Azure restarts them",
     .ask = deed_ask_upgrade, .look = deed_look_in_set, .judge = deed_judge_upgrade},
    {.name = "protect", .doing = "protecting", .done = "protected", .is_seen = true,
     .ask = ask_protect, .look = deed_look_in_set, .judge = judge_protected},
    {.name = "unprotect", .doing = "unprotecting", .done = "unprotected", .is_seen = true,
     .ask = ask_unprotect, .look = deed_look_in_set, .judge = judge_unprotected},
};
/* clang-format on */

const struct deed_kind *deed_instance_kinds(size_t nth)
{
    return nth < sizeof kinds / sizeof *kinds ? &kinds[nth] : NULL;
}
