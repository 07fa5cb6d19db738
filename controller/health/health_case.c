#include "controller/health/health_case.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "inventory/scaleset.h"
#include "protocol/fail.h"

static void put_time(int64_t ms, char text[HEALTH_TIME_BYTES])
{
    time_t s = (time_t)(ms / 1000);
    struct tm tm;

    if (!gmtime_r(&s, &tm) ||
        !strftime(text, HEALTH_TIME_BYTES, "%Y-%m-%dT%H:%M:%SZ", &tm))
        *text = '\0';
}

/* What was found of another machine under this name says nothing of this one. */
static void forget_predecessor(struct health_case *c)
{
    if (c->instance->replaced_s * 1000 <= c->evidence.seen_ms)
        return;
    c->is_successor = *c->evidence.run;
    c->evidence.is_proved = false;
    *c->evidence.host = '\0';
}

static int choose_category(struct health_case *c, const struct health_order *order,
                           struct fail *why)
{
    if (order->category)
        return health_category_named(order->category, &c->category, why);
    c->category = c->evidence.category;
    if (c->evidence.is_proved)
        return 0;
    if (!*c->evidence.run)
        return fail_set(why, FAIL_USAGE,
                        "%s: no validation has measured it: ibfleet validate does, or "
                        "--category says what is wrong with it",
                        c->node);
    if (c->is_successor)
        return fail_set(
            why, FAIL_USAGE,
            "%s: it has taken the place of the machine that validation %s has "
            "measured: ibfleet validate measures it, or --category says what is "
            "wrong with it",
            c->node, c->evidence.run);
    return fail_set(why, FAIL_USAGE,
                    "%s: its newest validation (%s) has proved nothing against it alone: "
                    "--category says what is wrong with it all the same",
                    c->node, c->evidence.run);
}

int health_case_make(struct history *h, const struct health_order *order,
                     struct health_case *c, struct fail *why)
{
    struct health_report report;

    *c = (struct health_case){.node = order->node, .instance = order->instance};
    if (evidence_read(h, order->node, NULL, &c->evidence, why) < 0)
        return -1;
    forget_predecessor(c);
    if (choose_category(c, order, why) < 0)
        return -1;
    snprintf(c->host, sizeof c->host, "%s", order->host ? order->host : c->evidence.host);
    put_time(c->evidence.is_proved ? c->evidence.seen_ms : order->now_ms, c->seen);
    put_time(order->now_ms, c->now);
    health_case_report(c, &report);
    return health_check(&report, why) < 0 ? fail_prefix(why, "%s", c->node) : 0;
}

void health_case_report(const struct health_case *c, struct health_report *report)
{
    *report = (struct health_report){
        .category = c->category,
        .description = c->evidence.is_proved ? c->evidence.text
                                             : health_category_meaning(c->category),
        .resource = c->instance->resource,
        .vm_id = c->instance->vm_id,
        .host = *c->host ? c->host : NULL,
        .seen = c->seen,
        .now = c->now,
    };
}
