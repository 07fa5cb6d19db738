#include "inventory/hostset.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/arena.h"
#include "protocol/fail.h"

struct hostset {
    const char **names; /* sorted by hostset_compare(), no two alike */
    size_t count, room;
    struct arena text; /* owns the names, removed ones included */
};

struct hostset *hostset_new(void)
{
    return calloc(1, sizeof(struct hostset));
}

void hostset_free(struct hostset *set)
{
    if (!set)
        return;
    arena_done(&set->text);
    free(set->names);
    free(set);
}

void hostset_done(struct hostset **set)
{
    hostset_free(*set);
}

size_t hostset_count(const struct hostset *set)
{
    return set->count;
}

const char *hostset_name(const struct hostset *set, size_t i)
{
    assert(i < set->count);
    return set->names[i];
}

/* ---- natural order ------------------------------------------------------------ */

static size_t digits(const char *text)
{
    size_t n = 0;

    while (text[n] >= '0' && text[n] <= '9')
        n++;
    return n;
}

int hostset_compare(const char *a, const char *b)
{
    while (*a || *b) {
        size_t n = digits(a), m = digits(b);
        int order;

        if (n != m && n && m)
            return n < m ? -1 : 1;
        order = memcmp(a, b, n == m && n ? n : 1);
        if (order)
            return order;
        a += n ? n : 1;
        b += m ? m : 1;
    }
    return 0;
}

/* The first place whose name is not before this one. */
static size_t place_of(const struct hostset *set, const char *name)
{
    size_t low = 0, high = set->count;

    if (high && hostset_compare(set->names[high - 1], name) < 0)
        return high;
    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (hostset_compare(set->names[mid], name) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

bool hostset_find(const struct hostset *set, const char *name, size_t *i)
{
    size_t place = place_of(set, name);

    if (place == set->count || strcmp(set->names[place], name) != 0)
        return false;
    if (i)
        *i = place;
    return true;
}

bool hostset_has(const struct hostset *set, const char *name)
{
    return hostset_find(set, name, NULL);
}

/* ---- change ------------------------------------------------------------------- */

#define FIRST_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

static int check_name(const char *name, struct fail *why)
{
    if (strnlen(name, HOSTSET_MAX_NAME + 1) > HOSTSET_MAX_NAME)
        return fail_set(why, FAIL_HOSTLIST, "a node name is longer than %d bytes",
                        HOSTSET_MAX_NAME);
    if (!strspn(name, FIRST_CHARS) || name[strspn(name, FIRST_CHARS "-.:%")])
        return fail_set(why, FAIL_HOSTLIST, "not a node name: '%s'", name);
    return 0;
}

static int make_room(struct hostset *set)
{
    size_t room = set->room ? 2 * set->room : 16;
    const char **names;

    if (set->count < set->room)
        return 0;
    names = realloc(set->names, room * sizeof *names);
    if (!names)
        return -1;
    set->names = names;
    set->room = room;
    return 0;
}

int hostset_add(struct hostset *set, const char *name, struct fail *why)
{
    size_t place = place_of(set, name);
    const char *copy;

    if (place < set->count && strcmp(set->names[place], name) == 0)
        return 0;
    if (check_name(name, why) < 0)
        return -1;
    copy = make_room(set) < 0 ? NULL : arena_copy(&set->text, name, strlen(name));
    if (!copy)
        return fail_memory(why);
    memmove(set->names + place + 1, set->names + place,
            (set->count - place) * sizeof *set->names);
    set->names[place] = copy;
    set->count++;
    return 0;
}

void hostset_subtract(struct hostset *set, const struct hostset *out)
{
    size_t kept = 0, o = 0;

    for (size_t i = 0; i < set->count; i++) {
        int order = -1;

        while (o < out->count &&
               (order = hostset_compare(set->names[i], out->names[o])) > 0)
            o++;
        if (o == out->count || order != 0)
            set->names[kept++] = set->names[i];
    }
    set->count = kept;
}
