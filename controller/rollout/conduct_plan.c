/* conduct_plan - a rollout's plan: how long it may take, and one that was agreed on in a file */
#include <stdio.h>

#include "controller/command.h"
#include "controller/journal/journal.h"
#include "controller/options.h"
#include "controller/out_file.h"
#include "controller/rollout/conduct_parts.h"
#include "controller/rollout/estimate.h"
#include "controller/rollout/experience.h"
#include "controller/rollout/node.h"
#include "controller/rollout/past.h"
#include "controller/rollout/plan_file.h"
#include "controller/rollout/rollout.h"
#include "controller/rollout/view_batches.h"
#include "controller/screen/text.h"
#include "inventory/fleet.h"
#include "inventory/fleet_policy.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

/* Of a node that is measured, as long as others come and a few rounds take. */
#define CHECK_MS 120000u

/* A node's soak is not in what it took, nor is its check. */
void conduct_foresee(const struct conduct *c, struct forecast *f)
{
    const struct fleet_policy *keys = terms_of(c->terms)->keys;
    const struct policy_time now = dispatch_time(c->command->loop);

    f->node_ms = experience_node_ms(c->command, &f->samples);
    if (!f->samples)
        f->node_ms = ESTIMATE_NODE_MS;
    f->node_ms += keys->soak_ms + (keys->fabric_check ? CHECK_MS : 0);
    f->ms = estimate_course_ms(rollout_course(c->rollout), keys, f->node_ms, &now);
}

/* Who would get something else than was agreed on gets nothing. */
void conduct_keep_to_plan(struct conduct *c)
{
    struct fail why;

    for (size_t i = 0; c->agreed && i < rollout_count(c->rollout); i++) {
        struct node *n = rollout_node(c->rollout, i);

        if (node_where(n) == NODE_PLANNED && plan_file_check(c->agreed, n, &why) < 0)
            node_refuse(n, &why);
        rollout_restore(c->rollout, i, 0, false,
                        plan_file_stage(c->agreed, node_of_fleet(n)->name));
    }
}

int conduct_write_plan(const struct conduct *c, const struct forecast *forecast,
                       struct fail *why)
{
    char made[PAST_TIME_BYTES], by[sizeof c->user + sizeof c->host + 1];
    const struct plan_file_head head = {.options = c->command->options,
                                        .fleet_file = command_fleet_file(c->command),
                                        .made = made,
                                        .by = by};
    CLEANUP(json_done) struct json *doc = NULL;
    CLEANUP(text_done) char *words = NULL;
    CLEANUP(text_clear) struct text text = {0};

    if (!c->command->options->plan || !c->command->options->out)
        return 0;
    past_format_time(journal_clock_ms(), made);
    snprintf(by, sizeof by, "%s@%s", c->user, c->host);
    doc = plan_file_encode(c->rollout, &head, terms_of(c->terms), forecast);
    words = doc ? json_print_pretty(doc) : NULL;
    if (!words)
        return fail_memory(why);
    text_add(&text, "%s\n", words);
    return out_file_write(c->command->options->out, &text, why);
}
