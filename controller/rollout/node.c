/* One struct node per node, from node_new() to node_close().  It owns its link, two
 * timers, the facts and the decision.
 *
 * A callback does three things: find the node, name what happened as an event, feed
 * it.  What an event means is node_state.c's table; what there is to do then is in
 * the enter_*() functions, in the order of travel.
 */
#include "controller/rollout/node.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

#include "controller/link/link.h"
#include "controller/rollout/order.h"
#include "inventory/decide.h"
#include "inventory/fleet.h"
#include "protocol/facts.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

_Static_assert(NODE_CLAIM_S * 1000ull > NODE_CLAIM_MS + NODE_INSTALL_MS + NODE_REBOOT_MS +
                                            NODE_VERIFY_MS + NODE_RELEASE_MS,
               "a claim must outlive the road");

struct node {
    const struct node_crew *crew;
    const struct fleet_node *fleet_node;
    const struct node_hooks *hooks;
    const struct node_claim *claim; /* NULL before node_go() */
    void *arg;

    enum node_state state;
    bool held;        /* moved, but not to be acted on yet      */
    bool wants_pause; /* that came while held                  */
    bool restored;    /* the decision is an earlier controller's */

    uv_timer_t deadline; /* of the state                              */
    uv_timer_t pause;    /* before the link is opened, or asked, again */
    struct link *link;   /* NULL when there is none                   */
    bool was_up;         /* this link has been                        */
    unsigned losses;     /* in this state                             */
    struct fail lost;    /* the last of them                          */
    bool goes_down;      /* it has agreed to reboot                   */

    struct facts *facts;
    struct decision decision;
    char boot_now[64]; /* of the conversation, as the agent's hello says    */
    char *boot_id;     /* of the boot that a reboot is to end; NULL before */
    struct fail why;

    unsigned closing; /* links and timers that are not closed yet */
    bool ending;      /* node_close() was called                  */
    void (*on_closed)(void *arg);
    void *closed_arg;
};

static void feed(struct node *n, enum node_event event);
static enum node_event ask(struct node *n);

/* ---- failing ----------------------------------------------------------------------- */

/* A claim that cannot be released changes nothing about what became of the node. */
static enum node_event give_up(struct node *n, const struct fail *why)
{
    if (n->state != NODE_RELEASING && n->state != NODE_GIVING_UP)
        n->why = *why;
    return NODE_EV_FAIL;
}

static enum node_event give_up_memory(struct node *n)
{
    struct fail why;

    fail_memory(&why);
    return give_up(n, &why);
}

/* ---- the link ------------------------------------------------------------------------
 */

static void node_free(struct node *n);

static void on_part_closed(struct node *n)
{
    n->closing--;
    if (n->ending && !n->closing)
        node_free(n);
}

static void on_link_closed(void *arg)
{
    on_part_closed(arg);
}

static void drop_link(struct node *n)
{
    struct link *link = n->link;

    n->link = NULL;
    uv_timer_stop(&n->pause);
    if (!link)
        return;
    n->closing++;
    link_close(link, on_link_closed);
}

static bool has_business(const struct node *n)
{
    return !n->held && !n->ending && n->state != NODE_TODO && n->state != NODE_PLANNED &&
           !node_state_is_end(n->state);
}

static void on_up(void *arg, const struct json *hello)
{
    struct node *n = arg;
    const char *boot_id;

    n->was_up = true;
    if (json_get_text(hello, "boot_id", &boot_id, NULL) == 0)
        snprintf(n->boot_now, sizeof n->boot_now, "%s", boot_id);
    if (has_business(n))
        feed(n, ask(n));
}

static enum node_event reach(struct node *n);

static void on_pause_over(uv_timer_t *timer)
{
    struct node *n = timer->data;

    feed(n, reach(n));
}

/* Half the time fixed, half by chance, so that a rack that lost its switch does not
 * come back as one.
 */
static uint64_t pause_ms(const struct node *n)
{
    uint64_t ms = n->crew->pause_ms ? n->crew->pause_ms : NODE_PAUSE_MS;
    uint16_t chance = 0;

    for (unsigned i = 1; i < n->losses && ms < NODE_PAUSE_MAX; i++)
        ms *= 2;
    if (ms > NODE_PAUSE_MAX)
        ms = NODE_PAUSE_MAX;
    uv_random(NULL, NULL, &chance, sizeof chance, 0, NULL);
    return ms / 2 + ms * chance / UINT16_MAX / 2;
}

