#include "controller/exec/answers.h"

#include "controller/exec/answer.h"
#include "controller/exec/gather.h"
#include "controller/screen/trouble.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define SCHEMA "ibfleet.exec/1"

int answers_render_output(const struct answer *answers, size_t count,
                          const struct answers_style *style, bool color,
                          struct text *text, struct fail *why)
{
    CLEANUP(gather_done) struct gather *g = gather_new(style->raw);

    if (!g)
        return fail_memory(why);
    for (size_t i = 0; i < count; i++)
        if (gather_add(g, &answers[i], why) < 0)
            return -1;
    if (style->diff)
        gather_render_diff(g, color, text);
    else
        gather_render(g, color, text);
    return 0;
}

/* With its output; or it need not be. */
static bool is_told(const struct answer *a, const struct answers_style *style)
{
    return a->why.code == FAIL_NONE ||
           (a->why.code == FAIL_COMMAND &&
            (style->quiet || (style->gathered && a->kept[0].len_bytes)));
}

int answers_render_trouble(const struct answer *answers, size_t count,
                           const struct answers_style *style, bool color,
                           struct text *text, struct fail *why)
{
    CLEANUP(trouble_done) struct trouble *t = trouble_new();

    if (!t)
        return fail_memory(why);
    for (size_t i = 0; i < count; i++)
        if (!is_told(&answers[i], style) &&
            trouble_add(t, answers[i].node, &answers[i].why, why) < 0)
            return -1;
    trouble_render(t, color, text);
    return 0;
}

static struct json *encode_one(const void *arg, size_t i)
{
    const struct answer *answers = arg;

    return answer_encode(&answers[i]);
}

struct json *answers_encode(const struct answer *answers, size_t count,
                            const char *command)
{
    struct json *doc = json_object();

    if (doc && json_put_text(doc, "schema", SCHEMA) == 0 &&
        json_put_text(doc, "command", command) == 0 &&
        json_put(doc, "nodes", json_list(count, encode_one, answers)) == 0)
        return doc;
    json_free(doc);
    return NULL;
}
