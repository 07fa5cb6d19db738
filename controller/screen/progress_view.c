#include "controller/screen/progress_view.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/screen/escape.h"
#include "controller/screen/text.h"
#include "inventory/hostset.h"
#include "protocol/character.h"
#include "protocol/scope.h"

int progress_view_init(struct progress_view *v, const struct progress_options *options,
                       uint64_t now_ms)
{
    assert(options->state_count && options->state_count <= PROGRESS_MAX_STATES);
    *v = (struct progress_view){.of = options,
                                .started_ms = now_ms,
                                .work_since_ms = now_ms};
    v->state = calloc(options->count + 1, 1);
    v->told = calloc(options->count + 1, 1);
    v->seen = calloc(options->count + 1, 1);
    v->since_ms = calloc(options->count + 1, sizeof *v->since_ms);
    v->at = calloc(options->count + 1, sizeof *v->at);
    v->counts[0] = options->count;
    for (size_t i = 0; v->since_ms && i < options->count; i++)
        v->since_ms[i] = now_ms;
    return v->state && v->told && v->seen && v->since_ms && v->at ? 0 : -1;
}

void progress_view_clear(struct progress_view *v)
{
    free(v->state);
    free(v->told);
    free(v->seen);
    free(v->since_ms);
    free(v->at);
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
    v->at[item].part = NULL;
    *v->at[item].heard = '\0';
}

void progress_view_part(struct progress_view *v, size_t item, const char *part,
                        const char *heard)
{
    CLEANUP(text_clear) struct text escaped = {0};
    struct progress_at *at = &v->at[item];

    assert(item < v->of->count);
    if (at->part != part)
        *at->heard = '\0';
    at->part = part;
    if (!heard)
        return;
    escape_add(&escaped, heard);
    snprintf(at->heard, sizeof at->heard, "%.*s",
             character_cut(text_of(&escaped), sizeof at->heard - 1), text_of(&escaped));
}

size_t progress_view_count(const struct progress_view *v, enum progress_kind kind)
{
    size_t count = 0;

    for (size_t s = 0; s < v->of->state_count; s++)
        if (v->of->states[s].kind == kind)
            count += v->counts[s];
    return count;
}

void progress_view_done(const struct progress_view *v, size_t *done, size_t *total)
{
    *done = v->unit ? v->work_done
                    : progress_view_count(v, PROGRESS_GOOD) +
                          progress_view_count(v, PROGRESS_BAD);
    *total = v->unit ? v->work_total : v->of->count;
}

void progress_view_begun(struct progress_view *v, uint64_t at_ms, bool from_now)
{
    size_t total;

    v->started_ms = at_ms;
    if (from_now)
        progress_view_done(v, &v->work_from, &total);
    else
        v->work_since_ms = at_ms;
}

static size_t tenths(size_t done, size_t total)
{
    return total ? done * 10 / total : 0;
}

bool progress_view_work(struct progress_view *v, size_t done, size_t total,
                        const char *unit, uint64_t now_ms)
{
    bool same = v->unit && strcmp(v->unit, unit) == 0 && v->work_total == total;
    size_t before = same ? tenths(v->work_done, total) : 0;

    if (!same) { /* from here on its pace is measured */
        v->work_from = done;
        v->work_since_ms = now_ms;
    }
    v->work_done = done < total ? done : total;
    v->work_total = total;
    v->unit = unit;
    return tenths(done, total) > before;
}

/* ---- plain lines ------------------------------------------------------------------ */

static bool has_ended(const struct progress_view *v, size_t state)
{
    return v->of->states[state].kind >= PROGRESS_GOOD;
}

static bool has_news(const struct progress_view *v, size_t item, size_t state)
{
    const struct progress_at *at = &v->at[item];

    return v->state[item] == state &&
           (v->told[item] != state || at->told_part != at->part) &&
           (has_ended(v, state) || (v->seen[item] == state && at->seen_part == at->part));
}

/* The hostlist of those that entered a part of a state; NULL when nobody did, or no
 * memory.
 */
static char *news_of(const struct progress_view *v, size_t state, const char *part)
{
    struct hostset *set = NULL;
    char *folded = NULL;

    for (size_t i = 0; i < v->of->count; i++) {
        if (v->at[i].part != part || !has_news(v, i, state))
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

static size_t count_part(const struct progress_view *v, size_t state, const char *part)
{
    size_t count = 0;

    for (size_t i = 0; i < v->of->count; i++)
        count += v->state[i] == state && v->at[i].part == part;
    return count;
}

static void tell_part(const struct progress_view *v, size_t state, const char *part,
                      struct text *text)
{
    CLEANUP(text_done) char *hosts = news_of(v, state, part);

    if (hosts)
        text_add(text, "%s: %s: %s%s%s (%zu/%zu)\n", v->of->title, hosts,
                 v->of->states[state].name, part ? ", " : "", part ? part : "",
                 count_part(v, state, part), v->of->count);
}

static void note_told(struct progress_view *v, size_t item)
{
    if (has_news(v, item, v->state[item])) {
        v->told[item] = v->state[item];
        v->at[item].told_part = v->at[item].part;
    }
    v->seen[item] = v->state[item];
    v->at[item].seen_part = v->at[item].part;
}

/* Is there one before it in the same part of the same state? */
static bool is_repeated(const struct progress_view *v, size_t item)
{
    for (size_t i = 0; i < item; i++)
        if (v->state[i] == v->state[item] && v->at[i].part == v->at[item].part &&
            has_news(v, i, v->state[i]))
            return true;
    return false;
}

void progress_view_changes(struct progress_view *v, struct text *text)
{
    for (size_t s = 0; s < v->of->state_count; s++)
        for (size_t i = 0; i < v->of->count; i++)
            if (has_news(v, i, s) && !is_repeated(v, i))
                tell_part(v, s, v->at[i].part, text);
    for (size_t i = 0; i < v->of->count; i++)
        note_told(v, i);
}

void progress_view_heartbeat(const struct progress_view *v, uint64_t now_ms,
                             struct text *text)
{
    size_t done, total;

    progress_view_done(v, &done, &total);
    text_add(text, "%s: %zu/%zu%s%s", v->of->title, done, total, v->unit ? " " : "",
             v->unit ? v->unit : "");
    for (size_t s = 0, first = 1; s < v->of->state_count; s++) {
        if (!v->counts[s] || has_ended(v, s))
            continue;
        text_add(text, "%s %s %zu", first ? ";" : ",", v->of->states[s].name,
                 v->counts[s]);
        first = 0;
    }
    text_add(text, "; ");
    progress_clock_add(text, now_ms - v->started_ms);
    text_add(text, "\n");
}

void progress_clock_add(struct text *text, uint64_t ms)
{
    unsigned long long s = ms / 1000;

    if (s >= 3600)
        text_add(text, "%llu:%02llu:%02llu", s / 3600, s / 60 % 60, s % 60);
    else
        text_add(text, "%llu:%02llu", s / 60, s % 60);
}
