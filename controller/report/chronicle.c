#include "controller/report/chronicle.h"

#include <stdlib.h>
#include <string.h>

#include "controller/journal/history.h"
#include "controller/rollout/node_state.h"
#include "protocol/scope.h"

struct chronicle {
    struct chronicle_node *nodes;
    size_t count, room;
    struct chronicle_stretch *stretches;
    size_t stretch_count, stretch_room;
    int64_t row; /* of the last move that was taken in */
};

/* ---- life -------------------------------------------------------------------------- */

struct chronicle *chronicle_new(void)
{
    return calloc(1, sizeof(struct chronicle));
}

static void node_clear(struct chronicle_node *n)
{
    free(n->name);
    free(n->reason);
    free(n->stays);
}

void chronicle_free(struct chronicle *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->count; i++)
        node_clear(&c->nodes[i]);
    free(c->nodes);
    free(c->stretches);
    free(c);
}

void chronicle_done(struct chronicle **c)
{
    chronicle_free(*c);
}

/* Room for one more; NULL and all as it was when there is no memory. */
static void *make_room(void *list, size_t count, size_t *room, size_t size)
{
    size_t wanted = *room ? 2 * *room : 8;
    void *grown;

    if (count < *room)
        return list;
    grown = reallocarray(list, wanted, size);
    if (grown)
        *room = wanted;
    return grown;
}

/* ---- nodes --------------------------------------------------------------------------- */

size_t chronicle_count(const struct chronicle *c)
{
    return c->count;
}

const struct chronicle_node *chronicle_node(const struct chronicle *c, size_t i)
{
    return &c->nodes[i];
}

