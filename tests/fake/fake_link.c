#include "tests/fake/fake_link.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "controller/link/link.h"
#include "inventory/fleet.h"
#include "protocol/json.h"
#include "protocol/measure.h"

#define GBPS 197.0
#define US   1.7

struct link { /* freed in the timer's close callback */
    uv_timer_t timer;
    struct fake_agent *agent;
    size_t i;
    bool lost, waiting;
    struct fail why; /* what the request under way ends with, or */
    struct json *answer;
    link_answer_fn on_answer;
    void *arg;
    void (*on_closed)(void *arg);
    void *owner;
};

/* The first side of a meeting to be ordered leaves what the second must say. */
struct promise {
    uint32_t psn, peer_psn;
    unsigned slot, batch;
    bool kept;
};

struct fake_agent fake_agents[FAKE_LINK_MOST];
static unsigned char met[FAKE_LINK_MOST][FAKE_LINK_MOST]; /* orders to row about column */
static struct promise promises[FAKE_LINK_MOST][FAKE_LINK_MOST];
static unsigned round_of[FAKE_LINK_MOST]; /* last round that was ordered, and one more */

void fake_link_reset(void)
{
    memset(fake_agents, 0, sizeof fake_agents);
    memset(met, 0, sizeof met);
    memset(promises, 0, sizeof promises);
    memset(round_of, 0, sizeof round_of);
}

unsigned fake_link_met(size_t a, size_t b)
{
    assert(met[a][b] == met[b][a]);
    return met[a][b];
}

/* ---- the agents -------------------------------------------------------------------- */

static struct json *join(const struct link *link)
{
    struct endpoint e = {
        .hca = "mlx5_ib0",
        .port = 1,
        .lid = (uint16_t)(link->i + 1),
        .qpn = (uint32_t)(1000 + link->i),
        .mtu_bytes = 4096,
        .pkey = link->agent->pkey ? link->agent->pkey : 0x8001,
        .rate_gbps = 200,
    };

    return endpoint_encode(&e);
}

/* Both sides must be sent to the same place with each other's packet numbers. */
static void check_meeting(size_t i, const struct measure_order *o,
                          const struct measure_round *r)
{
    struct promise *mine = &promises[i][r->peer], *theirs = &promises[r->peer][i];

    assert(r->peer < FAKE_LINK_MOST && r->peer != i);
    assert(r->first == (i < r->peer));
    assert(r->partner.qpn == 1000 + r->peer);
    assert(r->round >= round_of[i]);
    round_of[i] = r->round + 1;
    met[i][r->peer]++;
    *mine = (struct promise){r->psn, r->peer_psn, r->slot, o->batch, false};
    if (met[i][r->peer] != met[r->peer][i])
        return;
    assert(mine->psn == theirs->peer_psn && mine->peer_psn == theirs->psn);
    assert(mine->slot == theirs->slot && mine->batch == theirs->batch);
}

static double missing(const struct fake_agent *a, bool crowd)
{
    return crowd && a->slow_in_crowd > a->slow ? a->slow_in_crowd : a->slow;
}

static bool has_come(unsigned in_batch, unsigned batch)
{
    return in_batch && batch >= in_batch;
}

static bool hears_nobody(const struct fake_agent *a, unsigned batch)
{
    return a->off_fabric || a->silent || has_come(a->lost_in_batch, batch) ||
           has_come(a->dies_in_batch, batch);
}

static struct measure_result measure(const struct link *link,
                                     const struct measure_order *o,
                                     const struct measure_round *r)
{
    const struct fake_agent *a = link->agent, *b = &fake_agents[r->peer];
    struct measure_result result = {.round = r->round, .peer = r->peer, .windows = 1};
    bool crowd = met[link->i][r->peer] == 1;
    double most = missing(a, crowd);

    if (a->off_fabric || hears_nobody(b, o->batch)) {
        fail_set(&result.why, FAIL_PARTNER, "the partner never showed up");
        result.windows = 0;
        return result;
    }
    if (missing(b, crowd) > most)
        most = missing(b, crowd);
    result.out_gbps[0] = GBPS * (1 - most);
    if (r->first) {
        result.latency = (struct measure_latency){US, US, 2 * US, 3 * US, 1000};
        result.ack = result.latency;
    }
    result.peer += a->lies;
    return result;
}

static struct json *order(struct link *link, const struct json *body)
{
    struct measure_result results[MEASURE_MAX_ROUNDS];
    struct measure_order o;
    struct json *answer;

