#include "controller/rollout/dossier.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/rollout/order.h"
#include "controller/rollout/stage.h"
#include "inventory/fitness.h"
#include "inventory/fleet.h"
#include "protocol/facts.h"
#include "protocol/json.h"
#include "protocol/scope.h"

void dossier_clear(struct dossier *d)
{
    facts_free(d->facts);
    decision_clear(&d->decision);
    decision_clear(&d->back);
    free(d->boot_id);
    free(d->back_boot_id);
    *d = (struct dossier){0};
}

int dossier_restore(struct dossier *d, struct decision *decision, const char *boot_id,
                    struct fail *why)
{
    char *copy = boot_id ? strdup(boot_id) : NULL;

    assert(!d->restored);
    if (boot_id && !copy)
        return fail_memory(why);
    d->restored = true;
    d->boot_id = copy;
    d->decision = *decision;
    memset(decision, 0, sizeof *decision);
    return 0;
}

void dossier_greet(struct dossier *d, const struct json *hello)
{
    const char *boot_id;

    if (json_get_text(hello, "boot_id", &boot_id, NULL) == 0)
        snprintf(d->boot_now, sizeof d->boot_now, "%s", boot_id);
}

/* ---- lessons ----------------------------------------------------------------------- */

static struct lesson went(enum node_event event)
{
    return (struct lesson){.event = event};
}

static struct lesson failed(const struct fail *why)
{
    return (struct lesson){.event = NODE_EV_FAIL, .why = *why};
}

static struct lesson failed_memory(void)
{
    struct fail why;

    fail_memory(&why);
    return failed(&why);
}

static struct decide_want want_of(const struct dossier *d)
{
    const struct fleet_node *n = d->fleet_node;

    return (struct decide_want){.driver = n->driver,
                                .driver_version = n->driver_version,
                                .reboot = n->reboot,
                                .rxe = n->rxe,
                                .catalog = d->aim.catalog,
                                .mirror = n->mirror,
                                .proxy = n->proxy,
                                .hold = n->hold,
                                .ipoib = n->ipoib,
                                .names = n->names,
                                .remove = d->aim.remove,
                                .back = d->aim.back};
}

static struct lesson judge(struct dossier *d)
{
    struct decide_want want = want_of(d);
    struct fail why;

    if (d->restored)
        return went(NODE_EV_PLAN);
    decision_clear(&d->decision);
    if (decide(d->facts, &want, &d->decision, &why) < 0)
        return failed(&why);
    switch (d->decision.verdict) {
    case DECIDE_STEPS:
        return went(NODE_EV_PLAN);
    case DECIDE_REFUSE:
        return failed(&d->decision.refusal);
    case DECIDE_UP_TO_DATE:
        break;
    }
    return went(NODE_EV_UP_TO_DATE);
}

static struct lesson learn_facts(struct dossier *d, const struct json *answer,
                                 unsigned tries)
{
    struct fail why;

    (void)tries;
    facts_done(&d->facts);
    d->facts = NULL;
    if (facts_decode(answer, &d->facts, &why) < 0)
        return failed(&why);
    snprintf(d->boot_now, sizeof d->boot_now, "%s", d->facts->boot_id);
    return judge(d);
}

/* The boot that is to end is the one in which the install was seen to be over; an
 * earlier controller may have seen it.
 */
static struct lesson learn_installed(struct dossier *d, const struct json *answer,
                                     unsigned tries)
{
    (void)answer;
    (void)tries;
    if (!d->decision.reboot)
        return went(NODE_EV_OK);
    if (!d->boot_id)
        d->boot_id = strdup(d->boot_now);
    return d->boot_id ? went(NODE_EV_REBOOT) : failed_memory();
}

/* Going down, or not yet: the link goes with it, and what hangs on it must not. */
static struct lesson not_booted(const struct fail *why)
{
    return (struct lesson){.event = NODE_EV_NONE, .hang_up = true, .why = *why};
}

/* A node that shuts down may refuse to begin another reboot. */
static struct lesson weigh_refusal(const struct dossier *d, const struct fail *why,
                                   unsigned tries)
{
    if (fail_kind_of(why->code) == FAIL_KIND_INPUT ||
        (!d->goes_down && tries >= DOSSIER_REBOOT_REFUSALS))
        return failed(why);
    return not_booted(why);
}

/* Where somebody else reboots it, it is only looked at. */
static struct lesson learn_booted(const struct json *answer, const char *boot_id)
{
    CLEANUP(facts_done) struct facts *f = NULL;
    struct fail why;

