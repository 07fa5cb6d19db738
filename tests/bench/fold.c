/* fold   CPU time to read and to fold 10,000 names that do not line up
 *
 * One row for each kind of name; ten times each, the median is shown.  Ends with 1 when
 * a folding took 50 ms or more, or does not mean the names that went in.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "inventory/hostset.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

#define NAMES    10000
#define TURNS    11
#define LIMIT_MS 50.0

/* The same names in every run; not the C library's, which differs. */
static unsigned below(unsigned bound)
{
    static unsigned long long state = 2026;

    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return (unsigned)(state >> 33) % bound;
}

/* ---- kinds of names ------------------------------------------------------------------ */

static void one_number(char *name, size_t size)
{
    snprintf(name, size, "ib%u", below(100000));
}

static void two_numbers(char *name, size_t size)
{
    snprintf(name, size, "r%un%u", below(200), below(200));
}

static void four_numbers(char *name, size_t size)
{
    snprintf(name, size, "r%uc%un%02u-ib%u", below(100), below(8), below(48), below(2));
}

static void random_words(char *name, size_t size)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    size_t len = size < 13 ? size - 1 : 12;

    for (size_t i = 0; i < len; i++)
        name[i] = letters[below(i ? 36 : 26)];
    name[len] = '\0';
}

static void hexadecimal(char *name, size_t size)
{
    snprintf(name, size, "vmss%08x", below(0x7fffffff));
}

static const struct kind {
    const char *title;
    void (*make)(char *name, size_t size);
} kinds[] = {
    {"ib%d", one_number},
    {"r%dn%d", two_numbers},
    {"r%dc%dn%02d-ib%d", four_numbers},
    {"random words", random_words},
    {"vmss%08x", hexadecimal},
};

/* ---- measuring ------------------------------------------------------------------------ */

static double cpu_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

static double median(double *ms)
{
    qsort(ms, TURNS, sizeof *ms, by_value);
    return ms[TURNS / 2];
}

/* NAMES different names, and their text. */
static int fill(const struct kind *kind, struct hostset *set, FILE *text)
{
    while (hostset_count(set) < NAMES) {
        char name[32];
        size_t before = hostset_count(set);

        kind->make(name, sizeof name);
        if (hostset_add(set, name, NULL) < 0)
            return -1;
        if (hostset_count(set) > before)
            fprintf(text, "%s%s", before ? "," : "", name);
    }
    return 0;
}

static int is_same(const struct hostset *set, const char *folded)
{
    CLEANUP(hostset_done) struct hostset *back = NULL;

    if (hostset_parse(folded, NULL, &back, NULL) < 0 || hostset_count(back) != NAMES)
        return 0;
    for (size_t i = 0; i < NAMES; i++)
        if (strcmp(hostset_name(set, i), hostset_name(back, i)) != 0)
            return 0;
    return 1;
}

static int measure(const struct kind *kind)
{
    CLEANUP(hostset_done) struct hostset *set = hostset_new();
    CLEANUP(text_done) char *names = NULL;
    double read_ms[TURNS], fold_ms[TURNS];
    size_t len, folded_len = 0;
    FILE *text = open_memstream(&names, &len);
    int status = set && text && fill(kind, set, text) == 0 ? 0 : 1;

    if (!text || fclose(text) != 0 || status)
        return 1;
    for (int i = 0; i < TURNS && !status; i++) {
        CLEANUP(hostset_done) struct hostset *again = NULL;
        CLEANUP(text_done) char *folded = NULL;
        double start = cpu_ms(), middle;

        folded = hostset_fold(set);
        middle = cpu_ms();
        status = !folded || !is_same(set, folded);
        folded_len = folded ? strlen(folded) : 0;
        fold_ms[i] = middle - start;
        start = cpu_ms();
        status = hostset_parse(names, NULL, &again, NULL) < 0 || status;
        read_ms[i] = cpu_ms() - start;
    }
    if (status)
        return 1;
    printf("%-18s %8zu %8zu %9.1f %9.1f\n", kind->title, len, folded_len, median(read_ms),
           median(fold_ms));
    return fold_ms[TURNS / 2] >= LIMIT_MS;
}

int main(void)
{
    int status = 0;

    printf("%d names like      bytes   folded   read, ms  fold, ms of CPU\n", NAMES);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        status |= measure(&kinds[i]);
    return status;
}
