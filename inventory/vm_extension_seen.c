/* How an extension stands.  Azure says it in up to three places: the extension as a resource
 * (what was asked for), the instance view (what the machine's agent reports), and in its
 * status codes ("ProvisioningState/failed/11"), each of which may be missing.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "inventory/armfield.h"
#include "inventory/vm_extension.h"
#include "protocol/json.h"
#include "protocol/scope.h"

static const char *const states[VM_EXTENSION_STATES] = {"absent", "changing", "succeeded",
                                                        "failed", "unknown"};

const char *vm_extension_state_name(enum vm_extension_state state)
{
    return (unsigned)state < VM_EXTENSION_STATES ? states[state]
                                                 : states[VM_EXTENSION_UNKNOWN];
}

static void keep(char *to, size_t room, const char *text)
{
    if (text)
        snprintf(to, room, "%s", text);
}

/* ---- exit codes ------------------------------------------------------------------------------ */

/* Windows' -1 is also told as 4294967295. */
static bool read_number(const char *text, int *code)
{
    char *end;
    long long number = strtoll(text, &end, 10);

    if (end == text || number < INT_MIN || number > UINT_MAX)
        return false;
    *code = (int)(unsigned)number;
    return true;
}

bool vm_extension_exit_in(const char *message, int *code)
{
    static const char *const words[] = {"exit code", "exit status", "exitcode"};

    for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
        const char *at = strcasestr(message, words[w]);

        if (!at)
            continue;
        at += strlen(words[w]);
        at += strspn(at, " :='\"");
        if (read_number(at, code))
            return true;
    }
    return false;
}

/* ---- one status ---------------------------------------------------------------------------------- */

static enum vm_extension_state state_of(const char *word, size_t len)
{
    static const struct {
        const char *word;
        enum vm_extension_state state;
    } known[] = {
        {"succeeded", VM_EXTENSION_SUCCEEDED},    {"failed", VM_EXTENSION_FAILED},
        {"canceled", VM_EXTENSION_FAILED},        {"creating", VM_EXTENSION_CHANGING},
        {"updating", VM_EXTENSION_CHANGING},      {"deleting", VM_EXTENSION_CHANGING},
        {"transitioning", VM_EXTENSION_CHANGING}, {"installing", VM_EXTENSION_CHANGING},
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strlen(known[i].word) == len && strncasecmp(known[i].word, word, len) == 0)
            return known[i].state;
    return VM_EXTENSION_UNKNOWN;
}

/* "ProvisioningState/failed/11": the handler's own code, and its words know better. */
static void read_status(const struct json *status, struct vm_extension_seen *seen)
{
    const char *code = armfield_text(status, "code");
    const char *message = armfield_text(status, "message");
    const char *word =
        code && strncasecmp(code, "ProvisioningState/", 18) == 0 ? code + 18 : NULL;
    size_t len = word ? strcspn(word, "/") : 0;

    if (!word)
        return;
    seen->state = state_of(word, len);
    keep(seen->message, sizeof seen->message, message);
    seen->has_exit = (message && vm_extension_exit_in(message, &seen->exit_code)) ||
                     (word[len] && read_number(word + len + 1, &seen->exit_code));
    if (!seen->has_exit && seen->state == VM_EXTENSION_SUCCEEDED) {
        seen->has_exit = true;
        seen->exit_code = 0;
    }
}

/* ---- its view, its resource ------------------------------------------------------------------------ */

/* "Microsoft.HpcCompute.InfiniBandDriverLinux", or only the last of it. */
static const struct vm_extension_kind *kind_of_view(const struct json *view)
{
    const char *type = armfield_text(view, "type");
    const char *dot = type ? strrchr(type, '.') : NULL;
    char publisher[128];

    if (!type || (dot && (size_t)(dot - type) >= sizeof publisher))
        return NULL;
    if (!dot)
        return vm_extension_kind_of("Microsoft.HpcCompute", type);
    snprintf(publisher, sizeof publisher, "%.*s", (int)(dot - type), type);
    return vm_extension_kind_of(publisher, dot + 1);
}

static void read_view(const struct json *view, struct vm_extension_seen *seen)
{
    keep(seen->name, sizeof seen->name, armfield_text(view, "name"));
    keep(seen->version, sizeof seen->version, armfield_text(view, "typeHandlerVersion"));
    for (const struct json *s = armfield_items(view, "statuses"); s; s = json_next(s))
        read_status(s, seen);
}

static bool is_wanted(const struct vm_extension_kind *kind,
                      const struct vm_extension_kind *found)
{
    return found && (!kind || kind == found);
}

void vm_extension_read_resource(const struct json *resource,
                                const struct vm_extension_kind *kind,
                                struct vm_extension_seen *seen)
{
    const char *state = armfield_text(resource, "properties.provisioningState");
    const struct vm_extension_kind *found =
        vm_extension_kind_of(armfield_text(resource, "properties.publisher"),
                             armfield_text(resource, "properties.type"));

