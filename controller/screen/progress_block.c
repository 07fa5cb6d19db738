#include "controller/screen/progress_block.h"

#include <string.h>

#include "controller/screen/color.h"
#include "controller/screen/progress.h"
#include "controller/screen/progress_view.h"
#include "controller/screen/text.h"
#include "controller/screen/utf8.h"
#include "protocol/scope.h"

#define BAR_COLUMNS     ((size_t)40)
#define BAR_MIN_COLUMNS ((size_t)10)

/* Less is no measure of a pace. */
#define PACE_MS 1000

/* Cut to the width and end the line. */
static void put_line(const struct text *line, size_t width, struct text *text)
{
    text_put(text, text_of(line),
             utf8_fit(text_of(line), line->len_bytes, width > 1 ? width - 1 : 0));
    text_put(text, "\n", 1);
}

/* ---- the first line --------------------------------------------------------------- */

/* A pace in the unit in which it is a number that can be read. */
static void add_rate(struct text *line, double per_s)
{
    if (per_s >= 10)
        text_add(line, "  %.0f/s", per_s);
    else if (per_s >= 1)
        text_add(line, "  %.1f/s", per_s);
    else if (per_s * 60 >= 1)
        text_add(line, "  %.1f/min", per_s * 60);
    else
        text_add(line, "  %.1f/h", per_s * 3600);
}

/* Nobody believes in seconds of an hour. */
static void add_left(struct text *line, double seconds)
{
    if (seconds < 100)
        text_add(line, "  about %.0f s left", seconds);
    else if (seconds < 100 * 60)
        text_add(line, "  about %.0f min left", seconds / 60);
    else if (seconds < 100 * 3600.0)
        text_add(line, "  about %.0f h left", seconds / 3600);
}

/* How fast, and how long that takes for the rest; nothing before there is a pace. */
static void add_pace(const struct progress_view *v, size_t done, size_t total,
                     uint64_t now_ms, struct text *line)
{
    uint64_t took_ms = now_ms - v->work_since_ms;
    double per_s;

    if (took_ms < PACE_MS || done <= v->work_from)
        return;
    per_s = 1000.0 * (double)(done - v->work_from) / (double)took_ms;
    add_rate(line, per_s);
    if (done < total)
        add_left(line, (double)(total - done) / per_s);
}

static void add_bar(size_t done, size_t total, size_t columns, struct text *line)
{
    size_t full = total ? done * columns / total : columns;

    text_add(line, "[");
    text_fill(line, '#', full);
    text_fill(line, '.', columns - full);
    text_add(line, "]");
}

static size_t bar_columns(size_t width, size_t rest)
{
    size_t room = width > rest ? width - rest : 0;

    if (room < BAR_MIN_COLUMNS)
        return BAR_MIN_COLUMNS;
    return room < BAR_COLUMNS ? room : BAR_COLUMNS;
}

/* Whole parts, which two spaces part, go from the end until the rest fits. */
static void shorten(struct text *tail, size_t columns)
{
    while (utf8_columns(text_of(tail), tail->len_bytes) > columns) {
        size_t end = tail->len_bytes;

        while (end > 1 && memcmp(tail->bytes + end - 2, "  ", 2) != 0)
            end--;
        if (end <= 2)
            return;
        tail->len_bytes = end - 2;
        tail->bytes[tail->len_bytes] = '\0';
    }
}

