/* One struct repairs per call, alive until done has come; it goes from set to set. */
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "controller/repairs/repairs_parts.h"
#include "inventory/scaleset.h"
#include "protocol/scope.h"

/* ---- from set to set ---------------------------------------------------------------------------- */

static void discard(struct repairs **r)
{
    if (!*r)
        return;
    free((*r)->jobs);
    free((*r)->reports);
    free((*r)->timer);
    free(*r);
    *r = NULL;
}

static void on_closed(uv_handle_t *handle)
{
    struct repairs *r = handle->data;

    r->done(r->arg, r->reports, r->count);
    discard(&r);
}

void repairs_advance(struct repairs *r)
{
    while (r->at < r->count && repairs_set_begin(r))
        r->at++;
    if (r->at == r->count)
        uv_close((uv_handle_t *)r->timer, on_closed);
}

static void on_start(uv_timer_t *timer)
{
    repairs_advance(timer->data);
}

/* ---- the beginning ------------------------------------------------------------------------------- */

static int add_job(struct repairs *r, const char *resource, bool is_off, struct fail *why)
{
    struct repairs_note note;

    if (repairs_note_make(resource, r->order.holder, REPAIRS_ASKED, &note, why) < 0)
        return -1;
    memcpy(r->jobs[r->count].resource, note.resource, sizeof note.resource);
    r->jobs[r->count].is_off = is_off;
    repairs_label(resource, r->reports[r->count].set);
    r->reports[r->count].name = repairs_name(r->reports[r->count].set);
    r->reports[r->count].resource = r->jobs[r->count].resource;
    r->count++;
    return 0;
}

static struct repairs *make(const struct repairs_order *order, enum repairs_deed deed,
                            size_t most, repairs_done *done, void *arg)
{
    struct repairs *r = calloc(1, sizeof *r);

    if (!r)
        return NULL;
    *r = (struct repairs){.order = *order, .deed = deed, .done = done, .arg = arg};
    r->jobs = calloc(most + 1, sizeof *r->jobs);
    r->reports = calloc(most + 1, sizeof *r->reports);
    r->timer = malloc(sizeof *r->timer);
    if (!r->jobs || !r->reports || !r->timer)
        discard(&r);
    return r;
}

/* From here on it frees itself. */
static int start(struct repairs **r)
{
    struct repairs *going = *r;

    *r = NULL;
    uv_timer_init(going->order.loop, going->timer);
    going->timer->data = going;
    uv_timer_start(going->timer, on_start, 0, 0);
    return 0;
}

static int with_sets(const struct repairs_order *order, enum repairs_deed deed,
                     const struct scaleset *const *sets, size_t count, repairs_done *done,
                     void *arg, struct fail *why)
{
    CLEANUP(discard) struct repairs *r = make(order, deed, count, done, arg);

    if (!r)
        return fail_memory(why);
    r->is_anybodys = deed != REPAIRS_SUSPEND;
    for (size_t i = 0; i < count; i++)
        if (add_job(r, sets[i]->resource, !sets[i]->repairs, why) < 0)
            return -1;
    return start(&r);
}

int repairs_suspend(const struct repairs_order *order, const struct scaleset *const *sets,
                    size_t count, repairs_done *done, void *arg, struct fail *why)
{
    return with_sets(order, REPAIRS_SUSPEND, sets, count, done, arg, why);
}

int repairs_resume(const struct repairs_order *order, const struct scaleset *const *sets,
                   size_t count, repairs_done *done, void *arg, struct fail *why)
{
    return with_sets(order, REPAIRS_RESUME, sets, count, done, arg, why);
}

int repairs_look(const struct repairs_order *order, const struct scaleset *const *sets,
                 size_t count, repairs_done *done, void *arg, struct fail *why)
{
    return with_sets(order, REPAIRS_LOOK, sets, count, done, arg, why);
}

int repairs_restore(const struct repairs_order *order, repairs_done *done, void *arg,
                    struct fail *why)
{
    CLEANUP(repairs_notes_clear) struct repairs_notes notes;
    CLEANUP(discard) struct repairs *r = NULL;

    if (repairs_notes_read(order->folder, &notes, why) < 0)
        return -1;
    r = make(order, REPAIRS_RESUME, notes.count, done, arg);
    if (!r)
        return fail_memory(why);
    for (size_t i = 0; i < notes.count; i++)
        if (strcmp(notes.list[i].holder, order->holder) == 0 &&
            add_job(r, notes.list[i].resource, false, why) < 0)
            return -1;
    return start(&r);
}
