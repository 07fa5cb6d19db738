/* A list, page by page.  nextLink is Azure's word for where to go on, and is followed only
 * to the same host: the bearer goes with it.
 */
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "controller/azure/arm_parts.h"
#include "controller/azure/arm_url.h"
#include "protocol/digest.h"
#include "protocol/json.h"

struct listing {
    struct arm *arm;
    struct arm_list_hooks hooks;
    void *arg;
    char *what;
    uint64_t give_up_at_ms;
    size_t max_bytes;
    unsigned pages;
    char (*seen)[DIGEST_HEX_BYTES]; /* of each nextLink followed; ARM_MAX_PAGES of them */
};

static void free_listing(void *arg)
{
    struct listing *l = arg;

    free(l->what);
    free(l->seen);
    free(l);
}

static void end(struct listing *l, const struct fail *why)
{
    struct arm_list_hooks hooks = l->hooks;
    void *arg = l->arg;

    free_listing(l);
    hooks.done(arg, why);
}

static int check_link(struct listing *l, const char *url, struct fail *why)
{
    char digest[DIGEST_HEX_BYTES];

    if (arm_url_check(url, l->arm->cloud.arm, l->what, "its next page", why) < 0)
        return -1;
    if (l->pages == ARM_MAX_PAGES)
        return fail_set(why, FAIL_AZURE_ANSWER, "%s: more than %u pages", l->what,
                        ARM_MAX_PAGES);
    digest_of(url, strlen(url), digest);
    for (unsigned i = 0; i + 1 < l->pages; i++)
        if (strcmp(l->seen[i], digest) == 0)
            return fail_set(why, FAIL_AZURE_ANSWER, "%s: its pages lead in a circle",
                            l->what);
    memcpy(l->seen[l->pages - 1], digest, sizeof digest);
    return 0;
}

static void on_page(void *arg, const struct arm_reply *reply);

static int go_on(struct listing *l, const char *url, struct fail *why)
{
    uint64_t now_ms = uv_now(l->arm->loop);
    struct arm_request ask = {.method = "GET",
                              .what = l->what,
                              .max_bytes = l->max_bytes};
    struct arm_receiver receiver = {on_page, free_listing, l};

    if (check_link(l, url, why) < 0)
        return -1;
    if (now_ms >= l->give_up_at_ms)
        return fail_set(why, FAIL_TIMEOUT, "%s: only %u pages came within the time",
                        l->what, l->pages);
    ask.deadline_ms = l->give_up_at_ms - now_ms;
    return arm_ship_url(l->arm, url, &ask, &receiver, why);
}

static int read_page(struct listing *l, const struct json *body, const char **next,
                     struct fail *why)
{
    const struct json *values = json_is_object(body) ? json_find(body, "value") : NULL;

    if (!json_is_array(values))
        return fail_set(why, FAIL_AZURE_ANSWER, "%s: Azure's answer has no list in it",
                        l->what);
    l->pages++;
    *next = json_text_of(json_find(body, "nextLink"));
    return l->hooks.page(l->arg, values, why);
}

static void on_page(void *arg, const struct arm_reply *reply)
{
    struct listing *l = arg;
    const char *next = NULL;
    struct fail why;

    if (reply->answer.why)
        end(l, reply->answer.why);
    else if (read_page(l, reply->answer.body, &next, &why) < 0)
        end(l, &why);
    else if (!next || !*next)
        end(l, NULL);
    else if (go_on(l, next, &why) < 0)
        end(l, &why);
}

int arm_list(struct arm *arm, const struct arm_request *ask,
             const struct arm_list_hooks *hooks, void *arg, struct fail *why)
{
    struct listing *l = calloc(1, sizeof *l);
    struct arm_receiver receiver = {on_page, free_listing, l};

    if (!l)
        return fail_memory(why);
    *l = (struct listing){.arm = arm,
                          .hooks = *hooks,
                          .arg = arg,
                          .max_bytes = ask->max_bytes,
                          .what = strdup(ask->what)};
    l->seen = calloc(ARM_MAX_PAGES, sizeof *l->seen);
    uv_update_time(arm->loop);
    l->give_up_at_ms =
        uv_now(arm->loop) + (ask->deadline_ms ? ask->deadline_ms : ARM_DEADLINE_MS);
    if (!l->what || !l->seen) {
        free_listing(l);
        return fail_memory(why);
    }
    if (arm_ship(arm, ask, &receiver, why) == 0)
        return 0;
    free_listing(l);
    return -1;
}
