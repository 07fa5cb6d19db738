/* alone_install - from a wish to a machine that is so, once, whoever else has the same wish
 *
 * The memo is written before the first step is begun and says what the steps are.  What
 * comes later with the same wish, in the same boot, follows just these: a plan made from
 * facts in the middle of an install would be another one, and begin a second installer.
 */
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "node-agent/alone/alone.h"
#include "node-agent/alone/alone_parts.h"
#include "node-agent/alone/memo.h"
#include "node-agent/alone/narrate.h"
#include "node-agent/alone/own_bundle.h"
#include "node-agent/alone/wish.h"
#include "node-agent/claim.h"
#include "node-agent/clock.h"
#include "node-agent/fd.h"
#include "node-agent/home.h"
#include "node-agent/install/follow.h"
#include "node-agent/install/reboot.h"
#include "node-agent/install/unit.h"
#include "node-agent/voice.h"
#include "protocol/facts.h"
#include "protocol/json.h"
#include "protocol/scope.h"

/* No run of ours is resumed by another machine: nothing has to be fenced off. */
#define EPOCH 1

/* Held from a look at the memo to what follows from it. */
#define BEGIN_LOCK "alone-begin"

/* With others at work, one after the other, of which each has another wish. */
#define ROUNDS 8

/* Who follows the same run may see its end a moment later than we, on a busy machine. */
#define OTHERS_MS      10000
#define OTHERS_LOOK_MS 50

/* What wants a reboot a day after the last one is something new. */
#define SAME_REBOOT_S (24 * 3600)

/* ---- what is equal ------------------------------------------------------------------- */

static bool is_same_json(struct json *a, const struct json *b)
{
    CLEANUP(json_done) struct json *mine = a;
    CLEANUP(text_done) char *x = mine ? json_print(mine) : NULL;
    CLEANUP(text_done) char *y = b ? json_print(b) : NULL;

    return x && y && strcmp(x, y) == 0;
}

static bool has_wish(const struct memo *m, const struct wish *w)
{
    return is_same_json(wish_encode(w), m->wish);
}

static bool is_of_this_boot(const struct home *h, const struct memo *m)
{
    char boot_id[HOME_BOOT_ID_BYTES];

    home_boot_id(h, boot_id);
    return strcmp(m->boot_id, boot_id) == 0;
}

/* Somebody is at it, or was cut off at what we want, and nothing has been lost since. */
static bool is_open(const struct alone *a, const struct memo *m)
{
    if (!*m->run || m->over)
        return false;
    return alone_at_work(a->home, m) ||
           (has_wish(m, a->wish) && is_of_this_boot(a->home, m));
}

/* ---- the claim ------------------------------------------------------------------------- */

static void name_run(char run[65])
{
    unsigned char salt[2] = {0};
    time_t now = time(NULL);
    struct tm tm;
    char at[32];

    if (getrandom(salt, sizeof salt, GRND_NONBLOCK) < 0)
        salt[0] = (unsigned char)getpid();
    strftime(at, sizeof at, "%Y%m%d-%H%M%S", gmtime_r(&now, &tm));
    snprintf(run, 65, ALONE_RUN_PREFIX "%s-%02x%02x", at, salt[0], salt[1]);
}

/* Over what an earlier run of ours has left, but not over a controller's. */
static int claim(const struct alone *a, const char *run, struct fail *why)
{
    struct claim old, want = {.user = "root", .epoch = EPOCH};
    int64_t now_s = (int64_t)time(NULL);

    snprintf(want.run, sizeof want.run, "%s", run);
    want.until_s = now_s + ALONE_CLAIM_S;
    if (gethostname(want.controller, sizeof want.controller - 1) < 0 || !*want.controller)
        strcpy(want.controller, "localhost");
    if (claim_read(a->home, &old) &&
        strncmp(old.run, ALONE_RUN_PREFIX, strlen(ALONE_RUN_PREFIX)) == 0)
        snprintf(want.from, sizeof want.from, "%s", old.run);
    return claim_take(a->home, &want, now_s, why);
}

