#include "controller/fabric/seat.h"

#include <stdio.h>

#include "controller/link/link.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/measure.h"

#define JOIN_MS  20000 /* open a device, register memory */
#define LEAVE_MS 2000

static void on_answer(void *arg, const struct json *answer, const struct fail *why)
{
    const struct seat *s = arg;

    s->on_answer(s->arg, s->i, answer, why);
}

static int ask(struct seat *s, const char *what, struct json *body, uint64_t deadline_ms,
               struct fail *why)
{
    if (!body)
        return fail_memory(why);
    link_ask(s->link, what, body, deadline_ms, on_answer, s);
    return 0;
}

int seat_join(struct seat *s, const char *campaign, struct fail *why)
{
    struct measure_join join = {.port = s->port};

    snprintf(join.campaign, sizeof join.campaign, "%s", campaign);
    snprintf(join.hca, sizeof join.hca, "%s", s->hca ? s->hca : "");
    return ask(s, "join", measure_join_encode(&join), JOIN_MS, why);
}

int seat_order(struct seat *s, const struct measure_order *o, uint64_t deadline_ms,
               struct fail *why)
{
    return ask(s, "order", measure_order_encode(o), deadline_ms, why);
}

int seat_leave(struct seat *s, const char *campaign, struct fail *why)
{
    return ask(s, "leave", measure_leave_encode(campaign), LEAVE_MS, why);
}
