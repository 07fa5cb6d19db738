#include "controller/scheduler/namebook.h"

#include <stdlib.h>
#include <string.h>

struct line {
    const char *name;
    size_t i;
};

struct namebook {
    const char *const *names;
    size_t count;
    struct line lines[];
};

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct line *)a)->name, ((const struct line *)b)->name);
}

struct namebook *namebook_new(const char *const *names, size_t count)
{
    struct namebook *book = calloc(1, sizeof *book + count * sizeof *book->lines);

    if (!book)
        return NULL;
    book->names = names;
    book->count = count;
    for (size_t i = 0; i < count; i++)
        book->lines[i] = (struct line){names[i], i};
    qsort(book->lines, count, sizeof *book->lines, compare);
    return book;
}

void namebook_free(struct namebook *book)
{
    free(book);
}

size_t namebook_count(const struct namebook *book)
{
    return book->count;
}

const char *namebook_name(const struct namebook *book, size_t i)
{
    return book->names[i];
}

bool namebook_find(const struct namebook *book, const char *name, size_t *i)
{
    struct line key = {.name = name};
    const struct line *line =
        bsearch(&key, book->lines, book->count, sizeof *book->lines, compare);

    if (line)
        *i = line->i;
    return line != NULL;
}
