#include "controller/ssh/hosttable.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/fail.h"

#define BUCKETS    16384u
#define SHA1_BYTES 20

/* One name on one line.  Strings point into the texts. */
struct entry {
    struct entry *next;
    const char *host; /* a name, a pattern list, or NULL: hashed */
    unsigned char salt[SHA1_BYTES], hash[SHA1_BYTES];
    struct hosttable_line line;
};

struct text {
    struct text *next;
    char *bytes;
};

struct hosttable {
    struct entry *plain[BUCKETS];
    struct entry *hashed, *revoked, *patterns;
    struct text *texts;
};

struct hosttable *hosttable_new(void)
{
    return calloc(1, sizeof(struct hosttable));
}

static void free_entries(struct entry *e)
{
    while (e) {
        struct entry *next = e->next;

        free(e);
        e = next;
    }
}

void hosttable_free(struct hosttable *t)
{
    if (!t)
        return;
    for (unsigned i = 0; i < BUCKETS; i++)
        free_entries(t->plain[i]);
    free_entries(t->hashed);
    free_entries(t->revoked);
    free_entries(t->patterns);
    while (t->texts) {
        struct text *next = t->texts->next;

        free(t->texts->bytes);
        free(t->texts);
        t->texts = next;
    }
    free(t);
}

static unsigned bucket_of(const char *host)
{
    uint32_t h = 2166136261u; /* FNV-1a */

    for (; *host; host++)
        h = (h ^ (unsigned char)*host) * 16777619u;
    return h % BUCKETS;
}

static void lower(char *to, const char *from, size_t size)
{
    size_t i = 0;

    for (; from[i] && i + 1 < size; i++)
        to[i] = (char)tolower((unsigned char)from[i]);
    to[i] = '\0';
}

/* ---- parsing ------------------------------------------------------------------ */

static int add(struct entry **list, const struct entry *like)
{
    struct entry *e = malloc(sizeof *e);

    if (!e)
        return -1;
    *e = *like;
    e->next = *list;
    *list = e;
    return 0;
}

/* 20 bytes in base64 are 27 characters and one '='. */
static int decode_sha1(const char *text, size_t len_bytes, unsigned char *sha1)
{
    unsigned char bytes[SHA1_BYTES + 1];

    if (len_bytes != 28 ||
        EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)len_bytes) < SHA1_BYTES)
        return -1;
    memcpy(sha1, bytes, SHA1_BYTES);
    return 0;
}

/* "|1|salt|hash" */
static int add_hashed(struct hosttable *t, const char *name, struct entry *like)
{
    const char *salt = name + 3, *bar = strchr(salt, '|');

    if (strncmp(name, "|1|", 3) != 0 || !bar ||
        decode_sha1(salt, (size_t)(bar - salt), like->salt) < 0 ||
        decode_sha1(bar + 1, strlen(bar + 1), like->hash) < 0)
        return 0;
    like->host = NULL;
    return add(&t->hashed, like);
}

static int add_names(struct hosttable *t, char *names, struct entry *like)
{
    char *rest = NULL;

    for (char *name = strtok_r(names, ",", &rest); name;
         name = strtok_r(NULL, ",", &rest)) {
        like->host = name;
        if (*name == '|' ? add_hashed(t, name, like) < 0
                         : add(&t->plain[bucket_of(name)], like) < 0)
            return -1;
    }
    return 0;
}

/* [@marker] names type key [comment] */
static int add_line(struct hosttable *t, char *line, const char *file, unsigned number)
{
    struct entry like = {.line = {.file = file, .number = number}};
    char *rest = NULL, *names = strtok_r(line, " \t\r", &rest);
    const char *marker = NULL;

    if (names && *names == '@') {
        marker = names;
        names = strtok_r(NULL, " \t\r", &rest);
    }
    like.line.type = strtok_r(NULL, " \t\r", &rest);
    like.line.key = strtok_r(NULL, " \t\r", &rest);
    if (!names || *names == '#' || !like.line.type || !like.line.key)
        return 0;
    if (*names != '|')
        lower(names, names, strlen(names) + 1);
    like.host = names;
    if (marker && strcmp(marker, "@revoked") == 0)
        return add(&t->revoked, &like);
    if (marker || strpbrk(names, "*?!"))
        return add(&t->patterns, &like);
    return add_names(t, names, &like);
}

static int keep(struct hosttable *t, char *bytes)
{
    struct text *text = malloc(sizeof *text);

    if (!text)
        return -1;
    *text = (struct text){.next = t->texts, .bytes = bytes};
    t->texts = text;
    return 0;
}

int hosttable_parse(struct hosttable *t, char *text, const char *file,
                    unsigned first_number, struct fail *why)
{
    int lines = 0;

    if (keep(t, text) < 0) {
        free(text);
        return fail_memory(why);
    }
    for (char *line = text, *next; line && *line; line = next, lines++) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        if (add_line(t, line, file, first_number + (unsigned)lines) < 0)
            return fail_memory(why);
    }
    return lines;
}

/* ---- finding ------------------------------------------------------------------ */

void hosttable_find_plain(const struct hosttable *t, const char *host, hosttable_fn fn,
                          void *arg)
{
    char name[HOSTTABLE_NAME_BYTES];

    lower(name, host, sizeof name);
    for (const struct entry *e = t->plain[bucket_of(name)]; e; e = e->next)
        if (strcmp(e->host, name) == 0 && !fn(arg, &e->line))
            return;
}

void hosttable_find_hashed(const struct hosttable *t, const char *host, hosttable_fn fn,
                           void *arg)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    char name[HOSTTABLE_NAME_BYTES];

    lower(name, host, sizeof name);
    for (const struct entry *e = t->hashed; e; e = e->next)
        if (HMAC(EVP_sha1(), e->salt, SHA1_BYTES, (const unsigned char *)name,
                 strlen(name), hash, NULL) &&
            memcmp(hash, e->hash, SHA1_BYTES) == 0 && !fn(arg, &e->line))
            return;
}

const struct hosttable_line *hosttable_revoked(const struct hosttable *t, const char *key)
{
    for (const struct entry *e = t->revoked; e; e = e->next)
        if (strcmp(e->line.key, key) == 0)
            return &e->line;
    return NULL;
}

/* '*' and '?' only; pattern ends at end. */
static bool glob(const char *pattern, const char *end, const char *name)
{
    const char *star = NULL, *retry = NULL;

    while (*name) {
        if (pattern < end && *pattern == '*') {
            star = ++pattern;
            retry = name;
        } else if (pattern < end && (*pattern == '?' || *pattern == *name)) {
            pattern++;
            name++;
        } else if (star) {
            pattern = star;
            name = ++retry;
        } else {
            return false;
        }
    }
    while (pattern < end && *pattern == '*')
        pattern++;
    return pattern == end;
}

/* A list covers a host when one pattern does and none with '!' does. */
static bool list_covers(const char *list, const char *name)
{
    bool covers = false;

    while (*list) {
        const char *end = list + strcspn(list, ",");
        bool negated = *list == '!';

        if (glob(list + negated, end, name)) {
            if (negated)
                return false;
            covers = true;
        }
        list = *end ? end + 1 : end;
    }
    return covers;
}

const struct hosttable_line *hosttable_pattern(const struct hosttable *t,
                                               const char *host)
{
    char name[HOSTTABLE_NAME_BYTES];

    lower(name, host, sizeof name);
    for (const struct entry *e = t->patterns; e; e = e->next)
        if (list_covers(e->host, name))
            return &e->line;
    return NULL;
}
