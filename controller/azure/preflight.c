#include "controller/azure/preflight.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/azure/preflight_parts.h"
#include "inventory/armfield.h"
#include "inventory/hostset.h"
#include "inventory/scaleset.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

const char *preflight_check_name(enum preflight_check check)
{
    static const char *const names[PREFLIGHT_CHECK_COUNT] = {
#define X(check, name) [check] = name,
        PREFLIGHT_CHECKS(X)
#undef X
    };

    return (unsigned)check < PREFLIGHT_CHECK_COUNT ? names[check] : "unknown";
}

/* ---- findings --------------------------------------------------------------------------- */

static void drop(struct preflight_finding *f)
{
    free(f->object);
    free(f->text);
    free(f->remedy);
}

/* Takes object; NULL: there was no memory for it. */
static void note(struct preflight_judge *j, enum preflight_check check, char *object,
                 const char *remedy, const char *text, va_list args)
    __attribute__((format(printf, 5, 0)));

static void note(struct preflight_judge *j, enum preflight_check check, char *object,
                 const char *remedy, const char *text, va_list args)
{
    struct preflight_finding f = {.check = check, .object = object}, *grown;

    if (vasprintf(&f.text, text, args) < 0)
        f.text = NULL;
    f.remedy = strdup(remedy);
    grown = reallocarray(j->found->findings, j->found->count + 1, sizeof *grown);
    if (grown)
        j->found->findings = grown;
    if (!grown || !f.object || !f.text || !f.remedy) {
        j->out_of_memory = true;
        drop(&f);
        return;
    }
    j->found->findings[j->found->count++] = f;
}

void preflight_note_set(struct preflight_judge *j, enum preflight_check check,
                        const struct scaleset *set, const char *remedy, const char *text,
                        ...)
{
    va_list args;
    char *object;

    if (asprintf(&object, "scale set %s/%s", set->group, set->name) < 0)
        object = NULL;
    va_start(args, text);
    note(j, check, object, remedy, text, args);
    va_end(args);
}

/* All that are nodes of it, and no others. */
static bool is_all_of(const struct hostset *nodes, const struct scaleset *set)
{
    size_t n = 0;

    for (size_t i = 0; i < set->count; i++) {
        if (!scaleset_is_node(&set->instances[i]))
            continue;
        if (!hostset_has(nodes, set->instances[i].name))
            return false;
        n++;
    }
    return n == hostset_count(nodes);
}

/* The caller's; NULL: no memory.  From ten on, numbers in base 36 fold badly. */
static char *object_of(const struct preflight_judge *j, const struct hostset *nodes)
{
    CLEANUP(text_done) char *folded = hostset_fold(nodes);
    size_t count = hostset_count(nodes);
    char *object = NULL;

    for (size_t s = 0; count > 10 && s < j->question->set_count; s++) {
        const struct scaleset *set = j->question->sets[s];

        if (is_all_of(nodes, set))
            return asprintf(&object, "all %zu nodes of scale set %s/%s", count,
                            set->group, set->name) < 0
                       ? NULL
                       : object;
    }
    return !folded || asprintf(&object, "node%s %s", count == 1 ? "" : "s", folded) < 0
               ? NULL
               : object;
}

void preflight_note_nodes(struct preflight_judge *j, enum preflight_check check,
                          const struct hostset *nodes, const char *remedy,
                          const char *text, ...)
{
    va_list args;
    char *object;

    if (!nodes || !hostset_count(nodes))
        return;
    object = object_of(j, nodes);
    va_start(args, text);
    note(j, check, object, remedy, text, args);
    va_end(args);
}

struct hostset *preflight_nodes(struct preflight_judge *j, const struct scaleset *set,
                                preflight_is_so *is_so, const void *arg)
{
    struct hostset *nodes = hostset_new();

    for (size_t i = 0; nodes && i < set->count; i++)
        if (scaleset_is_node(&set->instances[i]) && is_so(arg, set, &set->instances[i]) &&
            hostset_add(nodes, set->instances[i].name, NULL) < 0) {
            hostset_free(nodes);
            nodes = NULL;
        }
    j->out_of_memory |= !nodes;
    return nodes;
}

/* ---- all of it ---------------------------------------------------------------------------- */

static int compare_findings(const void *a, const void *b)
{
    const struct preflight_finding *x = a, *y = b;
    int by_object = strcmp(x->object, y->object);

    if (x->check != y->check)
        return x->check < y->check ? -1 : 1;
    return by_object ? by_object : strcmp(x->text, y->text);
}

int preflight_judge(const struct preflight_question *question, struct preflight *found,
                    struct fail *why)
{
    struct preflight_judge j = {.question = question, .found = found};

    *found = (struct preflight){0};
    preflight_look_at_fabric(&j);
    preflight_look_at_policy(&j);
    if (j.out_of_memory)
        return fail_memory(why);
    if (found->count)
        qsort(found->findings, found->count, sizeof *found->findings, compare_findings);
    for (size_t i = 0; i < found->count; i++) /* the one that does certain harm */
        found->findings[i].refuses = found->findings[i].check == PREFLIGHT_EXTENSION &&
                                     question->deed == PREFLIGHT_ROLLOUT &&
                                     !question->keeps_extension;
    return 0;
}

void preflight_done(struct preflight *found)
{
    for (size_t i = 0; i < found->count; i++)
        drop(&found->findings[i]);
    free(found->findings);
    *found = (struct preflight){0};
}

int preflight_refusal(const struct preflight *found, struct fail *why)
{
    for (size_t i = 0; i < found->count; i++) {
        const struct preflight_finding *f = &found->findings[i];

        if (f->refuses)
            return fail_set(why, FAIL_PREFLIGHT,
                            "%s: refused by the check '%s'; nothing was changed",
                            f->object, preflight_check_name(f->check));
    }
    return 0;
}

/* ---- the metadata service ------------------------------------------------------------------- */

static size_t read_event(const struct json *event, struct preflight_event *events,
                         size_t count, size_t max)
{
    const char *type = armfield_text(event, "EventType");
    const char *status = armfield_text(event, "EventStatus");
    const char *not_before = armfield_text(event, "NotBefore");
    const struct json *r = armfield_items(event, "Resources");

    for (; type && r && count < max; r = json_next(r))
        if (json_text_of(r))
            events[count++] = (struct preflight_event){
                .type = type,
                .resource = json_text_of(r),
                .status = status ? status : "Scheduled",
                .not_before = not_before ? not_before : "",
            };
    return count;
}

size_t preflight_read_events(const struct json *doc, struct preflight_event *events,
                             size_t max)
{
    const struct json *e = armfield_items(doc, "Events");
    size_t count = 0;

    for (; e; e = json_next(e))
        count = read_event(e, events, count, max);
    return count;
}
