#include "node-agent/install/follow.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node-agent/claim.h"
#include "node-agent/clock.h"
#include "node-agent/fd.h"
#include "node-agent/home.h"
#include "node-agent/install/ledger.h"
#include "node-agent/install/steplog.h"
#include "node-agent/install/unit.h"
#include "node-agent/install/worker.h"
#include "node-agent/voice.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"
#include "protocol/steps.h"

#define PAUSE_MS       100
#define LINE_MAX_BYTES 1000

/* Of the log of a step that somebody else began, this much is repeated. */
#define REPEAT_MAX_BYTES 8192

struct follow {
    const struct home *home;
    const char *run;
    int64_t epoch;
    const struct voice *voice;
    /* of the step that is followed */
    const struct step *step;
    char id[65];
    char boot_id[HOME_BOOT_ID_BYTES];
    int64_t until_ms, starting_until_ms;
    int begun;     /* how often, by us */
    bool attached; /* to one that somebody else began */
    /* its log */
    int log, log_attempt;
    char line[LINE_MAX_BYTES + 1];
    size_t used;
};

/* ---- what the controller hears ------------------------------------------------- */

static struct json *state_of(const struct follow *f, const char *state, double seconds)
{
    struct json *body = json_object();

    if (body && json_put_text(body, "name", step_name(f->step->verb)) == 0 &&
        json_put_text(body, "state", state) == 0 &&
        json_put_real(body, "seconds", seconds) == 0)
        return body;
    json_free(body);
    return NULL;
}

static void tell_line(struct follow *f)
{
    struct json *body = json_object();

    f->line[f->used] = '\0';
    f->used = 0;
    if (body && json_put_text(body, "name", step_name(f->step->verb)) == 0 &&
        json_put_text(body, "line", f->line) == 0)
        voice_event(f->voice, "output", body);
    else
        json_free(body);
}

/* ---- its log ------------------------------------------------------------------- */

static void open_log(struct follow *f, const struct ledger_entry *e)
{
    char path[HOME_PATH_MAX_BYTES];
    off_t size;

    if (f->log_attempt == e->attempt ||
        steplog_path(f->home, f->run, f->id, e->attempt, path, NULL) < 0)
        return;
    fd_done(&f->log);
    f->used = 0;
    f->log = open(path, O_RDONLY | O_CLOEXEC);
    if (f->log < 0)
        return; /* it will come */
    f->log_attempt = e->attempt;
    size = lseek(f->log, 0, SEEK_END);
    lseek(f->log, !f->begun && size > REPEAT_MAX_BYTES ? size - REPEAT_MAX_BYTES : 0,
          SEEK_SET);
}

static void read_log(struct follow *f)
{
    char bytes[4096];
    ssize_t n;

    while (f->log >= 0 && (n = read(f->log, bytes, sizeof bytes)) > 0)
        for (ssize_t i = 0; i < n; i++)
            if (bytes[i] == '\n' || f->used == LINE_MAX_BYTES)
                tell_line(f);
            else
                f->line[f->used++] = bytes[i];
}

/* ---- where it stands ----------------------------------------------------------- */

/* What the ledger says and whether somebody works on it decide, together. */
enum stand { STAND_OVER, STAND_AT_WORK, STAND_STARTING, STAND_TO_DO };

static enum stand stand_of(const struct follow *f, const struct ledger_entry *e,
                           bool alive)
{
    if (e->state == LEDGER_DONE || e->state == LEDGER_ALREADY)
        return STAND_OVER;
    if (alive)
        return STAND_AT_WORK;
    if (e->state == LEDGER_FAILED) /* before we came: another try */
        return f->begun || f->attached ? STAND_OVER : STAND_TO_DO;
    if (e->state == LEDGER_INTENT && strcmp(e->boot_id, f->boot_id) == 0 &&
        clock_ms() < f->starting_until_ms)
        return STAND_STARTING;
    return STAND_TO_DO;
}

/* The lock is looked at first: a unit that ends in between has its result written. */
static int look(struct follow *f, struct ledger_entry *e, bool *alive, struct fail *why)
{
    *alive = unit_is_alive(f->home, f->run, f->id);
    ledger_clear(e);
    return ledger_last(f->home, f->run, f->id, e, why);
}

/* ---- begin --------------------------------------------------------------------- */