    if (facts_decode(answer, &f, &why) < 0)
        return failed(&why);
    if (strcmp(f->boot_id, boot_id) != 0)
        return went(NODE_EV_OK);
    fail_set(&why, FAIL_REBOOT, "it still runs the boot that was to end");
    return not_booted(&why);
}

/* "already" is the only proof that it has booted. */
static struct lesson learn_rebooting(struct dossier *d, const struct json *answer,
                                     unsigned tries)
{
    struct fail why;
    bool already;

    if (d->aim.reboots_elsewhere)
        return learn_booted(answer, d->went_back ? d->back_boot_id : d->boot_id);
    if (json_get_flag(answer, "already", &already, &why) < 0)
        return weigh_refusal(d, &why, tries);
    d->goes_down = true;
    if (already)
        return went(NODE_EV_OK);
    fail_set(&why, FAIL_REBOOT, "it still runs the boot that was to end");
    return not_booted(&why);
}

/* What --rollback leads to is no question any more once it was planned: the driver that
 * the plan installs, else none of the vendor's.
 */
static struct decide_want want_of_plan(const struct dossier *d,
                                       const struct decision *plan)
{
    struct decide_want want = want_of(d);
    const struct steps *steps = &plan->steps;

    if (plan == &d->decision && !want.back)
        return want;
    want.back = false;
    for (size_t i = 0; i < steps->count; i++)
        if (steps->list[i].verb == STEP_DRIVER &&
            fleet_driver_read(steps->list[i].args[0], &want.driver, &want.driver_version,
                              NULL) == 0) {
            want.driver_version = steps->list[i].args[1];
            return want;
        }
    want.remove = true;
    return want;
}

/* Not yet, perhaps: ports take a while. */
static struct lesson not_yet_for(const struct decision *found)
{
    CLEANUP(text_done) char *left = decision_summary(found);
    struct lesson lesson = {.event = NODE_EV_NONE};

    fail_set(&lesson.why, FAIL_VERIFY, "still not so: %s",
             left ? left : "(out of memory)");
    return lesson;
}

/* What the plan does is done; does it do RDMA as it should?  What brings back what was
 * before is not to blame for how that was.
 */
static bool is_fit(const struct dossier *d, const struct facts *f,
                   const struct decision *plan, const struct decide_want *want,
                   struct fail *why)
{
    return plan != &d->decision || fitness_judge(f, d->facts, want, why) == 0;
}

/* Is the node as this plan wants it? */
static struct lesson compare(const struct dossier *d, const struct json *answer,
                             const struct decision *plan)
{
    CLEANUP(facts_done) struct facts *f = NULL;
    CLEANUP(decision_clear) struct decision found = {0};
    struct decide_want want = want_of_plan(d, plan);
    struct lesson unfit = {.event = NODE_EV_NONE};
    struct fail why;

    if (facts_decode(answer, &f, &why) < 0 || decide(f, &want, &found, &why) < 0)
        return failed(&why);
    if (found.verdict == DECIDE_STEPS)
        return not_yet_for(&found);
    if (!is_fit(d, f, plan, &want, &unfit.why))
        return unfit;
    return found.verdict == DECIDE_UP_TO_DATE ? went(NODE_EV_OK) : not_yet_for(&found);
}

static struct lesson learn_verified(struct dossier *d, const struct json *answer,
                                    unsigned tries)
{
    (void)tries;
    return compare(d, answer, &d->decision);
}

/* ---- back to what was before ---------------------------------------------------------- */

static struct lesson plan_back(struct dossier *d, const struct json *answer)
{
    CLEANUP(facts_done) struct facts *f = NULL;
    struct decide_want want = want_of(d);
    struct fail why;

    want.back = true;
    decision_clear(&d->back);
    if (facts_decode(answer, &f, &why) < 0 || decide(f, &want, &d->back, &why) < 0)
        return failed(&why);
    if (d->back.verdict == DECIDE_REFUSE)
        return failed(&d->back.refusal);
    return went(d->back.verdict == DECIDE_STEPS ? NODE_EV_PLAN : NODE_EV_UP_TO_DATE);
}

/* Once before, and once after it was done. */
static struct lesson learn_back(struct dossier *d, const struct json *answer,
                                unsigned tries)
{
    struct lesson lesson;

    (void)tries;
    if (!d->went_back)
        return plan_back(d, answer);
    lesson = compare(d, answer, &d->back);
    if (lesson.event == NODE_EV_OK)
        lesson.event = NODE_EV_UP_TO_DATE;
    return lesson;
}

