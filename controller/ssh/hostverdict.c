#include "controller/ssh/hostverdict.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "controller/ssh/hosttable.h"
#include "protocol/fail.h"

/* Of a host's name, in messages. */
#define SHOWN_BYTES 60

/* One name of a line's list, without the brackets and the port of "[name]:port". */
struct word {
    const char *text;
    int len_bytes;
};

static struct word word_at(const char *list)
{
    struct word w = {.text = list, .len_bytes = (int)strcspn(list, ",")};

    if (*list == '[') {
        w.text++;
        w.len_bytes = (int)strcspn(w.text, "],");
    }
    return w;
}

static const char *next_word(const char *list)
{
    list += strcspn(list, ",");
    return *list ? list + 1 : NULL;
}

static bool word_is(const struct word *w, const char *text)
{
    return strlen(text) == (size_t)w->len_bytes &&
           strncasecmp(w->text, text, strlen(text)) == 0;
}

/* IPv4 or IPv6 with a zone, as it looks. */
static bool is_address(const struct word *w)
{
    bool has_colon = memchr(w->text, ':', (size_t)w->len_bytes) != NULL;
    const char *may_have = has_colon ? "0123456789abcdefABCDEF.:" : "0123456789.";
    int i = 0;

    while (i < w->len_bytes && strchr(may_have, w->text[i]))
        i++;
    return i > 0 && (i == w->len_bytes || (has_colon && w->text[i] == '%'));
}

/* The line's first word that is (or is not) an address, and is not this one. */
static bool other_word(const struct hosttable_line *line, const char *than,
                       bool an_address, struct word *found)
{
    if (*line->names == '|')
        return false;
    for (const char *at = line->names; at; at = next_word(at)) {
        *found = word_at(at);
        if (is_address(found) == an_address && !word_is(found, than))
            return true;
    }
    return false;
}

/* A new machine has an old name at a new address, or an old address under a new name, and
 * the other half was stored when the key was.
 */
static bool is_replaced(const struct host_evidence *e, struct word *was)
{
    const struct word address = word_at(e->address);

    if (strcasecmp(e->name, e->address) == 0 || !is_address(&address))
        return false;
    if (e->by_name && !e->by_address)
        return other_word(e->by_name, e->address, true, was);
    return e->by_address && !e->by_name && other_word(e->by_address, e->name, false, was);
}

enum host_verdict hostverdict(const struct host_evidence *e)
{
    struct word was;

    if (e->is_known)
        return HOST_KNOWN;
    if (!e->by_name && !e->by_address)
        return HOST_UNKNOWN;
    if (e->elsewhere)
        return HOST_ANOTHERS;
    return is_replaced(e, &was) ? HOST_REPLACED : HOST_CHANGED;
}

/* ---- in words ----------------------------------------------------------------- */

static int shown(const struct word *w)
{
    return w->len_bytes < SHOWN_BYTES ? w->len_bytes : SHOWN_BYTES;
}

static struct word first_word(const struct hosttable_line *line)
{
    static const struct word hashed = {"a hashed name", sizeof "a hashed name" - 1};

    return *line->names == '|' ? hashed : word_at(line->names);
}

static int explain_unknown(const struct host_evidence *e, const char *file,
                           struct fail *why)
{
    struct word other;

    if (e->pattern)
        return fail_set(
            why, FAIL_HOST_KEY_UNKNOWN,
            "%s:%u covers it with a pattern or @cert-authority, which are not "
            "used; add its own key: %s %s",
            e->pattern->file, e->pattern->number, e->type, e->print);
    if (e->elsewhere) {
        other = first_word(e->elsewhere);
        return fail_set(why, FAIL_HOST_KEY_UNKNOWN,
                        "its host key is known for %.*s only (%s:%u): %s %s. Add it, or "
                        "use --host-keys accept-new",
                        shown(&other), other.text, e->elsewhere->file,
                        e->elsewhere->number, e->type, e->print);
    }
    return fail_set(why, FAIL_HOST_KEY_UNKNOWN,
                    "its host key is not in %s: %s %s. Compare it and add it "
                    "(ssh-keyscan), or use --host-keys accept-new",
                    file, e->type, e->print);
}

static int explain_anothers(const struct host_evidence *e,
                            const struct hosttable_line *line, struct fail *why)
{
    struct word other = first_word(e->elsewhere);

    return fail_set(why, FAIL_HOST_KEY_ANOTHERS,
                    "it shows the host key of %.*s (%s:%u), not its own of line %u: "
                    "addresses mixed up, or made from one image?",
                    shown(&other), other.text, e->elsewhere->file, e->elsewhere->number,
                    line->number);
}

static int explain_replaced(const struct host_evidence *e,
                            const struct hosttable_line *line, struct fail *why)
{
    struct word was = {NULL, 0};

    is_replaced(e, &was);
    return fail_set(
        why, FAIL_HOST_REPLACED,
        "%s was %.*s, with another host key (%s:%u); it shows %s %s. If it is "
        "a new machine, remove that line",
        e->by_name ? e->name : e->address, shown(&was), was.text, line->file,
        line->number, e->type, e->print);
}

int hostverdict_explain(const struct host_evidence *e, const char *file, struct fail *why)
{
    const struct hosttable_line *line = e->by_name ? e->by_name : e->by_address;

    switch (hostverdict(e)) {
    case HOST_UNKNOWN:
        return explain_unknown(e, file, why);
    case HOST_ANOTHERS:
        return explain_anothers(e, line, why);
    case HOST_REPLACED:
        return explain_replaced(e, line, why);
    case HOST_CHANGED:
        return fail_set(why, FAIL_HOST_KEY_CHANGED,
                        "its host key is not the one in %s:%u; it shows %s %s. If it was "
                        "reinstalled, remove that line",
                        line->file, line->number, e->type, e->print);
    case HOST_KNOWN:
        break;
    }
    assert(false && "a host that is known needs no words");
    return -1;
}
