#include "controller/health/health.h"

#include <stdio.h>
#include <string.h>

#include "controller/screen/text.h"
#include "inventory/armfield.h"
#include "protocol/digest.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

static const struct {
    const char *name, *azure, *meaning;
} categories[HEALTH_CATEGORY_COUNT] = {
#define X(category, name, azure, meaning) [category] = {name, azure, meaning},
    HEALTH_CATEGORIES(X)
#undef X
};

/* ---- the report ----------------------------------------------------------------------- */

int health_check(const struct health_report *report, struct fail *why)
{
    if (report->vm_id || report->host)
        return 0;
    return fail_set(
        why, FAIL_AZURE_ANSWER,
        "%s: Azure has not told its vmId, and its physical host is not known: "
        "name it with --physical-host",
        report->resource);
}

/* Whole characters of UTF-8, up to the ceiling. */
static int length_of(const char *words)
{
    size_t len = strnlen(words, HEALTH_MOST_WORDS);

    if (words[len])
        while (len && ((unsigned char)words[len] & 0xc0) == 0x80)
            len--;
    return (int)len;
}

static struct json *more(const struct health_report *r)
{
    struct json *doc = json_object();

    if (doc && (!r->host || json_put_text(doc, "PhysicalHostName", r->host) == 0) &&
        (!r->vm_id || json_put_text(doc, "VmUniqueId", r->vm_id) == 0))
        return doc;
    json_free(doc);
    return NULL;
}

static int put_properties(struct json *doc, const struct health_report *r)
{
    char words[HEALTH_MOST_WORDS + 1];

    snprintf(words, sizeof words, "%.*s", length_of(r->description), r->description);
    if (json_put_text(doc, "startDateTime", r->seen) < 0 ||
        json_put_text(doc, "reportedTimeUtc", r->now) < 0 ||
        json_put_text(doc, "impactCategory", categories[r->category].azure) < 0 ||
        json_put_text(doc, "impactDescription", words) < 0 ||
        json_put_text(doc, "impactedResourceId", r->resource) < 0)
        return -1;
    return json_put(doc, "additionalProperties", more(r));
}

struct json *health_body(const struct health_report *report)
{
    CLEANUP(json_done) struct json *properties = json_object();
    struct json *doc = json_object(), *inside = properties;

    if (doc && properties && put_properties(properties, report) == 0) {
        properties = NULL;
        if (json_put(doc, "properties", inside) == 0)
            return doc;
    }
    json_free(doc);
    return NULL;
}

void health_name(const struct health_report *report, char name[HEALTH_NAME_BYTES])
{
    CLEANUP(text_clear) struct text whole = {0};
    char hex[DIGEST_HEX_BYTES];

    text_add(&whole, "%s\n%s\n%s\n%s", report->resource,
             report->vm_id ? report->vm_id : "", report->seen,
             categories[report->category].azure);
    digest_of(text_of(&whole), whole.len_bytes, hex);
    snprintf(name, HEALTH_NAME_BYTES, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
             hex + 16, hex + 20);
}

/* ---- categories -------------------------------------------------------------------------- */

int health_category_named(const char *name, enum health_category *category,
                          struct fail *why)
{
    CLEANUP(text_clear) struct text all = {0};

    for (int i = 0; i < HEALTH_CATEGORY_COUNT; i++) {
        text_add(&all, "%s%s", i ? ", " : "", categories[i].name);
        if (strcmp(categories[i].name, name) == 0) {
            *category = (enum health_category)i;
            return 0;
        }
    }
    return fail_set(why, FAIL_USAGE, "no such category: '%s'; there are %s", name,
                    text_of(&all));
}

const char *health_category_name(enum health_category category)
{
    return categories[category].name;
}

const char *health_category_meaning(enum health_category category)
{
    return categories[category].meaning;
}

bool health_category_of_code(const char *code, enum health_category *category)
{
    enum fail_code known = fail_code_of(code);

    if (known != FAIL_NO_HCA && known != FAIL_PORT_DOWN)
        return false;
    *category = known == FAIL_NO_HCA ? HEALTH_MISSING : HEALTH_PORT_DOWN;
    return true;
}

static bool is_about_alone(const struct json *finding, const char *node)
{
    const struct json *first = armfield_items(finding, "nodes");
    const char *name = first ? json_text_of(first) : NULL;

    return name && strcmp(name, node) == 0 && !json_next(first);
}

bool health_category_of_finding(const struct json *finding, const char *node,
                                enum health_category *category)
{
    const char *kind = armfield_text(finding, "kind");
    const char *symptom = armfield_text(finding, "symptom");

    if (!kind || !symptom || strcmp(kind, "node") != 0 ||
        !armfield_flag(finding, "proved", false) || !is_about_alone(finding, node))
        return false;
    *category = strcmp(symptom, "failed") == 0 ? HEALTH_GENERIC : HEALTH_PERFORMANCE;
    return strcmp(symptom, "none") != 0;
}
