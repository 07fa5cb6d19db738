#include "controller/rollout/fabric_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/fabric/campaign.h"
#include "controller/fabric/verdict.h"
#include "controller/probe/muster.h"
#include "controller/rollout/blame.h"
#include "controller/screen/text.h"
#include "controller/validate/choice.h"
#include "controller/validate/headline.h"
#include "inventory/fleet.h"
#include "protocol/fail.h"
#include "protocol/measure.h"
#include "protocol/scope.h"

#define DETECT_MS 30000 /* as validate's */

static const char nothing[] = "nothing was measured";

struct fabric_check {
    struct uv_loop_s *loop;
    const struct fabric_check_hooks *hooks;
    void *arg;
    char name[MEASURE_CAMPAIGN_BYTES];
    size_t count;
    const struct fleet_node **nodes;
    bool *was_good;
    struct campaign_node *seats;
    struct blame *all;
    struct muster *muster;
    struct campaign *campaign; /* NULL: it has not come to one */
    bool is_over;              /* the campaign                 */
    bool is_closed;            /* and waits for its campaign   */
};

static void check_free(struct fabric_check *check)
{
    campaign_close(check->campaign);
    muster_free(check->muster);
    free(check->nodes);
    free(check->was_good);
    free(check->seats);
    free(check->all);
    free(check);
}

/* ---- what came of it -------------------------------------------------------------------- */

static void say(const struct fabric_check *check, struct text *said)
{
    const struct verdict *v = campaign_verdict(check->campaign);

    text_add(said, "%zu of %zu pairs of %zu nodes measured, %zu not ok", v->measured,
             v->pairs, check->count, v->bad);
    headline_usual(v->usual_gbps, v->usual_us, said);
}

static void fail_all(struct fabric_check *check, const struct fail *why)
{
    for (size_t i = 0; i < check->count; i++)
        if (!check->all[i].why.code)
            check->all[i].why = *why;
}

static void on_campaign_ended(void *arg, const struct fail *why)
{
    struct fabric_check *check = arg;
    const struct verdict *v = campaign_verdict(check->campaign);
    CLEANUP(text_clear) struct text said = {0};

    check->is_over = true;
    if (check->is_closed) {
        check_free(check);
        return;
    }
    if (v) {
        blame_all(campaign_members(check->campaign), check->count,
                  campaign_tally(check->campaign), v, check->was_good, check->all);
        say(check, &said);
    }
    if (why)
        fail_all(check, why);
    muster_close(check->muster);
    check->hooks->ended(check->arg, check->all, v ? text_of(&said) : nothing);
}

/* ---- getting there ---------------------------------------------------------------------- */

static size_t choose_rails(struct fabric_check *check)
{
    size_t usable = 0;

    for (size_t i = 0; i < check->count; i++) {
        struct campaign_node *seat = &check->seats[i];

        seat->name = check->nodes[i]->name;
        seat->why = *muster_why(check->muster, i);
        if (!seat->why.code)
            choice_make(muster_facts(check->muster, i), NULL, seat);
        if (!seat->why.code)
            seat->link = muster_link(check->muster, i);
        usable += seat->link != NULL;
    }
    return usable;
}

/* Nobody has met anybody.  why: NULL, or what is to blame. */
static void end_unmeasured(struct fabric_check *check, const struct fail *why)
{
    for (size_t i = 0; i < check->count; i++)
        check->all[i].why = check->seats[i].why;
    if (why)
        fail_all(check, why);
    muster_close(check->muster);
    check->hooks->ended(check->arg, check->all, nothing);
}

static void on_ready(void *arg)
{
    static const struct campaign_hooks hooks = {.ended = on_campaign_ended};
    struct fabric_check *check = arg;
    const struct campaign_options options = {.name = check->name,
                                             .rounds = FABRIC_CHECK_ROUNDS};
    struct fail why;

    if (choose_rails(check) < 2)
        end_unmeasured(check, NULL);
    else if (campaign_start(check->loop, check->seats, check->count, &options, &hooks,
                            check, &check->campaign, &why) < 0)
        end_unmeasured(check, &why);
}

static void on_link_moved(void *arg, size_t i, enum link_state state)
{
    (void)arg;
    (void)i;
    (void)state;
}

static void on_settled(void *arg, size_t i, const struct fail *why)
{
    (void)arg;
    (void)i;
    (void)why;
}

/* ---- life ------------------------------------------------------------------------------- */

static struct fabric_check *check_new(const struct fabric_check_order *order)
{
    struct fabric_check *check = calloc(1, sizeof *check);
    size_t n = order->count;

    if (!check)
        return NULL;
    check->count = n;
    snprintf(check->name, sizeof check->name, "%s", order->name);
    check->nodes = calloc(n, sizeof *check->nodes);
    check->was_good = calloc(n, sizeof *check->was_good);
    check->seats = calloc(n, sizeof *check->seats);
    check->all = calloc(n, sizeof *check->all);
    if (!check->nodes || !check->was_good || !check->seats || !check->all) {
        check_free(check);
        return NULL;
    }
    memcpy(check->nodes, order->nodes, n * sizeof *check->nodes);
    memcpy(check->was_good, order->was_good, n * sizeof *check->was_good);
    return check;
}

int fabric_check_start(struct uv_loop_s *loop, struct link_pool *pool,
                       const struct fabric_check_order *order,
                       const struct fabric_check_hooks *hooks, void *arg,
                       struct fabric_check **check, struct fail *why)
{
    static const struct muster_hooks musters = {.moved = on_link_moved,
                                                .settled = on_settled,
                                                .ready = on_ready};
    struct fabric_check *made = check_new(order);

    if (!made)
        return fail_memory(why);
    made->loop = loop;
    made->hooks = hooks;
    made->arg = arg;
    if (muster_start(pool, made->nodes, made->count, DETECT_MS, &musters, made,
                     &made->muster, why) < 0) {
        check_free(made);
        return -1;
    }
    *check = made;
    return 0;
}

void fabric_check_close(struct fabric_check *check)
{
    if (!check)
        return;
    muster_close(check->muster);
    check->is_closed = true;
    if (check->campaign && !check->is_over)
        campaign_stop(check->campaign, true);
    else
        check_free(check);
}
