/* Folding: names of one pattern (`r%n%-ib0`) become rows of numbers.  For each
 * number, the last first, rows that agree in all others melt into one whose field
 * is a list of ranges.  Rows stay disjoint boxes of the set, so the result is right
 * whatever the order; the order only decides how short it is.
 */
#include "inventory/hostset.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/arena.h"
#include "protocol/scope.h"

struct field {
    const char *text; /* "007", or after melting "[001-004,007]" */
    size_t len;
};

struct row {
    const char *name;     /* the first of its names, in natural order */
    struct field *fields; /* one for each number in the pattern       */
    bool is_melted;       /* it stands for several names              */
    const char *text;     /* the finished term                        */
};

struct fold {
    bool only_suffix; /* fold along the number at the end of a name, and no other */
    struct row *rows;
    size_t count;
    struct field *fields; /* of the pattern at hand */
    struct arena text;
};

static void fold_done(struct fold *f)
{
    free(f->rows);
    free(f->fields);
    arena_done(&f->text);
}

/* ---- patterns ------------------------------------------------------------------- */

/* A name is tokens: numbers, and what stands between them. */
struct token {
    size_t len;
    bool is_field; /* a number that the parser takes in brackets */
};

static struct token token_at(const char *text)
{
    size_t digits = strspn(text, "0123456789");

    if (digits)
        return (struct token){digits, digits <= HOSTSET_MAX_DIGITS};
    return (struct token){strcspn(text, "0123456789"), false};
}

static size_t shorter(size_t a, size_t b)
{
    return a < b ? a : b;
}

static int compare_patterns(const char *a, const char *b)
{
    while (*a && *b) {
        struct token s = token_at(a), t = token_at(b);
        int order = s.is_field - t.is_field;

        if (!order && !s.is_field)
            order = memcmp(a, b, shorter(s.len, t.len));
        if (!order && !s.is_field)
            order = (s.len > t.len) - (s.len < t.len);
        if (order)
            return order;
        a += s.len;
        b += t.len;
    }
    return (*a != '\0') - (*b != '\0');
}

static int by_pattern(const void *left, const void *right)
{
    const struct row *a = left, *b = right;
    int order = compare_patterns(a->name, b->name);

    return order ? order : hostset_compare(a->name, b->name);
}

static int by_name(const void *left, const void *right)
{
    const struct row *a = left, *b = right;

    return hostset_compare(a->name, b->name);
}

/* The fields of a name, into fields when that is not NULL; how many there are. */
static size_t cut(const char *name, struct field *fields)
{
    size_t n = 0;

    while (*name) {
        struct token t = token_at(name);

        if (t.is_field && fields)
            fields[n] = (struct field){name, t.len};
        n += t.is_field;
        name += t.len;
    }
    return n;
}

/* ---- melting rows ----------------------------------------------------------------- */

/* Shorter numbers first, as in natural order. */
static int compare_fields(const struct field *a, const struct field *b)
{
    if (a->len != b->len)
        return a->len < b->len ? -1 : 1;
    return memcmp(a->text, b->text, a->len);
}

struct along {
    size_t dims, d; /* the field that may differ */
};

static int compare_others(const struct row *a, const struct row *b,
                          const struct along *along)
{
    int order = 0;

    for (size_t i = 0; i < along->dims && !order; i++)
        if (i != along->d)
            order = compare_fields(&a->fields[i], &b->fields[i]);
    return order;
}

static int by_others(const void *left, const void *right, void *arg)
{
    const struct row *a = left, *b = right;
    const struct along *along = arg;
    int order = compare_others(a, b, along);

    return order ? order : compare_fields(&a->fields[along->d], &b->fields[along->d]);
}

/* Would the parser, in a range from start, come from a to b? */
static bool follows(const struct field *start, const struct field *a,
                    const struct field *b)
{
    bool padded = (start->len > 1 && *start->text == '0') || *b->text == '0';

    return strtoull(b->text, NULL, 10) == strtoull(a->text, NULL, 10) + 1 &&
           (b->len == a->len || !padded);
}

static void print_field(FILE *out, const struct field *f)
{
    fprintf(out, "%.*s", (int)f->len, f->text);
}

/* "[1-4,7]" for field d of n sorted rows. */
static void print_ranges(FILE *out, const struct row *rows, size_t n, size_t d)
{
    for (size_t i = 0, end; i < n; i = end + 1) {
        const struct field *start = &rows[i].fields[d];

        for (end = i; end + 1 < n; end++)
            if (!follows(start, &rows[end].fields[d], &rows[end + 1].fields[d]))
                break;
        fputs(i ? "," : "[", out);
        print_field(out, start);
        if (end > i) {
            fputc('-', out);
            print_field(out, &rows[end].fields[d]);
        }
    }
    fputc(']', out);
}

