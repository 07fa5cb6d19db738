#include "controller/ssh/hosttable.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "controller/ssh/hashedname.h"
#include "controller/ssh/hostpattern.h"
#include "protocol/fail.h"

#define BUCKETS 16384u

/* One line of the file; in a bucket by its key. */
struct line {
    struct line *next;
    struct hosttable_line words;
};

/* One name of a line in clear text; in a bucket by that name. */
struct name {
    struct name *next;
    const char *text; /* not NUL-terminated */
    size_t len_bytes;
    const struct line *line; /* NULL: it is not among the hidden ones either */
};

struct hidden {
    struct hashedname name;
    const struct line *line;
    bool is_revealed;
};

/* Memory that lives as long as the table, and that names and words point into. */
struct text {
    struct text *next;
    char *bytes;
};

struct hosttable {
    struct name *names[BUCKETS];
    struct line *lines[BUCKETS];
    struct line *revoked, *patterns;
    struct hidden *hidden; /* in the order of the files */
    size_t hidden_count, hidden_room;
    size_t next; /* of them, behind the one revealed last */
    unsigned long tries;
    struct text *texts;
};

struct hosttable *hosttable_new(void)
{
    return calloc(1, sizeof(struct hosttable));
}

static void free_lines(struct line *line)
{
    while (line) {
        struct line *next = line->next;

        free(line);
        line = next;
    }
}

static void free_names(struct name *name)
{
    while (name) {
        struct name *next = name->next;

        free(name);
        name = next;
    }
}

void hosttable_free(struct hosttable *t)
{
    if (!t)
        return;
    for (unsigned i = 0; i < BUCKETS; i++) {
        free_names(t->names[i]);
        free_lines(t->lines[i]);
    }
    free_lines(t->revoked);
    free_lines(t->patterns);
    free(t->hidden);
    while (t->texts) {
        struct text *next = t->texts->next;

        free(t->texts->bytes);
        free(t->texts);
        t->texts = next;
    }
    free(t);
}

static unsigned bucket_of(const char *text, size_t len_bytes)
{
    uint32_t h = 2166136261u; /* FNV-1a */

    for (size_t i = 0; i < len_bytes; i++)
        h = (h ^ (unsigned char)text[i]) * 16777619u;
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

static struct line *add_line(struct line **list, const struct hosttable_line *words)
{
    struct line *line = malloc(sizeof *line);

    if (!line)
        return NULL;
    *line = (struct line){.next = *list, .words = *words};
    *list = line;
    return line;
}

static int add_name(struct hosttable *t, const char *text, size_t len_bytes,
                    const struct line *line)
{
    struct name *name = malloc(sizeof *name), **bucket;

    if (!name)
        return -1;
    bucket = &t->names[bucket_of(text, len_bytes)];
    *name = (struct name){.next = *bucket,
                          .text = text,
                          .len_bytes = len_bytes,
                          .line = line};
    *bucket = name;
    return 0;
}

static int add_hidden(struct hosttable *t, const struct hashedname *name,
                      const struct line *line)
{
    if (t->hidden_count == t->hidden_room) {
        size_t room = t->hidden_room ? 2 * t->hidden_room : 64;
        struct hidden *grown = reallocarray(t->hidden, room, sizeof *grown);

        if (!grown)
            return -1;
        t->hidden = grown;
        t->hidden_room = room;
    }
    t->hidden[t->hidden_count++] = (struct hidden){.name = *name, .line = line};
    return 0;
}

static int add_names(struct hosttable *t, const struct line *line)
{
    for (const char *name = line->words.names; *name;) {
        size_t len_bytes = strcspn(name, ",");
        struct hashedname hidden;

        if (*name == '|') {
            if (hashedname_parse(name, len_bytes, &hidden) == 0 &&
                add_hidden(t, &hidden, line) < 0)
                return -1;
        } else if (len_bytes > 0 && add_name(t, name, len_bytes, line) < 0) {
            return -1;
        }
        name += len_bytes + (name[len_bytes] == ',');
    }
    return 0;
}

static int add(struct hosttable *t, const char *marker, struct hosttable_line *words)
{
    const struct line *line;

    if (marker && strcmp(marker, "@revoked") == 0)
        return add_line(&t->revoked, words) ? 0 : -1;
    if (marker || strpbrk(words->names, "*?!"))
        return add_line(&t->patterns, words) ? 0 : -1;
    line = add_line(&t->lines[bucket_of(words->key, strlen(words->key))], words);
    return line ? add_names(t, line) : -1;
}

/* [@marker] names type key [comment] */
static int parse_line(struct hosttable *t, char *text, const char *file, unsigned number)
{
    struct hosttable_line words = {.file = file, .number = number};
    char *rest = NULL, *names = strtok_r(text, " \t\r", &rest);
    const char *marker = NULL;

    if (names && *names == '@') {
        marker = names;
        names = strtok_r(NULL, " \t\r", &rest);
    }
    words.names = names;
    words.type = strtok_r(NULL, " \t\r", &rest);
    words.key = strtok_r(NULL, " \t\r", &rest);
    if (!names || *names == '#' || !words.type || !words.key)
        return 0;
    if (*names != '|')
        lower(names, names, strlen(names) + 1);
    return add(t, marker, &words);
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
        if (parse_line(t, line, file, first_number + (unsigned)lines) < 0)
            return fail_memory(why);
    }
    return lines;
}

