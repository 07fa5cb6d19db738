#include "controller/exec/gather.h"

#include <stdlib.h>
#include <string.h>

#include "controller/exec/answer.h"
#include "controller/exec/diff.h"
#include "controller/screen/color.h"
#include "controller/screen/escape.h"
#include "controller/screen/fold.h"
#include "inventory/fleet.h"
#include "protocol/scope.h"

struct gather {
    struct fold *answers; /* of "STATUS HOW IT ENDED\nOUTPUT" */
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

/* The status stands in front in so many characters; none is above all others. */
#define STATUS_CHARS 4
#define NO_STATUS    999

int gather_add(struct gather *g, const struct answer *answer, struct fail *why)
{
    CLEANUP(text_clear) struct text key = {0};
    const struct text *said = &answer->kept[0];

    if (!said->len_bytes && answer->why.code != FAIL_NONE)
        return 0;
    text_add(&key, "%03d %s\n",
             answer->status == SSH_STATUS_UNKNOWN ? NO_STATUS : answer->status,
             answer->why.text);
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

/* A group, taken apart again. */
struct group {
    size_t count;
    const char *hosts, *ending, *said;
    size_t ending_bytes, said_bytes;
    long status;
};

static struct group group_of(struct gather *g, size_t i)
{
    size_t len;
    const char *key = fold_text(g->answers, i, &len), *hosts = fold_hosts(g->answers, i);
    const char *ending = key + STATUS_CHARS, *said = strchr(ending, '\n') + 1;

    return (struct group){
        .count = fold_size(g->answers, i),
        .hosts = hosts,
        .ending = ending,
        .ending_bytes = (size_t)(said - ending) - 1,
        .said = said,
        .said_bytes = len - (size_t)(said - key),
        .status = strtol(key, NULL, 10),
    };
}

/* All alike, and how they ended: to fail alike is not to be well. */
static void add_no_difference(const struct group *group, struct text *text)
{
    text_add(text, "=== %zu node%s %s: ", group->count, group->count == 1 ? "" : "s",
             group->hosts ? group->hosts : "?");
    escape_put(text, group->ending, group->ending_bytes, ESCAPE_LINE);
    text_add(text, "%sno difference\n", group->ending_bytes ? "; " : "");
}

static void add_title(const struct group *group, const char *sign, bool color,
                      struct text *text)
{
    text_add(text, "%s%s %zu node%s %s%s", color_of(COLOR_BOLD, color), sign,
             group->count, group->count == 1 ? "" : "s",
             group->hosts ? group->hosts : "?", group->ending_bytes ? ": " : "");
    escape_put(text, group->ending, group->ending_bytes, ESCAPE_LINE);
    text_add(text, "%s\n", color_of(COLOR_PLAIN, color));
    text->cut |= !group->hosts;
}

static void add_group(struct gather *g, const struct group *group, bool color,
                      struct text *text)
{
    struct body body = {.gather = g, .text = text};
    struct lines lines = {0};

    add_title(group, "===", color, text);
    lines_push(&lines, group->said, group->said_bytes, add_line, &body);
    lines_end(&lines, add_line, &body);
}

void gather_render(struct gather *g, bool color, struct text *text)
{
    fold_sort(g->answers);
    for (size_t i = 0; i < fold_count(g->answers); i++) {
        struct group group = group_of(g, i);

        add_group(g, &group, color, text);
    }
}

/* ---- only what differs ------------------------------------------------------------ */

/* Of those with the lowest status the largest, which comes first. */
static size_t find_usual(struct gather *g)
{
    size_t usual = 0;

    for (size_t i = 1; i < fold_count(g->answers); i++)
        if (group_of(g, i).status < group_of(g, usual).status)
            usual = i;
    return usual;
}

static void add_difference(struct gather *g, const struct group *usual,
                           const struct group *other, bool color, struct text *text)
{
    CLEANUP(text_clear) struct text hunks = {0};
    struct diff_side from = {usual->said, usual->said_bytes};
    struct diff_side to = {other->said, other->said_bytes};

    if (diff_render(&from, &to, g->raw, color, &hunks) < 0) {
        add_group(g, other, color, text);
        return;
    }
    add_title(usual, "---", color, text);
    add_title(other, "+++", color, text);
    text_put(text, text_of(&hunks), hunks.len_bytes);
    text->cut |= text_is_cut(&hunks);
}

void gather_render_diff(struct gather *g, bool color, struct text *text)
{
    size_t count = fold_count(g->answers), at;
    struct group usual;

    fold_sort(g->answers);
    if (!count)
        return;
    at = find_usual(g);
    usual = group_of(g, at);
    if (count == 1)
        add_no_difference(&usual, text);
    for (size_t i = 0; i < count; i++) {
        struct group other = group_of(g, i);

        if (i != at)
            add_difference(g, &usual, &other, color, text);
    }
}
