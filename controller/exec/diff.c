#include "controller/exec/diff.h"

#include <stdlib.h>
#include <string.h>

#include "controller/exec/answer.h"
#include "controller/screen/color.h"
#include "controller/screen/text.h"
#include "protocol/scope.h"

/* A line with its newline, which the last one may lack. */
struct line {
    const char *bytes;
    size_t len_bytes;
    bool changed; /* taken out, or put in */
};

struct page {
    struct line *lines;
    size_t count;
};

static void page_clear(struct page *page)
{
    free(page->lines);
}

static int split(const struct diff_side *side, struct page *page)
{
    const char *at = side->bytes, *end = at + side->len_bytes;
    size_t count = 1;

    for (const char *c = at; c < end; c++)
        count += *c == '\n';
    if (count > DIFF_MAX_LINES)
        return -1;
    page->lines = calloc(count, sizeof *page->lines);
    if (!page->lines)
        return -1;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *next = newline ? newline + 1 : end;

        page->lines[page->count++] = (struct line){at, (size_t)(next - at), false};
        at = next;
    }
    return 0;
}

static bool is_same(const struct line *a, const struct line *b)
{
    return a->len_bytes == b->len_bytes && memcmp(a->bytes, b->bytes, a->len_bytes) == 0;
}

/* ---- the shortest script --------------------------------------------------------- */

/* How far one comes on each diagonal (k: how many lines more of `from` than of `to`)
 * with so many edits.  The reaches with 0, 1, 2... edits lie behind each other: those
 * with `edits` begin at edits * edits and have the diagonals -edits to edits.
 */
struct search {
    const struct page *from, *to;
    long *reaches;
};

static long *reach(const struct search *s, long edits, long k)
{
    return &s->reaches[edits * edits + edits + k];
}

/* One comes to diagonal k by putting a line in, from k + 1, rather than by taking one
 * out, from k - 1.
 */
static bool is_put_in(const struct search *s, long edits, long k)
{
    return k == -edits ||
           (k != edits && *reach(s, edits - 1, k - 1) < *reach(s, edits - 1, k + 1));
}

static long begin_of(const struct search *s, long edits, long k)
{
    if (edits == 0)
        return 0;
    return is_put_in(s, edits, k) ? *reach(s, edits - 1, k + 1)
                                  : *reach(s, edits - 1, k - 1) + 1;
}

/* True when the end of both is reached. */
static bool advance(const struct search *s, long edits, long k)
{
    long x = begin_of(s, edits, k);
    long from_count = (long)s->from->count, to_count = (long)s->to->count;

    while (x < from_count && x - k < to_count &&
           is_same(&s->from->lines[x], &s->to->lines[x - k]))
        x++;
    *reach(s, edits, k) = x;
    return x >= from_count && x - k >= to_count;
}

/* How many edits it takes; -1: too many. */
static long count_edits(const struct search *s)
{
    for (long edits = 0; edits <= (long)DIFF_MAX_EDITS; edits++)
        for (long k = -edits; k <= edits; k += 2)
            if (advance(s, edits, k))
                return edits;
    return -1;
}

/* From the end back to the beginning, each edit noted at its line. */
static void mark(const struct search *s, long edits)
{
    long k = (long)s->from->count - (long)s->to->count;

    for (; edits > 0; edits--) {
        bool put_in = is_put_in(s, edits, k);
        long before = put_in ? k + 1 : k - 1, x = *reach(s, edits - 1, before);

        if (put_in)
            s->to->lines[x - before].changed = true;
        else
            s->from->lines[x].changed = true;
        k = before;
    }
}

static int compare(const struct page *from, const struct page *to)
{
    size_t most = DIFF_MAX_EDITS + 1;
    struct search s = {from, to, calloc(most * most, sizeof *s.reaches)};
    long edits;

    if (!s.reaches)
        return -1;
    edits = count_edits(&s);
    if (edits > 0)
        mark(&s, edits);
    free(s.reaches);
    return edits < 0 ? -1 : 0;
}

/* ---- hunks ------------------------------------------------------------------------ */

