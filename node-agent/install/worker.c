#include "node-agent/install/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node-agent/clock.h"
#include "node-agent/home.h"
#include "node-agent/install/ledger.h"
#include "node-agent/install/settle.h"
#include "node-agent/install/steplog.h"
#include "node-agent/install/take.h"
#include "node-agent/install/unit.h"
#include "protocol/digest.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"
#include "protocol/steps.h"

static void close_log(struct steplog **log)
{
    steplog_close(*log);
}

int step_id(const struct step *step, char id[65], struct fail *why)
{
    struct step copy = *step;
    struct steps one = {&copy, 1};
    CLEANUP(json_done) struct json *doc = steps_encode(&one);
    CLEANUP(text_done) char *text = doc ? json_print(doc) : NULL;
    char hex[DIGEST_HEX_BYTES];

    if (!text)
        return fail_memory(why);
    digest_of(text, strlen(text), hex);
    snprintf(id, 65, "%s-%.8s", step_name(step->verb), hex);
    return 0;
}

/* The list of one that stands in the ledger. */
static int take(const struct taking *t, const struct json *what, bool *already,
                struct fail *why)
{
    struct steps steps = {0};
    int rc;

    *already = true;
    if (steps_decode(what, &steps, why) < 0)
        return -1;
    rc = steps.count == 1 ? take_step(t, &steps.list[0], already, why)
                          : fail_set(why, FAIL_BUG, "not one step but %zu", steps.count);
    steps_clear(&steps);
    return rc;
}

static int work(const struct home *h, struct ledger_entry *e, struct fail *why)
{
    CLEANUP(close_log) struct steplog *log = NULL;
    struct taking t = {.home = h, .run = e->run};
    char path[HOME_PATH_MAX_BYTES];
    bool already = false;
    uint64_t begun_ns = clock_ns();
    int rc;

    if (home_make(h, "logs", why) < 0 ||
        steplog_path(h, e->run, e->step, e->attempt, path, why) < 0 ||
        steplog_open(path, &log, why) < 0)
        return -1;
    t.log = log;
    rc = take(&t, e->what, &already, why);
    if (rc == 0) /* of what was so already, too: an attempt may have died just before */
        rc = settle(h, why);
    e->seconds = (double)(clock_ns() - begun_ns) / 1e9;
    e->state = rc < 0 ? LEDGER_FAILED : already ? LEDGER_ALREADY : LEDGER_DONE;
    if (rc < 0)
        e->why = *why;
    return rc;
}

/* The entry is that of an intent which is still waiting for its unit. */
static int act(const struct home *h, struct ledger_entry *e, struct fail *why)
{
    struct fail unwritten;

    e->state = LEDGER_RUNNING;
    if (ledger_append(h, e, why) < 0)
        return -1;
    if (work(h, e, why) < 0 && e->state != LEDGER_FAILED) {
        e->state = LEDGER_FAILED;
        e->why = *why;
    }
    if (ledger_append(h, e, &unwritten) < 0) {
        *why = unwritten;
        return -1;
    }
    return e->state == LEDGER_FAILED ? -1 : 0;
}

int worker_run(const struct home *h, const char *run, const char *step, int attempt,
               struct fail *why)
{
    CLEANUP(unit_let_go) int lock = -1;
    CLEANUP(ledger_clear) struct ledger_entry e = {0};

    if (!home_name_is_safe(run) || !home_name_is_safe(step))
        return fail_set(why, FAIL_USAGE, "no such run or step");
    lock = unit_hold(h, run, step);
    if (lock < 0)
        return 0;
    if (ledger_last(h, run, step, &e, why) < 0)
        return -1;
    if (e.state != LEDGER_INTENT || e.attempt != attempt || !e.what)
        return 0;
    return act(h, &e, why);
}