/* ---- finding ------------------------------------------------------------------ */

/* The next entry of this name, in small letters, from n on. */
static const struct name *next_of(const struct name *n, const char *name,
                                  size_t len_bytes)
{
    while (n && (n->len_bytes != len_bytes || memcmp(n->text, name, len_bytes) != 0))
        n = n->next;
    return n;
}

void hosttable_find(const struct hosttable *t, const char *host, hosttable_fn fn,
                    void *arg)
{
    char name[HOSTTABLE_NAME_BYTES];
    const struct name *n;
    size_t len_bytes;

    lower(name, host, sizeof name);
    len_bytes = strlen(name);
    n = next_of(t->names[bucket_of(name, len_bytes)], name, len_bytes);
    for (; n; n = next_of(n->next, name, len_bytes))
        if (n->line && !fn(arg, &n->line->words))
            return;
}

static bool is_missing(const struct hosttable *t, const char *name)
{
    size_t len_bytes = strlen(name);
    const struct name *n = next_of(t->names[bucket_of(name, len_bytes)], name, len_bytes);

    while (n && n->line)
        n = next_of(n->next, name, len_bytes);
    return n != NULL;
}

/* name lives as long as the table. */
static int reveal(struct hosttable *t, struct hidden *h, const char *name)
{
    if (add_name(t, name, strlen(name), h->line) < 0)
        return -1;
    h->is_revealed = true;
    t->next = (size_t)(h - t->hidden) + 1;
    return 0;
}

/* From where the last one was found: files and fleets are often in the same order. */
static int search(struct hosttable *t, const struct hashedname_question *question,
                  const char *name, bool everything)
{
    size_t begin = t->next;
    int found = 0;

    for (size_t i = 0; i < t->hidden_count; i++) {
        struct hidden *h = &t->hidden[(begin + i) % t->hidden_count];

        if (h->is_revealed)
            continue;
        t->tries++;
        if (!hashedname_is(&h->name, question)) {
            if (found && !everything)
                break;
        } else if (reveal(t, h, name) < 0) {
            return -1;
        } else {
            found++;
        }
    }
    return found;
}

/* A copy of a host's name that lives as long as the table. */
static char *keep_name(struct hosttable *t, const char *name)
{
    char *copy = strdup(name);

    if (copy && keep(t, copy) == 0)
        return copy;
    free(copy);
    return NULL;
}

int hosttable_reveal(struct hosttable *t, const char *host, bool everything,
                     struct fail *why)
{
    struct hashedname_question question;
    char name[HOSTTABLE_NAME_BYTES], *kept;
    int found;

    lower(name, host, sizeof name);
    if (t->hidden_count == 0 || is_missing(t, name))
        return 0;
    kept = keep_name(t, name);
    if (!kept)
        return fail_memory(why);
    hashedname_ask(name, &question);
    found = search(t, &question, kept, everything);
    if (found < 0 ||
        ((found == 0 || everything) && add_name(t, kept, strlen(kept), NULL) < 0))
        return fail_memory(why);
    return found;
}

unsigned long hosttable_tries(const struct hosttable *t)
{
    return t->tries;
}

void hosttable_find_key(const struct hosttable *t, const char *key, hosttable_fn fn,
                        void *arg)
{
    for (const struct line *l = t->lines[bucket_of(key, strlen(key))]; l; l = l->next)
        if (strcmp(l->words.key, key) == 0 && !fn(arg, &l->words))
            return;
}

const struct hosttable_line *hosttable_revoked(const struct hosttable *t, const char *key)
{
    for (const struct line *l = t->revoked; l; l = l->next)
        if (strcmp(l->words.key, key) == 0)
            return &l->words;
    return NULL;
}

const struct hosttable_line *hosttable_pattern(const struct hosttable *t,
                                               const char *host)
{
    char name[HOSTTABLE_NAME_BYTES];

    lower(name, host, sizeof name);
    for (const struct line *l = t->patterns; l; l = l->next)
        if (hostpattern_covers(l->words.names, name))
            return &l->words;
    return NULL;
}
