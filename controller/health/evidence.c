#include "controller/health/evidence.h"

#include <stdio.h>
#include <string.h>

#include "controller/journal/history.h"
#include "inventory/armfield.h"
#include "protocol/facts.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

struct reading {
    const char *node;
    struct evidence *e;
    char rollout[EVIDENCE_RUN_BYTES];
};

/* ---- what is held against it ------------------------------------------------------------ */

static void prove(struct evidence *e, const char *text)
{
    e->is_proved = true;
    snprintf(e->text, sizeof e->text, "%s", text);
}

static int take_run(void *arg, const struct history_run *run, struct fail *why)
{
    struct evidence *e = ((struct reading *)arg)->e;

    if (strcmp(run->kind, "validate") != 0)
        return fail_set(why, FAIL_NO_SUCH_RUN, "run %s is a %s: name a validation",
                        run->id, run->kind);
    snprintf(e->run, sizeof e->run, "%s", run->id);
    e->seen_ms = run->created_ms;
    return 0;
}

static int take_node(void *arg, const struct history_node *node, struct fail *why)
{
    struct evidence *e = ((struct reading *)arg)->e;

    (void)why;
    if (health_category_of_code(node->code, &e->category))
        prove(e, node->reason);
    return 0;
}

/* The most convincing comes first. */
static int take_finding(void *arg, const char *whole, struct fail *why)
{
    CLEANUP(json_done) struct json *finding = NULL;
    struct reading *r = arg;
    const char *text;

    if (r->e->is_proved)
        return 0;
    if (json_parse(whole, strlen(whole), &finding, why) < 0)
        return -1;
    text = armfield_text(finding, "text");
    if (text && health_category_of_finding(finding, r->node, &r->e->category))
        prove(r->e, text);
    return 0;
}

static int find_run(struct history *h, const char *run, struct reading *r,
                    struct fail *why)
{
    struct fail none;

    if (run)
        return history_run(h, run, take_run, r, why);
    if (history_run_of_node(h, r->node, "validate", take_run, r, &none) == 0 ||
        none.code == FAIL_NO_SUCH_RUN)
        return 0;
    if (why)
        *why = none;
    return -1;
}

static int read_validation(struct history *h, const char *run, struct reading *r,
                           struct fail *why)
{
    if (find_run(h, run, r, why) < 0)
        return -1;
    if (!*r->e->run)
        return 0;
    return history_nodes(h, r->e->run, r->node, take_node, r, why) < 0
               ? -1
               : history_findings(h, r->e->run, r->node, take_finding, r, why);
}

/* ---- where it ran -------------------------------------------------------------------------- */

static int take_rollout(void *arg, const struct history_run *run, struct fail *why)
{
    struct reading *r = arg;

    (void)why;
    snprintf(r->rollout, sizeof r->rollout, "%s", run->id);
    return 0;
}

/* Facts that cannot be read are as good as none: the host is not needed. */
static int take_host(void *arg, const struct history_node *node, struct fail *why)
{
    CLEANUP(json_done) struct json *doc = NULL;
    CLEANUP(facts_done) struct facts *f = NULL;
    struct evidence *e = ((struct reading *)arg)->e;

    (void)why;
    if (node->facts && json_parse(node->facts, strlen(node->facts), &doc, NULL) == 0 &&
        facts_decode(doc, &f, NULL) == 0 && f->physical_host)
        snprintf(e->host, sizeof e->host, "%s", f->physical_host);
    return 0;
}

static int read_host(struct history *h, struct reading *r, struct fail *why)
{
    struct fail none;

    if (history_run_of_node(h, r->node, "rollout", take_rollout, r, &none) == 0)
        return history_nodes(h, r->rollout, r->node, take_host, r, why);
    if (none.code == FAIL_NO_SUCH_RUN)
        return 0;
    if (why)
        *why = none;
    return -1;
}

int evidence_read(struct history *h, const char *node, const char *run,
                  struct evidence *e, struct fail *why)
{
    struct reading r = {.node = node, .e = e};

    *e = (struct evidence){.is_proved = false};
    return read_validation(h, run, &r, why) < 0 ? -1 : read_host(h, &r, why);
}
