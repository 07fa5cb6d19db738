#include "controller/rollout/plan_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/options.h"
#include "controller/rollout/dispatch.h"
#include "controller/rollout/invocation.h"
#include "controller/rollout/node.h"
#include "controller/rollout/plan.h"
#include "controller/rollout/rollout.h"
#include "controller/rollout/view_batches.h"
#include "controller/whole_file.h"
#include "inventory/fleet.h"
#include "inventory/fleet_policy.h"
#include "inventory/hostset.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define SCHEMA "ibfleet.plan/1"

/* ---- writing --------------------------------------------------------------------------- */

static struct json *encode_policy(const struct fleet_policy *keys)
{
    struct json *doc = json_object();
    int bad = 0;

    for (unsigned key = 0; doc && key < POLICY_KEYS; key++)
        bad |= json_put_text(doc, policy_key_name((enum policy_key)key),
                             fleet_policy_text(keys, (enum policy_key)key));
    if (!bad)
        return doc;
    json_free(doc);
    return NULL;
}

static struct json *encode_invocation(const struct plan_file_head *head)
{
    CLEANUP(text_done) char *text = invocation_print(head->options, head->fleet_file);
    struct json *doc = NULL;

    return text && json_parse(text, strlen(text), &doc, NULL) == 0 ? doc : NULL;
}

static struct json *encode_planned(const struct rollout *r, size_t i)
{
    const struct node *n = rollout_node(r, i);
    struct json *doc = json_object();

    if (doc && json_put_text(doc, "name", node_of_fleet(n)->name) == 0 &&
        json_put_int(doc, "batch", rollout_stage(r, i) + 1) == 0 &&
        json_put(doc, "plan", plan_encode_shown(node_decision(n))) == 0)
        return doc;
    json_free(doc);
    return NULL;
}

static struct json *encode_other(const struct rollout *r, size_t i)
{
    const struct node *n = rollout_node(r, i);
    const struct fail *why = node_why(n);
    struct json *doc = json_object();

    if (doc && json_put_text(doc, "name", node_of_fleet(n)->name) == 0 &&
        json_put_text(doc, "state", node_state_name(node_where(n))) == 0 &&
        json_put_text(doc, "code", fail_code_name(why->code)) == 0 &&
        json_put_text(doc, "reason", why->code ? why->text : "") == 0)
        return doc;
    json_free(doc);
    return NULL;
}

static struct json *encode_nodes(const struct rollout *r, bool planned)
{
    struct json *list = json_array();

    for (size_t i = 0; list && i < rollout_count(r); i++) {
        bool is_planned = node_where(rollout_node(r, i)) == NODE_PLANNED;

        if (is_planned == planned &&
            json_push(list, planned ? encode_planned(r, i) : encode_other(r, i)) < 0) {
            json_free(list);
            return NULL;
        }
    }
    return list;
}

static int put_estimate(struct json *doc, const struct forecast *f)
{
    return f->ms == UINT64_MAX ? json_put_text(doc, "estimate_s", NULL)
                               : json_put_int(doc, "estimate_s", (int64_t)(f->ms / 1000));
}

struct json *plan_file_encode(const struct rollout *r, const struct plan_file_head *head,
                              const struct dispatch_terms *terms,
                              const struct forecast *forecast)
{
    struct json *doc = json_object();

    if (doc && json_put_text(doc, "schema", SCHEMA) == 0 &&
        json_put_text(doc, "made", head->made) == 0 &&
        json_put_text(doc, "by", head->by) == 0 &&
        json_put(doc, "invocation", encode_invocation(head)) == 0 &&
        json_put(doc, "policy", encode_policy(terms->keys)) == 0 &&
        put_estimate(doc, forecast) == 0 &&
        json_put(doc, "batches", view_batches_json(r)) == 0 &&
        json_put(doc, "nodes", encode_nodes(r, true)) == 0 &&
        json_put(doc, "others", encode_nodes(r, false)) == 0)
        return doc;
    json_free(doc);
    return NULL;
}

/* ---- reading --------------------------------------------------------------------------- */

struct planned {
    const char *name;
    long stage;
    const struct json *plan;
};

struct plan_file {
    struct json *doc;
    const struct json *invocation, *policy;
    struct planned *nodes; /* by name, as strcmp() has them */
    size_t count;
    char *hosts;
};

void plan_file_free(struct plan_file *p)
{
    if (!p)
        return;
    json_free(p->doc);
    free(p->nodes);
    free(p->hosts);
    free(p);
}

static int by_name(const void *x, const void *y)
{
    const struct planned *a = x, *b = y;

    return strcmp(a->name, b->name);
}

