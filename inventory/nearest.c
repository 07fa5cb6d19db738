#include "inventory/nearest.h"

#include <stddef.h>
#include <string.h>

#define LONGEST 63 /* longer words are never near */

static size_t least(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;

    return m < c ? m : c;
}

/* Levenshtein's distance, one row at a time. */
static size_t distance(const char *a, const char *b)
{
    size_t row[LONGEST + 1], n = strlen(b);

    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t corner = row[0];

        row[0] = i + 1;
        for (size_t j = 0; j < n; j++) {
            size_t above = row[j + 1];

            row[j + 1] = least(above + 1, row[j] + 1, corner + (a[i] != b[j]));
            corner = above;
        }
    }
    return row[n];
}

const char *nearest_word(const char *word, const char *const *words)
{
    size_t best = strlen(word) / 3 + 2;
    const char *found = NULL;

    if (strlen(word) > LONGEST)
        return NULL;
    for (; *words; words++) {
        size_t d = strlen(*words) > LONGEST ? best : distance(word, *words);

        if (d < best && d < strlen(*words)) {
            best = d;
            found = *words;
        }
    }
    return found;
}
