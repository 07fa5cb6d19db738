#include "node-agent/ask.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "node-agent/claim.h"
#include "node-agent/detect/detect.h"
#include "node-agent/home.h"
#include "node-agent/install/follow.h"
#include "node-agent/install/loglist.h"
#include "node-agent/install/reboot.h"
#include "node-agent/install/uninstall.h"
#include "protocol/facts.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"
#include "protocol/steps.h"

#define SECONDS ((int64_t)1000)

static int reply(struct json *made, struct json **answer, struct fail *why)
{
    if (!made)
        return fail_memory(why);
    *answer = made;
    return 0;
}

static int work_detect(const struct home *h, const struct json *body,
                       const struct voice *voice, struct json **answer, struct fail *why)
{
    CLEANUP(facts_done) struct facts *f = NULL;

    (void)body;
    (void)voice;
    if (detect(h->root, &f, why) < 0)
        return -1;
    return reply(facts_encode(f), answer, why);
}

/* ---- the claim ----------------------------------------------------------------- */

static int work_claim(const struct home *h, const struct json *body,
                      const struct voice *voice, struct json **answer, struct fail *why)
{
    struct claim want;

    (void)voice;
    if (claim_decode(body, &want, why) < 0 ||
        claim_take(h, &want, (int64_t)time(NULL), why) < 0)
        return -1;
    return reply(json_object(), answer, why);
}

/* What every request that changes the node starts with. */
static int get_holder(const struct json *body, const char **run, int64_t *epoch,
                      struct fail *why)
{
    if (json_get_text(body, "run", run, why) < 0 ||
        json_get_int(body, "epoch", 0, (int64_t)1 << 53, epoch, why) < 0)
        return -1;
    if (!home_name_is_safe(*run))
        return fail_set(why, FAIL_GARBAGE, "'run' is not fit for a file name");
    return 0;
}

static int work_release(const struct home *h, const struct json *body,
                        const struct voice *voice, struct json **answer, struct fail *why)
{
    const char *run;
    int64_t epoch;

    (void)voice;
    if (get_holder(body, &run, &epoch, why) < 0 || claim_release(h, run, epoch, why) < 0)
        return -1;
    return reply(json_object(), answer, why);
}

/* ---- what changes the node ----------------------------------------------------- */

static int check_root(const struct home *h, struct fail *why)
{
    if (h->may_install)
        return 0;
    return fail_set(why, FAIL_NOT_ROOT,
                    "only root can change the node; the agent runs as somebody else");
}

static int work_install(const struct home *h, const struct json *body,
                        const struct voice *voice, struct json **answer, struct fail *why)
{
    struct steps steps = {0};
    const struct json *list;
    const char *run;
    int64_t epoch;
    int rc;

    if (check_root(h, why) < 0 || get_holder(body, &run, &epoch, why) < 0 ||
        json_get_array(body, "steps", &list, why) < 0 ||
        steps_decode(list, &steps, why) < 0)
        return -1;
    rc = follow_steps(h, run, epoch, &steps, voice, answer, why);
    steps_clear(&steps);
    return rc;
}

static int work_reboot(const struct home *h, const struct json *body,
                       const struct voice *voice, struct json **answer, struct fail *why)
{
    CLEANUP(json_done) struct json *made = json_object();
    const char *run, *boot_id;
    int64_t epoch;
    bool already;

    (void)voice;
    if (check_root(h, why) < 0 || get_holder(body, &run, &epoch, why) < 0 ||
        json_get_text(body, "boot_id", &boot_id, why) < 0 ||
        reboot_node(h, run, epoch, boot_id, &already, why) < 0)
        return -1;
    if (!made || json_put_flag(made, "already", already) < 0)
        return fail_memory(why);
    *answer = made;
    made = NULL;
    return 0;
}

static int work_uninstall(const struct home *h, const struct json *body,
                          const struct voice *voice, struct json **answer,
                          struct fail *why)
{
    struct json *removed, *made;

    (void)body;
    (void)voice;
    if (uninstall(h, (int64_t)time(NULL), &removed, why) < 0)
        return -1;
    made = json_object();
    if (!made || json_put(made, "removed", removed) < 0) {
        json_free(made);
        return fail_memory(why);
    }
    *answer = made;
    return 0;
}

/* ---- what was said here ---------------------------------------------------------- */

/* A field that may be missing; what is there becomes part of a file's name. */
static int get_name(const struct json *body, const char *key, const char **name,
                    struct fail *why)
{
    *name = NULL;
    if (!json_find(body, key))
        return 0;
    if (json_get_text(body, key, name, why) < 0)
        return -1;
    return home_name_is_safe(*name)
               ? 0
               : fail_set(why, FAIL_GARBAGE, "'%s' is not fit for a file name", key);
}

static int work_logs(const struct home *h, const struct json *body,
                     const struct voice *voice, struct json **answer, struct fail *why)
{
    struct json *made, *logs;
    const char *run, *step;

    (void)voice;
    if (get_name(body, "run", &run, why) < 0 || get_name(body, "step", &step, why) < 0 ||
        loglist_read(h, run, step, &logs, why) < 0)
        return -1;
    made = json_object();
    if (!made || json_put(made, "logs", logs) < 0) {
        json_free(made);
        return fail_memory(why);
    }
    return reply(made, answer, why);
}

/* clang-format off */
static const struct ask asks[] = {
    {"detect",    60 * SECONDS,       work_detect},
    {"claim",     60 * SECONDS,       work_claim},
    {"release",   60 * SECONDS,       work_release},
    {"install",   24 * 3600 * SECONDS, work_install}, /* its steps have their own */
    {"reboot",    60 * SECONDS,       work_reboot},
    {"logs",      60 * SECONDS,       work_logs},
    {"uninstall", 60 * SECONDS,       work_uninstall},
};
/* clang-format on */

const struct ask *ask_find(const char *name)
{
    for (size_t i = 0; i < sizeof asks / sizeof *asks; i++)
        if (strcmp(asks[i].name, name) == 0)
            return &asks[i];
    return NULL;
}
