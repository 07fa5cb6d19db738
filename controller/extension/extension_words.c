#include "controller/extension/extension_words.h"

#include <errno.h>
#include <string.h>

#include "controller/options.h"
#include "controller/whole_file.h"
#include "inventory/vm_extension.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

static int read_settings(const char *path, struct json **settings, struct fail *why)
{
    CLEANUP(text_done) char *bytes = NULL;
    CLEANUP(json_done) struct json *doc = NULL;
    bool is_stdin = strcmp(path, "-") == 0;
    struct fail reason;
    size_t len;

    if (whole_file_read(is_stdin ? NULL : path, EXTENSION_WORDS_MAX_BYTES, &bytes, &len) <
        0)
        return fail_set(why, FAIL_USAGE, "--settings %s: %s", path,
                        errno == EFBIG ? "more than 64 KiB" : strerror(errno));
    if (json_parse(bytes, len, &doc, &reason) < 0)
        return fail_set(why, FAIL_USAGE, "--settings %s: %s", path, reason.text);
    if (!json_is_object(doc))
        return fail_set(why, FAIL_USAGE,
                        "--settings %s: not a JSON object, as {\"name\": \"value\"}",
                        path);
    *settings = doc;
    doc = NULL;
    return 0;
}

int extension_words_read(const struct options *o, struct vm_extension_wish *wish,
                         struct json **settings, struct fail *why)
{
    *settings = NULL;
    *wish = (struct vm_extension_wish){
        .kind = o->os ? vm_extension_named(o->os) : NULL,
        .version = o->extension_version,
    };
    if (o->extension_version && vm_extension_check_version(o->extension_version, why) < 0)
        return -1;
    if (o->settings && read_settings(o->settings, settings, why) < 0)
        return -1;
    wish->settings = *settings;
    return 0;
}
