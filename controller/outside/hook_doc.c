#include "controller/outside/hook_doc.h"

#include <assert.h>
#include <string.h>

#include "controller/screen/escape.h"
#include "controller/screen/text.h"
#include "inventory/hostset.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

/* ---- kinds ------------------------------------------------------------------------------ */

static const struct {
    const char *name, *meaning;
    bool decides, is_of_node;
} kinds[HOOK_KINDS] = {
    [HOOK_BEFORE_NODE] = {"before-node",
                          "before anything is done to a node that is planned.  0: it is "
                          "begun.  75: asked again later.  Anything else: it is not "
                          "begun, and failed with `hook-refused`",
                          true, true},
    [HOOK_AFTER_NODE] = {"after-node",
                         "when a node has ended, well or not.  Its status changes "
                         "nothing; anything but 0 is a warning",
                         false, true},
    [HOOK_BEFORE_BATCH] =
        {"before-batch",
         "before the first node of a batch.  0: it is begun.  75: asked "
         "again later.  Anything else: no node of it is begun; all of "
         "them failed with `hook-refused`",
         true, false},
    [HOOK_AFTER_BATCH] = {"after-batch",
                          "when all nodes of a batch have ended, and with them their "
                          "after-node.  Its status changes nothing; anything but 0 is a "
                          "warning",
                          false, false},
    [HOOK_VETO] =
        {"veto",
         "before nodes are begun, as often as the policy asks.  0: nothing "
         "speaks against it.  75: asked again later.  Anything else: nothing new "
         "is begun",
         true, false},
};

const char *hook_name(enum hook_kind kind)
{
    assert(kind < HOOK_KINDS);
    return kinds[kind].name;
}

const char *hook_meaning(enum hook_kind kind)
{
    assert(kind < HOOK_KINDS);
    return kinds[kind].meaning;
}

bool hook_decides(enum hook_kind kind)
{
    assert(kind < HOOK_KINDS);
    return kinds[kind].decides;
}

bool hook_is_of_node(enum hook_kind kind)
{
    assert(kind < HOOK_KINDS);
    return kinds[kind].is_of_node;
}

/* ---- parts ------------------------------------------------------------------------------ */

static int put_standing(struct json *doc, const struct hook_node *node)
{
    const struct fail *why = node->why && node->why->code ? node->why : NULL;

    if (json_put_text(doc, "state", node->state) < 0 ||
        json_put_text(doc, "code", fail_code_name(why ? why->code : FAIL_NONE)) < 0 ||
        json_put_text(doc, "reason", why ? why->text : "") < 0)
        return -1;
    return json_put_real(doc, "seconds", node->seconds);
}

static struct json *name_of(const void *arg, size_t i)
{
    const struct hook_node *nodes = arg;

    return json_text(nodes[i].name);
}

static struct json *result_of(const void *arg, size_t i)
{
    const struct hook_node *node = (const struct hook_node *)arg + i;
    struct json *doc = json_object();

    if (doc && json_put_text(doc, "name", node->name) == 0 &&
        put_standing(doc, node) == 0)
        return doc;
    json_free(doc);
    return NULL;
}

/* A name that is none of the syntax cannot be folded; it is told as it is. */
static int put_hosts(struct json *object, const struct hook_doc *doc)
{
    CLEANUP(hostset_done) struct hostset *set = hostset_new();
    CLEANUP(text_done) char *folded = NULL;

    for (size_t i = 0; set && i < doc->node_count; i++)
        if (hostset_add(set, doc->nodes[i].name, NULL) < 0)
            return -1;
    folded = set ? hostset_fold(set) : NULL;
    return folded ? json_put_text(object, "hosts", folded) : -1;
}

static int put_batch(struct json *object, const struct hook_doc *doc)
{
    struct json *batch;

    if (!doc->batch)
        return 0;
    batch = json_object();
    if (!batch || json_put(object, "batch", batch) < 0 ||
        json_put_int(batch, "number", (int64_t)doc->batch) < 0 ||
        json_put_int(batch, "of", (int64_t)doc->batches) < 0)
        return -1;
    return json_put_int(batch, "nodes", (int64_t)doc->batch_nodes);
}

static int put_node(struct json *object, const struct hook_doc *doc)
{
    if (put_standing(object, &doc->nodes[0]) < 0)
        return -1;
    return doc->plan ? json_put(object, "plan", json_copy(doc->plan)) : 0;
}

static struct json *encode(const struct hook_doc *doc)
{
    struct json *object = json_object();
    bool is_of_node = hook_is_of_node(doc->kind);

    if (object && json_put_text(object, "schema", "ibfleet.hook/1") == 0 &&
        json_put_text(object, "hook", hook_name(doc->kind)) == 0 &&
        json_put_text(object, "run", doc->run) == 0 &&
        (!is_of_node || json_put_text(object, "node", doc->nodes[0].name) == 0) &&
        put_hosts(object, doc) == 0 &&
        json_put(object, "nodes", json_list(doc->node_count, name_of, doc->nodes)) == 0 &&
        put_batch(object, doc) == 0 &&
        (is_of_node
             ? put_node(object, doc) == 0
             : doc->kind != HOOK_AFTER_BATCH ||
                   json_put(object, "results",
                            json_list(doc->node_count, result_of, doc->nodes)) == 0))
        return object;
    json_free(object);
    return NULL;
}

char *hook_doc_print(const struct hook_doc *doc)
{
    CLEANUP(json_done) struct json *object = NULL;
    CLEANUP(text_done) char *printed = NULL;
    struct text text = {.max_bytes = HOOK_DOC_MAX_BYTES};

    assert(!hook_is_of_node(doc->kind) || doc->node_count == 1);
    object = encode(doc);
    printed = object ? json_print(object) : NULL;
    if (printed) {
        escape_put(&text, printed, strlen(printed), ESCAPE_JSON);
        text_put(&text, "\n", 1);
    }
    if (printed && !text_is_cut(&text))
        return text.bytes;
    text_clear(&text);
    return NULL;
}