/* Where a name is, or belongs. */
static size_t place_of(const struct chronicle *c, const char *name)
{
    size_t low = 0, high = c->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(c->nodes[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t chronicle_find(const struct chronicle *c, const char *name)
{
    size_t at = place_of(c, name);

    return at < c->count && strcmp(c->nodes[at].name, name) == 0 ? at : c->count;
}

int chronicle_add_node(struct chronicle *c, const char *name, struct fail *why)
{
    struct chronicle_node made = {.state = NODE_TODO};
    size_t at = place_of(c, name);
    struct chronicle_node *grown;

    if (at < c->count && strcmp(c->nodes[at].name, name) == 0)
        return 0;
    grown = make_room(c->nodes, c->count, &c->room, sizeof *c->nodes);
    if (grown)
        c->nodes = grown;
    made.name = strdup(name);
    made.reason = strdup("");
    if (!grown || !made.name || !made.reason) {
        node_clear(&made);
        return fail_memory(why);
    }
    memmove(c->nodes + at + 1, c->nodes + at, (c->count - at) * sizeof *c->nodes);
    c->nodes[at] = made;
    c->count++;
    return 1;
}

/* ---- stretches ----------------------------------------------------------------------- */

size_t chronicle_stretches(const struct chronicle *c)
{
    return c->stretch_count;
}

const struct chronicle_stretch *chronicle_stretch(const struct chronicle *c, size_t i)
{
    return &c->stretches[i];
}

static int begin_stretch(struct chronicle *c, int64_t at_ms, struct fail *why)
{
    struct chronicle_stretch *grown =
        make_room(c->stretches, c->stretch_count, &c->stretch_room, sizeof *c->stretches);

    if (!grown)
        return fail_memory(why);
    c->stretches = grown;
    c->stretches[c->stretch_count++] = (struct chronicle_stretch){at_ms, at_ms};
    return 0;
}

static void reach(struct chronicle_stretch *s, int64_t at_ms)
{
    if (at_ms < s->from_ms)
        s->from_ms = at_ms;
    if (at_ms > s->to_ms)
        s->to_ms = at_ms;
}

/* ---- moves --------------------------------------------------------------------------- */

/* Of a state that a later version made up, any will do. */
static int state_of(const char *name)
{
    int state = node_state_of(name);

    return state == NODE_ILLEGAL ? NODE_TODO : state;
}

/* A clock that was set back stands still. */
static int add_stay(struct chronicle_node *n, int64_t from_ms, int state,
                    struct fail *why)
{
    struct chronicle_stay *grown =
        make_room(n->stays, n->stay_count, &n->stay_room, sizeof *n->stays);

    if (!grown)
        return fail_memory(why);
    n->stays = grown;
    if (n->stay_count && from_ms < n->stays[n->stay_count - 1].from_ms)
        from_ms = n->stays[n->stay_count - 1].from_ms;
    n->stays[n->stay_count++] = (struct chronicle_stay){from_ms, (unsigned char)state};
    return 0;
}

/* Another controller begins with it: until then it was left alone, or paused. */
static int add_pause(struct chronicle *c, struct chronicle_node *n, int64_t at_ms,
                     struct fail *why)
{
    if (n->stretch + 1 == c->stretch_count && begin_stretch(c, at_ms, why) < 0)
        return -1;
    if (node_state_is_end((enum node_state)n->state))
        return 0;
    return add_stay(n, c->stretches[n->stretch].to_ms, CHRONICLE_ALONE, why);
}

static bool is_taken_up(const struct chronicle_node *n, const struct history_move *move)
{
    return n->stay_count && n->state != NODE_TODO && state_of(move->from) == NODE_TODO;
}

static int add_to_node(struct chronicle *c, struct chronicle_node *n,
                       const struct history_move *move, struct fail *why)
{
    int to = state_of(move->to);
    char *reason;

    if (!c->stretch_count && begin_stretch(c, move->at_ms, why) < 0)
        return -1;
    if (is_taken_up(n, move) && add_pause(c, n, move->at_ms, why) < 0)
        return -1;
    reason = strdup(move->reason);
    if (!reason || add_stay(n, move->at_ms, to, why) < 0) {
        free(reason);
        return fail_memory(why);
    }
    free(n->reason);
    n->reason = reason;
    n->code = fail_code_of(move->code);
    n->state = to;
    n->stretch = c->stretch_count - 1;
    reach(&c->stretches[n->stretch], move->at_ms);
    return 0;
}

int chronicle_add_move(struct chronicle *c, const struct history_move *move,
                       struct fail *why)
{
    size_t i = chronicle_find(c, move->node);

    c->row = move->row;
    return i == c->count ? 0 : add_to_node(c, &c->nodes[i], move, why);
}

/* ---- reading ------------------------------------------------------------------------- */

struct reading {
    struct chronicle *c;
    struct history *history;
    const char *run;
    const struct chronicle_hooks *hooks;
    void *arg;
    bool has_grown;
};

static int on_name(void *arg, const char *name, struct fail *why)
{
    struct reading *r = arg;
    int added = chronicle_add_node(r->c, name, why);

    r->has_grown |= added > 0;
    return added < 0 ? -1 : 0;
}

static int read_names(struct reading *r, struct fail *why)
{
    r->has_grown = false;
    if (history_names(r->history, r->run, on_name, r, why) < 0)
        return -1;
    return r->has_grown && r->hooks && r->hooks->grown ? r->hooks->grown(r->arg, why) : 0;
}

/* Nodes may come to a run that is under way: their first move tells of them. */
static int on_move(void *arg, const struct history_move *move, struct fail *why)
{
    struct reading *r = arg;
    size_t i;

    if (chronicle_find(r->c, move->node) == r->c->count && read_names(r, why) < 0)
        return -1;
    if (chronicle_add_move(r->c, move, why) < 0)
        return -1;
    i = chronicle_find(r->c, move->node);
    if (i == r->c->count || !r->hooks || !r->hooks->moved)
        return 0;
    return r->hooks->moved(r->arg, i, move, why);
}

int chronicle_read(struct chronicle *c, struct history *h, const char *run,
                   const struct chronicle_hooks *hooks, void *arg, struct fail *why)
{
    struct reading r = {.c = c, .history = h, .run = run, .hooks = hooks, .arg = arg};

    if (!c->count && read_names(&r, why) < 0)
        return -1;
    return history_moves_after(h, run, c->row, on_move, &r, why);
}
