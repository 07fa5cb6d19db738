/* One struct node per node, from node_new() to node_close().  It owns its contact, a
 * timer and the dossier.
 *
 * A callback does three things: find the node, name what happened as an event, feed
 * it.  What an event means is node_state.c's table, what an answer means dossier.c's;
 * what there is to do then is in the enter_*() functions, in the order of travel.
 */
#include "controller/rollout/node.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>
#include <uv.h>

#include "controller/rollout/contact.h"
#include "controller/rollout/dossier.h"
#include "controller/rollout/failing.h"
#include "controller/rollout/news.h"
#include "protocol/fail.h"

/* A question that is under way, by the state it was asked in. */
struct asking {
    struct node *node;
    enum node_state in;
};

struct node {
    const struct node_crew *crew;
    const struct node_hooks *hooks;
    void *arg;

    enum node_state state;
    bool held;        /* moved, but not to be acted on yet */
    bool wants_pause; /* that came while held              */
    bool is_late;     /* likewise, and has failed with     */
    struct fail late;
    unsigned legs;
    bool is_back;           /* failed, and in service            */
    bool is_told_to_reboot; /* in this state, through the owner */
    bool may_boot; /* when it is probed: an earlier controller left it in the middle */

    struct dossier dossier;
    struct contact *contact;
    struct asking asking[NODE_STATES];
    uv_timer_t deadline; /* of the state */
    struct fail lost;    /* the last contact, or "not yet", in this state */
    struct fail why;

    unsigned closing; /* contact and timer that are not closed yet */
    bool ending;      /* node_close() was called                   */
    void (*on_closed)(void *arg);
    void *closed_arg;
};

static void feed(struct node *n, enum node_event event);

/* ---- failing ----------------------------------------------------------------------- */

/* A claim that cannot be released changes nothing about what became of the node. */
static enum node_event give_up(struct node *n, const struct fail *why)
{
    failing_keep(&n->why, n->state, why);
    n->is_back |= n->state < NODE_INSTALLING;
    return failing_event(n->state, n->crew->on_failure, why);
}

static enum node_event give_up_memory(struct node *n)
{
    struct fail why;

    fail_memory(&why);
    return give_up(n, &why);
}

/* ---- losing -------------------------------------------------------------------- */

static bool has_business(const struct node *n)
{
    return !n->held && !n->ending && n->state != NODE_TODO && n->state != NODE_PLANNED &&
           !node_state_is_end(n->state);
}

static bool is_patient(const struct node *n)
{
    return n->state != NODE_PROBING || n->may_boot;
}

/* Again after a pause; the state's deadline ends it. */
static enum node_event try_later(struct node *n)
{
    contact_retry(n->contact);
    return NODE_EV_NONE;
}

/* Whom an earlier controller has left in the middle may have been told to reboot, and go
 * down for it at any moment until it is asked whether it has.
 */
static enum node_state waited_for_as(const struct node *n)
{
    return n->may_boot && n->state < NODE_REBOOTING ? NODE_REBOOTING : n->state;
}

static enum node_event weigh_loss(struct node *n, const struct fail *why, bool was_up)
{
    n->lost = *why;
    if (n->state == NODE_GIVING_UP ||
        node_loss_is_final(waited_for_as(n), why->code, was_up))
        return give_up(n, why);
    if (!is_patient(n) && contact_retries(n->contact) >= NODE_PROBE_LOSSES)
        return give_up(n, why);
    return try_later(n);
}

static void on_lost(void *arg, const struct fail *why, bool was_up)
{
    struct node *n = arg;

    if (has_business(n))
        feed(n, weigh_loss(n, why, was_up));
}

/* ---- asking -------------------------------------------------------------------- */

/* Is it an answer that the state still waits for?  A failure of the link itself is
 * told by on_lost() and nowhere else.
 */
static bool is_awaited(const struct asking *a, const struct fail *why)
{
    const struct node *n = a->node;

    if (n->state != a->in || !has_business(n))
        return false;
    return !why || (contact_is_up(n->contact) && why->code != FAIL_LINK_LOST);
}

