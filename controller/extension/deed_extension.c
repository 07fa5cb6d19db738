#include "controller/extension/deed_extension.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/deed/deed.h"
#include "controller/deed/deed_instance.h"
#include "inventory/armfield.h"
#include "inventory/scaleset.h"
#include "inventory/vm_extension.h"
#include "protocol/fail.h"
#include "protocol/json.h"

/* As it stands in the journal; the wish's texts are borrowed from there. */
struct extension_deed {
    struct json *said; /* {system, name, version, settings or not, model, names} */
    struct vm_extension_wish wish;
    enum extension_way way;
};

/* ---- its life ----------------------------------------------------------------------------- */

static void read_said(struct extension_deed *d)
{
    const char *system = armfield_text(d->said, "system");

    d->wish = (struct vm_extension_wish){
        .kind = system ? vm_extension_named(system) : NULL,
        .name = armfield_text(d->said, "name"),
        .version = armfield_text(d->said, "version"),
        .settings = json_find(d->said, "settings"),
        .keeps_settings = !json_find(d->said, "settings"),
    };
    d->way = armfield_flag(d->said, "model", false) ? EXTENSION_BY_MODEL
                                                    : EXTENSION_BY_MACHINE;
}

/* said is taken, also when it fails. */
static struct extension_deed *new_of(struct json *said)
{
    struct extension_deed *d = said ? calloc(1, sizeof *d) : NULL;

    if (!d) {
        json_free(said);
        return NULL;
    }
    d->said = said;
    read_said(d);
    return d;
}

static struct json *say(const struct vm_extension_wish *wish, enum extension_way way)
{
    struct json *said = json_object();

    if (said && json_put_text(said, "system", wish->kind->system) == 0 &&
        json_put_text(said, "name", vm_extension_name_of(wish)) == 0 &&
        json_put_text(said, "version", vm_extension_version_of(wish)) == 0 &&
        json_put_flag(said, "model", way == EXTENSION_BY_MODEL) == 0 &&
        (wish->keeps_settings ||
         json_put(said, "settings",
                  wish->settings ? json_copy(wish->settings) : json_object()) == 0) &&
        json_put(said, "names", json_object()) == 0)
        return said;
    json_free(said);
    return NULL;
}

int extension_deed_new(const struct vm_extension_wish *wish, enum extension_way way,
                       struct extension_deed **deed, struct fail *why)
{
    *deed = new_of(say(wish, way));
    return *deed ? 0 : fail_memory(why);
}

void extension_deed_free(struct extension_deed *deed)
{
    if (!deed)
        return;
    json_free(deed->said);
    free(deed);
}

int extension_deed_put_name(struct extension_deed *deed, const char *machine,
                            const char *name, struct fail *why)
{
    /* The document is ours: const only where others borrow from it. */
    struct json *names = (struct json *)(uintptr_t)json_find(deed->said, "names");

    return json_put_text(names, machine, name) == 0 ? 0 : fail_memory(why);
}

static struct json *encode(const void *arg)
{
    return json_copy(((const struct extension_deed *)arg)->said);
}

static int decode(const struct json *said, void **arg, struct fail *why)
{
    struct extension_deed *d = new_of(json_copy(said));

    if (!d)
        return fail_memory(why);
    if (!d->wish.kind || !d->wish.version || !json_is_object(json_find(said, "names"))) {
        extension_deed_free(d);
        return fail_set(why, FAIL_STATE,
                        "the journal does not say which extension was wished");
    }
    *arg = d;
    return 0;
}

static void discard(void *arg)
{
    extension_deed_free(arg);
}

/* ---- asking ----------------------------------------------------------------------------------- */

static int path_of(const struct extension_deed *d, const struct scaleset *set,
                   const struct scaleset_instance *of, struct deed_ask *ask,
                   struct fail *why)
{
    const struct json *names = json_find(d->said, "names");
    const char *name = json_text_of(json_find(names, of->resource));
    char below[VM_EXTENSION_MAX_NAME + 16];

    snprintf(below, sizeof below, "/extensions/%s",
             name ? name : vm_extension_name_of(&d->wish));
    ask->api_version = DEED_API_VERSION;
    return deed_path_of_machine(set, of, below, ask->path, why);
}

static int ask_put(void *arg, const struct scaleset *set,
                   const struct scaleset_instance *of, struct deed_ask *ask,
                   struct fail *why)
{
    const struct extension_deed *d = arg;

    if (d->way == EXTENSION_BY_MODEL)
        return deed_ask_upgrade(NULL, set, of, ask, why);
    ask->method = d->wish.keeps_settings ? "PATCH" : "PUT";
    ask->body =
        vm_extension_of_machine(&d->wish, d->wish.keeps_settings ? NULL : set->location);
    return ask->body ? path_of(d, set, of, ask, why) : fail_memory(why);
}

static int ask_delete(void *arg, const struct scaleset *set,
                      const struct scaleset_instance *of, struct deed_ask *ask,
                      struct fail *why)
{
    const struct extension_deed *d = arg;

