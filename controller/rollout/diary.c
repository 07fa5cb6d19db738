#include "controller/rollout/diary.h"

#include <assert.h>

#include "controller/rollout/node.h"
#include "controller/rollout/plan.h"
#include "inventory/fleet.h"
#include "protocol/facts.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

/* What giving up has to say is what it failed with. */
static const struct fail *reason_of(const struct diary *d, enum node_state to)
{
    bool is_told = to == NODE_FAILED || to == NODE_SKIPPED ||
                   (to >= NODE_BACK_PROBING && to <= NODE_GIVING_UP);

    return is_told ? node_why(d->node) : NULL;
}

static struct journal_move row_of(const struct diary *d, const struct node_move *m,
                                  double seconds)
{
    const struct fail *why = reason_of(d, m->to);

    return (struct journal_move){
        .node = node_of_fleet(d->node)->name,
        .from = node_state_name(m->from),
        .event = node_event_name(m->event),
        .to = node_state_name(m->to),
        .code = fail_code_name(why ? why->code : FAIL_NONE),
        .reason = why ? why->text : "",
        .boot_id = m->boot_id,
        .seconds = seconds,
    };
}

int diary_put_move(const struct diary *d, struct journal *journal,
                   const struct node_move *move, double seconds,
                   journal_written_fn written, void *arg, struct fail *why)
{
    struct journal_move row = row_of(d, move, seconds);

    return journal_put_move(journal, &row, written, arg, why);
}

/* ---- before there is a run --------------------------------------------------------- */

void diary_keep(struct diary *d, const struct node_move *m)
{
    assert(d->early_count < DIARY_EARLY_MAX);
    d->early[d->early_count].at_ms = journal_clock_ms();
    d->early[d->early_count].from = m->from;
    d->early[d->early_count].to = m->to;
    d->early[d->early_count].event = m->event;
    d->early_count++;
}

static int put_early(const struct diary *d, struct journal *journal, double seconds,
                     struct fail *why)
{
    for (size_t i = 0; i < d->early_count; i++) {
        const struct node_move m = {.from = d->early[i].from,
                                    .to = d->early[i].to,
                                    .event = d->early[i].event};
        struct journal_move row = row_of(d, &m, seconds);

        row.at_ms = d->early[i].at_ms;
        if (journal_put_move(journal, &row, NULL, NULL, why) < 0)
            return -1;
    }
    return 0;
}

static char *print_and_free(struct json *doc)
{
    char *text = doc ? json_print(doc) : NULL;

    json_free(doc);
    return text;
}

int diary_put_node(const struct diary *d, struct journal *journal, double seconds,
                   long batch, struct fail *why)
{
    const struct facts *facts = node_facts(d->node);
    CLEANUP(text_done) char *seen = facts ? print_and_free(facts_encode(facts)) : NULL;
    CLEANUP(text_done) char *plan = print_and_free(plan_encode(node_decision(d->node)));
    const struct journal_node row = {
        .name = node_of_fleet(d->node)->name,
        .state = node_state_name(NODE_TODO),
        .code = fail_code_name(FAIL_NONE),
        .reason = "",
        .plan = plan,
        .facts = seen,
        .batch = batch,
    };

    if (!plan || (facts && !seen))
        return fail_memory(why);
    if (journal_put_node(journal, &row, NULL, NULL, why) < 0)
        return -1;
    return put_early(d, journal, seconds, why);
}
