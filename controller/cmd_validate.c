/* ibfleet validate - measure the chosen nodes against each other, judge the fabric
 *
 * Links up and facts (muster), then the campaign over those links, then the
 * verdict.  Needs no root on the nodes and changes nothing there.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "controller/command.h"
#include "controller/fabric/campaign.h"
#include "controller/fabric/finding.h"
#include "controller/fabric/islands.h"
#include "controller/fabric/member.h"
#include "controller/fabric/pairs.h"
#include "controller/fabric/tally.h"
#include "controller/fabric/verdict.h"
#include "controller/options.h"
#include "controller/probe/muster.h"
#include "controller/screen/color.h"
#include "controller/screen/progress.h"
#include "controller/screen/screen.h"
#include "controller/screen/text.h"
#include "controller/validate/choice.h"
#include "controller/validate/logbook.h"
#include "controller/validate/result.h"
#include "inventory/fleet.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define DETECT_MS 30000 /* detecting reads some hundred small files */

enum { WAITING, CONNECTING, PUSHING, ASKING, READY, MEASURING, DONE, FAILED, STATES };

static const struct progress_state states[STATES] = {
    {"waiting", PROGRESS_STILL}, {"connecting", PROGRESS_BUSY},
    {"pushing", PROGRESS_BUSY},  {"asking", PROGRESS_BUSY},
    {"ready", PROGRESS_STILL},   {"measuring", PROGRESS_STILL},
    {"done", PROGRESS_GOOD},     {"failed", PROGRESS_BAD},
};

struct validation {
    struct command *command;
    struct progress *progress;
    struct logbook *logbook; /* NULL: not recorded */
    struct muster *muster;
    struct campaign *campaign; /* NULL: it did not come to one */
    char name[40];             /* of the campaign */
    uint64_t started_ms;
    unsigned retests; /* passes, told so far */
    bool interrupted;
    struct campaign_node *nodes;

    /* when there was no campaign, the same by hand */
    struct member *members;
    struct tally *tally;
    struct verdict *verdict;

    struct fail why; /* it ended early; FAIL_NONE */
    struct outcome outcome;
};

static size_t count_of(const struct validation *v)
{
    return v->command->node_count;
}

/* ---- the end ----------------------------------------------------------------------- */

static struct result result_of(const struct validation *v)
{
    const struct campaign *c = v->campaign;

    return (struct result){
        .run = logbook_run(v->logbook),
        .campaign = v->name,
        .members = c ? campaign_members(c) : v->members,
        .n = count_of(v),
        .tally = c ? campaign_tally(c) : v->tally,
        .verdict = c ? campaign_verdict(c) : v->verdict,
        .plan = c ? campaign_plan(c) : NULL,
        .why = v->why.code ? &v->why : NULL,
        .seconds = (double)(uv_now(v->command->loop) - v->started_ms) / 1000,
    };
}

static int print_lines(const struct result *r, struct fail *why)
{
    for (size_t a = 0; a < r->n; a++)
        for (size_t b = a + 1; b < r->n; b++) {
            CLEANUP(json_done) struct json *pair = result_encode_pair(r, a, b);

            if (!pair || json_put_text(pair, "event", "pair") < 0)
                return fail_memory(why);
            if (screen_ndjson(pair, why) < 0)
                return -1;
        }
    return 0;
}

static int print(const struct validation *v, const struct result *r, struct fail *why)
{
    CLEANUP(text_clear) struct text text = {0};
    CLEANUP(json_done) struct json *doc = NULL;

    if (!v->command->options->json && !v->command->options->ndjson) {
        result_render(r, screen_width(STDOUT_FILENO), color_wanted(STDOUT_FILENO), &text);
        screen_out(&text);
        return 0;
    }
    doc = result_encode(r);
    if (!doc)
        return fail_memory(why);
    if (v->command->options->json)
        return screen_json(doc, why);
    if (print_lines(r, why) < 0)
        return -1;
    return json_put_text(doc, "event", "verdict") < 0 ? fail_memory(why)
                                                      : screen_ndjson(doc, why);
}

/* Everything has been measured that will be.  What is left of the loop is closing. */
static void finish(struct validation *v)
{
    struct result r = result_of(v);
    struct fail why;

    progress_close(v->progress);
    v->progress = NULL;
    if (r.verdict && print(v, &r, &why) < 0)
        v->why = why;
    if (!r.verdict || fail_kind_of(v->why.code) == FAIL_KIND_HERE)
        screen_fail(&v->why);
    for (size_t i = 0; r.verdict && i < r.n; i++)
        outcome_count(&v->outcome, &r.members[i].why);
    if (r.verdict && !result_is_good(&r))
        v->outcome.failed++;
    logbook_close(v->logbook, r.verdict ? &r : NULL);
    v->logbook = NULL;
    muster_close(v->muster);
}