/* Copy what was printed into the arena.  Closes out. */
static const char *keep(struct fold *f, FILE *out, char **text, size_t *len)
{
    bool whole = !ferror(out);

    if (fclose(out) != 0 || !whole)
        return NULL;
    return arena_copy(&f->text, *text, *len);
}

static int melt_run(struct fold *f, struct row *rows, size_t n, size_t d)
{
    CLEANUP(text_done) char *text = NULL;
    const char *kept;
    size_t len;
    FILE *out;

    if (n == 1)
        return 0;
    out = open_memstream(&text, &len);
    if (!out)
        return -1;
    print_ranges(out, rows, n, d);
    kept = keep(f, out, &text, &len);
    if (!kept)
        return -1;
    rows->fields[d] = (struct field){kept, len};
    rows->is_melted = true;
    return 0;
}

/* Melt rows along one field; *count becomes smaller. */
static int melt(struct fold *f, struct row *rows, size_t *count, struct along along)
{
    size_t made = 0;

    qsort_r(rows, *count, sizeof *rows, by_others, &along);
    for (size_t i = 0, n; i < *count; i += n) {
        for (n = 1; i + n < *count && !compare_others(&rows[i], &rows[i + n], &along);)
            n++;
        if (melt_run(f, &rows[i], n, along.d) < 0)
            return -1;
        rows[made++] = rows[i];
    }
    *count = made;
    return 0;
}

static int finish(struct fold *f, struct row *row)
{
    CLEANUP(text_done) char *text = NULL;
    const struct field *field = row->fields;
    const char *p = row->name;
    size_t len;
    FILE *out;

    row->text = row->name;
    if (!row->is_melted)
        return 0;
    out = open_memstream(&text, &len);
    if (!out)
        return -1;
    while (*p) {
        struct token t = token_at(p);

        print_field(out, t.is_field ? field++ : &(struct field){p, t.len});
        p += t.len;
    }
    row->text = keep(f, out, &text, &len);
    return row->text ? 0 : -1;
}

static bool ends_with_field(const struct row *row, size_t dims)
{
    const struct field *last = dims ? &row->fields[dims - 1] : NULL;

    return last && last->text[last->len] == '\0';
}

/* Fold rows of one pattern, in place. */
static int fold_pattern(struct fold *f, struct row *rows, size_t *count)
{
    size_t dims = cut(rows->name, NULL), d = dims, end = 0;

    free(f->fields);
    f->fields = calloc(dims * *count + 1, sizeof *f->fields);
    if (!f->fields)
        return -1;
    for (size_t i = 0; i < *count; i++) {
        rows[i].fields = f->fields + i * dims;
        cut(rows[i].name, rows[i].fields);
    }
    if (f->only_suffix)
        end = ends_with_field(rows, dims) ? dims - 1 : dims;
    while (d-- > end)
        if (melt(f, rows, count, (struct along){dims, d}) < 0)
            return -1;
    for (size_t i = 0; i < *count; i++)
        if (finish(f, &rows[i]) < 0)
            return -1;
    return 0;
}

/* ---- the whole set ---------------------------------------------------------------- */

static int fold_patterns(struct fold *f)
{
    size_t made = 0;

    qsort(f->rows, f->count, sizeof *f->rows, by_pattern);
    for (size_t i = 0, n; i < f->count; i += n) {
        size_t left;

        for (n = 1; i + n < f->count; n++)
            if (compare_patterns(f->rows[i].name, f->rows[i + n].name) != 0)
                break;
        left = n;
        if (fold_pattern(f, &f->rows[i], &left) < 0)
            return -1;
        memmove(&f->rows[made], &f->rows[i], left * sizeof *f->rows);
        made += left;
    }
    f->count = made;
    return 0;
}

static char *join(const struct fold *f)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    bool whole;

    if (!out)
        return NULL;
    for (size_t i = 0; i < f->count; i++)
        fprintf(out, "%s%s", i ? "," : "", f->rows[i].text);
    whole = !ferror(out);
    if (fclose(out) == 0 && whole)
        return text;
    free(text);
    return NULL;
}

static char *fold(const struct hostset *set, bool only_suffix)
{
    CLEANUP(fold_done)
    struct fold f = {.count = hostset_count(set), .only_suffix = only_suffix};

    f.rows = calloc(f.count + 1, sizeof *f.rows);
    if (!f.rows)
        return NULL;
    for (size_t i = 0; i < f.count; i++)
        f.rows[i].name = hostset_name(set, i);
    if (fold_patterns(&f) < 0)
        return NULL;
    qsort(f.rows, f.count, sizeof *f.rows, by_name);
    return join(&f);
}

char *hostset_fold(const struct hostset *set)
{
    return fold(set, false);
}

char *hostset_fold_suffix(const struct hostset *set)
{
    return fold(set, true);
}