static int begin(struct follow *f, int attempt, struct fail *why)
{
    struct step copy = *f->step;
    struct steps one = {&copy, 1};
    CLEANUP(ledger_clear)
    struct ledger_entry e = {.state = LEDGER_INTENT, .attempt = attempt};

    snprintf(e.run, sizeof e.run, "%s", f->run);
    memcpy(e.step, f->id, sizeof e.step);
    memcpy(e.boot_id, f->boot_id, sizeof e.boot_id);
    e.what = steps_encode(&one);
    if (!e.what)
        return fail_memory(why);
    if (ledger_append(f->home, &e, why) < 0)
        return -1;
    f->begun++;
    f->starting_until_ms = clock_ms() + UNIT_STARTING_MS;
    return unit_start(f->home, f->run, f->id, attempt, why);
}

/* Under a lock, so that of two agents that find nothing only one begins; and only with
 * the claim as it is now: the controller may have lost it while a step was at work.
 */
static int begin_unless_begun(struct follow *f, struct fail *why)
{
    CLEANUP(fd_done) int lock = home_lock(f->home, "install", why);
    CLEANUP(ledger_clear) struct ledger_entry e = {0};
    bool alive;

    if (lock < 0 || claim_check(f->home, f->run, f->epoch, why) < 0 ||
        look(f, &e, &alive, why) < 0)
        return -1;
    if (stand_of(f, &e, alive) != STAND_TO_DO)
        return 0;
    if (f->begun == FOLLOW_TRIES)
        return fail_set(why, FAIL_STEP, "cut off %d times without a result",
                        FOLLOW_TRIES);
    voice_event(f->voice, "step", state_of(f, "running", 0));
    return begin(f, e.attempt + 1, why);
}

/* ---- one step ------------------------------------------------------------------ */

static int turn(struct follow *f, struct ledger_entry *e, bool *over, struct fail *why)
{
    enum stand stand;
    bool alive;

    if (look(f, e, &alive, why) < 0)
        return -1;
    f->attached |= alive;
    stand = stand_of(f, e, alive);
    if (e->state >= LEDGER_RUNNING && (f->attached || f->begun)) {
        open_log(f, e);
        read_log(f);
    }
    *over = stand == STAND_OVER;
    if (stand == STAND_TO_DO)
        return begin_unless_begun(f, why);
    if (!*over)
        poll(NULL, 0, PAUSE_MS);
    return 0;
}

static int see_through(struct follow *f, struct ledger_entry *e, struct fail *why)
{
    bool over = false;

    while (!over) {
        if (turn(f, e, &over, why) < 0)
            return -1;
        if (!over && clock_ms() > f->until_ms)
            return fail_set(why, FAIL_TIMEOUT, "still at work after %d minutes",
                            FOLLOW_STEP_DEADLINE_MS / 60000);
    }
    if (f->used)
        tell_line(f);
    if (e->state != LEDGER_FAILED)
        return 0;
    *why = e->why;
    return -1;
}

/* Done in this run before we came is "already" too. */
static int follow_step(struct follow *f, struct json *done, struct fail *why)
{
    CLEANUP(ledger_clear) struct ledger_entry e = {0};
    bool failed;
    const char *state;

    f->until_ms = clock_ms() + FOLLOW_STEP_DEADLINE_MS;
    f->starting_until_ms = clock_ms() + UNIT_STARTING_MS;
    f->begun = f->log_attempt = 0;
    f->attached = false;
    if (step_id(f->step, f->id, why) < 0)
        return -1;
    failed = see_through(f, &e, why) < 0;
    fd_done(&f->log);
    f->log = -1;
    state = failed                                                   ? "failed"
            : e.state == LEDGER_DONE && (f->begun || f->log_attempt) ? "done"
                                                                     : "already";
    voice_event(f->voice, "step", state_of(f, state, e.seconds));
    if (failed)
        return fail_prefix(why, "%s", step_name(f->step->verb));
    return json_push(done, state_of(f, state, e.seconds)) < 0 ? fail_memory(why) : 0;
}

int follow_steps(const struct home *h, const char *run, int64_t epoch,
                 const struct steps *steps, const struct voice *voice,
                 struct json **answer, struct fail *why)
{
    struct follow f = {.home = h, .run = run, .epoch = epoch, .voice = voice, .log = -1};
    CLEANUP(json_done) struct json *made = json_object();
    struct json *done = json_array();

    if (!made || !done || json_put(made, "steps", done) < 0)
        return fail_memory(why);
    home_boot_id(h, f.boot_id);
    for (size_t i = 0; i < steps->count; i++) {
        f.step = &steps->list[i];
        if (follow_step(&f, done, why) < 0)
            return -1;
    }
    *answer = made;
    made = NULL;
    return 0;
}