/* Again after a pause; the state's deadline ends it. */
static enum node_event try_later(struct node *n)
{
    n->losses++;
    uv_timer_start(&n->pause, on_pause_over, pause_ms(n), 0);
    return NODE_EV_NONE;
}

/* A node that an earlier controller left in the middle may be booting just now. */
static bool is_patient(const struct node *n)
{
    return n->state != NODE_PROBING || n->restored;
}

static enum node_event weigh_loss(struct node *n, bool was_up)
{
    enum node_state as =
        n->state == NODE_PROBING && n->restored ? NODE_REBOOTING : n->state;

    if (node_loss_is_final(as, n->lost.code, was_up))
        return give_up(n, &n->lost);
    if (!is_patient(n) && n->losses >= NODE_PROBE_LOSSES)
        return give_up(n, &n->lost);
    return try_later(n);
}

static void on_lost(void *arg, const struct fail *why)
{
    struct node *n = arg;
    bool was_up = n->was_up;

    n->was_up = false;
    n->lost = *why;
    if (has_business(n))
        feed(n, weigh_loss(n, was_up));
}

static void on_event(void *arg, const char *name, const struct json *body)
{
    struct node *n = arg;
    const char *step, *state;
    char text[128];

    if (!n->hooks->told || strcmp(name, "step") != 0 ||
        json_get_text(body, "name", &step, NULL) < 0 ||
        json_get_text(body, "state", &state, NULL) < 0)
        return;
    snprintf(text, sizeof text, "%s %s", step, state);
    n->hooks->told(n->arg, text);
}

static const struct link_hooks link_hooks = {.up = on_up,
                                             .lost = on_lost,
                                             .event = on_event};

/* Ask now, or as soon as there is somebody to ask. */
static enum node_event reach(struct node *n)
{
    if (!n->link) {
        n->was_up = false;
        n->link = link_new(n->crew->pool, n->fleet_node, &link_hooks, n);
        if (!n->link)
            return give_up_memory(n);
    }
    switch (link_state_of(n->link)) {
    case LINK_UP:
        return ask(n);
    case LINK_DOWN:
    case LINK_LOST:
        link_open(n->link);
        break;
    default:
        break; /* on its way; up or lost will follow */
    }
    return NODE_EV_NONE;
}

/* ---- answers ------------------------------------------------------------------- */

/* An answer that the state still waits for?  A failure of the link itself is told
 * by on_lost() and nowhere else; an agent that does not answer is started anew.
 */
static bool is_answer(struct node *n, enum node_state state, const struct fail *why)
{
    if (n->state != state || !has_business(n))
        return false;
    if (!why)
        return true;
    if (!n->link || link_state_of(n->link) != LINK_UP)
        return false;
    if (why->code == FAIL_TIMEOUT) {
        n->lost = *why;
        drop_link(n);
        feed(n, weigh_loss(n, true));
        return false;
    }
    return why->code != FAIL_LINK_LOST;
}

static enum node_event judge(struct node *n)
{
    struct decide_want want = {.driver = n->fleet_node->driver,
                               .reboot = n->fleet_node->reboot,
                               .rxe = n->fleet_node->rxe};
    struct fail why;

    if (n->restored)
        return NODE_EV_PLAN;
    decision_clear(&n->decision);
    if (decide(n->facts, &want, &n->decision, &why) < 0)
        return give_up(n, &why);
    switch (n->decision.verdict) {
    case DECIDE_STEPS:
        return NODE_EV_PLAN;
    case DECIDE_REFUSE:
        return give_up(n, &n->decision.refusal);
    case DECIDE_UP_TO_DATE:
        break;
    }
    return NODE_EV_UP_TO_DATE;
}

static void on_probed(void *arg, const struct json *answer, const struct fail *why)
{
    struct fail broken;
    struct node *n = arg;

    if (!is_answer(n, NODE_PROBING, why))
        return;
    facts_done(&n->facts);
    n->facts = NULL;
    if (!why && facts_decode(answer, &n->facts, &broken) < 0)
        why = &broken;
    if (!why)
        snprintf(n->boot_now, sizeof n->boot_now, "%s", n->facts->boot_id);
    feed(n, why ? give_up(n, why) : judge(n));
}

