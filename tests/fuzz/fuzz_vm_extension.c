/* Whatever Azure answers about a machine, what is read of it stays within its ceilings, and
 * is as wished where just that is wished.  Its settings survive being quoted.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/screen/text.h"
#include "controller/extension/deed_extension.h"
#include "controller/extension/quote.h"
#include "inventory/vm_extension.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int is_so)
{
    if (!is_so)
        abort();
}

static void check_explained(const struct vm_extension_seen *seen)
{
    struct fail why = {.code = FAIL_NONE};

    demand(extension_deed_explain(seen, &why) == -1 && *why.text);
}

static void check_wish(const struct vm_extension_seen *seen)
{
    struct vm_extension_wish wish = {.kind = seen->kind,
                                     .version = seen->wanted,
                                     .settings = seen->settings};
    CLEANUP(json_done) struct json *body = NULL;

    if (!*seen->wanted || *seen->version ||
        (seen->settings && !json_is_object(seen->settings)))
        return;
    demand(vm_extension_is_as(seen, &wish));
    body = vm_extension_of_model(&wish);
    demand(body != NULL);
}

static void check(const struct vm_extension_seen *seen)
{
    demand((unsigned)seen->state < VM_EXTENSION_STATES);
    demand((seen->kind == NULL) == (seen->state == VM_EXTENSION_ABSENT));
    demand(strlen(seen->name) < sizeof seen->name);
    demand(strlen(seen->message) < sizeof seen->message);
    demand(strlen(seen->version) < sizeof seen->version);
    if (!seen->kind)
        return;
    check_explained(seen);
    check_wish(seen);
}

/* All single quotes of a literal are in pairs. */
static void check_quoted(const struct json *doc)
{
    CLEANUP(text_clear) struct text text = {0};
    CLEANUP(json_done) struct json *arm = quote_arm(doc);
    size_t quotes = 0;

    demand(arm && json_count(arm) == json_count(doc));
    if (quote_powershell(&text, doc, NULL) < 0)
        return;
    for (const char *c = text_of(&text); *c; c++)
        quotes += *c == '\'';
    demand(quotes % 2 == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct vm_extension_kind *const kinds[] = {NULL, vm_extension_named("linux"),
                                                     vm_extension_named("windows")};
    CLEANUP(json_done) struct json *doc = NULL;

    if (json_parse((const char *)data, size, &doc, NULL) < 0)
        return 0;
    check_quoted(doc);
    for (size_t k = 0; k < 3; k++) {
        struct vm_extension_seen seen;

        vm_extension_read(doc, kinds[k], &seen);
        check(&seen);
        vm_extension_read_resource(doc, kinds[k], &seen);
        check(&seen);
    }
    return 0;
}