/* ---- measuring --------------------------------------------------------------------- */

static bool is_quiet(const struct validation *v)
{
    const char *mode = v->command->options->progress;

    return mode && strcmp(mode, "none") == 0;
}

static void on_seated(void *arg, size_t node, const struct fail *why)
{
    struct validation *v = arg;

    progress_set(v->progress, node, why ? FAILED : MEASURING);
    if (why && !is_quiet(v))
        progress_line(v->progress, "%s is left out: %s", v->command->nodes[node]->name,
                      why->text);
}

static void tell_retest(const struct validation *v, size_t pairs, size_t controls)
{
    char beside[40] = "";

    if (controls)
        snprintf(beside, sizeof beside, ", beside %zu good", controls);
    progress_line(v->progress, "%zu pair%s %s: measured %s alone%s", pairs,
                  pairs == 1 ? "" : "s", v->retests ? "still not well" : "not well",
                  v->retests ? "once more" : "again", beside);
}

static void on_advanced(void *arg, const struct campaign_progress *p)
{
    struct validation *v = arg;

    if (!p->total)
        return;
    if (p->phase == CAMPAIGN_MEASURING || p->phase == CAMPAIGN_RETESTING)
        progress_work(v->progress, p->done, p->total,
                      p->phase == CAMPAIGN_MEASURING ? "pairs measured"
                                                     : "pairs measured again");
    if (p->phase == CAMPAIGN_RETESTING && !p->done && !is_quiet(v))
        tell_retest(v, p->total - p->controls, p->controls);
    v->retests += p->phase == CAMPAIGN_RETESTING && !p->done;
}

static void on_ended(void *arg, const struct fail *why)
{
    struct validation *v = arg;
    const struct member *members = campaign_members(v->campaign);

    if (why)
        v->why = *why;
    for (size_t i = 0; i < count_of(v); i++)
        progress_set(v->progress, i, members[i].why.code ? FAILED : DONE);
    finish(v);
}

/* ---- who measures with what -------------------------------------------------------- */

/* Its rail, or why it has none. */
static void choose_rail(const struct validation *v, size_t i)
{
    struct campaign_node *node = &v->nodes[i];

    node->name = v->command->nodes[i]->name;
    node->why = *muster_why(v->muster, i);
    if (!node->why.code)
        choice_make(muster_facts(v->muster, i), v->command->options->hca, node);
    if (!node->why.code)
        node->link = muster_link(v->muster, i);
}

static size_t choose_rails(const struct validation *v)
{
    size_t usable = 0;

    for (size_t i = 0; i < count_of(v); i++) {
        choose_rail(v, i);
        usable += v->nodes[i].link != NULL;
        if (!v->nodes[i].link)
            progress_set(v->progress, i, FAILED);
    }
    return usable;
}

/* Fewer than two: say of each why, as a campaign would have. */
static void refuse(struct validation *v, size_t usable)
{
    size_t n = count_of(v);

    v->outcome.refused = true;
    if (!v->why.code)
        fail_set(&v->why, FAIL_NO_HCA, "%zu node%s can be measured; it takes two", usable,
                 usable == 1 ? "" : "s");
    v->members = calloc(n, sizeof *v->members);
    v->tally = tally_new(n);
    for (size_t i = 0; v->members && i < n; i++) {
        v->members[i].name = v->nodes[i].name;
        v->members[i].island = ISLAND_NONE;
        v->members[i].why = v->nodes[i].why;
    }
    if (!v->members || !v->tally)
        fail_memory(&v->why);
    else
        verdict_judge(v->members, n, v->tally, &v->verdict, &v->why);
    finish(v);
}

static unsigned given(int option)
{
    return option == OPTION_UNSET ? 0 : (unsigned)option;
}

static void on_ready(void *arg)
{
    static const struct campaign_hooks hooks = {.seated = on_seated,
                                                .advanced = on_advanced,
                                                .ended = on_ended};
    struct validation *v = arg;
    const struct options *o = v->command->options;
    struct campaign_options options = {
        .name = v->name,
        .plan = {.samples = given(o->samples),
                 .window_ms = given(o->window_ms),
                 .windows = given(o->windows)},
        .rounds = given(o->rounds),
    };
    size_t usable = choose_rails(v);

    if (usable < 2 || v->interrupted)
        refuse(v, usable);
    else if (campaign_start(v->command->loop, v->nodes, count_of(v), &options, &hooks, v,
                            &v->campaign, &v->why) < 0)
        refuse(v, 0);
}