static int read_node(const struct json *item, struct planned *n, struct fail *why)
{
    int64_t batch;

    if (json_get_text(item, "name", &n->name, why) < 0 ||
        json_get_int(item, "batch", 1, SHARE_MAX, &batch, why) < 0 ||
        json_get_object(item, "plan", &n->plan, why) < 0)
        return -1;
    n->stage = (long)batch - 1;
    return 0;
}

static int read_nodes(struct plan_file *p, const struct json *list, struct fail *why)
{
    CLEANUP(hostset_done) struct hostset *set = hostset_new();

    p->nodes = calloc(json_count(list) + 1, sizeof *p->nodes);
    if (!set || !p->nodes)
        return fail_memory(why);
    for (const struct json *n = json_first(list); n; n = json_next(n)) {
        if (read_node(n, &p->nodes[p->count], why) < 0 ||
            hostset_add(set, p->nodes[p->count].name, why) < 0)
            return -1;
        p->count++;
    }
    if (!p->count)
        return fail_set(why, FAIL_USAGE, "there is nothing to do in it");
    if (hostset_count(set) != p->count)
        return fail_set(why, FAIL_USAGE, "a node stands in it twice");
    qsort(p->nodes, p->count, sizeof *p->nodes, by_name);
    p->hosts = hostset_fold(set);
    return p->hosts ? 0 : fail_memory(why);
}

static int read_doc(struct plan_file *p, struct fail *why)
{
    const struct json *list;
    const char *schema;

    if (json_get_text(p->doc, "schema", &schema, why) < 0)
        return -1;
    if (strcmp(schema, SCHEMA) != 0)
        return fail_set(why, FAIL_USAGE, "its schema is '%s', not '%s'", schema, SCHEMA);
    return json_get_object(p->doc, "invocation", &p->invocation, why) < 0 ||
                   json_get_object(p->doc, "policy", &p->policy, why) < 0 ||
                   json_get_array(p->doc, "nodes", &list, why) < 0
               ? -1
               : read_nodes(p, list, why);
}

int plan_file_read(const char *path, struct plan_file **p, struct fail *why)
{
    CLEANUP(text_done) char *text = NULL;
    struct plan_file *made;
    size_t len_bytes;

    if (whole_file_read(path, PLAN_FILE_MAX_BYTES, &text, &len_bytes) < 0)
        return fail_set(why, FAIL_USAGE, "plan %s: %s", path, strerror(errno));
    made = calloc(1, sizeof *made);
    if (!made)
        return fail_memory(why);
    if (json_parse(text, len_bytes, &made->doc, why) == 0 && read_doc(made, why) == 0) {
        *p = made;
        return 0;
    }
    plan_file_free(made);
    if (why->code == FAIL_MEMORY)
        return -1;
    return fail_set(why, FAIL_USAGE, "plan %s: %s", path, why->text);
}

/* ---- asking ---------------------------------------------------------------------------- */

const char *plan_file_hosts(const struct plan_file *p)
{
    return p->hosts;
}

const struct json *plan_file_invocation(const struct plan_file *p)
{
    return p->invocation;
}

void plan_file_fill(const struct plan_file *p, struct options *o)
{
    for (unsigned key = 0; key < POLICY_KEYS; key++)
        json_get_text(p->policy, policy_key_name((enum policy_key)key), &o->policy[key],
                      NULL);
}

static const struct planned *find(const struct plan_file *p, const char *name)
{
    const struct planned key = {.name = name};

    return bsearch(&key, p->nodes, p->count, sizeof *p->nodes, by_name);
}

long plan_file_stage(const struct plan_file *p, const char *name)
{
    const struct planned *n = find(p, name);

    return n ? n->stage : -1;
}

static char *print_and_free(struct json *doc)
{
    char *text = doc ? json_print(doc) : NULL;

    json_free(doc);
    return text;
}

int plan_file_check(const struct plan_file *p, const struct node *n, struct fail *why)
{
    const struct planned *planned = find(p, node_of_fleet(n)->name);
    CLEANUP(text_done) char *was = planned ? json_print(planned->plan) : NULL;
    CLEANUP(text_done) char *is = print_and_free(plan_encode_shown(node_decision(n)));
    CLEANUP(text_done) char *words = decision_summary(node_decision(n));

    if (!planned)
        return fail_set(why, FAIL_NOT_AS_PLANNED, "is not in the plan");
    if (!was || !is || !words)
        return fail_memory(why);
    if (strcmp(was, is) == 0)
        return 0;
    return fail_set(why, FAIL_NOT_AS_PLANNED, "would get something else now: %s", words);
}