/* The memo as it ended, unless another who followed the run has said so before; the claim
 * goes with it, so that who sees one sees both.
 */
static int close_run(const struct alone *a, struct memo *m, struct fail *why)
{
    CLEANUP(fd_done) int lock = home_lock(a->home, BEGIN_LOCK, why);
    CLEANUP(memo_clear) struct memo now = {0};

    if (lock < 0)
        return -1;
    if (memo_load(a->home, &now) && (now.over || strcmp(now.run, m->run) != 0))
        return 0;
    m->over = true;
    if (memo_save(a->home, m, why) < 0)
        return -1;
    return claim_release(a->home, m->run, EPOCH, why);
}

/* ---- how it ended ---------------------------------------------------------------------- */

static int reboot(struct alone *a, struct memo *m, struct fail *why)
{
    bool already;

    if (reboot_node(a->home, m->run, EPOCH, m->boot_id, &already, why) < 0)
        return -1;
    a->reboot = ALONE_REBOOT_BEGUN;
    m->rebooted = true;
    alone_well(a, "%zu steps taken", m->steps.count);
    return 0;
}

static bool restarts(const struct steps *steps)
{
    for (size_t i = 0; i < steps->count; i++)
        if (steps->list[i].verb == STEP_RESTART)
            return true;
    return false;
}

static int still_not_so(const struct alone *a, const struct memo *m, struct fail *why)
{
    CLEANUP(text_done) char *left = NULL;

    if (a->decision.verdict == DECIDE_REFUSE) {
        *why = a->decision.refusal;
        return -1;
    }
    left = decision_summary(&a->decision);
    return fail_set(why, FAIL_VERIFY, "still not so%s: %s",
                    m->rebooted ? " after a reboot for it" : "",
                    left ? left : "(out of memory)");
}

static int verify(struct alone *a, struct memo *m, struct fail *why)
{
    bool reboots = m->reboot && !m->rebooted;
    char driver[100];

    if (alone_look(a, why) < 0)
        return -1;
    alone_driver(a->facts, driver);
    m->reboot = a->decision.verdict != DECIDE_UP_TO_DATE && reboots;
    if (a->decision.verdict != DECIDE_UP_TO_DATE && !reboots)
        return still_not_so(a, m, why);
    a->reboot = m->reboot                         ? ALONE_REBOOT_NEEDED
                : reboots && !restarts(&m->steps) ? ALONE_REBOOT_ADVISED
                                                  : ALONE_REBOOT_NO;
    alone_well(a, "%zu steps taken; %s", m->steps.count, driver);
    return 0;
}

/* All steps are taken. */
static int conclude(struct alone *a, struct memo *m, struct fail *why)
{
    enum fleet_reboot when = a->wish->node.reboot;
    bool first = !m->rebooted;

    if (wish_settle(a->wish, m->earlier, why) < 0)
        return -1;
    json_free(m->wish);
    m->wish = wish_encode(a->wish);
    if (!m->wish)
        return fail_memory(why);
    if (first &&
        (when == FLEET_REBOOT_ALWAYS || (when == FLEET_REBOOT_AUTO && m->reboot)))
        return reboot(a, m, why);
    return verify(a, m, why);
}

/* ---- following ------------------------------------------------------------------------- */

static int follow(struct alone *a, const struct memo *m, struct fail *why)
{
    CLEANUP(fd_done) int lock = home_try_lock(a->home, ALONE_LOCK);
    struct voice voice = {.fd = -1, .hear = narrate, .arg = a->out};

    (void)lock; /* one of those who follow is enough to be seen */
    snprintf(a->run, sizeof a->run, "%s", m->run);
    json_free(a->steps);
    json_free(a->taken);
    a->taken = NULL;
    a->steps = alone_show_steps(&m->steps);
    if (a->bundle && own_bundle_take(a->home, a->bundle, &m->steps, why) < 0)
        return -1;
    return follow_steps(a->home, m->run, EPOCH, &m->steps, &voice, &a->taken, why);
}