struct writer {
    const struct page *from, *to;
    bool raw, color;
    struct text *text;
};

/* A place in both: equal lines before it have been passed in step. */
struct place {
    size_t from, to;
};

static void put_line(const struct writer *w, char sign, const struct line *line)
{
    enum color color = sign == '-' ? COLOR_BAD : sign == '+' ? COLOR_GOOD : COLOR_PLAIN;
    bool whole = line->bytes[line->len_bytes - 1] == '\n';

    if (sign != ' ')
        text_add(w->text, "%s", color_of(color, w->color));
    text_put(w->text, &sign, 1);
    answer_put_line(line->bytes, line->len_bytes - whole, w->raw, w->text);
    if (sign != ' ')
        text_add(w->text, "%s", color_of(COLOR_PLAIN, w->color));
    if (!whole)
        text_add(w->text, "\\ no newline at the end\n");
}

static bool is_changed(const struct page *page, size_t i)
{
    return i < page->count && page->lines[i].changed;
}

static bool is_over(const struct writer *w, const struct place *p)
{
    return p->from >= w->from->count && p->to >= w->to->count;
}

/* Past the changes that begin here, and then past equal lines, at most so many. */
static struct place skip_changes(const struct writer *w, struct place p)
{
    while (is_changed(w->from, p.from))
        p.from++;
    while (is_changed(w->to, p.to))
        p.to++;
    return p;
}

static size_t skip_equal(const struct writer *w, struct place *p, size_t most)
{
    size_t n = 0;

    for (; n < most && !is_over(w, p); n++, p->from++, p->to++)
        if (is_changed(w->from, p->from) || is_changed(w->to, p->to))
            break;
    return n;
}

/* Where the hunk ends whose first change is here: what comes close behind belongs to
 * it, and DIFF_CONTEXT lines more.
 */
static struct place end_of_hunk(const struct writer *w, struct place first)
{
    struct place at = skip_changes(w, first), next = at;

    while (skip_equal(w, &next, 2 * DIFF_CONTEXT + 1) <= 2 * DIFF_CONTEXT &&
           !is_over(w, &next))
        at = next = skip_changes(w, next);
    skip_equal(w, &at, DIFF_CONTEXT);
    return at;
}

static void put_hunk(const struct writer *w, struct place at, const struct place *end)
{
    size_t from_lines = end->from - at.from, to_lines = end->to - at.to;

    /* Of no lines, the number is that of the line before, as diff(1) has it. */
    text_add(w->text, "%s@@ -%zu,%zu +%zu,%zu @@%s\n", color_of(COLOR_DIM, w->color),
             at.from + (from_lines > 0), from_lines, at.to + (to_lines > 0), to_lines,
             color_of(COLOR_PLAIN, w->color));
    while (at.from < end->from || at.to < end->to) {
        while (at.from < end->from && is_changed(w->from, at.from))
            put_line(w, '-', &w->from->lines[at.from++]);
        while (at.to < end->to && is_changed(w->to, at.to))
            put_line(w, '+', &w->to->lines[at.to++]);
        if (at.from < end->from && at.to < end->to) {
            put_line(w, ' ', &w->from->lines[at.from++]);
            at.to++;
        }
    }
}

static void put_hunks(const struct writer *w)
{
    struct place at = {0, 0};

    for (;;) {
        size_t equal = skip_equal(w, &at, DIFF_MAX_LINES);
        size_t before = equal < DIFF_CONTEXT ? equal : DIFF_CONTEXT;
        struct place begin = {at.from - before, at.to - before}, end;

        if (is_over(w, &at))
            return;
        end = end_of_hunk(w, at);
        put_hunk(w, begin, &end);
        at = end;
    }
}

int diff_render(const struct diff_side *from, const struct diff_side *to, bool raw,
                bool color, struct text *text)
{
    CLEANUP(page_clear) struct page a = {0};
    CLEANUP(page_clear) struct page b = {0};
    struct writer w = {&a, &b, raw, color, text};

    if (split(from, &a) < 0 || split(to, &b) < 0 || compare(&a, &b) < 0)
        return -1;
    put_hunks(&w);
    return 0;
}
