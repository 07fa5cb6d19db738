/* One entry for each question, from hook_queue_ask() until it is answered and its hook
 * closed.  How many of those before it an entry has to wait for is counted when it comes, and
 * counted down as they end.  All starting is done by the timer, never by whoever asks.
 */
#include "controller/outside/hook_queue.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "controller/outside/hook.h"
#include "controller/outside/hook_answer.h"
#include "protocol/fail.h"

enum entry_state {
    ENTRY_WAITING, /* for its turn            */
    ENTRY_RUNNING,
    ENTRY_LATER,   /* for its time            */
    ENTRY_ANSWERED /* for its hook to close   */
};

struct entry {
    struct hook_queue *queue;
    struct entry *next;
    enum entry_state state;
    enum hook_kind kind;
    char *node; /* NULL: about a batch */
    size_t batch;
    char *doc;
    size_t before;             /* those that have to be over first */
    uint64_t due_ms, until_ms; /* when it is asked again; not longer */
    bool was_asked;
    struct hook *hook;
    void (*on_answer)(void *arg, const struct hook_answer *answer);
    void *arg;
};

struct hook_queue {
    uv_loop_t *loop;
    struct hook_queue_options options;
    char *run; /* of the first document */
    char *programs[HOOK_KINDS];
    struct entry *first, **end;
    size_t count, running, open;
    bool is_closed;
    uv_timer_t timer;
    bool timer_is_closed;
    void (*on_closed)(void *arg);
    void *closed_arg;
};

/* ---- objects ---------------------------------------------------------------------------- */

static void entry_free(struct entry *e)
{
    if (!e)
        return;
    free(e->node);
    free(e->doc);
    free(e);
}

static void queue_free(struct hook_queue *q)
{
    for (int k = 0; k < HOOK_KINDS; k++)
        free(q->programs[k]);
    while (q->first) {
        struct entry *e = q->first;

        q->first = e->next;
        entry_free(e);
    }
    free(q->run);
    free(q);
}

static void end_when_closed(struct hook_queue *q)
{
    if (q->open || !q->timer_is_closed)
        return;
    if (q->on_closed)
        q->on_closed(q->closed_arg);
    queue_free(q);
}

/* ---- order ------------------------------------------------------------------------------ */

static bool must_follow(const struct entry *later, const struct entry *earlier)
{
    if (later->kind == HOOK_VETO || earlier->kind == HOOK_VETO)
        return false;
    if (later->node && earlier->node)
        return strcmp(later->node, earlier->node) == 0;
    return later->batch == earlier->batch;
}

static void push(struct hook_queue *q, struct entry *e)
{
    for (const struct entry *x = q->first; x; x = x->next)
        e->before += x->state != ENTRY_ANSWERED && must_follow(e, x);
    *q->end = e;
    q->end = &e->next;
    q->count++;
}

/* Those that waited for it have one less to wait for. */
static void let_follow(struct hook_queue *q, const struct entry *e)
{
    for (struct entry *x = e->next; x; x = x->next)
        x->before -= must_follow(x, e);
    q->count--;
}

static void take_out(struct hook_queue *q, struct entry *e)
{
    struct entry **at = &q->first;

    while (*at != e)
        at = &(*at)->next;
    *at = e->next;
    if (!e->next)
        q->end = at;
    entry_free(e);
}

/* ---- acting ----------------------------------------------------------------------------- */

static void look_again(struct hook_queue *q, uint64_t in_ms);

static void on_hook_closed(void *arg)
{
    struct entry *e = arg;
    struct hook_queue *q = e->queue;

    e->hook = NULL;
    q->open--;
    if (e->state == ENTRY_ANSWERED)
        take_out(q, e);
    if (q->is_closed)
        end_when_closed(q);
    else
        look_again(q, 0);
}

/* Its owner may close the queue in the call. */
static void answer(struct entry *e, const struct hook_answer *a)
{
    let_follow(e->queue, e);
    e->state = ENTRY_ANSWERED;
    if (e->on_answer)
        e->on_answer(e->arg, a);
}

static void refuse_as_too_late(struct hook_answer *a)
{
    a->word = HOOK_NO;
    fail_prefix(&a->why, "waited long enough");
}

/* False: it has waited long enough. */
static bool put_off(struct entry *e)
{
    struct hook_queue *q = e->queue;
    uint64_t now_ms = uv_now(q->loop);

    if (!e->was_asked)
        e->until_ms = now_ms + q->options.patience_ms;
    e->was_asked = true;
    if (now_ms >= e->until_ms)
        return false;
    e->due_ms = now_ms + q->options.again_ms;
    if (e->due_ms > e->until_ms)
        e->due_ms = e->until_ms; /* the last time */
    e->state = ENTRY_LATER;
    return true;
}

static void on_answer(void *arg, const struct hook_answer *given)
{
    struct entry *e = arg;
    struct hook_queue *q = e->queue;
    struct hook_answer a = *given;

    q->running--;
    hook_close(e->hook, on_hook_closed, e);
    if (a.word == HOOK_LATER && put_off(e)) {
        if (q->options.waits)
            q->options.waits(q->options.arg, e->kind, e->node, e->batch, &a);
        return;
    }
    if (a.word == HOOK_LATER)
        refuse_as_too_late(&a);
    answer(e, &a);
}

