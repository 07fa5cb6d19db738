#include "controller/azure/throttle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "controller/door/pause.h"

#define BUCKET_NAME_BYTES 100
#define LEARNT_BITS       64 /* of a class: which buckets */

/* After a refusal calls go one by one: with gaps that shrink with each that goes, and double
 * when one is refused again.
 */
#define GAP_FIRST_MS 500
#define GAP_LAST_MS  50
#define GAP_MAX_MS   15000

struct bucket {
    char name[BUCKET_NAME_BYTES];
    uint64_t left; /* as far as we know */
    uint64_t from_ms;
};

struct class
{
    char name[THROTTLE_CLASS_BYTES];
    uint64_t buckets; /* a bit for each that it has learnt */
    uint64_t from_ms;
    uint64_t refused_until_ms, gap_ms;
};

struct throttle {
    struct bucket buckets[THROTTLE_MAX_BUCKETS];
    struct class classes[THROTTLE_MAX_CLASSES];
    size_t bucket_count, class_count;
};

_Static_assert(THROTTLE_MAX_BUCKETS <= LEARNT_BITS, "a bit for each bucket");

struct throttle *throttle_new(void)
{
    return calloc(1, sizeof(struct throttle));
}

void throttle_free(struct throttle *t)
{
    free(t);
}

/* NULL when the table is full: such a class is only held back by its own 429s. */
static struct class *class_of(struct throttle *t, const char *name)
{
    for (size_t i = 0; i < t->class_count; i++)
        if (strcmp(t->classes[i].name, name) == 0)
            return &t->classes[i];
    if (t->class_count == THROTTLE_MAX_CLASSES)
        return NULL;
    snprintf(t->classes[t->class_count].name, THROTTLE_CLASS_BYTES, "%s", name);
    return &t->classes[t->class_count++];
}

static size_t bucket_of(struct throttle *t, const char *name)
{
    for (size_t i = 0; i < t->bucket_count; i++)
        if (strcmp(t->buckets[i].name, name) == 0)
            return i;
    if (t->bucket_count == THROTTLE_MAX_BUCKETS)
        return THROTTLE_MAX_BUCKETS;
    snprintf(t->buckets[t->bucket_count].name, BUCKET_NAME_BYTES, "%s", name);
    return t->bucket_count++;
}

/* ---- taking -------------------------------------------------------------------------------- */

/* The slowest buckets of Azure refill with a call in 5 to 15 s. */
static uint64_t spread_ms(uint64_t left)
{
    static const uint64_t pause_ms[THROTTLE_LOW + 1] = {15000, 8000, 4000,
                                                        2000,  1000, 500};

    return left > THROTTLE_LOW ? 0 : pause_ms[left];
}

static void take_one(struct bucket *b, uint64_t now_ms)
{
    uint64_t pause_ms;

    b->left -= b->left > 0;
    pause_ms = spread_ms(b->left);
    if (pause_ms && b->from_ms < now_ms + pause_ms)
        b->from_ms = now_ms + pause_ms;
}

/* The others wait until it is seen how this one fares. */
static void keep_gap(struct class *c, uint64_t now_ms)
{
    if (!c->gap_ms)
        return;
    c->from_ms = now_ms + c->gap_ms;
    c->gap_ms -= c->gap_ms / 4;
    if (c->gap_ms < GAP_LAST_MS)
        c->gap_ms = 0;
}

uint64_t throttle_take(struct throttle *t, const char *name, uint64_t now_ms)
{
    struct class *c = class_of(t, name);
    uint64_t from_ms = c ? c->from_ms : 0;

    for (size_t i = 0; c && i < t->bucket_count; i++)
        if (c->buckets >> i & 1 && t->buckets[i].from_ms > from_ms)
            from_ms = t->buckets[i].from_ms;
    if (from_ms > now_ms)
        return from_ms - now_ms;
    for (size_t i = 0; c && i < t->bucket_count; i++)
        if (c->buckets >> i & 1)
            take_one(&t->buckets[i], now_ms);
    if (c)
        keep_gap(c, now_ms);
    return 0;
}

/* ---- learning --------------------------------------------------------------------------------- */

static void learn(struct throttle *t, struct class *c, const char *name, uint64_t left,
                  uint64_t now_ms)
{
    size_t i = bucket_of(t, name);
    uint64_t pause_ms = spread_ms(left);

    if (i == THROTTLE_MAX_BUCKETS)
        return;
    c->buckets |= (uint64_t)1 << i;
    t->buckets[i].left = left;
    t->buckets[i].from_ms = pause_ms ? now_ms + pause_ms : 0;
}

