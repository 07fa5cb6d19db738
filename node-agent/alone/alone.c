#include "node-agent/alone/alone.h"

#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "node-agent/alone/alone_parts.h"
#include "node-agent/alone/memo.h"
#include "node-agent/alone/own_bundle.h"
#include "node-agent/alone/wish.h"
#include "node-agent/claim.h"
#include "node-agent/detect/detect.h"
#include "node-agent/home.h"
#include "node-agent/install/unit.h"
#include "node-agent/install/worker.h"
#include "protocol/character.h"
#include "protocol/facts.h"
#include "protocol/json.h"
#include "protocol/scope.h"
#include "protocol/url.h"

/* The reboot's words must fit in after it. */
#define WELL_MAX_BYTES 180

/* ---- looking ----------------------------------------------------------------------- */

int alone_look(struct alone *a, struct fail *why)
{
    struct decide_want want;

    facts_free(a->facts);
    a->facts = NULL;
    decision_clear(&a->decision);
    wish_want(a->wish, &want);
    if (detect(a->root ? a->root : a->home->root, &a->facts, why) < 0)
        return -1;
    return decide(a->facts, &want, &a->decision, why);
}

int alone_check_claim(const struct home *h, struct fail *why)
{
    struct claim c;

    if (!claim_read(h, &c) || c.until_s <= (int64_t)time(NULL) ||
        strncmp(c.run, ALONE_RUN_PREFIX, strlen(ALONE_RUN_PREFIX)) == 0)
        return 0;
    return claim_refuse(&c, why);
}

bool alone_at_work(const struct home *h, const struct memo *m)
{
    char id[65];

    if (home_is_locked(h, ALONE_LOCK))
        return true;
    for (size_t i = 0; i < m->steps.count; i++)
        if (step_id(&m->steps.list[i], id, NULL) == 0 && unit_is_alive(h, m->run, id))
            return true;
    return false;
}

/* ---- words ------------------------------------------------------------------------- */

static bool has_rxe(const struct facts *f)
{
    for (size_t i = 0; i < f->hca_count; i++)
        if (strcmp(f->hcas[i].driver, "rxe") == 0)
            return true;
    return false;
}

void alone_driver(const struct facts *f, char text[100])
{
    const struct facts_platform *on = &f->platform;

    if (on->driver && on->driver_version)
        snprintf(text, 100, "%s %s", on->driver, on->driver_version);
    else if (on->driver && strcmp(on->driver, "none") != 0)
        snprintf(text, 100, "%s driver", on->driver);
    else
        snprintf(text, 100, "%s", has_rxe(f) ? "Soft-RoCE" : "no driver");
}

void alone_well(struct alone *a, const char *fmt, ...)
{
    static const char *const reboots[] = {
        [ALONE_REBOOT_NO] = "",
        [ALONE_REBOOT_ADVISED] = "; a reboot is advised: systemctl reboot",
        [ALONE_REBOOT_NEEDED] = "; a reboot is needed: systemctl reboot",
        [ALONE_REBOOT_BEGUN] = "; rebooting now",
    };
    char text[sizeof a->result.text];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    a->result.code = FAIL_NONE;
    snprintf(a->result.text, sizeof a->result.text, "%.*s%s",
             character_cut(text, WELL_MAX_BYTES), text, reboots[a->reboot]);
}

/* A URL may have a password in it, and this is printed. */
static struct json *show_argument(const void *arg, size_t i)
{
    const struct step *step = arg;
    char shown[URL_MAX_BYTES];

    return json_text(url_is_right(step->args[i])
                         ? url_show(step->args[i], shown, sizeof shown)
                         : step->args[i]);
}

static struct json *show_step(const void *arg, size_t i)
{
    const struct step *step = (const struct step *)arg + i;
    struct json *doc = json_object();

    if (doc && json_put_text(doc, "name", step_name(step->verb)) == 0 &&
        json_put(doc, "args", json_list(step->arg_count, show_argument, step)) == 0)
        return doc;
    json_free(doc);
    return NULL;
}

struct json *alone_show_steps(const struct steps *steps)
{
    return json_list(steps->count, show_step, steps->list);
}

/* ---- the plan ---------------------------------------------------------------------- */

static int plan(struct alone *a, struct fail *why)
{
    if (!a->root && alone_check_claim(a->home, why) < 0)
        return -1;
    if (alone_look(a, why) < 0)
        return -1;
    if (a->decision.verdict == DECIDE_REFUSE) {
        *why = a->decision.refusal;
        return -1;
    }
    return a->bundle ? own_bundle_check(a->bundle, &a->decision.steps, why) : 0;
}

void alone_plan(struct alone *a)
{
    CLEANUP(text_done) char *summary = NULL;
    char driver[100];

    if (plan(a, &a->result) < 0)
        return;
    alone_driver(a->facts, driver);
    summary = decision_summary(&a->decision);
    if (a->decision.verdict == DECIDE_UP_TO_DATE)
        alone_well(a, "up to date: %s", driver);
    else if (summary)
        alone_well(a, "%s", summary);
    else
        fail_memory(&a->result);
}

void alone_clear(struct alone *a)
{
    facts_free(a->facts);
    a->facts = NULL;
    decision_clear(&a->decision);
    json_free(a->steps);
    json_free(a->taken);
    a->steps = a->taken = NULL;
}

/* ---- later ------------------------------------------------------------------------- */

static int judge_rest(const struct home *h, const struct memo *m,
                      const struct decision *d, struct fail *why)
{
    CLEANUP(text_done) char *left = NULL;
    char boot_id[HOME_BOOT_ID_BYTES];

    if (m->result.code != FAIL_NONE) {
        *why = m->result;
        return -1;
    }
    home_boot_id(h, boot_id);
    if (m->reboot && strcmp(m->boot_id, boot_id) == 0)
        return fail_set(why, FAIL_REBOOT, "a reboot is needed: systemctl reboot");
    left = decision_summary(d);
    return fail_set(why, FAIL_VERIFY, "not as its last install wanted: %s",
                    left ? left : "(out of memory)");
}

static int judge(const struct home *h, const struct memo *m, const struct facts *f,
                 const struct wish *w, struct fail *why)
{
    CLEANUP(decision_clear) struct decision d = {0};
    struct decide_want want;

    wish_want(w, &want);
    if (decide(f, &want, &d, why) < 0)
        return -1;
    switch (d.verdict) {
    case DECIDE_UP_TO_DATE:
        return 0;
    case DECIDE_REFUSE:
        *why = d.refusal;
        return -1;
    case DECIDE_STEPS:
        break;
    }
    return judge_rest(h, m, &d, why);
}

int alone_judge(const struct home *h, const struct memo *m, const struct facts *f,
                struct fail *why)
{
    CLEANUP(wish_done) struct wish w = {0};

    if (!m->over && alone_at_work(h, m))
        return fail_set(why, FAIL_VERIFY, "an install is at work: run %s", m->run);
    if (!m->over)
        return fail_set(why, FAIL_INTERRUPTED,
                        "run %s was cut off; go on: ibfleet-agent install", m->run);
    if (wish_decode(&w, m->wish, m->catalog_text, why) < 0)
        return -1;
    if (w.back) { /* refused, and so it was never settled */
        *why = m->result;
        return m->result.code == FAIL_NONE ? 0 : -1;
    }
    return judge(h, m, f, &w, why);
}
