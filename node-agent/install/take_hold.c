#include "node-agent/install/take.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node-agent/home.h"
#include "node-agent/install/exclude.h"
#include "node-agent/install/hold.h"
#include "node-agent/install/holdable.h"
#include "node-agent/install/manager.h"
#include "protocol/fail.h"
#include "protocol/scope.h"
#include "protocol/steps.h"

#define BATCH 64

/* A hold in the making: what is wanted and what is held, by us or by others. */
struct holding {
    const struct taking *t;
    const struct manager *manager;
    struct hold_record old; /* what it was before */
    struct hold_record record;
    char *text; /* of hold_file() */
    char *release;
    struct fail *why;
    bool failed;
};

static void holding_clear(struct holding *h)
{
    hold_record_clear(&h->old);
    hold_record_clear(&h->record);
    free(h->text);
    free(h->release);
}

static bool is_wanted(const struct step *step, enum hold_kind kind)
{
    for (size_t i = 0; i < step->arg_count; i++)
        if (strcmp(step->args[i], hold_kind_name(kind)) == 0)
            return true;
    return false;
}

static int check(const struct step *step, struct fail *why)
{
    for (size_t i = 0; i < step->arg_count; i++)
        if (strcmp(step->args[i], hold_kind_name(HOLD_DRIVER)) != 0 &&
            strcmp(step->args[i], hold_kind_name(HOLD_KERNEL)) != 0)
            return fail_set(why, FAIL_STEP, "'%s' is nothing that could be held",
                            step->args[i]);
    return 0;
}

/* ---- which -------------------------------------------------------------------------------- */

static void note(struct holding *h, enum hold_kind kind, const char *name)
{
    bool ours = hold_record_has(&h->old, name);

    if (!ours && hold_is_in(manager_kind(h->manager), h->text, name))
        return; /* somebody else's */
    h->failed |= hold_record_add(&h->record, kind, name, h->why) < 0;
}

static void on_package(void *arg, const char *name, const char *version)
{
    struct holding *h = arg;

    if (h->record.kinds[HOLD_DRIVER] && holdable_is_driver(name, version))
        note(h, HOLD_DRIVER, name);
    if (h->record.kinds[HOLD_KERNEL] && h->release &&
        holdable_is_kernel(name, h->release))
        note(h, HOLD_KERNEL, name);
}

static int by_name(const void *a, const void *b)
{
    const struct hold_entry *x = a, *y = b;

    return strcmp(x->name, y->name);
}

/* Anew each time, from what is installed by now; sorted, for rpm lists by age. */
static int choose(struct holding *h, const struct step *step, struct fail *why)
{
    char path[HOME_PATH_MAX_BYTES];

    hold_record_read(h->t->home->root, &h->old);
    for (int k = 0; k < HOLD_KINDS; k++)
        h->record.kinds[k] = h->old.kinds[k] || is_wanted(step, (enum hold_kind)k);
    if (home_in_root(h->t->home, path, why, "/proc/sys/kernel/osrelease") < 0 ||
        hold_read(h->t->home, manager_kind(h->manager), &h->text, why) < 0)
        return -1;
    h->release = home_read(path, 4096);
    if (h->release)
        h->release[strcspn(h->release, "\n")] = '\0';
    if (manager_each(h->manager, on_package, h, why) < 0 || h->failed)
        return -1;
    if (h->record.count)
        qsort(h->record.list, h->record.count, sizeof *h->record.list, by_name);
    return 0;
}

/* ---- and done ------------------------------------------------------------------------------- */

static int by_command(struct holding *h, bool *already, struct fail *why)
{
    static const char *const apt[] = {"apt-mark", "hold", NULL};
    static const char *const zypper[] = {"zypper", "--non-interactive", "addlock", NULL};
    const char *const *argv = manager_kind(h->manager) == MANAGER_APT ? apt : zypper;
    char *names[BATCH];
    size_t n = 0;

    for (size_t i = 0; i < h->record.count; i++) {
        char *name = h->record.list[i].name;

        if (!hold_is_in(manager_kind(h->manager), h->text, name))
            names[n++] = name;
        if (n == 0 || (n < BATCH && i + 1 < h->record.count))
            continue;
        *already = false;
        if (manager_run(h->t, h->manager, argv, names, n, NULL, why) < 0)
            return -1;
        n = 0;
    }
    return 0;
}

static char *join(const struct hold_record *r)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    if (!out)
        return NULL;
    for (size_t i = 0; i < r->count; i++)
        fprintf(out, "%s%s", i ? " " : "", r->list[i].name);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

static int by_file(struct holding *h, bool *already, struct fail *why)
{
    bool is_yum = manager_kind(h->manager) == MANAGER_YUM;
    CLEANUP(text_done) char *names = join(&h->record);
    CLEANUP(text_done)
    char *text =
        names ? exclude_put(h->text, is_yum ? "exclude" : "excludepkgs", names) : NULL;

    if (!text)
        return fail_memory(why);
    return take_file(h->t, hold_file(manager_kind(h->manager)), text, already, why);
}

/* Written down first: what is held and not known to be ours would stay for ever. */
static int hold(struct holding *h, bool *already, struct fail *why)
{
    if (hold_record_write(h->t->home, &h->record, why) < 0)
        return -1;
    if (!h->record.count)
        return 0;
    switch (manager_kind(h->manager)) {
    case MANAGER_APT:
    case MANAGER_ZYPPER:
        return by_command(h, already, why);
    case MANAGER_TDNF:
    case MANAGER_DNF:
    case MANAGER_YUM:
        break;
    }
    return by_file(h, already, why);
}

int take_hold(const struct taking *t, const struct step *step, bool *already,
              struct fail *why)
{
    CLEANUP(holding_clear) struct holding h = {.t = t, .why = why};

    if (check(step, why) < 0)
        return -1;
    h.manager = manager_find(t->home, why);
    if (!h.manager || choose(&h, step, why) < 0)
        return -1;
    return hold(&h, already, why);
}