    if (d->way == EXTENSION_BY_MODEL)
        return deed_ask_upgrade(NULL, set, of, ask, why);
    ask->method = "DELETE";
    return path_of(d, set, of, ask, why);
}

/* ---- looking ------------------------------------------------------------------------------------ */

/* The machine itself and not the instance of a Flexible set, which says less. */
static int look(void *arg, const struct scaleset *set, const struct scaleset_instance *of,
                struct deed_ask *ask, struct fail *why)
{
    (void)arg;
    ask->method = "GET";
    ask->api_version = DEED_API_VERSION;
    ask->expand = "instanceView";
    return deed_path_of_machine(set, of, "", ask->path, why);
}

int extension_deed_explain(const struct vm_extension_seen *seen, struct fail *why)
{
    const struct vm_extension_exit *e =
        seen->has_exit ? vm_extension_exit_of(seen->kind, seen->exit_code) : NULL;

    if (e && e->remedy)
        return fail_set(why, FAIL_AZURE_OPERATION, "exit code %d: %s: %s", e->code,
                        e->meaning, e->remedy);
    if (seen->has_exit && !e)
        return fail_set(why, FAIL_AZURE_OPERATION,
                        "exit code %d, which is not documented: read %s there",
                        seen->exit_code, seen->kind->log);
    return fail_set(why, FAIL_AZURE_OPERATION, "it failed: %s",
                    *seen->message ? seen->message : "Azure does not say why");
}

static enum deed_sight fail_gone(struct fail *why)
{
    fail_set(why, FAIL_AZURE_NOT_FOUND, "is not there any more");
    return SIGHT_FAILED;
}

/* Azure is at the instance itself; one that has failed is judged by its extension. */
static bool is_busy(const struct json *answer, const struct vm_extension_seen *seen)
{
    return seen->state == VM_EXTENSION_CHANGING ||
           deed_judge_provisioning(answer, NULL) == SIGHT_NOT_YET;
}

static enum deed_sight judge_there(void *arg, const struct scaleset_instance *of,
                                   const struct json *answer, struct fail *why)
{
    const struct extension_deed *d = arg;
    struct vm_extension_seen seen;

    (void)of;
    if (!answer)
        return fail_gone(why);
    vm_extension_read(answer, d->wish.kind, &seen);
    if (is_busy(answer, &seen))
        return SIGHT_NOT_YET;
    if (!vm_extension_is_as(&seen, &d->wish) ||
        (d->way == EXTENSION_BY_MODEL && seen.is_old))
        return SIGHT_OTHERWISE;
    if (seen.state == VM_EXTENSION_UNKNOWN)
        return SIGHT_NOT_YET;
    if (seen.state == VM_EXTENSION_SUCCEEDED)
        return SIGHT_AS_WANTED;
    extension_deed_explain(&seen, why);
    return SIGHT_FAILED;
}

static enum deed_sight judge_gone(void *arg, const struct scaleset_instance *of,
                                  const struct json *answer, struct fail *why)
{
    const struct extension_deed *d = arg;
    struct vm_extension_seen seen;

    (void)of;
    if (!answer)
        return fail_gone(why);
    vm_extension_read(answer, d->wish.kind, &seen);
    if (is_busy(answer, &seen))
        return SIGHT_NOT_YET;
    return seen.kind || (d->way == EXTENSION_BY_MODEL && seen.is_old) ? SIGHT_OTHERWISE
                                                                      : SIGHT_AS_WANTED;
}

/* The number is in Azure's words, which may be too long to be told whole. */
static void explain(void *arg, const struct json *answer, struct fail *why)
{
    const struct extension_deed *d = arg;
    const char *words = armfield_text(answer, "error.message");
    struct vm_extension_seen seen = {.kind = d->wish.kind};

    seen.has_exit = vm_extension_exit_in(words ? words : why->text, &seen.exit_code);
    if (seen.has_exit)
        extension_deed_explain(&seen, why);
}

/* ---- kinds ------------------------------------------------------------------------------------------ */

/* clang-format off */
#define CODEC .encode = encode, .decode = decode, .discard = discard
static const struct deed_kind kinds[] = {
    {.name = "extension-add", .doing = "adding the extension",
     .done = "given the extension", .is_seen = true,
     .loses = "its program installs a driver over the one that is there, and may restart "
              "them",
     .ask = ask_put, .look = look, .judge = judge_there, .explain = explain, CODEC},
    {.name = "extension-upgrade", .doing = "upgrading the extension",
     .done = "upgraded", .is_seen = true,
     .loses = "its program installs a driver over the one that is there, and may restart "
              "them",
     .ask = ask_put, .look = look, .judge = judge_there, .explain = explain, CODEC},
    {.name = "extension-remove", .doing = "removing the extension",
     .done = "rid of the extension", .is_seen = true,
     .ask = ask_delete, .look = look, .judge = judge_gone, .explain = explain, CODEC},
};
/* clang-format on */

const struct deed_kind *deed_extension_kinds(size_t nth)
{
    return nth < sizeof kinds / sizeof *kinds ? &kinds[nth] : NULL;
}
