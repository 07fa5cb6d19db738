#include "controller/link/requests.h"

#include <stdbool.h>
#include <stdlib.h>

struct request *requests_add(struct requests *r, uint64_t due_ms,
                             link_answer_fn on_answer, void *arg)
{
    struct request *q = calloc(1, sizeof *q), **end = &r->first;

    if (!q)
        return NULL;
    if (++r->last_id == 0)
        r->last_id = 1;
    q->id = r->last_id;
    q->due_ms = due_ms;
    q->on_answer = on_answer;
    q->arg = arg;
    while (*end)
        end = &(*end)->next;
    *end = q;
    return q;
}

static struct request *cut_out(struct request **at)
{
    struct request *q = *at;

    *at = q->next;
    q->next = NULL;
    return q;
}

struct request *requests_take(struct requests *r, uint32_t id)
{
    for (struct request **at = &r->first; *at; at = &(*at)->next)
        if ((*at)->id == id)
            return cut_out(at);
    return NULL;
}

/* Ids go up, and around. */
static bool is_newer(const struct request *q, uint32_t last)
{
    return (int32_t)(q->id - last) > 0;
}

struct request *requests_take_oldest(struct requests *r, uint32_t last)
{
    return r->first && !is_newer(r->first, last) ? cut_out(&r->first) : NULL;
}

struct request *requests_take_due(struct requests *r, uint64_t now_ms, uint32_t last)
{
    for (struct request **at = &r->first; *at; at = &(*at)->next)
        if ((*at)->due_ms <= now_ms && !is_newer(*at, last))
            return cut_out(at);
    return NULL;
}

uint64_t requests_due(const struct requests *r)
{
    uint64_t due_ms = REQUESTS_NEVER;

    for (const struct request *q = r->first; q; q = q->next)
        if (q->due_ms < due_ms)
            due_ms = q->due_ms;
    return due_ms;
}

void requests_clear(struct requests *r)
{
    while (r->first)
        free(cut_out(&r->first));
}
