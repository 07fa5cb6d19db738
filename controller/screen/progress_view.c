#include "controller/screen/progress_view.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "controller/screen/color.h"
#include "controller/screen/text.h"
#include "controller/screen/utf8.h"
#include "inventory/hostset.h"
#include "protocol/scope.h"

#define BAR_COLUMNS ((size_t)30)
#define SLOWEST     3

/* Who is slower than this is named. */
#define SLOW_MS 3000

int progress_view_init(struct progress_view *v, const struct progress_options *options,
                       uint64_t now_ms)
{
    assert(options->state_count && options->state_count <= PROGRESS_MAX_STATES);
    *v = (struct progress_view){.of = options, .started_ms = now_ms};
    v->state = calloc(options->count + 1, 1);
    v->told = calloc(options->count + 1, 1);
    v->seen = calloc(options->count + 1, 1);
    v->since_ms = calloc(options->count + 1, sizeof *v->since_ms);
    v->counts[0] = options->count;
    for (size_t i = 0; v->since_ms && i < options->count; i++)
        v->since_ms[i] = now_ms;
    return v->state && v->told && v->seen && v->since_ms ? 0 : -1;
}

void progress_view_clear(struct progress_view *v)
{
    free(v->state);
    free(v->told);
    free(v->seen);
    free(v->since_ms);
    *v = (struct progress_view){0};
}

void progress_view_set(struct progress_view *v, size_t item, size_t state,
                       uint64_t now_ms)
{
    assert(item < v->of->count && state < v->of->state_count);
    if (v->state[item] == state)
        return;
    v->counts[v->state[item]]--;
    v->counts[state]++;
    v->state[item] = (unsigned char)state;
    v->since_ms[item] = now_ms;
}

static size_t tenths(size_t done, size_t total)
{
    return total ? done * 10 / total : 0;
}

bool progress_view_work(struct progress_view *v, size_t done, size_t total,
                        const char *unit)
{
    bool same = v->unit && strcmp(v->unit, unit) == 0 && v->work_total == total;
    size_t before = same ? tenths(v->work_done, total) : 0;

    v->work_done = done < total ? done : total;
    v->work_total = total;
    v->unit = unit;
    return tenths(done, total) > before;
}

/* ---- the block -------------------------------------------------------------------- */

static size_t count_kind(const struct progress_view *v, enum progress_kind kind)
{
    size_t count = 0;

    for (size_t s = 0; s < v->of->state_count; s++)
        if (v->of->states[s].kind == kind)
            count += v->counts[s];
    return count;
}

/* Cut to the width and end the line. */
static void put_line(const struct text *line, size_t width, struct text *text)
{
    text_put(text, text_of(line),
             utf8_fit(text_of(line), line->len_bytes, width > 1 ? width - 1 : 0));
    text_put(text, "\n", 1);
}

static void add_bar(const struct progress_view *v, size_t ended, struct text *line)
{
    size_t done = v->unit ? v->work_done : ended;
    size_t total = v->unit ? v->work_total : v->of->count;
    size_t full = total ? done * BAR_COLUMNS / total : BAR_COLUMNS;

    text_add(line, "%s [", v->of->title);
    text_fill(line, '#', full);
    text_fill(line, '.', BAR_COLUMNS - full);
    text_add(line, "] %zu/%zu%s%s", done, total, v->unit ? " " : "",
             v->unit ? v->unit : "");
}

static void put_bar(const struct progress_view *v, uint64_t now_ms, size_t width,
                    bool color, struct text *text)
{
    size_t bad = count_kind(v, PROGRESS_BAD), ended = bad + count_kind(v, PROGRESS_GOOD);
    CLEANUP(text_clear) struct text line = {0};

    add_bar(v, ended, &line);
    text_add(&line, "  %llu s", (unsigned long long)((now_ms - v->started_ms) / 1000));
    if (bad)
        text_add(&line, "  %zu failed", bad);
    text_add(text, "%s", color_of(COLOR_BAD, color && bad));
    put_line(&line, width, text);
    if (color && bad) { /* before the newline, so that no colour leaks on a cut */
        text->len_bytes--;
        text_add(text, "%s\n", color_of(COLOR_PLAIN, true));
    }
}

