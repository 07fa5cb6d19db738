#include "controller/openssh/detours.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/fail.h"

struct detour {
    const char *node; /* both in one piece of memory, behind this */
    const char *reason;
    struct detour *next;
    char text[];
};

static int by_node(const void *left, const void *right)
{
    const struct detour *a = left, *b = right;

    return strcmp(a->node, b->node);
}

static struct detour *make(const char *node, const char *reason)
{
    size_t node_bytes = strlen(node) + 1, reason_bytes = strlen(reason) + 1;
    struct detour *d = calloc(1, sizeof *d + node_bytes + reason_bytes);

    if (!d)
        return NULL;
    d->node = memcpy(d->text, node, node_bytes);
    d->reason = memcpy(d->text + node_bytes, reason, reason_bytes);
    return d;
}

int detours_note(struct detours *d, const char *node, const char *reason,
                 struct fail *why)
{
    struct detour *made;

    if (detours_find(d, node))
        return 0;
    made = make(node, reason);
    if (!made || !tsearch(made, &d->tree, by_node)) {
        free(made);
        return fail_memory(why);
    }
    *(d->last ? &d->last->next : &d->first) = made;
    d->last = made;
    if (!d->untold)
        d->untold = made;
    return 0;
}

const char *detours_find(const struct detours *d, const char *node)
{
    const struct detour wanted = {.node = node};
    struct detour *const *found = tfind(&wanted, &d->tree, by_node);

    return found ? (*found)->reason : NULL;
}

void detours_tell(struct detours *d,
                  void (*tell)(void *arg, const char *node, const char *reason),
                  void *arg)
{
    for (; d->untold; d->untold = d->untold->next)
        tell(arg, d->untold->node, d->untold->reason);
}

static void leave(void *node)
{
    (void)node; /* the list frees it */
}

void detours_clear(struct detours *d)
{
    tdestroy(d->tree, leave);
    while (d->first) {
        struct detour *next = d->first->next;

        free(d->first);
        d->first = next;
    }
    *d = (struct detours){0};
}
