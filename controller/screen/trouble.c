#include "controller/screen/trouble.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/screen/advice.h"
#include "controller/screen/color.h"
#include "controller/screen/escape.h"
#include "controller/screen/fold.h"
#include "controller/screen/text.h"
#include "inventory/fleet.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

struct entry {
    const struct fleet_node *node;
    struct fail what;
};

struct trouble {
    struct entry *entries;
    size_t count, room;
};

struct trouble *trouble_new(void)
{
    return calloc(1, sizeof(struct trouble));
}

void trouble_free(struct trouble *t)
{
    if (!t)
        return;
    free(t->entries);
    free(t);
}

void trouble_done(struct trouble **t)
{
    trouble_free(*t);
}

int trouble_add(struct trouble *t, const struct fleet_node *node, const struct fail *what,
                struct fail *why)
{
    if (t->count == t->room) {
        size_t room = t->room ? 2 * t->room : 16;
        struct entry *grown = reallocarray(t->entries, room, sizeof *grown);

        if (!grown)
            return fail_memory(why);
        t->entries = grown;
        t->room = room;
    }
    t->entries[t->count++] = (struct entry){.node = node, .what = *what};
    return 0;
}

size_t trouble_count(const struct trouble *t)
{
    return t->count;
}

/* ---- a node's words without its own name ------------------------------------------ */

static bool is_of_name(char c)
{
    return isalnum((unsigned char)c) || c == '-' || c == '_';
}

/* Does word stand at text[at], and not as a part of a longer name? */
static bool stands(const char *text, size_t at, const char *word, size_t len)
{
    const char *after = text + at + len;

    if (strncmp(text + at, word, len) != 0 || (at && is_of_name(text[at - 1])))
        return false;
    return !is_of_name(*after) && !(*after == '.' && is_of_name(after[1]));
}

/* Replace the node's address and port, address, and name. */
static void add_words(const struct entry *e, struct text *text)
{
    char endpoint[300], bracketed[300];
    const struct {
        const char *from, *to;
    } own[] = {{endpoint, "ADDRESS"},
               {bracketed, "ADDRESS"},
               {e->node->address, "ADDRESS"},
               {e->node->name, "NODE"}};
    const char *words = e->what.text;

    snprintf(endpoint, sizeof endpoint, "%s:%u", e->node->address, e->node->port);
    snprintf(bracketed, sizeof bracketed, "[%s]:%u", e->node->address, e->node->port);
    for (size_t at = 0; words[at];) {
        size_t i = 0, len = 0;

        for (; i < 4; i++) {
            len = strlen(own[i].from);
            if (len && stands(words, at, own[i].from, len))
                break;
        }
        text_put(text, i < 4 ? own[i].to : words + at, i < 4 ? strlen(own[i].to) : 1);
        at += i < 4 ? len : 1;
    }
}

/* ---- rendering ------------------------------------------------------------------- */

/* All entries of one code, by their words; NULL when memory is exhausted. */
static struct fold *fold_words(const struct trouble *t, enum fail_code code)
{
    CLEANUP(text_clear) struct text words = {0};
    struct fold *f = fold_new();

    for (size_t i = 0; f && i < t->count; i++) {
        const struct entry *e = &t->entries[i];

        if (e->what.code != code)
            continue;
        text_reset(&words);
        add_words(e, &words);
        if (text_is_cut(&words) ||
            fold_add(f, e->node->name, text_of(&words), words.len_bytes, NULL) < 0) {
            fold_free(f);
            return NULL;
        }
    }
    if (f)
        fold_sort(f);
    return f;
}

/* Who said what, in its own words when only one did. */
static void put_words(const struct trouble *t, enum fail_code code, struct fold *f,
                      size_t i, struct text *text)
{
    const char *words = fold_text(f, i, NULL), *hosts = fold_hosts(f, i);

    for (size_t e = 0; fold_size(f, i) == 1 && e < t->count; e++)
        if (t->entries[e].what.code == code && hosts &&
            strcmp(t->entries[e].node->name, hosts) == 0)
            words = t->entries[e].what.text;
    if (!*words)
        return;
    text_add(text, "    ");
    if (fold_count(f) > 1)
        text_add(text, "%s: ", hosts ? hosts : "?");
    escape_add(text, words);
    text_add(text, "\n");
}

/* One hostlist over all words of a code. */
static void put_head(const struct trouble *t, enum fail_code code, bool color,
                     struct text *text)
{
    CLEANUP(fold_done) struct fold *all = fold_new();
    const char *hosts;

    for (size_t i = 0; all && i < t->count; i++)
        if (t->entries[i].what.code == code)
            text->cut |= fold_add(all, t->entries[i].node->name, "", 0, NULL) < 0;
    hosts = all && fold_count(all) ? fold_hosts(all, 0) : NULL;
    if (!hosts) {
        text->cut = true;
        return;
    }
    text_add(text, "%s%zu node%s %s: %s (%s)%s\n", color_of(COLOR_BAD, color),
             fold_size(all, 0), fold_size(all, 0) == 1 ? "" : "s", hosts,
             advice_title(code), fail_code_name(code), color_of(COLOR_PLAIN, color));
}

static void put_code(const struct trouble *t, enum fail_code code, bool color,
                     struct text *text)
{
    CLEANUP(fold_done) struct fold *f = fold_words(t, code);

    put_head(t, code, color, text);
    if (!f) {
        text->cut = true;
        return;
    }
    for (size_t i = 0; i < fold_count(f) && i < TROUBLE_MAX_WORDS; i++)
        put_words(t, code, f, i, text);
    if (fold_count(f) > TROUBLE_MAX_WORDS)
        text_add(text, "    and %zu more in other words: --json has them all\n",
                 fold_count(f) - TROUBLE_MAX_WORDS);
    if (advice_of(code))
        text_add(text, "    -> %s\n", advice_of(code));
}

void trouble_render(struct trouble *t, bool color, struct text *text)
{
    size_t counts[FAIL_CODE_COUNT] = {0};

    for (size_t i = 0; i < t->count; i++)
        counts[t->entries[i].what.code]++;
    for (;;) {
        int most = 0;

        for (int code = 1; code < FAIL_CODE_COUNT; code++)
            if (counts[code] > counts[most])
                most = code;
        if (!counts[most])
            return;
        put_code(t, (enum fail_code)most, color, text);
        counts[most] = 0;
    }
}
