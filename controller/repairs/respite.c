/* One struct respite per call of these two, alive until done has come. */
#include "controller/repairs/respite.h"

#include <stdlib.h>
#include <string.h>

#include "controller/command.h"
#include "controller/options.h"
#include "controller/repairs/repairs.h"
#include "controller/repairs/repairs_notes.h"
#include "controller/screen/screen.h"
#include "controller/screen/text.h"
#include "controller/vmss/census.h"
#include "inventory/fleet.h"
#include "inventory/scaleset.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

struct respite {
    enum repairs_deed deed;
    respite_done *done;
    void *arg;
    char run[REPAIRS_HOLDER_BYTES];
};

/* ---- what is told ------------------------------------------------------------------------ */

static void tell(const struct respite *r, const struct repairs_report *report)
{
    CLEANUP(text_clear) struct text line = {0};

    if (report->end == REPAIRS_NONE || report->end == REPAIRS_FAILED)
        return; /* the failure is told by who ends the run */
    repairs_tell(r->deed, report, &line);
    screen_warn("%s", text_of(&line));
}

/* The first failure counts; what stays suspended must be heard of. */
static void on_repairs(void *arg, const struct repairs_report *reports, size_t count)
{
    struct respite *r = arg;
    struct fail why = {.code = FAIL_NONE};

    for (size_t i = 0; i < count; i++) {
        tell(r, &reports[i]);
        if (reports[i].end != REPAIRS_FAILED || why.code)
            continue;
        why = reports[i].why;
        if (r->deed == REPAIRS_RESUME)
            fail_set(
                &why, why.code,
                "%s; automatic repairs may still be suspended: ibfleet azure repairs "
                "resume --vmss %s",
                strdupa(why.text), reports[i].name);
        else
            fail_set(&why, why.code,
                     "%s; --keep-repairs goes on without suspending automatic repairs",
                     strdupa(why.text));
    }
    r->done(r->arg, why.code ? &why : NULL);
    free(r);
}

/* ---- which sets ---------------------------------------------------------------------------- */

static bool has_chosen(const struct command *c, const struct scaleset *set)
{
    for (size_t i = 0; i < c->node_count; i++)
        if (scaleset_find(set, c->nodes[i]->name))
            return true;
    return false;
}

static size_t choose_sets(const struct command *c, const struct scaleset **chosen)
{
    size_t count, n = 0;
    const struct scaleset *const *sets = census_sets(c->census, &count);

    for (size_t i = 0; i < count; i++)
        if (has_chosen(c, sets[i]))
            chosen[n++] = sets[i];
    return n;
}

/* ---- asking ---------------------------------------------------------------------------------- */

static struct respite *make(enum repairs_deed deed, const char *run, respite_done *done,
                            void *arg)
{
    struct respite *r = calloc(1, sizeof *r);

    if (!r || strlen(run) >= sizeof r->run) {
        free(r);
        return NULL;
    }
    *r = (struct respite){.deed = deed, .done = done, .arg = arg};
    strcpy(r->run, run);
    return r;
}

static int open_way(struct command *c, struct repairs_order *order, struct fail *why)
{
    order->loop = c->loop;
    return command_state(c, &order->folder, why) < 0 ||
                   census_arm(c->census, &order->arm, why) < 0
               ? -1
               : 0;
}

int respite_begin(struct command *c, const char *run, respite_done *done, void *arg,
                  struct fail *why)
{
    const struct scaleset *sets[CENSUS_MAX_SETS];
    size_t count = c->options->keep_repairs ? 0 : choose_sets(c, sets);
    struct repairs_order order;
    struct respite *r;

    if (!count)
        return 1;
    if (open_way(c, &order, why) < 0)
        return -1;
    r = make(REPAIRS_SUSPEND, run, done, arg);
    if (!r)
        return fail_memory(why);
    order.holder = r->run;
    if (repairs_suspend(&order, sets, count, on_repairs, r, why) == 0)
        return 0;
    free(r);
    return -1;
}

/* The notes of this run alone. */
static int read_held(struct command *c, const char *run, struct repairs_notes *notes,
                     struct fail *why)
{
    const char *folder;
    size_t n = 0;

    *notes = (struct repairs_notes){.count = 0};
    if (command_state(c, &folder, why) < 0 || repairs_notes_read(folder, notes, why) < 0)
        return -1;
    for (size_t i = 0; i < notes->count; i++)
        if (strcmp(notes->list[i].holder, run) == 0)
            notes->list[n++] = notes->list[i];
    notes->count = n;
    return 0;
}

static int no_way(const char *run, const struct repairs_note *held, struct fail *why)
{
    char label[REPAIRS_LABEL_BYTES];

    repairs_label(held->resource, label);
    return fail_set(why, FAIL_USAGE,
                    "run %s has suspended automatic repairs of %s: ibfleet azure repairs "
                    "resume --vmss %s",
                    run, label, repairs_name(label));
}

int respite_end(struct command *c, const char *run, respite_done *done, void *arg,
                struct fail *why)
{
    CLEANUP(repairs_notes_clear) struct repairs_notes held;
    struct repairs_order order;
    struct respite *r;
    size_t sets;

    if (read_held(c, run, &held, why) < 0)
        return -1;
    if (!held.count)
        return 1;
    census_sets(c->census, &sets);
    if (!sets)
        return no_way(run, &held.list[0], why);
    if (open_way(c, &order, why) < 0)
        return -1;
    r = make(REPAIRS_RESUME, run, done, arg);
    if (!r)
        return fail_memory(why);
    order.holder = r->run;
    if (repairs_restore(&order, on_repairs, r, why) == 0)
        return 0;
    free(r);
    return -1;
}

void respite_keep(struct command *c, const char *run)
{
    CLEANUP(repairs_notes_clear) struct repairs_notes held;
    char label[REPAIRS_LABEL_BYTES];
    struct fail why;

    if (read_held(c, run, &held, &why) < 0)
        screen_warn("%s", why.text);
    for (size_t i = 0; i < held.count; i++) {
        repairs_label(held.list[i].resource, label);
        screen_warn("automatic repairs of %s stay suspended for run %s, until it is "
                    "resumed and ends, or: ibfleet azure repairs resume --vmss %s",
                    label, run, repairs_name(label));
    }
}
