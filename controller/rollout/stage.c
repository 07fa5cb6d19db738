#include "controller/rollout/stage.h"

#include <stddef.h>

#include "protocol/steps.h"

/* How many steps come before the first of that verb; all of them when there is none. */
static size_t before(const struct steps *plan, enum step_verb verb)
{
    size_t i = 0;

    while (i < plan->count && plan->list[i].verb != verb)
        i++;
    return i;
}

static bool has(const struct steps *plan, enum step_verb verb)
{
    return before(plan, verb) < plan->count;
}

bool stage_has(const struct steps *plan)
{
    return has(plan, STEP_FETCH) || has(plan, STEP_PACKAGES) || has(plan, STEP_DROP);
}

/* ---- downloads ------------------------------------------------------------------------- */

/* The arguments of one, borrowed; count goes past the ceiling where they are too many. */
struct download {
    const char *args[STEPS_MAX_ARGS];
    size_t count;
};

static void put(struct download *d, const char *arg)
{
    if (d->count < STEPS_MAX_ARGS)
        d->args[d->count] = arg;
    d->count++;
}

static void put_args(struct download *d, const struct step *step)
{
    for (size_t i = 0; i < step->arg_count; i++)
        put(d, step->args[i]);
}

static int add(const struct download *d, struct steps *staged, struct fail *why)
{
    if (d->count > STEPS_MAX_ARGS)
        return 0;
    return steps_add(staged, STEP_DOWNLOAD, d->args, d->count, why);
}

static int add_packages(const struct step *step, struct steps *staged, struct fail *why)
{
    struct download d = {.count = 0};

    put(&d, STEPS_FOR_PACKAGES);
    put_args(&d, step);
    return add(&d, staged, why);
}

/* Packages that are put in after it may be there in the vendor's version, or be kept out by
 * it, until it has gone: so they belong to it.
 */
static int add_drop(const struct steps *plan, size_t at, struct steps *staged,
                    struct fail *why)
{
    struct download d = {.count = 0};

    put(&d, STEPS_FOR_DROP);
    put_args(&d, &plan->list[at]);
    for (size_t i = at + 1; i < plan->count; i++)
        if (plan->list[i].verb == STEP_PACKAGES)
            put_args(&d, &plan->list[i]);
    return add(&d, staged, why);
}

static int add_downloads(const struct steps *plan, struct steps *staged, struct fail *why)
{
    size_t drop = before(plan, STEP_DROP);

    for (size_t i = 0; i < drop; i++)
        if (plan->list[i].verb == STEP_PACKAGES &&
            add_packages(&plan->list[i], staged, why) < 0)
            return -1;
    return drop < plan->count ? add_drop(plan, drop, staged, why) : 0;
}

/* ---- all of it --------------------------------------------------------------------------- */

/* Last: where no program is there to fetch with, the rest has come. */
static int add_fetches(const struct steps *plan, struct steps *staged, struct fail *why)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct step *s = &plan->list[i];

        if (s->verb == STEP_FETCH &&
            steps_add(staged, s->verb, (const char *const *)s->args, s->arg_count, why) <
                0)
            return -1;
    }
    return 0;
}

int stage_of(const struct steps *plan, struct steps *staged, struct fail *why)
{
    if (add_downloads(plan, staged, why) == 0 && add_fetches(plan, staged, why) == 0)
        return 0;
    steps_clear(staged);
    return -1;
}

bool stage_may_wait(const struct steps *plan, enum fail_code code)
{
    return code == FAIL_NO_TOOL && before(plan, STEP_PACKAGES) < before(plan, STEP_FETCH);
}