static int see_through(struct alone *a, struct memo *m, struct fail *why)
{
    struct fail unwritten;
    int rc = follow(a, m, why);

    if (rc == 0)
        rc = conclude(a, m, why);
    m->result = rc < 0 ? *why : a->result;
    if (close_run(a, m, rc < 0 ? &unwritten : why) < 0)
        return -1;
    return rc;
}

/* Under the lock: it is still open, and the claim is its run's. */
static int enter_open(const struct alone *a, struct memo *m, bool *open, struct fail *why)
{
    CLEANUP(fd_done) int lock = home_lock(a->home, BEGIN_LOCK, why);
    char run[65];

    if (lock < 0)
        return -1;
    snprintf(run, sizeof run, "%s", m->run);
    memo_clear(m);
    *open = memo_load(a->home, m) && !m->over && strcmp(m->run, run) == 0;
    return *open ? claim(a, run, why) : 0;
}

/* What another's run came to; its end may come from him. */
static int report(struct alone *a, const char *run, int rc, struct fail *why)
{
    struct memo m;

    if (memo_load(a->home, &m) && m.over && strcmp(m.run, run) == 0) {
        rc = m.result.code == FAIL_NONE ? 0 : -1;
        *(rc < 0 ? why : &a->result) = m.result;
        a->reboot = m.rebooted ? ALONE_REBOOT_BEGUN
                    : m.reboot ? ALONE_REBOOT_NEEDED
                               : ALONE_REBOOT_NO;
    }
    memo_clear(&m);
    return rc;
}

/* Nobody follows any more, or somebody does for too long. */
static bool await_others(const struct home *h)
{
    int64_t until_ms = clock_ms() + OTHERS_MS;

    while (home_is_locked(h, ALONE_LOCK)) {
        if (clock_ms() >= until_ms)
            return false;
        poll(NULL, 0, OTHERS_LOOK_MS);
    }
    return true;
}

/* With our own wish it is ours, to its end. */
static int join(struct alone *a, struct memo *m, bool *over, struct fail *why)
{
    char run[65];
    bool open;
    int rc;

    *over = has_wish(m, a->wish);
    snprintf(run, sizeof run, "%s", m->run);
    if (enter_open(a, m, &open, why) < 0)
        return -1;
    narrate_note(a->out, "run %s is under way: attached to it", run);
    if (!open)
        return *over ? report(a, run, 0, why) : 0;
    if (*over)
        return report(a, run, see_through(a, m, why), why);
    rc = follow(a, m, why);
    if (rc < 0)
        narrate_note(a->out, "it failed: %s", why->text);
    fail_set(&m->result, FAIL_INTERRUPTED, "another install came");
    if (await_others(a->home))
        close_run(a, m, NULL);
    return 0;
}

/* ---- beginning --------------------------------------------------------------------------- */

static int take_down(const struct alone *a, struct memo *m, struct fail *why)
{
    json_free(m->wish);
    m->wish = wish_encode(a->wish);
    free(m->catalog_text);
    m->catalog_text = a->wish->catalog_text ? strdup(a->wish->catalog_text) : NULL;
    if (!m->wish || (a->wish->catalog_text && !m->catalog_text))
        return fail_memory(why);
    return 0;
}

/* Nothing is to be done, or may be: that is a result as well. */
static int note_result(const struct alone *a, struct memo *m, const struct fail *result,
                       struct fail *why)
{
    if (take_down(a, m, why) < 0)
        return -1;
    m->over = true;
    m->result = *result;
    if (result->code == FAIL_NONE) { /* no step is waiting for its reboot any more */
        steps_clear(&m->steps);
        m->reboot = m->rebooted = false;
    }
    return memo_save(a->home, m, why);
}

/* Would they with `reboot = auto`? */
static int ask_reboot(const struct alone *a, bool *reboots, struct fail *why)
{
    CLEANUP(decision_clear) struct decision d = {0};
    struct decide_want want;

    wish_want(a->wish, &want);
    want.reboot = FLEET_REBOOT_AUTO;
    if (decide(a->facts, &want, &d, why) < 0)
        return -1;
    *reboots = d.reboot;
    return 0;
}

