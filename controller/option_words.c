#include "controller/option_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/options.h"
#include "controller/vmss/action.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

int option_words_join(char **list, const char *more, struct fail *why)
{
    char *joined;

    if (asprintf(&joined, "%s%s%s", *list ? *list : "", *list ? "," : "", more) < 0)
        return fail_memory(why);
    free(*list);
    *list = joined;
    return 0;
}

/* ---- copy ------------------------------------------------------------------------------ */

/* PATH on the nodes, or HOSTS:PATH when no other words say whom.  A path is absolute, so
 * the first ":/" parts the two, whatever colons HOSTS has.
 */
static int read_place(struct options *o, const char *name, const char *word,
                      struct fail *why)
{
    const char *colon = o->hosts || o->all ? NULL : strstr(word, ":/");
    CLEANUP(text_done) char *hosts = NULL;

    o->place = colon ? colon + 1 : word;
    if (*o->place != '/')
        return fail_set(why, FAIL_USAGE,
                        "%s: '%s' is no absolute path on the nodes: "
                        "HOSTS:/PATH, or /PATH with -w HOSTS or -a",
                        name, word);
    if (!colon)
        return 0;
    hosts = strndup(word, (size_t)(colon - word));
    return hosts ? option_words_join(&o->hosts, hosts, why) : fail_memory(why);
}

int option_words_places(struct options *o, const char *name, struct fail *why)
{
    if (o->source_count < 2)
        return fail_set(why, FAIL_USAGE,
                        "%s: what, and where to? ibfleet %s FILE "
                        "'ib[1-4]:/etc/FILE'",
                        name, name);
    if (o->from && o->source_count > 2)
        return fail_set(why, FAIL_USAGE,
                        "%s --from: one SRC and one DIR, so '%s' is one "
                        "too many",
                        name, o->sources[2]);
    o->into = o->sources[o->source_count - 1];
    return read_place(o, name, o->from ? o->sources[0] : o->sources[--o->source_count],
                      why);
}

/* ---- azure ----------------------------------------------------------------------------- */

static int take_run(struct options *o, const char *word, struct fail *why)
{
    if (o->subject)
        return fail_set(why, FAIL_USAGE, "azure resume: one run at a time: '%s' or '%s'",
                        o->subject, word);
    o->subject = word;
    return 0;
}

static int take_rest(struct options *o, size_t used, struct fail *why)
{
    for (size_t i = used; i < o->source_count; i++) {
        const char *word = o->sources[i];

        if (o->action->hosts == ACTION_OF_SET)
            return fail_set(why, FAIL_USAGE, "azure %s: one word too many: '%s'",
                            o->action->first, word);
        if (o->action->hosts == ACTION_OF_RUN
                ? take_run(o, word, why) < 0
                : option_words_join(&o->hosts, word, why) < 0)
            return -1;
    }
    return 0;
}

/* Nobody shall restart a whole set by leaving something out. */
static int check_named(const struct options *o, struct fail *why)
{
    if (o->action->hosts == ACTION_OF_NAMED && !o->hosts)
        return fail_set(why, FAIL_USAGE,
                        "azure %s: which instances? None named would mean all of the set "
                        "to Azure; for that say '@all'",
                        o->action->first);
    if (o->action->hosts != ACTION_OF_SET || !o->hosts)
        return 0;
    return fail_set(why, FAIL_USAGE,
                    "azure %s: it is for whole sets, so -w '%s' is too "
                    "much",
                    o->action->first, o->hosts);
}

int option_words_action(struct options *o, struct fail *why)
{
    int used = action_find(o->sources, o->source_count, &o->action, why);

    if (used < 0 || take_rest(o, (size_t)used, why) < 0)
        return -1;
    return check_named(o, why);
}