static struct lesson learn_back_installed(struct dossier *d, const struct json *answer,
                                          unsigned tries)
{
    (void)answer;
    (void)tries;
    d->went_back = true;
    if (!d->back.reboot)
        return went(NODE_EV_OK);
    d->goes_down = false;
    if (!d->back_boot_id)
        d->back_boot_id = strdup(d->boot_now);
    return d->back_boot_id ? went(NODE_EV_REBOOT) : failed_memory();
}

static struct lesson learn_nothing(struct dossier *d, const struct json *answer,
                                   unsigned tries)
{
    (void)d;
    (void)answer;
    (void)tries;
    return went(NODE_EV_OK);
}

/* ---- questions --------------------------------------------------------------------- */

static struct json *no_body(const struct dossier *d, int64_t until_s)
{
    (void)d;
    (void)until_s;
    return json_object();
}

static struct json *claim_body(const struct dossier *d, int64_t until_s)
{
    return order_claim(d->claim, until_s);
}

static struct json *install_body(const struct dossier *d, int64_t until_s)
{
    (void)until_s;
    return order_install(d->claim, &d->decision.steps);
}

bool dossier_can_stage(const struct dossier *d)
{
    return stage_has(&d->decision.steps);
}

static struct json *stage_body(const struct dossier *d, int64_t until_s)
{
    CLEANUP(steps_clear) struct steps staged = {0};

    (void)until_s;
    if (stage_of(&d->decision.steps, &staged, NULL) < 0)
        return NULL;
    return order_install(d->claim, &staged);
}

static struct json *back_body(const struct dossier *d, int64_t until_s)
{
    (void)until_s;
    return order_install(d->claim, &d->back.steps);
}

static struct json *back_reboot_body(const struct dossier *d, int64_t until_s)
{
    if (d->aim.reboots_elsewhere)
        return no_body(d, until_s);
    return order_reboot(d->claim, d->back_boot_id);
}

static struct json *reboot_body(const struct dossier *d, int64_t until_s)
{
    if (d->aim.reboots_elsewhere)
        return no_body(d, until_s);
    return order_reboot(d->claim, d->boot_id);
}

static struct json *release_body(const struct dossier *d, int64_t until_s)
{
    (void)until_s;
    return order_release(d->claim);
}

/* clang-format off */
static const struct {
    const char *what;
    struct json *(*body)(const struct dossier *d, int64_t until_s);
    struct lesson (*learn)(struct dossier *d, const struct json *answer, unsigned tries);
} questions[NODE_STATES] = {
    [NODE_PROBING]         = {"detect",  no_body,          learn_facts},
    [NODE_CLAIMING]        = {"claim",   claim_body,       learn_nothing},
    [NODE_STAGING]         = {"install", stage_body,       learn_nothing},
    [NODE_INSTALLING]      = {"install", install_body,     learn_installed},
    [NODE_REBOOTING]       = {"reboot",  reboot_body,      learn_rebooting},
    [NODE_VERIFYING]       = {"detect",  no_body,          learn_verified},
    [NODE_SOAKING]         = {"detect",  no_body,          learn_verified},
    [NODE_BACK_PROBING]    = {"detect",  no_body,          learn_back},
    [NODE_BACK_INSTALLING] = {"install", back_body,        learn_back_installed},
    [NODE_BACK_REBOOTING]  = {"reboot",  back_reboot_body, learn_rebooting},
    [NODE_RELEASING]       = {"release", release_body,     learn_nothing},
    [NODE_GIVING_UP]       = {"release", release_body,     learn_nothing},
};
/* clang-format on */

const char *dossier_question(const struct dossier *d, enum node_state state)
{
    bool is_reboot = state == NODE_REBOOTING || state == NODE_BACK_REBOOTING;

    assert(questions[state].what);
    return is_reboot && d->aim.reboots_elsewhere ? "detect" : questions[state].what;
}

struct json *dossier_body(const struct dossier *d, enum node_state state, int64_t until_s)
{
    assert(questions[state].what);
    return questions[state].body(d, until_s);
}

/* What is only too early is left for the install; all else would be met there, too, with the
 * node out of service.
 */
static struct lesson learn_failure(const struct dossier *d, enum node_state state,
                                   const struct fail *why, unsigned tries)
{
    if (state == NODE_REBOOTING || state == NODE_BACK_REBOOTING)
        return weigh_refusal(d, why, tries);
    if (state == NODE_STAGING && stage_may_wait(&d->decision.steps, why->code))
        return went(NODE_EV_OK);
    return failed(why);
}

struct lesson dossier_learn(struct dossier *d, enum node_state state,
                            const struct json *answer, const struct fail *why,
                            unsigned tries)
{
    assert(questions[state].what);
    if (why)
        return learn_failure(d, state, why, tries);
    return questions[state].learn(d, answer, tries);
}
