/* What follows from a look: requests that are over are answered, and the rest becomes as few
 * orders as there are kinds of them.
 */
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "controller/scheduler/orders.h"
#include "controller/scheduler/scheduler_parts.h"
#include "controller/scheduler/sighting.h"

/* ---- answers --------------------------------------------------------------------------- */

static void note_left(struct scheduler *s, size_t i)
{
    const struct scheduler_seen *seen = &s->shown[i];

    scheduler_note(s,
                   "%s stays out of service, which is somebody else's doing: %s%s%.150s",
                   namebook_name(s->book, i), scheduler_standing_name(seen->standing),
                   *seen->reason ? ", " : "", seen->reason);
}

static void forget_found(struct scheduler *s, size_t i)
{
    free(s->nodes[i].found);
    s->nodes[i].found = NULL;
}

/* A take that a give has overtaken. */
static void tell_cut_short(struct scheduler *s, size_t i)
{
    struct fail why;

    s->nodes[i].is_cut_short = false;
    fail_set(&why, FAIL_INTERRUPTED, "given back before it was out of service");
    s->hooks->taken(s->arg, i, &why);
}

static void tell(struct scheduler *s, size_t i, enum custody_act answer,
                 const struct fail *why)
{
    if (s->nodes[i].is_cut_short)
        tell_cut_short(s, i);
    if (s->is_closing)
        return;
    switch (answer) {
    case CUSTODY_TAKEN:
        s->hooks->taken(s->arg, i, NULL);
        break;
    case CUSTODY_NOT_TAKEN:
        s->hooks->taken(s->arg, i, why);
        break;
    case CUSTODY_REBOOTING:
        s->hooks->rebooting(s->arg, i, NULL);
        break;
    case CUSTODY_NOT_REBOOTING:
        s->hooks->rebooting(s->arg, i, why);
        break;
    case CUSTODY_LEFT:
        note_left(s, i);
        if (s->is_closing)
            break;
        /* fall through */
    case CUSTODY_GIVEN:
        forget_found(s, i);
        s->hooks->given(s->arg, i, NULL);
        break;
    default:
        s->hooks->given(s->arg, i, why);
        break;
    }
}

/* True: it was late. */
static bool tell_if_late(struct scheduler *s, size_t i)
{
    struct fail why;
    enum custody_act answer =
        custody_overdue(&s->nodes[i].custody, uv_now(s->loop), &s->trouble, &why);

    if (answer != CUSTODY_WAIT)
        tell(s, i, answer, &why);
    return answer != CUSTODY_WAIT;
}

void scheduler_sweep(struct scheduler *s)
{
    for (size_t i = 0; i < s->count && !s->is_closing; i++)
        tell_if_late(s, i);
}

/* ---- orders ------------------------------------------------------------------------------ */

void scheduler_drop_orders(struct scheduler *s)
{
    for (size_t i = 0; i < s->order_count; i++) {
        words_done(&s->orders[i].words);
        free(s->orders[i].nodes);
    }
    free(s->orders);
    s->orders = NULL;
    s->order_count = s->order_at = 0;
}

static void run_next(struct scheduler *s);

static void on_done(struct scheduler *s, char *out)
{
    struct order *order = &s->orders[s->order_at++];

    (void)out;
    for (size_t i = 0; i < order->count; i++) {
        struct node *node = &s->nodes[order->nodes[i]];

        custody_ordered(&node->custody, order->act, uv_now(s->loop));
        s->is_quick |= node->orders++ < SCHEDULER_QUICK_ORDERS;
    }
    run_next(s);
}

/* What it refuses for want of rights it will refuse again. */
static void tell_failed(struct scheduler *s, const struct order *order)
{
    for (size_t i = 0; i < order->count && !s->is_closing; i++) {
        if (s->trouble.code == FAIL_SCHEDULER_REFUSED)
            s->nodes[order->nodes[i]].custody.until_ms = 0;
        tell_if_late(s, order->nodes[i]);
    }
}

/* It may have worked for some, or for all and we did not hear of it: the next look says. */
static void on_failed(struct scheduler *s, const struct fail *why)
{
    const struct order *order = &s->orders[s->order_at++];

    s->trouble = *why;
    s->has_failed = true;
    tell_failed(s, order);
    if (s->is_closing)
        return;
    if (why->code == FAIL_SCHEDULER_SILENT)
        s->order_at = s->order_count; /* the others would only hang as well */
    run_next(s);
}

static void run_next(struct scheduler *s)
{
    if (s->order_at < s->order_count) {
        scheduler_call(s, &s->orders[s->order_at].words, on_done, on_failed);
        return;
    }
    scheduler_drop_orders(s);
    scheduler_rest(s, s->has_failed);
}

/* ---- what next ------------------------------------------------------------------------------ */

/* How it was, before the first order can change that. */
static int keep_found(struct scheduler *s, size_t i)
{
    struct node *node = &s->nodes[i];
    char text[sizeof s->shown_found];

    if (node->found || node->custody.want != CUSTODY_TAKE || s->seen[i].is_unsettled)
        return 0;
    custody_found_text(&node->custody, &s->rules, &s->seen[i], text, sizeof text);
    node->found = strdup(text);
    return node->found ? 0 : -1;
}

/* Its answer is told, or its order joins those of its kind. */
static int decide(struct scheduler *s, size_t i, size_t *lists[CUSTODY_ORDERS],
                  size_t counts[CUSTODY_ORDERS])
{
    struct node *node = &s->nodes[i];
    bool is_slipping = custody_is_slipping(&node->custody, &s->seen[i]);
    enum custody_act act;
    struct fail why;

    if (node->is_cut_short)
        tell_cut_short(s, i);
    if (s->is_closing || node->look_from > s->looks || keep_found(s, i) < 0)
        return 0;
    act = custody_next(&node->custody, &s->rules, &s->seen[i], uv_now(s->loop), &why);
    if (act > CUSTODY_ORDERS) {
        tell(s, i, act, &why);
        return 0;
    }
    if (act == CUSTODY_WAIT)
        return 0;
    if (is_slipping)
        scheduler_note(
            s,
            "%s has come back into service while it is worked on: it is drained "
            "again",
            namebook_name(s->book, i));
    if (!lists[act])
        lists[act] = calloc(s->count, sizeof *lists[act]);
    if (!lists[act])
        return -1;
    lists[act][counts[act]++] = i;
    return 0;
}

void scheduler_act(struct scheduler *s)
{
    size_t *lists[CUSTODY_ORDERS] = {NULL}, counts[CUSTODY_ORDERS] = {0};
    struct fail why;
    int rc = 0;

    s->phase = SCHEDULER_ACTING;
    s->is_quick = s->has_failed = false;
    for (size_t i = 0; i < s->count && rc == 0 && !s->is_closing; i++)
        rc = decide(s, i, lists, counts);
    for (int act = 0; act < CUSTODY_ORDERS && rc == 0 && !s->is_closing; act++)
        if (counts[act])
            rc = orders_add(s, (enum custody_act)act, lists[act], counts[act]);
    for (int act = 0; act < CUSTODY_ORDERS; act++)
        free(lists[act]);
    if (rc < 0) {
        s->has_failed = true;
        fail_memory(&why);
        s->trouble = why;
    }
    if (!s->is_closing)
        run_next(s);
}
