#include "controller/rollout/plan.h"

#include <string.h>

#include "inventory/decide.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

static const char *const verdicts[] = {
    [DECIDE_UP_TO_DATE] = "up-to-date",
    [DECIDE_STEPS] = "steps",
    [DECIDE_REFUSE] = "refused",
};

static int put_details(struct json *doc, const struct decision *d)
{
    switch (d->verdict) {
    case DECIDE_STEPS:
        return json_put(doc, "steps", steps_encode(&d->steps)) < 0
                   ? -1
                   : json_put_flag(doc, "reboot", d->reboot);
    case DECIDE_REFUSE:
        return json_put_text(doc, "code", fail_code_name(d->refusal.code)) < 0
                   ? -1
                   : json_put_text(doc, "reason", d->refusal.text);
    case DECIDE_UP_TO_DATE:
        break;
    }
    return 0;
}

struct json *plan_encode(const struct decision *d)
{
    struct json *doc = json_object();

    if (doc && json_put_text(doc, "verdict", verdicts[d->verdict]) == 0 &&
        put_details(doc, d) == 0)
        return doc;
    json_free(doc);
    return NULL;
}

static int read_plan(const struct json *doc, struct decision *d, struct fail *why)
{
    const struct json *steps;
    const char *verdict;

    if (json_get_text(doc, "verdict", &verdict, why) < 0 ||
        json_get_array(doc, "steps", &steps, why) < 0 ||
        json_get_flag(doc, "reboot", &d->reboot, why) < 0)
        return -1;
    if (strcmp(verdict, verdicts[DECIDE_STEPS]) != 0)
        return fail_set(why, FAIL_STATE, "a plan without steps");
    d->verdict = DECIDE_STEPS;
    return steps_decode(steps, &d->steps, why);
}

int plan_parse(const char *text, struct decision *d, struct fail *why)
{
    CLEANUP(json_done) struct json *doc = NULL;
    struct fail broken;

    if (json_parse(text, strlen(text), &doc, &broken) == 0 &&
        read_plan(doc, d, &broken) == 0)
        return 0;
    decision_clear(d);
    return fail_set(why, broken.code == FAIL_MEMORY ? FAIL_MEMORY : FAIL_STATE,
                    "a plan in the journal: %s", broken.text);
}
