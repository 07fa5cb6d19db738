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

int fail_wire_get(const struct json *object, struct fail *f, struct fail *why)
{
    const char *code, *text;
    enum fail_code known;

    if (json_get_text(object, "code", &code, why) < 0 ||
        json_get_text(object, "text", &text, why) < 0)
        return -1;
    known = fail_code_of(code);
    fail_set(f, known == FAIL_NONE ? FAIL_UNKNOWN : known, "%s", text);
    return 0;
}
