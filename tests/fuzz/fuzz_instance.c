/* Whatever the metadata service says, what is taken of it stays within its ceilings, has no
 * control characters, and survives the wire.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/facts.h"
#include "protocol/fail.h"
#include "protocol/instance.h"
#include "protocol/json.h"
#include "protocol/scope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int is_so)
{
    if (!is_so)
        abort();
}

static void is_clean(const char *text, size_t max)
{
    if (!text)
        return;
    demand(*text && strlen(text) <= max);
    for (; *text; text++)
        demand((unsigned char)*text >= ' ' && *text != 0x7f);
}

static void is_name(const char *text)
{
    is_clean(text, 128);
    if (text)
        demand(!strpbrk(text, " '\"`$;|&<>(){}\\/*?~"));
}

static void check(const struct facts *f)
{
    const struct facts_azure *a = f->azure;

    is_name(f->size);
    is_name(a->name);
    is_name(a->location);
    is_name(a->zone);
    is_name(a->scale_set);
    is_name(a->placement_group);
    is_name(a->vm_id);
    is_clean(a->sku, 128);
    is_clean(a->image_version, 128);
    is_clean(a->resource_id, 512);
    demand(a->secure_boot >= -1 && a->secure_boot <= 1);
    demand(a->refused_count <= FACTS_MAX_REFUSED && a->event_count <= FACTS_MAX_EVENTS);
    for (size_t i = 0; i < a->event_count; i++) {
        is_clean(a->events[i].id, 128);
        is_name(a->events[i].type);
        is_clean(a->events[i].not_before, 128);
        demand(a->events[i].duration_s >= FACTS_UNKNOWN);
    }
}

/* As its agent sends it; what the rest of a node must have is filled in. */
static void survives(struct facts *f)
{
    CLEANUP(json_done) struct json *doc = NULL;
    CLEANUP(json_done) struct json *again = NULL;
    CLEANUP(text_done) char *text = NULL;
    CLEANUP(facts_done) struct facts *back = NULL;
    char **needed[] = {&f->hostname,  &f->boot_id,    &f->os.id,          &f->os.pretty,
                       &f->os.kernel, &f->os.machine, &f->azure->metadata};

    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        *needed[i] = strdup("x");
    doc = facts_encode(f);
    text = json_print(doc);
    demand(json_parse(text, strlen(text), &again, NULL) == 0);
    demand(facts_decode(again, &back, NULL) == 0);
    demand((!f->size && !back->size) || strcmp(f->size, back->size) == 0);
    demand(back->azure->event_count == f->azure->event_count);
    demand(back->azure->secure_boot == f->azure->secure_boot);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(facts_done) struct facts *f = facts_new();
    struct fail why = {.code = FAIL_NONE};

    f->azure = calloc(1, sizeof *f->azure);
    f->azure->secure_boot = FACTS_UNKNOWN;
    if (instance_parse((const char *)data, size, f->azure, &f->size, &why) < 0)
        demand(why.code == FAIL_GARBAGE && *why.text);
    if (instance_parse_events((const char *)data, size, f->azure, &why) < 0)
        demand(why.code == FAIL_GARBAGE && *why.text);
    check(f);
    survives(f);
    return 0;
}