/* ---- getting there ----------------------------------------------------------------- */

static void on_settled(void *arg, size_t i, const struct fail *why)
{
    struct validation *v = arg;

    progress_set(v->progress, i, why ? FAILED : READY);
}

static void on_moved(void *arg, size_t i, enum link_state state)
{
    static const int shown[LINK_STATES] = {
        [LINK_WAITING] = WAITING,     [LINK_CONNECTING] = CONNECTING,
        [LINK_STARTING] = CONNECTING, [LINK_PUSHING] = PUSHING,
        [LINK_UP] = ASKING,
    };
    const struct validation *v = arg;

    if (shown[state])
        progress_set(v->progress, i, (size_t)shown[state]);
}

static void on_interrupt(void *arg, unsigned nth)
{
    struct validation *v = arg;
    struct fail why;

    v->interrupted = v->outcome.interrupted = true;
    if (!v->campaign) {
        fail_set(&v->why, FAIL_INTERRUPTED, "interrupted before anything was measured");
        fail_set(&why, FAIL_INTERRUPTED, "interrupted before it answered");
        muster_stop(v->muster, 0, &why);
        return;
    }
    if (nth == 1)
        progress_line(v->progress,
                      "ending after the rounds under way; once more ends it now");
    campaign_stop(v->campaign, nth > 1);
}

static void name_campaign(struct validation *v)
{
    const char *run = logbook_run(v->logbook);

    if (run)
        snprintf(v->name, sizeof v->name, "%s", run);
    else
        snprintf(v->name, sizeof v->name, "v%llx-%x", (unsigned long long)time(NULL),
                 (unsigned)getpid());
}

static int begin(struct validation *v, struct fail *why)
{
    static const struct muster_hooks hooks = {.moved = on_moved,
                                              .settled = on_settled,
                                              .ready = on_ready};
    struct command *c = v->command;
    unsigned timeout_s = given(c->options->timeout_s);
    struct link_pool *pool;
    struct fail unrecorded;

    v->nodes = calloc(c->node_count + 1, sizeof *v->nodes);
    if (!v->nodes)
        return fail_memory(why);
    if (command_progress(c, "validate", states, STATES, &v->progress, why) < 0 ||
        command_pool(c, &pool, why) < 0)
        return -1;
    if (muster_start(pool, c->nodes, c->node_count,
                     timeout_s ? 1000ull * timeout_s : DETECT_MS, &hooks, v, &v->muster,
                     why) < 0)
        return -1;
    if (logbook_open(c, &v->logbook, &unrecorded) < 0)
        progress_line(v->progress, "not recorded: %s", unrecorded.text);
    name_campaign(v);
    return command_watch(c, on_interrupt, v, why);
}

/* ---- --plan ------------------------------------------------------------------------ */

static int print_plan(const struct command *c)
{
    CLEANUP(text_clear) struct text text = {0};
    size_t n = c->node_count, rounds = pairs_rounds(n), asked = given(c->options->rounds);
    size_t pairs = pairs_count(n);

    if (asked && asked < rounds) {
        rounds = asked;
        pairs = rounds * (n / 2);
    }
    text_add(&text,
             "%zu nodes would be asked what they are, then measured pair by pair:\n", n);
    text_add(&text,
             "%zu pairs in %zu rounds, suspects again alone.  Nothing is changed "
             "on a node.\n",
             pairs, rounds);
    screen_out(&text);
    return EXIT_WELL;
}

static int run(struct validation *v)
{
    struct fail why;

    v->started_ms = uv_now(v->command->loop);
    v->outcome.total = count_of(v);
    if (begin(v, &why) < 0) {
        progress_close(v->progress);
        if (v->muster)
            muster_close(v->muster);
        logbook_close(v->logbook, NULL);
        return screen_fail(&why);
    }
    uv_run(v->command->loop, UV_RUN_DEFAULT);
    if (v->outcome.unreached == v->outcome.total)
        v->outcome.refused = false; /* nobody there is the better word */
    return (int)outcome_status(&v->outcome);
}

int cmd_validate(struct command *c)
{
    struct validation v = {.command = c};
    int status = c->options->plan ? print_plan(c) : run(&v);

    campaign_close(v.campaign);
    muster_free(v.muster);
    verdict_free(v.verdict);
    tally_free(v.tally);
    free(v.members);
    free(v.nodes);
    return status;
}
