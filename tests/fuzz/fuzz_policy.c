/* Lines KEY=VALUE, as [policy] has them: whatever is accepted is within its bounds, means the
 * same when it is said again, and what is refused changes nothing.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/fleet_policy.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

#define LINE_MAX_BYTES 300

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int is_so)
{
    if (!is_so)
        abort();
}

static void check_share(const struct share *s)
{
    demand(s->n <= (s->of_hundred ? 100 : SHARE_MAX));
    for (size_t whole = 0; whole < 1000; whole += 37) {
        demand(!s->of_hundred || share_of(s, whole) <= whole);
        demand(share_of_at_least_one(s, whole) >= 1);
    }
}

/* A policy in whose hours nobody can ever be begun is none. */
static void check_hours(const struct hours *h)
{
    unsigned opens = hours_until_open(h, 0), at;

    demand(h->count <= HOURS_TERMS_MAX && opens < HOURS_MINUTES_A_WEEK);
    at = opens;
    for (int i = 0; i < 8; i++) {
        unsigned length = hours_until_close(h, at);

        demand(hours_are_open(h, at) && length > 0 && length <= HOURS_MINUTES_A_WEEK);
        demand(hours_are_open(h, at + length - 1));
        if (length == HOURS_MINUTES_A_WEEK)
            return;
        demand(!hours_are_open(h, at + length));
        at = (at + length + hours_until_open(h, at + length)) % HOURS_MINUTES_A_WEEK;
    }
}

static void check(const struct fleet_policy *p)
{
    demand(p->window >= 1 && p->window <= FLEET_MAX_WINDOW);
    demand(p->ramp_count >= 1 && p->ramp_count <= POLICY_RAMP_MAX);
    for (unsigned i = 0; i < p->ramp_count; i++)
        demand(p->ramp[i].n >= 1);
    for (unsigned i = 0; i < p->ramp_count; i++)
        check_share(&p->ramp[i]);
    for (unsigned i = 0; i < POLICY_SCOPES; i++)
        demand(p->max_unavailable[i].n >= 1);
    check_share(&p->budget_fleet);
    check_share(&p->budget_upgraded);
    demand(p->order_count >= 1 && p->order_count <= 3);
    demand(p->canary != CANARY_HOSTS || *p->canary_hosts);
    demand(p->canary != CANARY_COUNT || p->canary_count >= 1);
    demand(p->wait_ms && p->drain_ms && p->hook_ms && p->references <= 16);
    demand(!p->veto || *p->veto == '/');
    demand(p->scheduler != POLICY_SCHEDULER_PROGRAM || *p->scheduler_program == '/');
    check_hours(&p->hours);
}

static void set(struct fleet_policy *p, struct arena *arena, const char *name,
                const char *value)
{
    struct fleet_policy before, again;
    struct fail why = {.code = FAIL_NONE};
    enum policy_key key;

    if (fleet_policy_find(name, &key, &why) < 0) {
        demand(why.code == FAIL_FLEET_FILE && *why.text);
        return;
    }
    memcpy(&before, p, sizeof before);
    if (fleet_policy_set(p, key, value, arena, &why) < 0) {
        demand(why.code == FAIL_FLEET_FILE && memcmp(&before, p, sizeof before) == 0);
        return;
    }
    demand(strcmp(fleet_policy_text(p, key), value) == 0);
    fleet_policy_init(&again);
    demand(fleet_policy_set(&again, key, fleet_policy_text(p, key), arena, &why) == 0);
    check(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_done) struct arena arena = {0};
    struct fleet_policy p;

    fleet_policy_init(&p);
    while (size) {
        const uint8_t *end = memchr(data, '\n', size);
        size_t len = end ? (size_t)(end - data) : size;
        char line[LINE_MAX_BYTES], *value;

        if (len < sizeof line && !memchr(data, '\0', len)) {
            memcpy(line, data, len);
            line[len] = '\0';
            value = strchr(line, '=');
            if (value) {
                *value = '\0';
                set(&p, &arena, line, value + 1);
            }
        }
        len += end != NULL;
        data += len;
        size -= len;
    }
    check(&p);
    return 0;
}
