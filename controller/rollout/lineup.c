#include "controller/rollout/lineup.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "controller/rollout/policy.h"

#define NOBODY SIZE_MAX

struct entry {
    const struct policy_node *node;
    enum lineup_phase phase;
    bool is_held, is_ready, is_away;
    bool is_awaited; /* by its stage */
    bool waits_anyway;
    size_t file, slot;
};

/* Nodes of the same scopes; only scopes that can be full make a difference.  They stand in
 * neighbouring slots, in their order.
 */
struct file {
    const size_t *scopes;
    size_t scope_count;
    size_t end; /* a slot */
};

struct lineup {
    const struct policy_rules *rules;
    struct entry *entries;
    size_t count;
    size_t *sizes, *away; /* of each scope: nodes, those unavailable   */
    size_t unhealthy, left, held;
    size_t anyway; /* those that wait and are unavailable already */
    size_t *open;  /* of each stage: whom it waits for          */
    size_t stage;  /* the first with anybody, or the one after  */

    size_t *scopes; /* of the files, one list after the other            */
    struct file *files;
    size_t *heads; /* of each file: the first node that waits, or NOBODY */
    size_t file_count;
    size_t *in_slot;        /* who stands there                      */
    uint64_t *waits;        /* by slot: left, not held, ready        */
    uint64_t *waits_anyway; /* by node: and unavailable already      */
};

/* ---- sets of numbers --------------------------------------------------------------------- */

static size_t words_for(size_t count)
{
    return count / 64 + 1;
}

static void put(uint64_t *set, size_t i, bool is_in)
{
    uint64_t bit = (uint64_t)1 << i % 64;

    set[i / 64] = is_in ? set[i / 64] | bit : set[i / 64] & ~bit;
}

/* The first member from `from` on and before `end`; NOBODY. */
static size_t first_in(const uint64_t *set, size_t from, size_t end)
{
    uint64_t mask = ~(uint64_t)0 << from % 64;

    for (size_t w = from / 64; w * 64 < end; w++, mask = ~(uint64_t)0)
        if (set[w] & mask) {
            size_t i = w * 64 + (size_t)__builtin_ctzll(set[w] & mask);

            return i < end ? i : NOBODY;
        }
    return NOBODY;
}

/* ---- files ------------------------------------------------------------------------------- */

struct sorted {
    const size_t *scopes; /* those that can be full */
    size_t count, node;
};