static void put_bar(const struct progress_view *v, uint64_t now_ms, size_t width,
                    bool color, struct text *text)
{
    CLEANUP(text_clear) struct text line = {0}, tail = {0};
    size_t bad = progress_view_count(v, PROGRESS_BAD), done, total, taken;

    progress_view_done(v, &done, &total);
    text_add(&tail, " %zu/%zu%s%s  ", done, total, v->unit ? " " : "",
             v->unit ? v->unit : "");
    progress_clock_add(&tail, now_ms - v->started_ms);
    if (bad)
        text_add(&tail, "  %zu failed", bad);
    add_pace(v, done, total, now_ms, &tail);
    taken = strlen(v->of->title) + strlen(" []") + 1;
    shorten(&tail, width > taken + BAR_MIN_COLUMNS ? width - taken - BAR_MIN_COLUMNS : 0);
    taken += utf8_columns(text_of(&tail), tail.len_bytes);
    text_add(&line, "%s ", v->of->title);
    add_bar(done, total, bar_columns(width, taken), &line);
    text_put(&line, text_of(&tail), tail.len_bytes);
    text_add(text, "%s", color_of(COLOR_BAD, color && bad));
    put_line(&line, width, text);
    if (color && bad) { /* before the newline, so that no colour leaks on a cut */
        text->len_bytes--;
        text_add(text, "%s\n", color_of(COLOR_PLAIN, true));
    }
}

/* ---- the others ------------------------------------------------------------------- */

static void put_states(const struct progress_view *v, size_t width, struct text *text)
{
    CLEANUP(text_clear) struct text line = {0};

    for (size_t s = 0; s < v->of->state_count; s++)
        if (v->counts[s])
            text_add(&line, "%s%s %zu", line.len_bytes ? ", " : "  ",
                     v->of->states[s].name, v->counts[s]);
    put_line(&line, width, text);
}

static const struct progress_state *state_of(const struct progress_view *v, size_t item)
{
    return &v->of->states[v->state[item]];
}

/* Keep the indices of the longest in their state, longest first. */
static size_t find_slowest(const struct progress_view *v, uint64_t now_ms,
                           size_t slowest[PROGRESS_SLOWEST])
{
    size_t count = 0;

    for (size_t i = 0; i < v->of->count; i++) {
        size_t at = count;

        if (state_of(v, i)->kind != PROGRESS_BUSY ||
            now_ms - v->since_ms[i] < PROGRESS_SLOW_MS)
            continue;
        while (at > 0 && v->since_ms[i] < v->since_ms[slowest[at - 1]])
            at--;
        if (at == PROGRESS_SLOWEST)
            continue;
        count += count < PROGRESS_SLOWEST;
        memmove(slowest + at + 1, slowest + at, (count - at - 1) * sizeof *slowest);
        slowest[at] = i;
    }
    return count;
}

/* "  driver: Installing mlnx-ofed-kernel" */
static void add_part(const struct progress_at *at, struct text *line)
{
    if (at->part)
        text_add(line, "  %s%s%s", at->part, *at->heard ? ": " : "", at->heard);
}

static size_t longer(size_t length, const char *word)
{
    return strlen(word) > length ? strlen(word) : length;
}

static void put_slowest(const struct progress_view *v, uint64_t now_ms, size_t width,
                        size_t max_lines, struct text *text)
{
    size_t slowest[PROGRESS_SLOWEST], names = 0, states = 0;
    size_t count = find_slowest(v, now_ms, slowest);

    for (size_t i = 0; i < count; i++) {
        names = longer(names, v->of->names[slowest[i]]);
        states = longer(states, state_of(v, slowest[i])->name);
    }
    for (size_t i = 0; i < count && i < max_lines; i++) {
        CLEANUP(text_clear) struct text line = {0};

        text_add(&line, "  %s  %-*s  %-*s  ", i ? "       " : "slowest", (int)names,
                 v->of->names[slowest[i]], (int)states, state_of(v, slowest[i])->name);
        progress_clock_add(&line, now_ms - v->since_ms[slowest[i]]);
        add_part(&v->at[slowest[i]], &line);
        put_line(&line, width, text);
    }
}

void progress_block_add(const struct progress_view *v, uint64_t now_ms, size_t width,
                        size_t max_lines, bool color, struct text *text)
{
    if (max_lines >= 1)
        put_bar(v, now_ms, width, color, text);
    if (max_lines >= 2)
        put_states(v, width, text);
    if (max_lines >= 3)
        put_slowest(v, now_ms, width, max_lines - 2, text);
}
