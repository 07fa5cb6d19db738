#include "controller/scheduler/orders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

#include "controller/scheduler/command_answer.h"
#include "controller/scheduler/scheduler_parts.h"
#include "controller/scheduler/sighting.h"
#include "controller/scheduler/slurm_calls.h"
#include "inventory/hostset.h"
#include "protocol/scope.h"

/* Takes words, also when it fails. */
static int push(struct scheduler *s, enum custody_act act, const size_t *nodes,
                size_t count, struct words *words)
{
    struct order *grown = realloc(s->orders, (s->order_count + 1) * sizeof *grown);
    size_t *copy = calloc(count + 1, sizeof *copy);

    if (grown)
        s->orders = grown;
    if (!grown || !copy) {
        free(copy);
        words_done(words);
        return -1;
    }
    memcpy(copy, nodes, count * sizeof *copy);
    grown[s->order_count++] = (struct order){act, copy, count, *words};
    *words = (struct words){0};
    return 0;
}

static int push_slurm(struct scheduler *s, const struct slurm_order *order,
                      const size_t *nodes, size_t count)
{
    struct words words = {0};

    if (slurm_order(order, &words) < 0) {
        words_done(&words);
        return -1;
    }
    return push(s, order->act, nodes, count, &words);
}

/* ---- the command of another scheduler ------------------------------------------------------ */

static int add_command(struct scheduler *s, enum custody_act act, const size_t *nodes,
                       size_t count)
{
    const char *verb = act == CUSTODY_ACT_DRAIN    ? "drain"
                       : act == CUSTODY_ACT_REBOOT ? "reboot"
                                                   : "undrain";
    struct words words = {0};

    words.input = hook_question(s->run, s->reason, s->book, nodes, count);
    if (!words.input || words_add(&words, "%s", s->command) < 0 ||
        words_add(&words, "%s", verb) < 0) {
        words_done(&words);
        return -1;
    }
    return push(s, act, nodes, count, &words);
}

/* ---- Slurm: reservations ---------------------------------------------------------------------- */

/* The last moment at which it is of any use. */
static int64_t latest_s(const struct scheduler *s, const size_t *nodes, size_t count,
                        int64_t now_s)
{
    uint64_t now_ms = uv_now(s->loop), until_ms = now_ms;

    for (size_t i = 0; i < count; i++)
        if (s->nodes[nodes[i]].custody.until_ms > until_ms)
            until_ms = s->nodes[nodes[i]].custody.until_ms;
    return now_s + (int64_t)((until_ms - now_ms) / 1000);
}

static int add_reservation(struct scheduler *s, const size_t *nodes, size_t count)
{
    CLEANUP(text_done) char *folded = scheduler_fold(s, nodes, count);
    struct slurm_order order = {.act = CUSTODY_ACT_RESERVE, .hostlist = folded};
    int64_t now_s = (int64_t)time(NULL);
    char name[200];

    if (!folded)
        return -1;
    snprintf(name, sizeof name, "ibfleet_%s_%u", s->run, s->made.next);
    order.reservation = name;
    slurm_reservation_time(s->seen, nodes, count, now_s, latest_s(s, nodes, count, now_s),
                           &order);
    return push_slurm(s, &order, nodes, count);
}

/* Who stays in it, and how many of nodes have been in it. */
static int leave(const struct scheduler *s, const struct slurm_reservation *r,
                 const size_t *nodes, size_t count, struct hostset **stay, size_t *left)
{
    struct hostset *out = hostset_new();
    size_t before = hostset_count(r->nodes);
    int rc = out ? 0 : -1;

    for (size_t i = 0; i < count && rc == 0; i++)
        rc = hostset_add(out, namebook_name(s->book, nodes[i]), NULL);
    *stay = hostset_new();
    for (size_t i = 0; i < before && rc == 0 && *stay; i++)
        rc = hostset_add(*stay, hostset_name(r->nodes, i), NULL);
    if (rc == 0 && *stay) {
        hostset_subtract(*stay, out);
        *left = before - hostset_count(*stay);
    }
    hostset_free(out);
    return rc == 0 && *stay ? 0 : -1;
}

static int add_releases(struct scheduler *s, const size_t *nodes, size_t count)
{
    for (size_t i = 0; i < s->made.count; i++) {
        const struct slurm_reservation *r = &s->made.list[i];
        CLEANUP(hostset_done) struct hostset *stay = NULL;
        CLEANUP(text_done) char *folded = NULL;
        struct slurm_order order = {.act = CUSTODY_ACT_RELEASE, .reservation = r->name};
        size_t left = 0;

        if (leave(s, r, nodes, count, &stay, &left) < 0)
            return -1;
        folded = hostset_fold_suffix(stay);
        order.hostlist = folded;
        if (!folded || (left && push_slurm(s, &order, nodes, count) < 0))
            return -1;
    }
    return 0;
}

/* ---- Slurm: nodes --------------------------------------------------------------------------------- */

/* In halves, until each fits. */
static int add_update(struct scheduler *s, enum custody_act act, const size_t *nodes,
                      size_t count)
{
    CLEANUP(text_done) char *folded = scheduler_fold(s, nodes, count);
    struct slurm_order order = {.act = act, .hostlist = folded, .reason = s->reason};

    if (!folded)
        return -1;
    if (strlen(folded) <= WORDS_MAX_BYTES || count < 2)
        return push_slurm(s, &order, nodes, count);
    if (add_update(s, act, nodes, count / 2) < 0)
        return -1;
    return add_update(s, act, nodes + count / 2, count - count / 2);
}

int orders_add(struct scheduler *s, enum custody_act act, const size_t *nodes,
               size_t count)
{
    if (s->config.kind == SCHEDULER_COMMAND)
        return add_command(s, act, nodes, count);
    if (act == CUSTODY_ACT_RESERVE)
        return add_reservation(s, nodes, count);
    if (act == CUSTODY_ACT_RELEASE)
        return add_releases(s, nodes, count);
    return add_update(s, act, nodes, count);
}
