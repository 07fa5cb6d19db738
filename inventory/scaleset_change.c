#include "inventory/scaleset_change.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "inventory/scaleset.h"
#include "protocol/fail.h"

bool scaleset_is_another(const struct scaleset_instance *was,
                         const struct scaleset_instance *now)
{
    return was->vm_id && now->vm_id && strcasecmp(was->vm_id, now->vm_id) != 0;
}

/* ---- who stood there -------------------------------------------------------------------- */

/* One set's instances by one of their texts, for bsearch. */
struct place {
    const char *text; /* never NULL */
    size_t instance;
};

static int compare_places(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    return strcasecmp(x->text, y->text);
}

struct comparison {
    const struct scaleset *before, *now;
    struct place *by_vm, *by_address;
    size_t vms, addresses;
    bool *accounted; /* of before: it is somewhere in now, or was replaced */
};

static void add_place(struct place *places, size_t *count, const char *text, size_t i)
{
    if (text)
        places[(*count)++] = (struct place){text, i};
}

static void comparison_done(struct comparison *c)
{
    free(c->by_vm);
    free(c->by_address);
    free(c->accounted);
}

static int index_before(struct comparison *c, struct fail *why)
{
    size_t room = c->before->count + 1;

    c->by_vm = calloc(room, sizeof *c->by_vm);
    c->by_address = calloc(room, sizeof *c->by_address);
    c->accounted = calloc(room, sizeof *c->accounted);
    if (!c->by_vm || !c->by_address || !c->accounted)
        return fail_memory(why);
    for (size_t i = 0; i < c->before->count; i++) {
        add_place(c->by_vm, &c->vms, c->before->instances[i].vm_id, i);
        add_place(c->by_address, &c->addresses, c->before->instances[i].address, i);
    }
    qsort(c->by_vm, c->vms, sizeof *c->by_vm, compare_places);
    qsort(c->by_address, c->addresses, sizeof *c->by_address, compare_places);
    return 0;
}

static const struct scaleset_instance *look(const struct comparison *c,
                                            const struct place *places, size_t count,
                                            const char *text)
{
    const struct place wanted = {.text = text}, *found;

    found = text && count
                ? bsearch(&wanted, places, count, sizeof *places, compare_places)
                : NULL;
    return found ? &c->before->instances[found->instance] : NULL;
}

/* The same machine, else the one whose name it has, else whose address. */
static const struct scaleset_instance *find_former(const struct comparison *c,
                                                   const struct scaleset_instance *now)
{
    const struct scaleset_instance *was = look(c, c->by_vm, c->vms, now->vm_id);

    if (!was)
        was = scaleset_find(c->before, now->name);
    return was ? was : look(c, c->by_address, c->addresses, now->address);
}

static void account(struct comparison *c, const struct scaleset_instance *was)
{
    c->accounted[was - c->before->instances] = true;
}

/* ---- compare ----------------------------------------------------------------------------- */

static bool judge(struct comparison *c, const struct scaleset_instance *now,
                  struct scaleset_change *change)
{
    const struct scaleset_instance *was = find_former(c, now);

    *change = (struct scaleset_change){SCALESET_CAME, NULL, now};
    if (!was)
        return true;
    account(c, was);
    if (!scaleset_is_another(was, now))
        return false;
    *change = (struct scaleset_change){SCALESET_REPLACED, was, now};
    return true;
}

static int visit_all(struct comparison *c,
                     int (*visit)(void *arg, const struct scaleset_change *change,
                                  struct fail *why),
                     void *arg, struct fail *why)
{
    struct scaleset_change change;

    for (size_t i = 0; i < c->now->count; i++)
        if (judge(c, &c->now->instances[i], &change) && visit(arg, &change, why) < 0)
            return -1;
    for (size_t i = 0; i < c->before->count; i++) {
        change = (struct scaleset_change){SCALESET_WENT, &c->before->instances[i], NULL};
        if (!c->accounted[i] && visit(arg, &change, why) < 0)
            return -1;
    }
    return 0;
}

int scaleset_compare(const struct scaleset *before, const struct scaleset *now,
                     int (*visit)(void *arg, const struct scaleset_change *change,
                                  struct fail *why),
                     void *arg, struct fail *why)
{
    struct comparison c = {.before = before, .now = now};
    int status = index_before(&c, why) < 0 ? -1 : visit_all(&c, visit, arg, why);

    comparison_done(&c);
    return status;
}

/* ---- remember ---------------------------------------------------------------------------- */

static int remember_one(struct scaleset *now, struct scaleset_instance *is,
                        const struct scaleset_instance *was, int64_t now_s,
                        struct fail *why)
{
    bool is_another = scaleset_is_another(was, is);
    const char *former = is_another ? was->vm_id : was->former_vm_id;

    if (!former)
        return 0;
    is->former_vm_id = arena_copy(&now->text, former, strlen(former));
    is->replaced_s = is_another ? now_s : was->replaced_s;
    return is->former_vm_id ? 0 : fail_memory(why);
}

int scaleset_remember(const struct scaleset *before, struct scaleset *now, int64_t now_s,
                      struct fail *why)
{
    struct comparison c = {.before = before, .now = now};
    int status = index_before(&c, why);

    for (size_t i = 0; status == 0 && i < now->count; i++) {
        const struct scaleset_instance *was = find_former(&c, &now->instances[i]);

        if (was)
            status = remember_one(now, &now->instances[i], was, now_s, why);
    }
    comparison_done(&c);
    return status;
}
