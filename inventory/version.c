#include "inventory/version.h"

#include <stddef.h>
#include <string.h>

#define DIGITS  "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

static const char *skip_separators(const char *at)
{
    return at + strcspn(at, DIGITS LETTERS "~");
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int compare_bytes(const char *a, size_t a_len, const char *b, size_t b_len)
{
    int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

    return order ? order : (a_len > b_len) - (a_len < b_len);
}

/* Without its zeros in front the longer number is the larger one. */
static int compare_numbers(const char **a, const char **b)
{
    const char *x = *a + strspn(*a, "0"), *y = *b + strspn(*b, "0");
    size_t x_len = strspn(x, DIGITS), y_len = strspn(y, DIGITS);

    *a = x + x_len;
    *b = y + y_len;
    return x_len != y_len ? (x_len > y_len) - (x_len < y_len) : memcmp(x, y, x_len);
}

static int compare_words(const char **a, const char **b)
{
    const char *x = *a, *y = *b;

    *a += strspn(x, LETTERS);
    *b += strspn(y, LETTERS);
    return compare_bytes(x, (size_t)(*a - x), y, (size_t)(*b - y));
}

/* Both have something left. */
static int compare_parts(const char **a, const char **b)
{
    if (is_digit(**a) != is_digit(**b))
        return is_digit(**a) ? 1 : -1;
    return is_digit(**a) ? compare_numbers(a, b) : compare_words(a, b);
}

/* open: what a has beyond the end of b does not count. */
static int compare(const char *a, const char *b, bool open)
{
    for (;;) {
        int order = 0;

        a = skip_separators(a);
        b = skip_separators(b);
        if (open && !*b)
            return 0;
        if (*a == '~' && *b == '~')
            a++, b++;
        else if (*a == '~' || *b == '~')
            return *a == '~' ? -1 : 1;
        else if (!*a || !*b)
            return (*a != '\0') - (*b != '\0');
        else
            order = compare_parts(&a, &b);
        if (order)
            return order;
    }
}

/* "1:" as "1", nothing as "0"; *at goes behind it. */
static const char *take_epoch(const char **at)
{
    const char *start = *at;
    size_t len = strspn(start, DIGITS);

    if (!len || start[len] != ':')
        return "0";
    *at += len + 1;
    return start;
}

static int compare_epochs(const char **a, const char **b)
{
    const char *x = take_epoch(a), *y = take_epoch(b);

    return compare_numbers(&x, &y);
}

int version_compare(const char *a, const char *b)
{
    int order = compare_epochs(&a, &b);

    return order ? order : compare(a, b, false);
}

bool version_within(const char *v, const char *last)
{
    int order = compare_epochs(&v, &last);

    return (order ? order : compare(v, last, true)) <= 0;
}
