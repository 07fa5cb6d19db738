#include "controller/rollout/policy.h"

#include <assert.h>
#include <stdlib.h>

enum phase { LEFT, UNDER_WAY, ENDED };

struct policy {
    struct policy_limits limits;
    size_t count, begun, under_way, failed;
    bool held;
    unsigned char phase[]; /* of each node, an enum phase */
};

struct policy *policy_new(const struct policy_limits *limits, size_t count)
{
    struct policy *p = calloc(1, sizeof *p + count);

    assert(limits->window > 0);
    if (!p)
        return NULL;
    p->limits = *limits;
    p->count = count;
    return p;
}

void policy_free(struct policy *p)
{
    free(p);
}

bool policy_is_spent(const struct policy *p)
{
    return p->failed > p->limits.failures;
}

static bool may_begin(const struct policy *p)
{
    return p->begun < p->count && !p->held && !policy_is_spent(p);
}

enum policy_word policy_word(const struct policy *p)
{
    if (may_begin(p) && p->under_way < p->limits.window)
        return POLICY_NEXT;
    return p->under_way || may_begin(p) ? POLICY_WAIT : POLICY_OVER;
}

long policy_next(struct policy *p)
{
    if (policy_word(p) != POLICY_NEXT)
        return -1;
    p->phase[p->begun] = UNDER_WAY;
    p->under_way++;
    return (long)p->begun++;
}

void policy_report(struct policy *p, size_t node, enum policy_end end)
{
    assert(node < p->count && p->phase[node] == UNDER_WAY);
    p->phase[node] = ENDED;
    p->under_way--;
    p->failed += end == POLICY_FAILED;
}

void policy_hold(struct policy *p)
{
    p->held = true;
}

size_t policy_left(const struct policy *p)
{
    return p->count - p->begun;
}