    assert(measure_order_decode(body, &o, NULL) == 0);
    assert(o.batch > link->agent->last_batch); /* one order for each batch */
    link->agent->last_batch = o.batch;
    link->agent->orders++;
    for (size_t i = 0; i < o.round_count; i++)
        check_meeting(link->i, &o, &o.rounds[i]);
    for (size_t i = 0; i < o.round_count; i++)
        results[i] = measure(link, &o, &o.rounds[i]);
    answer = measure_results_encode(results, o.round_count - link->agent->omits);
    if (link->agent->dies_in_batch == o.batch)
        fail_set(&link->why, FAIL_AGENT_DIED, "the measuring process broke off");
    if (link->agent->lost_in_batch == o.batch)
        link->lost = true;
    measure_order_clear(&o);
    return answer;
}

/* ---- link.h ------------------------------------------------------------------------ */

static void on_time(uv_timer_t *timer)
{
    struct link *link = timer->data;
    struct json *answer = link->answer;
    struct fail why = link->why;

    link->waiting = false;
    link->answer = NULL;
    link->agent->received += answer != NULL;
    link->on_answer(link->arg, answer, why.code ? &why : NULL);
    json_free(answer);
}

static uint64_t begin(struct link *link, const char *what, const struct json *body,
                      uint64_t deadline_ms)
{
    struct fake_agent *a = link->agent;

    if (strcmp(what, "join") == 0) {
        a->joins++;
        link->answer = a->refuses ? NULL : join(link);
        if (a->refuses)
            fail_set(&link->why, FAIL_NO_HCA, "no RDMA device");
        return a->joins_ms;
    } else if (strcmp(what, "leave") == 0) {
        a->leaves++;
        link->answer = json_object();
    } else {
        assert(strcmp(what, "order") == 0);
        link->answer = order(link, body);
        if (a->silent) {
            fail_set(&link->why, FAIL_TIMEOUT, "order: no answer");
            return deadline_ms;
        }
        return a->answers_ms;
    }
    return 0;
}

void link_ask(struct link *link, const char *what, struct json *body,
              uint64_t deadline_ms, link_answer_fn on_answer, void *arg)
{
    uint64_t wait_ms = 0;

    assert(!link->waiting && deadline_ms > 0);
    link->waiting = true;
    link->why.code = FAIL_NONE;
    link->on_answer = on_answer;
    link->arg = arg;
    if (!link->lost) {
        link->agent->sent++;
        wait_ms = begin(link, what, body, deadline_ms);
    }
    if (link->lost)
        fail_set(&link->why, FAIL_LINK_LOST, "the connection is gone");
    if (wait_ms >= deadline_ms)
        fail_set(&link->why, FAIL_TIMEOUT, "%s: no answer", what);
    if (link->why.code) {
        json_free(link->answer);
        link->answer = NULL;
    }
    json_free(body);
    wait_ms = wait_ms < deadline_ms ? wait_ms : deadline_ms;
    uv_timer_start(&link->timer, on_time, wait_ms / FAKE_LINK_HASTE, 0);
}

static void on_timer_closed(uv_handle_t *timer)
{
    struct link *link = timer->data;
    void (*closed)(void *arg) = link->on_closed;
    void *owner = link->owner;

    json_free(link->answer);
    free(link);
    if (closed)
        closed(owner);
}

void link_close(struct link *link, void (*closed)(void *arg))
{
    link->on_closed = closed;
    uv_close((uv_handle_t *)&link->timer, on_timer_closed);
}

/* The pool is only a loop in disguise. */
struct link *link_new(struct link_pool *pool, const struct fleet_node *node,
                      const struct link_hooks *hooks, void *arg)
{
    struct link *link = calloc(1, sizeof *link);

    (void)hooks;
    assert(link);
    link->i = (size_t)atoi(node->name + strcspn(node->name, "0123456789"));
    assert(link->i < FAKE_LINK_MOST);
    link->agent = &fake_agents[link->i];
    link->owner = arg;
    uv_timer_init((uv_loop_t *)pool, &link->timer);
    link->timer.data = link;
    return link;
}

int link_pool_open(struct uv_loop_s *loop, const struct link_pool_options *options,
                   struct link_pool **pool, struct fail *why)
{
    (void)options;
    (void)why;
    *pool = (struct link_pool *)loop;
    return 0;
}

void link_pool_close(struct link_pool *pool)
{
    (void)pool;
}

void link_open(struct link *link)
{
    (void)link;
}

enum link_state link_state_of(const struct link *link)
{
    return link->lost ? LINK_LOST : LINK_UP;
}

void link_traffic(const struct link *link, unsigned long *sent, unsigned long *received)
{
    *sent = link->agent->sent;
    *received = link->agent->received;
}