static int compare_numbers(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

static int compare_scopes(const struct sorted *a, const struct sorted *b)
{
    for (size_t i = 0; i < a->count && i < b->count; i++)
        if (a->scopes[i] != b->scopes[i])
            return compare_numbers(a->scopes[i], b->scopes[i]);
    return compare_numbers(a->count, b->count);
}

static int by_file(const void *x, const void *y)
{
    const struct sorted *a = x, *b = y;
    int d = compare_scopes(a, b);

    return d ? d : compare_numbers(a->node, b->node);
}

static bool can_be_full(const struct lineup *l, size_t scope)
{
    return l->rules->scope_limits[scope] < l->sizes[scope];
}

static void list_scopes(struct lineup *l, struct sorted *sorted)
{
    size_t *at = l->scopes;

    for (size_t i = 0; i < l->count; i++) {
        const struct policy_node *n = l->entries[i].node;

        sorted[i] = (struct sorted){.scopes = at, .node = i};
        for (size_t s = 0; s < n->scope_count; s++)
            if (can_be_full(l, n->scopes[s]))
                *at++ = n->scopes[s];
        sorted[i].count = (size_t)(at - sorted[i].scopes);
    }
}

static void form_files(struct lineup *l, const struct sorted *sorted)
{
    for (size_t slot = 0; slot < l->count; slot++) {
        struct entry *e = &l->entries[sorted[slot].node];

        if (!slot || compare_scopes(&sorted[slot], &sorted[slot - 1]) != 0)
            l->files[l->file_count++] = (struct file){.scopes = sorted[slot].scopes,
                                                      .scope_count = sorted[slot].count};
        e->slot = slot;
        e->file = l->file_count - 1;
        l->heads[e->file] = NOBODY;
        l->in_slot[slot] = sorted[slot].node;
        l->files[e->file].end = slot + 1;
    }
}

static int make_files(struct lineup *l, size_t scopes_in_all)
{
    struct sorted *sorted = calloc(l->count + 1, sizeof *sorted);

    l->scopes = calloc(scopes_in_all + 1, sizeof *l->scopes);
    l->files = calloc(l->count + 1, sizeof *l->files);
    l->heads = calloc(l->count + 1, sizeof *l->heads);
    l->in_slot = calloc(l->count + 1, sizeof *l->in_slot);
    l->waits = calloc(words_for(l->count), sizeof *l->waits);
    l->waits_anyway = calloc(words_for(l->count), sizeof *l->waits_anyway);
    if (!sorted || !l->scopes || !l->files || !l->heads || !l->in_slot || !l->waits ||
        !l->waits_anyway) {
        free(sorted);
        return -1;
    }
    list_scopes(l, sorted);
    qsort(sorted, l->count, sizeof *sorted, by_file);
    form_files(l, sorted);
    free(sorted);
    return 0;
}

/* After anything that makes a node wait, or not any more. */
static void line_up(struct lineup *l, struct entry *e)
{
    size_t node = (size_t)(e - l->entries);
    size_t *head = &l->heads[e->file];
    bool waits = e->phase == LINEUP_LEFT && !e->is_held && e->is_ready;

    put(l->waits, e->slot, waits);
    l->anyway += (size_t)(waits && e->is_away) - (size_t)e->waits_anyway;
    e->waits_anyway = waits && e->is_away;
    put(l->waits_anyway, node, e->waits_anyway);
    if (waits && node < *head)
        *head = node;
    else if (!waits && node == *head) {
        size_t slot = first_in(l->waits, e->slot, l->files[e->file].end);

        *head = slot == NOBODY ? NOBODY : l->in_slot[slot];
    }
}

/* ---- stages ------------------------------------------------------------------------------ */

/* Who is waited for again, of a stage that was over, has the run go back to it. */
static void await(struct lineup *l, struct entry *e, bool is_awaited)
{
    if (e->is_awaited == is_awaited)
        return;
    e->is_awaited = is_awaited;
    l->open[e->node->stage] += is_awaited ? 1 : (size_t)-1;
    if (is_awaited && e->node->stage < l->stage)
        l->stage = e->node->stage;
}

void lineup_let_go(struct lineup *l, size_t i)
{
    await(l, &l->entries[i], false);
}

size_t lineup_stage(const struct lineup *l)
{
    return l->stage;
}

bool lineup_stage_is_over(const struct lineup *l)
{
    return l->stage < l->rules->stage_count && !l->open[l->stage];
}

void lineup_advance(struct lineup *l)
{
    assert(lineup_stage_is_over(l));
    l->stage++;
}

/* ---- life -------------------------------------------------------------------------------- */

static size_t count_scopes(struct lineup *l, const struct policy_node *nodes)
{
    size_t in_all = 0;

    for (size_t i = 0; i < l->count; i++) {
        assert(!i || nodes[i].stage >= nodes[i - 1].stage);
        l->entries[i] = (struct entry){.node = &nodes[i], .is_ready = true};
        for (size_t s = 0; s < nodes[i].scope_count; s++)
            l->sizes[nodes[i].scopes[s]]++;
        in_all += nodes[i].scope_count;
    }
    return in_all;
}

static void enter(struct lineup *l, struct entry *e)
{
    if (e->node->stage == POLICY_NO_STAGE)
        return;
    assert(e->node->stage < l->rules->stage_count);
    e->phase = LINEUP_LEFT;
    e->is_held = e->node->is_held;
    l->left++;
    l->held += e->is_held;
    await(l, e, !e->is_held);
    line_up(l, e);
}

struct lineup *lineup_new(const struct policy_rules *rules,
                          const struct policy_node *nodes, size_t count)
{
    struct lineup *l = calloc(1, sizeof *l);

    if (!l)
        return NULL;
    l->rules = rules;
    l->count = count;
    l->entries = calloc(count + 1, sizeof *l->entries);
    l->sizes = calloc(rules->scope_count + 1, sizeof *l->sizes);
    l->away = calloc(rules->scope_count + 1, sizeof *l->away);
    l->open = calloc(rules->stage_count + 1, sizeof *l->open);
    if (!l->entries || !l->sizes || !l->away || !l->open ||
        make_files(l, count_scopes(l, nodes)) < 0) {
        lineup_free(l);
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        enter(l, &l->entries[i]);
    return l;
}

void lineup_free(struct lineup *l)
{
    if (!l)
        return;
    free(l->entries);
    free(l->sizes);
    free(l->away);
    free(l->open);
    free(l->scopes);
    free(l->files);
    free(l->heads);
    free(l->in_slot);
    free(l->waits);
    free(l->waits_anyway);
    free(l);
}

/* ---- what becomes of a node -------------------------------------------------------------- */

static bool is_unavailable(const struct entry *e)
{
    return e->is_away || e->phase == LINEUP_UNDER_WAY || e->phase == LINEUP_OUT_OF_ORDER;
}

static bool is_unhealthy(const struct entry *e)
{
    return e->phase == LINEUP_OUT_OF_ORDER ||
           (e->is_away && e->phase != LINEUP_UNDER_WAY);
}

/* All that makes a node unavailable or not goes through here. */
static void change(struct lineup *l, struct entry *e, enum lineup_phase phase,
                   bool is_away)
{
    bool was_unavailable = is_unavailable(e), was_unhealthy = is_unhealthy(e);

    e->phase = phase;
    e->is_away = is_away;
    for (size_t s = 0; s < e->node->scope_count; s++) {
        size_t *away = &l->away[e->node->scopes[s]];

        *away += (size_t)is_unavailable(e) - (size_t)was_unavailable;
    }
    l->unhealthy += (size_t)is_unhealthy(e) - (size_t)was_unhealthy;
    line_up(l, e);
}

static void leave(struct lineup *l, struct entry *e)
{
    l->left--;
    l->held -= e->is_held;
    e->is_held = false;
    await(l, e, true);
}

void lineup_set_phase(struct lineup *l, size_t i, enum lineup_phase phase)
{
    struct entry *e = &l->entries[i];

    assert(i < l->count && phase > LINEUP_LEFT);
    assert(e->phase == LINEUP_LEFT || e->phase == LINEUP_UNDER_WAY);
    if (e->phase == LINEUP_LEFT)
        leave(l, e);
    if (phase != LINEUP_UNDER_WAY)
        await(l, e, false);
    change(l, e, phase, e->is_away);
}

enum lineup_phase lineup_phase(const struct lineup *l, size_t i)
{
    assert(i < l->count);
    return l->entries[i].phase;
}

void lineup_set_away(struct lineup *l, size_t i, bool is_away)
{
    assert(i < l->count);
    change(l, &l->entries[i], l->entries[i].phase, is_away);
}

bool lineup_is_away(const struct lineup *l, size_t i)
{
    assert(i < l->count);
    return l->entries[i].is_away;
}

void lineup_set_held(struct lineup *l, size_t i, bool is_held)
{
    struct entry *e = &l->entries[i];

    assert(i < l->count);
    if (e->phase != LINEUP_LEFT || e->is_held == is_held)
        return;
    e->is_held = is_held;
    l->held += is_held ? 1 : (size_t)-1;
    await(l, e, !is_held);
    line_up(l, e);
}

void lineup_set_ready(struct lineup *l, size_t i, bool is_ready)
{
    assert(i < l->count);
    l->entries[i].is_ready = is_ready;
    line_up(l, &l->entries[i]);
}

/* ---- who is first ------------------------------------------------------------------------ */

static bool is_full(const struct lineup *l, size_t scope)
{
    return l->away[scope] >= l->rules->scope_limits[scope];
}

static bool has_room(const struct lineup *l, const struct file *f)
{
    for (size_t s = 0; s < f->scope_count; s++)
        if (is_full(l, f->scopes[s]))
            return false;
    return true;
}

/* Nodes stand stage by stage, so that nobody after one of a later stage may be begun. */
static long if_begun(const struct lineup *l, size_t i)
{
    return i != NOBODY && l->entries[i].node->stage <= l->stage ? (long)i : -1;
}

long lineup_first(const struct lineup *l)
{
    size_t first = l->anyway ? first_in(l->waits_anyway, 0, l->count) : NOBODY;

    for (size_t f = 0; f < l->file_count; f++)
        if (l->heads[f] < first && has_room(l, &l->files[f]))
            first = l->heads[f];
    return if_begun(l, first);
}

long lineup_first_without_room(const struct lineup *l)
{
    size_t first = NOBODY;

    for (size_t f = 0; f < l->file_count; f++)
        if (l->heads[f] < first)
            first = l->heads[f];
    return if_begun(l, first);
}

long lineup_full_scope(const struct lineup *l, size_t i)
{
    const struct file *f = &l->files[l->entries[i].file];

    for (size_t s = 0; s < f->scope_count && !is_unavailable(&l->entries[i]); s++)
        if (is_full(l, f->scopes[s]))
            return (long)f->scopes[s];
    return -1;
}

/* ---- counts ------------------------------------------------------------------------------ */

size_t lineup_unavailable(const struct lineup *l, size_t scope)
{
    assert(scope < l->rules->scope_count);
    return l->away[scope];
}

size_t lineup_size(const struct lineup *l, size_t scope)
{
    assert(scope < l->rules->scope_count);
    return l->sizes[scope];
}

size_t lineup_unhealthy(const struct lineup *l)
{
    return l->unhealthy;
}

size_t lineup_left(const struct lineup *l)
{
    return l->left;
}

size_t lineup_held(const struct lineup *l)
{
    return l->held;
}