static void on_claimed(void *arg, const struct json *answer, const struct fail *why)
{
    struct node *n = arg;

    (void)answer;
    if (is_answer(n, NODE_CLAIMING, why))
        feed(n, why ? give_up(n, why) : NODE_EV_OK);
}

/* The boot that is to end is the one in which the install was seen to be over; an
 * earlier controller may have seen it.
 */
static enum node_event after_install(struct node *n)
{
    if (!n->decision.reboot)
        return NODE_EV_OK;
    if (!n->boot_id)
        n->boot_id = strdup(n->boot_now);
    return n->boot_id ? NODE_EV_REBOOT : give_up_memory(n);
}

static void on_installed(void *arg, const struct json *answer, const struct fail *why)
{
    struct node *n = arg;

    (void)answer;
    if (is_answer(n, NODE_INSTALLING, why))
        feed(n, why ? give_up(n, why) : after_install(n));
}

/* Going down, or not yet: the link goes with it, and what hangs on it must not. */
static enum node_event ask_again_later(struct node *n, const struct fail *last)
{
    n->lost = *last;
    drop_link(n);
    return try_later(n);
}

/* A node that shuts down may refuse to begin another reboot. */
static enum node_event weigh_refusal(struct node *n, const struct fail *why)
{
    if (fail_kind_of(why->code) == FAIL_KIND_INPUT ||
        (!n->goes_down && n->losses >= NODE_REBOOT_REFUSALS))
        return give_up(n, why);
    return ask_again_later(n, why);
}

/* "already" is the only proof that it has booted. */
static void on_rebooting(void *arg, const struct json *answer, const struct fail *why)
{
    struct node *n = arg;
    bool already = false;
    struct fail still;

    if (!is_answer(n, NODE_REBOOTING, why))
        return;
    if (!why && json_get_flag(answer, "already", &already, &still) < 0)
        why = &still;
    if (why) {
        feed(n, weigh_refusal(n, why));
        return;
    }
    n->goes_down = true;
    fail_set(&still, FAIL_REBOOT, "it still runs the boot that was to end");
    feed(n, already ? NODE_EV_OK : ask_again_later(n, &still));
}

static enum node_event verify(struct node *n, const struct facts *f)
{
    struct decide_want want = {.driver = n->fleet_node->driver,
                               .reboot = n->fleet_node->reboot,
                               .rxe = n->fleet_node->rxe};
    CLEANUP(decision_clear) struct decision d = {0};
    CLEANUP(text_done) char *left = NULL;

    if (decide(f, &want, &d, &n->lost) < 0)
        return give_up(n, &n->lost);
    if (d.verdict == DECIDE_UP_TO_DATE)
        return NODE_EV_OK;
    left = decision_summary(&d);
    fail_set(&n->lost, FAIL_VERIFY, "still not so: %s", left ? left : "(out of memory)");
    return try_later(n);
}

static void on_verified(void *arg, const struct json *answer, const struct fail *why)
{
    CLEANUP(facts_done) struct facts *f = NULL;
    struct fail broken;
    struct node *n = arg;

    if (!is_answer(n, NODE_VERIFYING, why))
        return;
    if (!why && facts_decode(answer, &f, &broken) < 0)
        why = &broken;
    feed(n, why ? give_up(n, why) : verify(n, f));
}

static void on_released(void *arg, const struct json *answer, const struct fail *why)
{
    struct node *n = arg;

    (void)answer;
    if (is_answer(n, n->state == NODE_GIVING_UP ? NODE_GIVING_UP : NODE_RELEASING, why))
        feed(n, why ? NODE_EV_FAIL : NODE_EV_OK);
}

/* ---- questions ----------------------------------------------------------------- */

static struct json *claim_body(const struct node *n)
{
    return order_claim(n->claim, (int64_t)time(NULL) + NODE_CLAIM_S);
}

static struct json *install_body(const struct node *n)
{
    return order_install(n->claim, &n->decision.steps);
}

static struct json *reboot_body(const struct node *n)
{
    return order_reboot(n->claim, n->boot_id);
}

