#include "controller/exec/answer.h"

#include <stdlib.h>
#include <string.h>

#include "controller/outcome.h"
#include "controller/screen/escape.h"
#include "inventory/fleet.h"
#include "protocol/json.h"
#include "protocol/scope.h"

static int flood(size_t ceiling, struct fail *why)
{
    return fail_set(why, FAIL_FLOOD, "stopped after %zu MiB of output", ceiling >> 20);
}

int answer_keep(struct answer *a, enum ssh_stream stream, const char *bytes,
                size_t len_bytes, struct fail *why)
{
    size_t room = ANSWER_MAX_KEPT_BYTES - a->heard_bytes;
    size_t fits = len_bytes < room ? len_bytes : room;

    text_put(&a->kept[stream], bytes, fits);
    a->heard_bytes += fits;
    return fits < len_bytes ? flood(ANSWER_MAX_KEPT_BYTES, why) : 0;
}

int answer_count(struct answer *a, size_t len_bytes, struct fail *why)
{
    a->heard_bytes += len_bytes;
    return a->heard_bytes > ANSWER_MAX_LIVE_BYTES ? flood(ANSWER_MAX_LIVE_BYTES, why) : 0;
}

/* ---- lines ------------------------------------------------------------------------- */

void answer_put_line(const char *line, size_t len_bytes, bool raw, struct text *text)
{
    if (raw)
        text_put(text, line, len_bytes);
    else
        escape_put(text, line, len_bytes, ESCAPE_TABS);
    text_put(text, "\n", 1);
}

struct page {
    const char *name;
    unsigned style;
    struct text *text;
};

static void add_line(void *arg, const char *line, size_t len_bytes)
{
    const struct page *page = arg;

    if (!(page->style & ANSWER_BARE))
        text_add(page->text, "%s: ", page->name);
    answer_put_line(line, len_bytes, page->style & ANSWER_RAW, page->text);
}

void answer_cut(struct answer *a, enum ssh_stream stream, const char *bytes,
                size_t len_bytes, unsigned style, struct text *text)
{
    struct page page = {.name = a->node->name, .style = style, .text = text};

    if (bytes)
        lines_push(&a->lines[stream], bytes, len_bytes, add_line, &page);
    else
        lines_end(&a->lines[stream], add_line, &page);
}

/* ---- the end ----------------------------------------------------------------------- */

void answer_end(struct answer *a, int status, const struct fail *why)
{
    a->status = why ? SSH_STATUS_UNKNOWN : status;
    if (why)
        a->why = *why;
    else if (status == SSH_STATUS_UNKNOWN)
        fail_set(&a->why, FAIL_COMMAND, "ended without telling its status");
    else if (status != 0)
        fail_set(&a->why, FAIL_COMMAND, "exit status %d", status);
}

const char *answer_state(const struct answer *a)
{
    if (a->why.code != FAIL_INTERRUPTED && a->why.code != FAIL_BUDGET)
        return outcome_state(&a->why);
    return a->ran ? "stopped" : "not-run";
}

/* JSON texts end at a NUL: it becomes what stands for any unprintable character. */
static int put_said(struct json *doc, const char *key, const struct text *said)
{
    CLEANUP(text_clear) struct text clean = {0};
    const char *at = text_of(said), *end = at + said->len_bytes;

    while (at < end) {
        size_t run = strnlen(at, (size_t)(end - at));

        text_put(&clean, at, run);
        at += run;
        if (at < end)
            text_put(&clean, "\xef\xbf\xbd", 3);
        at += at < end;
    }
    return text_is_cut(&clean) ? -1 : json_put_text(doc, key, text_of(&clean));
}

static int put_status(struct json *doc, int status)
{
    if (status == SSH_STATUS_UNKNOWN)
        return json_put_text(doc, "status", NULL);
    return json_put_int(doc, "status", status);
}

struct json *answer_encode(const struct answer *a)
{
    struct json *doc = json_object();

    if (doc && json_put_text(doc, "name", a->node->name) == 0 &&
        json_put_text(doc, "state", answer_state(a)) == 0 &&
        json_put_text(doc, "code", fail_code_name(a->why.code)) == 0 &&
        json_put_text(doc, "reason", a->why.code ? a->why.text : NULL) == 0 &&
        put_status(doc, a->status) == 0 &&
        json_put_real(doc, "seconds", (double)a->took_ms / 1000) == 0 &&
        json_put_text(doc, "through", a->way) == 0 &&
        put_said(doc, "stdout", &a->kept[SSH_STDOUT]) == 0 &&
        put_said(doc, "stderr", &a->kept[SSH_STDERR]) == 0)
        return doc;
    json_free(doc);
    return NULL;
}

void answer_clear(struct answer *a)
{
    for (int s = 0; s < 2; s++) {
        text_clear(&a->lines[s].part);
        text_clear(&a->kept[s]);
    }
}