/* One that cannot even be started is answered at once: we are called by the timer. */
static void start(struct hook_queue *q, struct entry *e)
{
    const struct hook_call call = {.kind = e->kind,
                                   .program = q->programs[e->kind],
                                   .run = q->run,
                                   .node = e->node,
                                   .doc = e->doc,
                                   .deadline_ms = q->options.deadline_ms,
                                   .grace_ms = q->options.grace_ms};
    struct hook_answer a;
    struct fail why;

    if (hook_start(q->loop, &call, on_answer, e, &e->hook, &why) == 0) {
        e->state = ENTRY_RUNNING;
        q->running++;
        q->open++;
        return;
    }
    a = hook_answer_failed(e->kind, &why);
    answer(e, &a);
}

static bool is_ready(const struct hook_queue *q, const struct entry *e)
{
    if (e->hook) /* of its last time, not closed yet */
        return false;
    return (e->state == ENTRY_WAITING && !e->before) ||
           (e->state == ENTRY_LATER && e->due_ms <= uv_now(q->loop));
}

static struct entry *find_ready(const struct hook_queue *q)
{
    for (struct entry *e = q->first; e; e = e->next)
        if (is_ready(q, e))
            return e;
    return NULL;
}

static void look_when_due(struct hook_queue *q)
{
    uint64_t now_ms = uv_now(q->loop), next_ms = UINT64_MAX;

    for (const struct entry *e = q->first; e; e = e->next)
        if (e->state == ENTRY_LATER && !e->hook && e->due_ms < next_ms)
            next_ms = e->due_ms;
    if (next_ms != UINT64_MAX)
        look_again(q, next_ms > now_ms ? next_ms - now_ms : 0);
}

static void on_timer(uv_timer_t *timer)
{
    struct hook_queue *q = timer->data;
    struct entry *e;

    while (!q->is_closed && q->running < q->options.at_once && (e = find_ready(q))) {
        start(q, e);
        if (!q->is_closed && e->state == ENTRY_ANSWERED)
            take_out(q, e);
    }
    if (!q->is_closed && q->running < q->options.at_once)
        look_when_due(q);
}

static void look_again(struct hook_queue *q, uint64_t in_ms)
{
    uv_timer_start(&q->timer, on_timer, in_ms, 0);
}

/* ---- life ------------------------------------------------------------------------------- */

static void set_usual(struct hook_queue_options *o)
{
    o->at_once = o->at_once ? o->at_once : HOOK_QUEUE_AT_ONCE;
    if (o->at_once > HOOK_QUEUE_AT_ONCE_MAX)
        o->at_once = HOOK_QUEUE_AT_ONCE_MAX;
    o->again_ms = o->again_ms ? o->again_ms : HOOK_QUEUE_AGAIN_MS;
    o->patience_ms = o->patience_ms ? o->patience_ms : HOOK_QUEUE_PATIENCE_MS;
}

struct hook_queue *hook_queue_open(uv_loop_t *loop,
                                   const struct hook_queue_options *options)
{
    struct hook_queue *q = calloc(1, sizeof *q);

    if (!q)
        return NULL;
    q->options = *options;
    set_usual(&q->options);
    for (int k = 0; k < HOOK_KINDS; k++) {
        q->programs[k] = options->programs[k] ? strdup(options->programs[k]) : NULL;
        q->options.programs[k] = NULL;
        if (options->programs[k] && !q->programs[k]) {
            queue_free(q);
            return NULL;
        }
    }
    q->loop = loop;
    q->end = &q->first;
    q->timer.data = q;
    uv_timer_init(loop, &q->timer);
    return q;
}

static struct entry *entry_new(struct hook_queue *q, const struct hook_doc *doc)
{
    struct entry *e = calloc(1, sizeof *e);
    bool is_of_node = hook_is_of_node(doc->kind);

    if (e) {
        e->queue = q;
        e->kind = doc->kind;
        e->batch = doc->batch;
        e->node = is_of_node ? strdup(doc->nodes[0].name) : NULL;
        e->doc = hook_doc_print(doc);
    }
    if (!q->run)
        q->run = strdup(doc->run);
    if (e && q->run && e->doc && (e->node || !is_of_node))
        return e;
    entry_free(e);
    return NULL;
}

int hook_queue_ask(struct hook_queue *q, const struct hook_doc *doc,
                   void (*on_answer_of)(void *arg, const struct hook_answer *answer),
                   void *arg, struct fail *why)
{
    struct entry *e;

    assert(!q->is_closed);
    if (!q->programs[doc->kind])
        return 1;
    if (q->count >= HOOK_QUEUE_MAX)
        return fail_set(why, FAIL_HOOK, "%s hook: %zu are waiting already",
                        hook_name(doc->kind), q->count);
    e = entry_new(q, doc);
    if (!e)
        return fail_memory(why);
    e->on_answer = on_answer_of;
    e->arg = arg;
    push(q, e);
    look_again(q, 0);
    return 0;
}

size_t hook_queue_count(const struct hook_queue *q)
{
    return q->count;
}

static void on_timer_closed(uv_handle_t *timer)
{
    struct hook_queue *q = timer->data;

    q->timer_is_closed = true;
    end_when_closed(q);
}

void hook_queue_close(struct hook_queue *q, void (*on_closed)(void *arg), void *arg)
{
    q->is_closed = true;
    q->on_closed = on_closed;
    q->closed_arg = arg;
    for (struct entry *e = q->first; e; e = e->next)
        if (e->state == ENTRY_RUNNING)
            hook_close(e->hook, on_hook_closed, e);
    uv_close((uv_handle_t *)&q->timer, on_timer_closed);
}
