#include "protocol/fail_wire.h"

#include "protocol/fail.h"
#include "protocol/json.h"

int fail_wire_put(struct json *object, const struct fail *f)
{
    return json_put_text(object, "code", fail_code_name(f->code)) < 0 ||
                   json_put_text(object, "text", f->text) < 0
               ? -1
               : 0;
}

enum fail_code fail_wire_code(const char *name)
{
    enum fail_code code = fail_code_of(name);

    if (code == FAIL_NONE || fail_kind_of(code) == FAIL_KIND_HERE)
        return FAIL_UNKNOWN;
    return code;
}

int fail_wire_get(const struct json *object, struct fail *f, struct fail *why)
{
    const char *code, *text;

    if (json_get_text(object, "code", &code, why) < 0 ||
        json_get_text(object, "text", &text, why) < 0)
        return -1;
    fail_set(f, fail_wire_code(code), "%s", text);
    return 0;
}