static struct json *release_body(const struct node *n)
{
    return order_release(n->claim);
}

static struct json *no_body(const struct node *n)
{
    (void)n;
    return json_object();
}

/* clang-format off */
static const struct {
    const char *what;
    struct json *(*body)(const struct node *n);
    link_answer_fn on_answer;
} questions[NODE_STATES] = {
    [NODE_PROBING]    = {"detect",  no_body,      on_probed},
    [NODE_CLAIMING]   = {"claim",   claim_body,   on_claimed},
    [NODE_INSTALLING] = {"install", install_body, on_installed},
    [NODE_REBOOTING]  = {"reboot",  reboot_body,  on_rebooting},
    [NODE_VERIFYING]  = {"detect",  no_body,      on_verified},
    [NODE_RELEASING]  = {"release", release_body, on_released},
    [NODE_GIVING_UP]  = {"release", release_body, on_released},
};
/* clang-format on */

static uint64_t install_ms(const struct node *n)
{
    return n->crew->install_ms ? n->crew->install_ms : NODE_INSTALL_MS;
}

static uint64_t reboot_ms(const struct node *n)
{
    return n->crew->reboot_ms ? n->crew->reboot_ms : NODE_REBOOT_MS;
}

static uint64_t ask_ms(const struct node *n)
{
    if (n->state == NODE_INSTALLING)
        return install_ms(n);
    return n->crew->ask_ms ? n->crew->ask_ms : NODE_ASK_MS;
}

static enum node_event ask(struct node *n)
{
    struct json *body = questions[n->state].body(n);

    if (!body)
        return give_up_memory(n);
    link_ask(n->link, questions[n->state].what, body, ask_ms(n),
             questions[n->state].on_answer, n);
    return NODE_EV_NONE;
}

/* ---- states, in the order of travel -------------------------------------------- */

/* What is told of a node that did not make it in time. */
static void tell_lateness(const struct node *n, struct fail *why)
{
    if (n->state == NODE_VERIFYING && n->lost.code == FAIL_VERIFY)
        *why = n->lost;
    else if (n->state == NODE_REBOOTING)
        fail_set(why, FAIL_REBOOT, "not back in time: %s",
                 n->lost.code ? n->lost.text : "no answer");
    else if (n->lost.code)
        fail_set(why, n->lost.code, "%s: %s", node_state_name(n->state), n->lost.text);
    else
        fail_set(why, FAIL_TIMEOUT, "%s: no answer in time", node_state_name(n->state));
}

static void on_deadline(uv_timer_t *timer)
{
    struct node *n = timer->data;
    struct fail why;

    tell_lateness(n, &why);
    feed(n, give_up(n, &why));
}

static enum node_event ask_within(struct node *n, uint64_t deadline_ms)
{
    uv_timer_start(&n->deadline, on_deadline, deadline_ms, 0);
    return reach(n);
}

/* The link's own deadlines are the ones that count here: it may have to wait for its
 * turn among thousands.
 */
static enum node_event enter_probing(struct node *n)
{
    return is_patient(n) ? ask_within(n, reboot_ms(n)) : reach(n);
}

static enum node_event enter_planned(struct node *n)
{
    drop_link(n);
    return NODE_EV_NONE;
}

static enum node_event enter_claiming(struct node *n)
{
    return ask_within(n, NODE_CLAIM_MS);
}

static enum node_event enter_installing(struct node *n)
{
    return ask_within(n, install_ms(n));
}

static enum node_event enter_rebooting(struct node *n)
{
    return ask_within(n, reboot_ms(n));
}

static enum node_event enter_verifying(struct node *n)
{
    return ask_within(n, n->crew->verify_ms ? n->crew->verify_ms : NODE_VERIFY_MS);
}

static enum node_event enter_releasing(struct node *n)
{
    return ask_within(n, NODE_RELEASE_MS);
}

/* Who cannot be reached any more keeps the claim until it runs out. */
static enum node_event enter_giving_up(struct node *n)
{
    if (!n->link || link_state_of(n->link) != LINK_UP)
        return NODE_EV_FAIL;
    return ask_within(n, NODE_RELEASE_MS);
}

static enum node_event enter_end(struct node *n)
{
    drop_link(n);
    return NODE_EV_NONE;
}