/* For this wish, without that it came true: another reboot would not help, and where
 * install runs at each boot it would never end.
 */
static bool has_rebooted(const struct alone *a, const struct memo *old)
{
    return old->rebooted && !is_of_this_boot(a->home, old) && has_wish(old, a->wish) &&
           (int64_t)time(NULL) - old->at_s < SAME_REBOOT_S;
}

/* The steps of the decision become the memo's. */
static int compose(struct alone *a, const struct memo *old, struct memo *m,
                   struct fail *why)
{
    const char *earlier = a->facts->platform.earlier;

    if (take_down(a, m, why) < 0 || ask_reboot(a, &m->reboot, why) < 0)
        return -1;
    name_run(m->run);
    home_boot_id(a->home, m->boot_id);
    snprintf(m->earlier, sizeof m->earlier, "%s", earlier ? earlier : "");
    m->rebooted = has_rebooted(a, old);
    m->steps = a->decision.steps;
    a->decision.steps = (struct steps){0};
    return 0;
}

/* *begun: false when somebody else was faster. */
static int enter_new(const struct alone *a, const struct memo *seen, struct memo *m,
                     bool *begun, struct fail *why)
{
    CLEANUP(fd_done) int lock = home_lock(a->home, BEGIN_LOCK, why);
    CLEANUP(memo_clear) struct memo now = {0};

    if (lock < 0)
        return -1;
    memo_load(a->home, &now);
    *begun = strcmp(now.run, seen->run) == 0 && now.over == seen->over;
    if (!*begun)
        return 0;
    if (unit_check_idle(a->home, why) < 0 || claim(a, m->run, why) < 0)
        return -1;
    return memo_save(a->home, m, why);
}

static int begin(struct alone *a, const struct memo *old, bool *over, struct fail *why)
{
    CLEANUP(memo_clear) struct memo m = {0};

    narrate_plan(a->out, &a->decision);
    if (compose(a, old, &m, why) < 0 || enter_new(a, old, &m, over, why) < 0)
        return -1;
    return *over ? see_through(a, &m, why) : 0;
}

/* The same was done in this boot, and it waits for its reboot. */
static bool waits_for_reboot(const struct alone *a, const struct memo *m)
{
    return m->over && m->result.code == FAIL_NONE && m->reboot && has_wish(m, a->wish) &&
           is_of_this_boot(a->home, m);
}

static int act(struct alone *a, struct memo *old, bool *over, struct fail *why)
{
    struct fail unwritten;
    char driver[100];

    *over = true;
    if (alone_look(a, why) < 0)
        return -1;
    alone_driver(a->facts, driver);
    switch (a->decision.verdict) {
    case DECIDE_REFUSE:
        *why = a->decision.refusal;
        note_result(a, old, why, &unwritten);
        return -1;
    case DECIDE_UP_TO_DATE:
        alone_well(a, "up to date: %s", driver);
        return note_result(a, old, &a->result, why);
    case DECIDE_STEPS:
        break;
    }
    if (!waits_for_reboot(a, old))
        return begin(a, old, over, why);
    a->reboot = ALONE_REBOOT_NEEDED;
    alone_well(a, "installed before: %s", driver);
    return 0;
}

static int round_of(struct alone *a, bool *over, struct fail *why)
{
    CLEANUP(memo_clear) struct memo m = {0};

    memo_load(a->home, &m);
    return is_open(a, &m) ? join(a, &m, over, why) : act(a, &m, over, why);
}

static int install(struct alone *a, struct fail *why)
{
    bool over = false;

    if (!a->home->may_install)
        return fail_set(why, FAIL_NOT_ROOT, "only root can change this machine");
    if (alone_check_claim(a->home, why) < 0)
        return -1;
    for (int i = 0; i < ROUNDS && !over; i++)
        if (round_of(a, &over, why) < 0)
            return -1;
    return over ? 0
                : fail_set(why, FAIL_TIMEOUT, "others are at work here again and again");
}

void alone_install(struct alone *a)
{
    struct fail why = {0};

    if (install(a, &why) < 0)
        a->result = why;
}