/* Seen not to have booted yet, by somebody else than its agent, who is told once. */
static bool must_be_rebooted(const struct node *n)
{
    return n->crew->aim.reboots_elsewhere && !n->is_told_to_reboot &&
           (n->state == NODE_REBOOTING || n->state == NODE_BACK_REBOOTING);
}

static enum node_event follow(struct node *n, const struct lesson *l)
{
    if (l->event == NODE_EV_FAIL)
        return give_up(n, &l->why);
    if (l->event != NODE_EV_NONE)
        return l->event;
    if (must_be_rebooted(n)) {
        n->is_told_to_reboot = true;
        n->hooks->wants(n->arg, n->state);
    }
    n->lost = l->why;
    if (l->hang_up)
        contact_drop(n->contact);
    return try_later(n);
}

/* An agent that does not answer is started anew, and so is one whose process for the
 * request was killed: what that had begun goes on, and the next one finds it.
 */
static bool is_lost_with(const struct fail *why)
{
    return why && (why->code == FAIL_TIMEOUT || why->code == FAIL_AGENT_DIED);
}

static void on_answer(void *arg, const struct json *answer, const struct fail *why)
{
    const struct asking *a = arg;
    struct node *n = a->node;
    struct lesson lesson;

    if (!is_awaited(a, why))
        return;
    if (is_lost_with(why)) {
        contact_drop(n->contact);
        feed(n, weigh_loss(n, why, true));
        return;
    }
    lesson =
        dossier_learn(&n->dossier, n->state, answer, why, contact_retries(n->contact));
    feed(n, follow(n, &lesson));
}

static struct deadlines deadlines_of(const struct node *n)
{
    return deadlines_for(&n->crew->deadlines, &n->dossier.decision.steps);
}

static enum node_event ask(struct node *n)
{
    const struct deadlines deadlines = deadlines_of(n);
    int64_t until_s = (int64_t)time(NULL) + deadline_of_claim_s(&deadlines);
    struct json *body = dossier_body(&n->dossier, n->state, until_s);

    if (!body)
        return give_up_memory(n);
    n->asking[n->state] = (struct asking){.node = n, .in = n->state};
    contact_ask(n->contact, dossier_question(&n->dossier, n->state), body,
                deadline_of_answer(&deadlines, n->state), on_answer,
                &n->asking[n->state]);
    return NODE_EV_NONE;
}

/* Ask now, or as soon as there is somebody to ask. */
static enum node_event reach(struct node *n)
{
    switch (contact_reach(n->contact)) {
    case CONTACT_UP:
        return ask(n);
    case CONTACT_COMING:
        break;
    case CONTACT_NOT:
        return give_up_memory(n);
    }
    return NODE_EV_NONE;
}

static void on_ready(void *arg, const struct json *hello)
{
    struct node *n = arg;

    if (hello)
        dossier_greet(&n->dossier, hello);
    if (has_business(n))
        feed(n, ask(n));
}

static void on_event(void *arg, const char *name, const struct json *body)
{
    struct node *n = arg;
    struct news news;

    if (n->state == NODE_INSTALLING && has_business(n) && n->hooks->heard &&
        news_read(name, body, &news))
        n->hooks->heard(n->arg, &news);
}

static const struct contact_hooks contact_hooks = {.ready = on_ready,
                                                   .lost = on_lost,
                                                   .event = on_event};

/* ---- states, in the order of travel -------------------------------------------- */

static void on_deadline(uv_timer_t *timer)
{
    struct node *n = timer->data;
    struct fail why;

    deadline_explain(n->state, &n->lost, &why);
    feed(n, give_up(n, &why));
}

static enum node_event enter_asking(struct node *n)
{
    const struct deadlines deadlines = deadlines_of(n);
    uint64_t ms = deadline_of_state(&deadlines, n->state);
    uint64_t booting_ms = deadline_of_state(&deadlines, waited_for_as(n));

    uv_timer_start(&n->deadline, on_deadline, ms > booting_ms ? ms : booting_ms, 0);
    return reach(n);
}

/* The link's own deadlines are the ones that count here: it may have to wait for its
 * turn among thousands.
 */
