#include "controller/rollout/plan.h"

#include <string.h>

#include "inventory/decide.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"
#include "protocol/steps.h"
#include "protocol/url.h"

static const char *const verdicts[] = {
    [DECIDE_UP_TO_DATE] = "up-to-date",
    [DECIDE_STEPS] = "steps",
    [DECIDE_REFUSE] = "refused",
};

static int put_details(struct json *doc, const struct decision *d,
                       const struct steps *steps)
{
    switch (d->verdict) {
    case DECIDE_STEPS:
        return json_put(doc, "steps", steps_encode(steps)) < 0
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

static struct json *encode(const struct decision *d, const struct steps *steps)
{
    struct json *doc = json_object();

    if (doc && json_put_text(doc, "verdict", verdicts[d->verdict]) == 0 &&
        put_details(doc, d, steps) == 0)
        return doc;
    json_free(doc);
    return NULL;
}

struct json *plan_encode(const struct decision *d)
{
    return encode(d, &d->steps);
}

/* SHA256 FILE URL [PROXY] */
static int add_fetch_shown(const struct step *s, struct steps *shown)
{
    char url[URL_MAX_BYTES + 1] = "", proxy[URL_MAX_BYTES + 1] = "";
    const char *args[] = {s->args[0], s->args[1], url, proxy};

    url_show(s->args[2], url, sizeof url);
    if (s->arg_count > 3)
        url_show(s->args[3], proxy, sizeof proxy);
    return steps_add(shown, STEP_FETCH, args, s->arg_count, NULL);
}

struct json *plan_encode_shown(const struct decision *d)
{
    CLEANUP(steps_clear) struct steps shown = {0};

    for (size_t i = 0; i < d->steps.count; i++) {
        const struct step *s = &d->steps.list[i];

        if (s->verb == STEP_FETCH
                ? add_fetch_shown(s, &shown) < 0
                : steps_add(&shown, s->verb, (const char *const *)s->args, s->arg_count,
                            NULL) < 0)
            return NULL;
    }
    return encode(d, &shown);
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

bool plan_is_empty(const char *text)
{
    CLEANUP(json_done) struct json *doc = NULL;
    const char *verdict;

    return json_parse(text, strlen(text), &doc, NULL) == 0 &&
           json_get_text(doc, "verdict", &verdict, NULL) == 0 &&
           strcmp(verdict, verdicts[DECIDE_UP_TO_DATE]) == 0;
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