    *seen = (struct vm_extension_seen){.state = VM_EXTENSION_ABSENT};
    if (!is_wanted(kind, found))
        return;
    seen->kind = found;
    seen->state = state ? state_of(state, strlen(state)) : VM_EXTENSION_UNKNOWN;
    seen->settings = armfield_at(resource, "properties.settings");
    keep(seen->name, sizeof seen->name, armfield_text(resource, "name"));
    keep(seen->wanted, sizeof seen->wanted,
         armfield_text(resource, "properties.typeHandlerVersion"));
    if (armfield_at(resource, "properties.instanceView"))
        read_view(armfield_at(resource, "properties.instanceView"), seen);
}

/* ---- a machine ------------------------------------------------------------------------------------------ */

static bool read_resources(const struct json *machine,
                           const struct vm_extension_kind *kind,
                           struct vm_extension_seen *seen)
{
    for (const struct json *r = armfield_items(machine, "resources"); r;
         r = json_next(r)) {
        vm_extension_read_resource(r, kind, seen);
        if (seen->kind)
            return true;
    }
    return false;
}

/* A resource that Azure works on says so, whatever the machine reported before. */
static void read_views(const struct json *machine, const struct vm_extension_kind *kind,
                       struct vm_extension_seen *seen)
{
    const struct json *v = armfield_items(machine, "properties.instanceView.extensions");
    bool is_changing = seen->kind && seen->state == VM_EXTENSION_CHANGING;

    for (; v; v = json_next(v)) {
        const struct vm_extension_kind *found = kind_of_view(v);

        if (!is_wanted(seen->kind ? seen->kind : kind, found))
            continue;
        if (!seen->kind)
            seen->state = VM_EXTENSION_UNKNOWN;
        seen->kind = found;
        read_view(v, seen);
        if (is_changing)
            seen->state = VM_EXTENSION_CHANGING;
        return;
    }
}

static void read_model(const struct json *machine, struct vm_extension_seen *seen)
{
    seen->is_latest = armfield_flag(machine, "properties.latestModelApplied", false);
    seen->is_old = !armfield_flag(machine, "properties.latestModelApplied", true);
}

void vm_extension_read(const struct json *machine, const struct vm_extension_kind *kind,
                       struct vm_extension_seen *seen)
{
    *seen = (struct vm_extension_seen){.state = VM_EXTENSION_ABSENT};
    if (!machine)
        return;
    if (!read_resources(machine, kind, seen))
        *seen = (struct vm_extension_seen){.state = VM_EXTENSION_ABSENT};
    read_views(machine, kind, seen);
    read_model(machine, seen);
}

/* ---- beside what is wished -------------------------------------------------------------------------------- */

/* 1.4.0.2 is good for 1.2, since minor versions go up by themselves; 2.0 is not. */
static bool serves(const char *version, const char *wished)
{
    int major, minor, wished_major, wished_minor;

    return sscanf(version, "%d.%d", &major, &minor) == 2 &&
           sscanf(wished, "%d.%d", &wished_major, &wished_minor) == 2 &&
           major == wished_major && minor >= wished_minor;
}

static bool same(const struct json *a, const struct json *b);

static bool same_members(const struct json *a, const struct json *b)
{
    for (const struct json *m = json_first(a); m; m = json_next(m))
        if (!same(m, json_find(b, json_key(m))))
            return false;
    return json_count(a) == json_count(b);
}

static bool same_items(const struct json *a, const struct json *b)
{
    const struct json *x = json_first(a), *y = json_first(b);

    for (; x && y && same(x, y); x = json_next(x))
        y = json_next(y);
    return !x && !y;
}

static bool same_scalar(const struct json *a, const struct json *b)
{
    CLEANUP(text_done) char *x = a ? json_print(a) : strdup("null");
    CLEANUP(text_done) char *y = b ? json_print(b) : strdup("null");

    return x && y && strcmp(x, y) == 0;
}

/* Azure gives members back in an order of its own. */
static bool same(const struct json *a, const struct json *b)
{
    if (json_is_object(a) && json_is_object(b))
        return same_members(a, b);
    if (json_is_array(a) && json_is_array(b))
        return same_items(a, b);
    return same_scalar(a, b);
}

static bool same_settings(const struct json *a, const struct json *b)
{
    bool a_is_empty = !a || !json_count(a), b_is_empty = !b || !json_count(b);

    return a_is_empty || b_is_empty ? a_is_empty && b_is_empty : same(a, b);
}

bool vm_extension_is_as(const struct vm_extension_seen *seen,
                        const struct vm_extension_wish *wish)
{
    const char *wished = vm_extension_version_of(wish);

    if (seen->kind != wish->kind)
        return false;
    if (*seen->version && !serves(seen->version, wished))
        return false;
    if (*seen->wanted)
        return strcmp(seen->wanted, wished) == 0 &&
               (wish->keeps_settings || same_settings(seen->settings, wish->settings));
    return *seen->version != '\0';
}