static enum node_event enter_probing(struct node *n)
{
    return is_patient(n) ? enter_asking(n) : reach(n);
}

/* Somebody else acts, which may take hours: nobody is logged in meanwhile. */
static enum node_event enter_waiting(struct node *n)
{
    contact_drop(n->contact);
    n->hooks->wants(n->arg, n->state);
    return NODE_EV_NONE;
}

static void on_soaked(uv_timer_t *timer)
{
    struct node *n = timer->data;

    feed(n, enter_asking(n));
}

static enum node_event enter_soaking(struct node *n)
{
    contact_drop(n->contact);
    uv_timer_start(&n->deadline, on_soaked, n->crew->soak_ms, 0);
    return NODE_EV_NONE;
}

/* Who cannot be reached, or must not be, keeps the claim until it runs out. */
static enum node_event enter_giving_up(struct node *n)
{
    enum fail_kind kind = fail_kind_of(n->why.code);
    bool is_hopeless = kind == FAIL_KIND_INPUT || kind == FAIL_KIND_HERE;

    return is_hopeless && !contact_is_up(n->contact) ? NODE_EV_FAIL : enter_asking(n);
}

static enum node_event enter_rest(struct node *n)
{
    contact_drop(n->contact);
    return NODE_EV_NONE;
}

static enum node_event (*const enter[NODE_STATES])(struct node *n) = {
    [NODE_PROBING] = enter_probing,       [NODE_PLANNED] = enter_rest,
    [NODE_CLAIMING] = enter_asking,       [NODE_STAGING] = enter_asking,
    [NODE_DRAINING] = enter_waiting,      [NODE_INSTALLING] = enter_asking,
    [NODE_REBOOTING] = enter_asking,      [NODE_VERIFYING] = enter_asking,
    [NODE_CHECKING] = enter_waiting,      [NODE_SOAKING] = enter_soaking,
    [NODE_UNDRAINING] = enter_waiting,    [NODE_RELEASING] = enter_asking,
    [NODE_BACK_PROBING] = enter_asking,   [NODE_BACK_INSTALLING] = enter_asking,
    [NODE_BACK_REBOOTING] = enter_asking, [NODE_RETURNING] = enter_waiting,
    [NODE_GIVING_UP] = enter_giving_up,   [NODE_DONE] = enter_rest,
    [NODE_UP_TO_DATE] = enter_rest,       [NODE_FAILED] = enter_rest,
    [NODE_SKIPPED] = enter_rest,          [NODE_PAUSED] = enter_rest,
};

/* ---- the only place where a node changes state --------------------------------- */

static bool move(struct node *n, enum node_event event)
{
    int to = node_state_next(n->state, event, n->legs);
    struct node_move move = {.from = n->state, .event = event};

    assert(to != NODE_ILLEGAL);
    move.to = (enum node_state)to;
    move.why = n->why.code ? &n->why : NULL;
    move.boot_id = to == NODE_REBOOTING ? n->dossier.boot_id : NULL;
    n->is_back |= n->state == NODE_RETURNING && event == NODE_EV_OK;
    uv_timer_stop(&n->deadline);
    contact_calm(n->contact);
    n->state = move.to;
    n->lost.code = FAIL_NONE;
    n->is_told_to_reboot = false;
    n->held = true;
    if (!n->hooks->moved(n->arg, &move))
        return false;
    n->held = false;
    return true;
}

static void feed(struct node *n, enum node_event event)
{
    while (event != NODE_EV_NONE && move(n, failing_end(n->state, &n->why, event)))
        event = enter[n->state](n);
}

static void be_late(struct node *n)
{
    n->is_late = false;
    feed(n, give_up(n, &n->late));
}

void node_act(struct node *n)
{
    assert(n->held);
    if (n->ending)
        return;
    n->held = false;
    if (n->wants_pause)
        node_pause(n);
    else if (n->is_late)
        be_late(n);
    else
        feed(n, enter[n->state](n));
}

void node_start(struct node *n)
{
    feed(n, NODE_EV_START);
}