/* Digits up to `end`; -1: something else. */
static int64_t count_in(const char *at, const char *end)
{
    int64_t n = 0;

    if (at == end || end - at > 12)
        return -1;
    for (; at < end; at++) {
        if (*at < '0' || *at > '9')
            return -1;
        n = n * 10 + (*at - '0');
    }
    return n;
}

static void learn_item(struct throttle *t, struct class *c, const char *item, size_t len,
                       uint64_t now_ms)
{
    const char *semicolon = memchr(item, ';', len);
    char name[BUCKET_NAME_BYTES];
    int64_t left = semicolon ? count_in(semicolon + 1, item + len) : -1;

    if (left < 0 || semicolon - item >= BUCKET_NAME_BYTES)
        return;
    memcpy(name, item, (size_t)(semicolon - item));
    name[semicolon - item] = '\0';
    learn(t, c, name, (uint64_t)left, now_ms);
}

void throttle_note_remaining(struct throttle *t, const char *class_name, const char *name,
                             const char *value, uint64_t now_ms)
{
    struct class *c = class_of(t, class_name);
    int64_t left = count_in(value, value + strlen(value));
    size_t len;

    if (!c)
        return;
    if (left >= 0) {
        learn(t, c, name, (uint64_t)left, now_ms);
        return;
    }
    for (; *value; value += len + (value[len] == ',')) {
        value += strspn(value, " ");
        len = strcspn(value, ",");
        learn_item(t, c, value, len, now_ms);
    }
}

/* Those that had gone together are refused together, which counts once. */
static void widen_gap(struct class *c)
{
    c->gap_ms *= 2;
    if (c->gap_ms < GAP_FIRST_MS)
        c->gap_ms = GAP_FIRST_MS;
    if (c->gap_ms > GAP_MAX_MS)
        c->gap_ms = GAP_MAX_MS;
}

void throttle_note_refusal(struct throttle *t, const char *name, uint64_t pause_ms,
                           uint64_t now_ms)
{
    struct class *c = class_of(t, name);

    if (!c)
        return;
    if (now_ms >= c->refused_until_ms)
        widen_gap(c);
    if (c->from_ms < now_ms + pause_ms)
        c->from_ms = now_ms + pause_ms;
    if (c->refused_until_ms < now_ms + pause_ms)
        c->refused_until_ms = now_ms + pause_ms;
}

/* ---- words -------------------------------------------------------------------------------------- */

/* Types and names take turns in a path, from "subscriptions" on, and again after
 * "providers/Microsoft.X".
 */
void throttle_class(const char *method, const char *path,
                    char class[THROTTLE_CLASS_BYTES])
{
    size_t used = (size_t)snprintf(class, THROTTLE_CLASS_BYTES, "%s", method), len;
    bool is_name = false;

    for (; *path; path += len) {
        path += *path == '/';
        len = strcspn(path, "/?");
        if (used < THROTTLE_CLASS_BYTES)
            used += (size_t)snprintf(class + used, THROTTLE_CLASS_BYTES - used, "/%.*s",
                                     is_name ? 1 : (int)len, is_name ? "-" : path);
        if (path[len] == '?')
            break;
        is_name = !is_name && !(len == 9 && strncasecmp(path, "providers", 9) == 0) &&
                  strncasecmp(path, "Microsoft.", 10) != 0;
    }
}

/* Days from 1970-01-01 to a day of the Gregorian calendar: years that begin in March have
 * their odd day at the end.
 */
static int64_t days_to(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year, in_year;

    in_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return 365 * y + y / 4 - y / 100 + y / 400 + in_year - 719468;
}

/* As in "Sun, 06 Nov 1994 08:49:37 GMT"; -1: not so. */
static int64_t seconds_of_date(const char *text)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int day, year, hour, minute, second, end = 0;
    char month[4];
    const char *found;

    if (sscanf(text, "%*3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d GMT%n", &day, month,
               &year, &hour, &minute, &second, &end) != 6 ||
        !end || text[end])
        return -1;
    found = strstr(months, month);
    if (!found || (found - months) % 3 || strlen(month) != 3 || year < 1970 || day < 1 ||
        day > 31 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
        second > 60)
        return -1;
    return days_to(year, (int)(found - months) / 3 + 1, day) * 86400 + hour * 3600 +
           minute * 60 + second;
}

int64_t throttle_retry_after_ms(const char *value, int64_t now_s)
{
    int64_t seconds = count_in(value, value + strlen(value));
    int64_t date_s;

    if (seconds >= 0)
        return seconds * 1000;
    date_s = seconds_of_date(value);
    if (date_s < 0)
        return -1;
    return date_s > now_s ? (date_s - now_s) * 1000 : 0;
}

uint64_t throttle_back_off_ms(unsigned tries, uint32_t chance)
{
    return pause_below_ms(1000, 60000, tries, chance);
}
