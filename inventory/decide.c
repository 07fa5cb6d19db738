#include "inventory/decide.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "inventory/decide_parts.h"
#include "protocol/facts.h"

/* ---- what all its files use -------------------------------------------------- */

bool decide_text_is(const char *text, const char *other)
{
    return text && strcmp(text, other) == 0;
}

const char *decide_or_unknown(const char *text)
{
    return text ? text : "unknown";
}

int decide_refuse(struct decision *d, enum fail_code code, const char *fmt, ...)
{
    char text[sizeof d->refusal.text];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    steps_clear(&d->steps);
    d->reboot = false;
    d->verdict = DECIDE_REFUSE;
    fail_set(&d->refusal, code, "%s", text);
    return 0;
}

/* ---- the questions, in their order ---------------------------------------------- */

static bool is_wanted(const struct decide_want *want)
{
    return want->driver != FLEET_DRIVER_NONE || want->remove || want->back;
}

static void judge_device(struct decide_case *c, struct decision *d)
{
    if (!c->want->remove) /* from a machine that lost its HCA, too */
        decide_check_device(c, d);
}

static void judge_port(struct decide_case *c, struct decision *d)
{
    if (!c->want->remove)
        decide_check_port(c, d);
}

static int judge_steps(const struct decide_case *c, struct decision *d, struct fail *why)
{
    if (decide_steps(c, d, why) < 0) {
        decision_clear(d);
        return -1;
    }
    if (d->verdict == DECIDE_REFUSE || !d->steps.count)
        return 0;
    d->verdict = DECIDE_STEPS;
    if (d->reboot)
        decide_check_events(c, "a reboot", d);
    return 0;
}

int decide(const struct facts *f, const struct decide_want *want, struct decision *d,
           struct fail *why)
{
    struct decide_case c = {.f = f, .want = want, .hca = decide_find_hca(f)};

    assert(!d->steps.count && d->verdict == DECIDE_UP_TO_DATE);
    if (!is_wanted(want))
        return 0;
    judge_device(&c, d);
    if (d->verdict != DECIDE_REFUSE)
        decide_driver(&c, d);
    if (d->verdict != DECIDE_REFUSE && decide_changes_driver(&c))
        decide_check_objections(&c, d);
    if (d->verdict != DECIDE_REFUSE && judge_steps(&c, d, why) < 0)
        return -1;
    if (d->verdict == DECIDE_UP_TO_DATE)
        judge_port(&c, d);
    return 0;
}

void decision_clear(struct decision *d)
{
    steps_clear(&d->steps);
    memset(d, 0, sizeof *d);
}