void node_go(struct node *n, const struct node_claim *claim)
{
    n->dossier.claim = claim;
    if (!dossier_can_stage(&n->dossier))
        n->legs &= ~(unsigned)NODE_LEG_STAGE;
    feed(n, NODE_EV_GO);
}

void node_refuse(struct node *n, const struct fail *why)
{
    assert(n->state == NODE_PLANNED);
    feed(n, give_up(n, why));
}

void node_answer(struct node *n, enum node_state in, const struct fail *why)
{
    if (n->state != in || !has_business(n))
        return;
    if (!why && (in == NODE_REBOOTING || in == NODE_BACK_REBOOTING))
        return; /* its boot id will tell */
    if (!why)
        feed(n, NODE_EV_OK);
    else if (why->code == FAIL_SKIPPED && in == NODE_DRAINING) {
        n->why = *why;
        n->is_back = true;
        feed(n, NODE_EV_SKIP);
    } else
        feed(n, give_up(n, why));
}

void node_overdue(struct node *n, uint64_t limit_ms)
{
    if (!node_state_is_out(n->state) || n->state >= NODE_UNDRAINING)
        return;
    fail_set(&n->late, FAIL_TIMEOUT, "%s: not well after %llu s (healthy_deadline)",
             node_state_name(n->state), (unsigned long long)limit_ms / 1000);
    if (n->held)
        n->is_late = true;
    else
        be_late(n);
}

void node_pause(struct node *n)
{
    n->wants_pause = n->held;
    if (!n->held && node_state_next(n->state, NODE_EV_PAUSE, n->legs) != NODE_ILLEGAL)
        feed(n, NODE_EV_PAUSE);
}

/* ---- life ---------------------------------------------------------------------- */

struct node *node_new(const struct node_crew *crew, const struct fleet_node *fleet_node,
                      const struct node_hooks *hooks, void *arg)
{
    struct node *n = calloc(1, sizeof *n);

    if (!n)
        return NULL;
    n->contact = contact_new(crew->loop, crew->pool, fleet_node, crew->pause_ms,
                             &contact_hooks, n);
    if (!n->contact) {
        free(n);
        return NULL;
    }
    n->crew = crew;
    n->hooks = hooks;
    n->arg = arg;
    n->state = NODE_TODO;
    n->dossier.fleet_node = fleet_node;
    n->dossier.aim = crew->aim;
    n->legs = crew->legs;
    uv_timer_init(crew->loop, &n->deadline);
    n->deadline.data = n;
    return n;
}

int node_restore(struct node *n, struct decision *d, const char *boot_id, bool may_boot,
                 struct fail *why)
{
    assert(n->state == NODE_TODO);
    n->may_boot = may_boot;
    return dossier_restore(&n->dossier, d, boot_id, why);
}

static void on_part_closed(struct node *n)
{
    void (*on_closed)(void *arg) = n->on_closed;
    void *arg = n->closed_arg;

    if (--n->closing)
        return;
    dossier_clear(&n->dossier);
    free(n);
    if (on_closed)
        on_closed(arg);
}

static void on_contact_closed(void *arg)
{
    on_part_closed(arg);
}

static void on_timer_closed(uv_handle_t *timer)
{
    on_part_closed(timer->data);
}

void node_close(struct node *n, void (*on_closed)(void *arg), void *arg)
{
    assert(!n->ending);
    n->ending = true;
    n->on_closed = on_closed;
    n->closed_arg = arg;
    n->closing = 2;
    contact_close(n->contact, on_contact_closed, n);
    uv_close((uv_handle_t *)&n->deadline, on_timer_closed);
}

enum node_state node_where(const struct node *n)
{
    return n->state;
}

const struct fleet_node *node_of_fleet(const struct node *n)
{
    return n->dossier.fleet_node;
}

const struct facts *node_facts(const struct node *n)
{
    return n->dossier.facts;
}

const struct decision *node_decision(const struct node *n)
{
    return &n->dossier.decision;
}

bool node_is_back(const struct node *n)
{
    return n->is_back;
}

const struct fail *node_why(const struct node *n)
{
    return &n->why;
}
