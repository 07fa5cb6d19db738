#include "controller/validate/logbook.h"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "controller/command.h"
#include "controller/fabric/finding.h"
#include "controller/fabric/member.h"
#include "controller/fabric/tally.h"
#include "controller/fabric/verdict.h"
#include "controller/journal/journal.h"
#include "controller/options.h"
#include "controller/validate/listing.h"
#include "controller/validate/result.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

/* Of more pairs only those that are not ok are recorded.  All go into the journal's
 * queue at once, and each takes a kilobyte there.
 */
#define MAX_PAIRS 100000

struct logbook {
    struct journal *journal;
};

/* What was asked for, as far as it tells one run from another. */
static char *describe(const struct options *o)
{
    CLEANUP(json_done) struct json *argv = json_array();

    if (!argv || json_push(argv, json_text("validate")) < 0 ||
        (o->hosts && json_push(argv, json_text(o->hosts)) < 0))
        return NULL;
    return json_print(argv);
}

static int begin(struct command *c, struct journal *j, struct fail *why)
{
    CLEANUP(text_done) char *argv = describe(c->options);
    CLEANUP(text_done) char *folder = getcwd(NULL, 0);
    const struct passwd *me = getpwuid(getuid());
    struct journal_run run = {
        .kind = "validate",
        .argv = argv,
        .folder = folder ? folder : "",
        .plan = "{}",
        .user = me ? me->pw_name : "",
    };

    return argv ? journal_begin(j, &run, why) : fail_memory(why);
}

int logbook_open(struct command *c, struct logbook **logbook, struct fail *why)
{
    struct logbook *made = calloc(1, sizeof *made);
    const char *folder;

    *logbook = NULL;
    if (!made)
        return fail_memory(why);
    if (command_state(c, &folder, why) < 0 ||
        journal_open(c->loop, folder, &made->journal, why) < 0) {
        free(made);
        return -1;
    }
    if (begin(c, made->journal, why) < 0) {
        journal_close(made->journal, NULL, NULL);
        free(made);
        return -1;
    }
    *logbook = made;
    return 0;
}

const char *logbook_run(const struct logbook *logbook)
{
    return logbook ? journal_run_id(logbook->journal) : NULL;
}

/* ---- writing ----------------------------------------------------------------------- */

/* What a node is after it: 'failed' took no part or was lost; 'bad' is to blame;
 * 'suspect' is one of several who may be; 'good' has nothing held against it.
 */
static const char *blame(const struct finding *f)
{
    if (f->kind == FINDING_PASSING || f->kind == FINDING_FLEET)
        return "good";
    return f->proved && f->kind != FINDING_PAIR ? "bad" : "suspect";
}

static bool is_named(const struct finding *f, size_t node)
{
    for (size_t i = 0; i < f->who_count; i++)
        if (f->who[i] == node)
            return true;
    return false;
}

/* The findings come the most convincing first. */
static const char *state_of(const struct result *r, size_t node)
{
    const struct findings *all = &r->verdict->findings;

    if (r->members[node].why.code)
        return "failed";
    for (size_t i = 0; i < all->count; i++)
        if (is_named(&all->list[i], node))
            return blame(&all->list[i]);
    return "good";
}

static int put_nodes(struct journal *j, const struct result *r, struct fail *why)
{
    for (size_t i = 0; i < r->n; i++) {
        const struct member *m = &r->members[i];
        struct journal_node node = {
            .batch = -1,
            .name = m->name,
            .state = state_of(r, i),
            .code = fail_code_name(m->why.code),
            .reason = m->why.code ? m->why.text : "",
            .seconds = r->seconds,
        };

        if (journal_put_node(j, &node, NULL, NULL, why) < 0)
            return -1;
    }
    return 0;
}

static int put_pair(struct journal *j, const struct result *r, size_t a, size_t b,
                    struct fail *why)
{
    CLEANUP(json_done) struct json *doc = result_encode_numbers(r, a, b);
    CLEANUP(text_done) char *numbers = doc ? json_print(doc) : NULL;
    const struct tally_pair *p = tally_pair(r->tally, a, b);
    char rail[RESULT_RAIL];
    struct journal_pair pair = {
        .a = r->members[a].name,
        .b = r->members[b].name,
        .rail = rail,
        .numbers = numbers,
        .verdict = tally_word_name(p->word),
        .reason = p->word == WORD_FAILED && p->text ? p->text : "",
    };

    result_rail(r, a, b, rail);
    return numbers ? journal_put_pair(j, &pair, NULL, NULL, why) : fail_memory(why);
}

static int put_pairs(struct journal *j, const struct result *r, struct listing l,
                     struct fail *why)
{
    size_t a, b;

    while (listing_next(&l, &a, &b))
        if (tally_pair(r->tally, a, b)->word != WORD_NOT_MEASURED &&
            put_pair(j, r, a, b, why) < 0)
            return -1;
    return 0;
}

static int put_findings(struct journal *j, const struct result *r, struct fail *why)
{
    const struct findings *all = &r->verdict->findings;

    for (size_t i = 0; i < all->count; i++) {
        CLEANUP(json_done) struct json *doc = result_encode_finding(r, &all->list[i]);
        CLEANUP(text_done) char *whole = doc ? json_print(doc) : NULL;
        const struct journal_finding finding = {i, whole};

        if (!whole)
            return fail_memory(why);
        if (journal_put_finding(j, &finding, NULL, NULL, why) < 0)
            return -1;
    }
    return 0;
}

static int put_summary(struct journal *j, const struct result *r, const struct listing *l,
                       struct fail *why)
{
    CLEANUP(json_done) struct json *doc = result_encode_summary(r, l);
    CLEANUP(text_done) char *summary = doc ? json_print(doc) : NULL;

    return summary ? journal_put_summary(j, summary, NULL, NULL, why) : fail_memory(why);
}

static int put_result(struct journal *j, const struct result *r, struct fail *why)
{
    const struct listing l = listing_of(r->tally, MAX_PAIRS);

    if (put_nodes(j, r, why) < 0 || put_pairs(j, r, l, why) < 0 ||
        put_findings(j, r, why) < 0)
        return -1;
    return put_summary(j, r, &l, why);
}

/* A failed write fails all after it, so the end is then missing and the run shows
 * as one whose controller died: which is what the journal knows.
 */
void logbook_close(struct logbook *logbook, const struct result *result)
{
    struct fail why;

    if (!logbook)
        return;
    if (result && put_result(logbook->journal, result, &why) < 0)
        result = NULL;
    journal_end(logbook->journal, !result || result->why ? "stopped" : "done", NULL, NULL,
                &why);
    journal_close(logbook->journal, NULL, NULL);
    free(logbook);
}