static void put_states(const struct progress_view *v, size_t width, struct text *text)
{
    CLEANUP(text_clear) struct text line = {0};

    for (size_t s = 0; s < v->of->state_count; s++)
        if (v->counts[s])
            text_add(&line, "%s%s %zu", line.len_bytes ? ", " : "  ",
                     v->of->states[s].name, v->counts[s]);
    put_line(&line, width, text);
}

static bool is_busy(const struct progress_view *v, size_t item)
{
    return v->of->states[v->state[item]].kind == PROGRESS_BUSY;
}

/* Keep the indices of the longest in their state, longest first. */
static size_t find_slowest(const struct progress_view *v, uint64_t now_ms,
                           size_t slowest[SLOWEST])
{
    size_t count = 0;

    for (size_t i = 0; i < v->of->count; i++) {
        size_t at = count;

        if (!is_busy(v, i) || now_ms - v->since_ms[i] < SLOW_MS)
            continue;
        while (at > 0 && v->since_ms[i] < v->since_ms[slowest[at - 1]])
            at--;
        if (at == SLOWEST)
            continue;
        count += count < SLOWEST;
        memmove(slowest + at + 1, slowest + at, (count - at - 1) * sizeof *slowest);
        slowest[at] = i;
    }
    return count;
}

static void put_slowest(const struct progress_view *v, uint64_t now_ms, size_t width,
                        struct text *text)
{
    CLEANUP(text_clear) struct text line = {0};
    size_t slowest[SLOWEST], count = find_slowest(v, now_ms, slowest);

    for (size_t i = 0; i < count; i++)
        text_add(&line, "%s%s %s %llu s",
                 i ? ", " : "  slowest: ", v->of->names[slowest[i]],
                 v->of->states[v->state[slowest[i]]].name,
                 (unsigned long long)((now_ms - v->since_ms[slowest[i]]) / 1000));
    if (count)
        put_line(&line, width, text);
}

void progress_view_block(const struct progress_view *v, uint64_t now_ms, size_t width,
                         size_t max_lines, bool color, struct text *text)
{
    if (max_lines >= 1)
        put_bar(v, now_ms, width, color, text);
    if (max_lines >= 2)
        put_states(v, width, text);
    if (max_lines >= 3)
        put_slowest(v, now_ms, width, text);
}

/* ---- plain lines ------------------------------------------------------------------ */

static bool has_ended(const struct progress_view *v, size_t state)
{
    return v->of->states[state].kind >= PROGRESS_GOOD;
}

static bool has_news(const struct progress_view *v, size_t item, size_t state)
{
    return v->state[item] == state && v->told[item] != state &&
           (has_ended(v, state) || v->seen[item] == state);
}

/* The hostlist of those that entered a state; NULL when nobody did, or no memory. */
static char *news_of(const struct progress_view *v, size_t state)
{
    struct hostset *set = NULL;
    char *folded = NULL;

    for (size_t i = 0; i < v->of->count; i++) {
        if (!has_news(v, i, state))
            continue;
        set = set ? set : hostset_new();
        if (!set || hostset_add(set, v->of->names[i], NULL) < 0)
            break;
    }
    if (set)
        folded = hostset_fold(set);
    hostset_free(set);
    return folded;
}

void progress_view_changes(struct progress_view *v, struct text *text)
{
    for (size_t s = 0; s < v->of->state_count; s++) {
        char *hosts = news_of(v, s);

        if (hosts)
            text_add(text, "%s: %s: %s (%zu/%zu)\n", v->of->title, hosts,
                     v->of->states[s].name, v->counts[s], v->of->count);
        free(hosts);
    }
    for (size_t i = 0; i < v->of->count; i++)
        if (has_news(v, i, v->state[i]))
            v->told[i] = v->state[i];
    memcpy(v->seen, v->state, v->of->count);
}
