#include "controller/probe/muster.h"

#include <stdbool.h>
#include <stdlib.h>

#include "controller/link/link.h"
#include "inventory/fleet.h"
#include "protocol/facts.h"
#include "protocol/fail.h"

struct recruit {
    struct muster *m;
    struct link *link;   /* NULL when closed */
    struct facts *facts; /* NULL unless it answered */
    bool settled;
    struct fail why;
};

struct muster {
    const struct muster_hooks *hooks;
    void *arg;
    uint64_t detect_ms;
    size_t n, unsettled;
    struct recruit *recruits;
};

static size_t index_of(const struct recruit *r)
{
    return (size_t)(r - r->m->recruits);
}

static void hang_up(struct recruit *r)
{
    if (r->link)
        link_close(r->link, NULL);
    r->link = NULL;
}

/* The first end counts; a link that serves on stays open. */
static void settle(struct recruit *r, const struct fail *why)
{
    struct muster *m = r->m;

    if (r->settled)
        return;
    r->settled = true;
    if (why) {
        r->why = *why;
        hang_up(r);
    }
    m->hooks->settled(m->arg, index_of(r), why);
    if (--m->unsettled == 0)
        m->hooks->ready(m->arg);
}

static void on_facts(void *arg, const struct json *answer, const struct fail *why)
{
    struct recruit *r = arg;
    struct fail bad;

    if (!why && facts_decode(answer, &r->facts, &bad) < 0) {
        fail_prefix(&bad, "its facts");
        why = &bad;
    }
    settle(r, why);
}

static void on_up(void *arg, const struct json *hello)
{
    struct recruit *r = arg;

    (void)hello;
    link_ask(r->link, "detect", NULL, r->m->detect_ms, on_facts, r);
}

/* Later on, whoever asks over the link is told. */
static void on_lost(void *arg, const struct fail *why)
{
    settle(arg, why);
}

static void on_moved(void *arg, enum link_state state)
{
    struct recruit *r = arg;

    if (!r->settled)
        r->m->hooks->moved(r->m->arg, index_of(r), state);
}

static int make(struct muster *m, struct link_pool *pool,
                const struct fleet_node *const *nodes, struct fail *why)
{
    static const struct link_hooks hooks = {.moved = on_moved,
                                            .up = on_up,
                                            .lost = on_lost};

    m->recruits = calloc(m->n, sizeof *m->recruits);
    for (size_t i = 0; m->recruits && i < m->n; i++) {
        struct recruit *r = &m->recruits[i];

        r->m = m;
        r->link = link_new(pool, nodes[i], &hooks, r);
        if (!r->link)
            return fail_memory(why);
    }
    return m->recruits ? 0 : fail_memory(why);
}

int muster_start(struct link_pool *pool, const struct fleet_node *const *nodes, size_t n,
                 uint64_t detect_ms, const struct muster_hooks *hooks, void *arg,
                 struct muster **m, struct fail *why)
{
    struct muster *made = calloc(1, sizeof *made);

    if (!made)
        return fail_memory(why);
    *made = (struct muster){
        .hooks = hooks, .arg = arg, .detect_ms = detect_ms, .n = n, .unsettled = n};
    if (make(made, pool, nodes, why) < 0) {
        muster_close(made);
        muster_free(made);
        return -1;
    }
    for (size_t i = 0; i < n; i++)
        link_open(made->recruits[i].link);
    *m = made;
    return 0;
}

void muster_stop(struct muster *m, int in_state, const struct fail *why)
{
    for (size_t i = 0; i < m->n; i++) {
        struct recruit *r = &m->recruits[i];

        if (!r->settled && (!in_state || (int)link_state_of(r->link) == in_state))
            settle(r, why);
    }
}

void muster_dismiss(struct muster *m, size_t i)
{
    hang_up(&m->recruits[i]);
}

size_t muster_unsettled(const struct muster *m)
{
    return m->unsettled;
}

struct link *muster_link(const struct muster *m, size_t i)
{
    return m->recruits[i].link;
}

const struct facts *muster_facts(const struct muster *m, size_t i)
{
    return m->recruits[i].facts;
}

const struct fail *muster_why(const struct muster *m, size_t i)
{
    return &m->recruits[i].why;
}

void muster_close(struct muster *m)
{
    for (size_t i = 0; m->recruits && i < m->n; i++)
        hang_up(&m->recruits[i]);
}

void muster_free(struct muster *m)
{
    if (!m)
        return;
    for (size_t i = 0; m->recruits && i < m->n; i++)
        facts_free(m->recruits[i].facts);
    free(m->recruits);
    free(m);
}
