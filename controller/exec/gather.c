#include "controller/exec/gather.h"

#include <stdlib.h>
#include <string.h>

#include "controller/exec/answer.h"
#include "controller/screen/color.h"
#include "controller/screen/escape.h"
#include "controller/screen/fold.h"
#include "inventory/fleet.h"
#include "protocol/scope.h"

struct gather {
    struct fold *answers; /* of "HOW IT ENDED\nOUTPUT" */
    bool raw;
};

struct gather *gather_new(bool raw)
{
    struct gather *g = calloc(1, sizeof *g);

    if (!g)
        return NULL;
    g->raw = raw;
    g->answers = fold_new();
    if (!g->answers) {
        free(g);
        return NULL;
    }
    return g;
}

void gather_free(struct gather *g)
{
    if (!g)
        return;
    fold_free(g->answers);
    free(g);
}

void gather_done(struct gather **g)
{
    gather_free(*g);
}

int gather_add(struct gather *g, const struct answer *answer, struct fail *why)
{
    CLEANUP(text_clear) struct text key = {0};
    const struct text *said = &answer->kept[0];

    if (!said->len_bytes && answer->why.code != FAIL_NONE)
        return 0;
    text_add(&key, "%s\n", answer->why.text);
    text_put(&key, text_of(said), said->len_bytes);
    if (text_is_cut(&key))
        return fail_memory(why);
    return fold_add(g->answers, answer->node->name, text_of(&key), key.len_bytes, why);
}

struct body {
    const struct gather *gather;
    struct text *text;
};

static void add_line(void *arg, const char *line, size_t len_bytes)
{
    struct body *body = arg;

    answer_put_line(line, len_bytes, body->gather->raw, body->text);
}

static void add_group(struct gather *g, size_t i, bool color, struct text *text)
{
    size_t len, count = fold_size(g->answers, i), ending;
    const char *key = fold_text(g->answers, i, &len), *hosts = fold_hosts(g->answers, i);
    struct body body = {.gather = g, .text = text};
    struct lines lines = {0};

    ending = strcspn(key, "\n");
    text_add(text, "%s=== %zu node%s %s%s", color_of(COLOR_BOLD, color), count,
             count == 1 ? "" : "s", hosts ? hosts : "?", ending ? ": " : "");
    escape_put(text, key, ending, ESCAPE_LINE);
    text_add(text, "%s\n", color_of(COLOR_PLAIN, color));
    lines_push(&lines, key + ending + 1, len - ending - 1, add_line, &body);
    lines_end(&lines, add_line, &body);
    text->cut |= !hosts;
}

void gather_render(struct gather *g, bool color, struct text *text)
{
    fold_sort(g->answers);
    for (size_t i = 0; i < fold_count(g->answers); i++)
        add_group(g, i, color, text);
}