static enum node_event (*const enter[NODE_STATES])(struct node *n) = {
    [NODE_PROBING] = enter_probing,
    [NODE_PLANNED] = enter_planned,
    [NODE_CLAIMING] = enter_claiming,
    [NODE_INSTALLING] = enter_installing,
    [NODE_REBOOTING] = enter_rebooting,
    [NODE_VERIFYING] = enter_verifying,
    [NODE_RELEASING] = enter_releasing,
    [NODE_GIVING_UP] = enter_giving_up,
    [NODE_DONE] = enter_end,
    [NODE_UP_TO_DATE] = enter_end,
    [NODE_FAILED] = enter_end,
    [NODE_PAUSED] = enter_end,
};

/* ---- the only place where a node changes state --------------------------------- */

static bool move(struct node *n, enum node_event event)
{
    int to = node_state_next(n->state, event);
    struct node_move move = {.from = n->state, .event = event};

    assert(to != NODE_ILLEGAL);
    move.to = (enum node_state)to;
    move.why = event == NODE_EV_FAIL ? &n->why : NULL;
    move.boot_id = to == NODE_REBOOTING ? n->boot_id : NULL;
    uv_timer_stop(&n->deadline);
    uv_timer_stop(&n->pause);
    n->state = move.to;
    n->losses = 0;
    n->lost.code = FAIL_NONE;
    n->held = true;
    if (!n->hooks->moved(n->arg, &move))
        return false;
    n->held = false;
    return true;
}

static void feed(struct node *n, enum node_event event)
{
    while (event != NODE_EV_NONE && move(n, event))
        event = enter[n->state](n);
}

void node_act(struct node *n)
{
    assert(n->held);
    if (n->ending)
        return;
    n->held = false;
    if (n->wants_pause)
        node_pause(n);
    else
        feed(n, enter[n->state](n));
}

void node_start(struct node *n)
{
    feed(n, NODE_EV_START);
}

void node_go(struct node *n, const struct node_claim *claim)
{
    n->claim = claim;
    feed(n, NODE_EV_GO);
}

void node_pause(struct node *n)
{
    n->wants_pause = n->held;
    if (!n->held && node_state_next(n->state, NODE_EV_PAUSE) != NODE_ILLEGAL)
        feed(n, NODE_EV_PAUSE);
}

/* ---- life
 * ------------------------------------------------------------------------------------------
 */

struct node *node_new(const struct node_crew *crew, const struct fleet_node *fleet_node,
                      const struct node_hooks *hooks, void *arg)
{
    struct node *n = calloc(1, sizeof *n);

    if (!n)
        return NULL;
    n->crew = crew;
    n->fleet_node = fleet_node;
    n->hooks = hooks;
    n->arg = arg;
    n->state = NODE_TODO;
    uv_timer_init(crew->loop, &n->deadline);
    uv_timer_init(crew->loop, &n->pause);
    n->deadline.data = n->pause.data = n;
    return n;
}

int node_restore(struct node *n, struct decision *d, const char *boot_id,
                 struct fail *why)
{
    char *copy = boot_id ? strdup(boot_id) : NULL;

    assert(n->state == NODE_TODO && !n->restored);
    if (boot_id && !copy)
        return fail_memory(why);
    n->restored = true;
    n->boot_id = copy;
    n->decision = *d;
    memset(d, 0, sizeof *d);
    return 0;
}

static void node_free(struct node *n)
{
    void (*on_closed)(void *arg) = n->on_closed;
    void *arg = n->closed_arg;

    facts_free(n->facts);
    decision_clear(&n->decision);
    free(n->boot_id);
    free(n);
    if (on_closed)
        on_closed(arg);
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
    drop_link(n);
    n->closing += 2;
    uv_close((uv_handle_t *)&n->deadline, on_timer_closed);
    uv_close((uv_handle_t *)&n->pause, on_timer_closed);
}

enum node_state node_where(const struct node *n)
{
    return n->state;
}

const struct fleet_node *node_of_fleet(const struct node *n)
{
    return n->fleet_node;
}

const struct facts *node_facts(const struct node *n)
{
    return n->facts;
}

const struct decision *node_decision(const struct node *n)
{
    return &n->decision;
}

const struct fail *node_why(const struct node *n)
{
    return &n->why;
}
