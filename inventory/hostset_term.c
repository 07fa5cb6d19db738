/* What a term means that is no plain name: a group, a pattern, a file, a filter. */
#include "inventory/hostset_scan.h"

#include <regex.h>
#include <stdio.h>
#include <string.h>

#include "inventory/hostset.h"
#include "inventory/hostset_range.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

/* ---- another text ------------------------------------------------------------------- */

static int check_circle(const struct scan *s, const char *title, struct fail *why)
{
    int depth = 0;

    for (; s; s = s->outer) {
        if (s->title && strcmp(s->title, title) == 0)
            return fail_set(why, FAIL_HOSTLIST, "%s contains itself", title);
        if (++depth > HOSTSET_MAX_DEPTH)
            return fail_set(why, FAIL_HOSTLIST, "groups are nested more than %d deep",
                            HOSTSET_MAX_DEPTH);
    }
    return 0;
}

/* A text is not free, be it empty, or a small file could keep us busy. */
static int charge(struct scan *s, const char *at, size_t names, struct fail *why)
{
    if (*s->left < names)
        return scan_too_many(s, at, why);
    *s->left -= names;
    return 0;
}

/* The set of the text of inner, named in s. */
static int evaluate(struct scan *s, struct scan *inner, struct hostset **set,
                    struct fail *why)
{
    if (scan_evaluate(inner, set, why) == 0)
        return 0;
    s->is_named = true;
    return inner->is_named ? -1 : fail_prefix(why, "%s", inner->title);
}

static int mention_all(struct scan *s, const char *at, const struct hostset *set,
                       struct fail *why)
{
    for (size_t i = 0; i < hostset_count(set); i++)
        if (scan_mention(s, at, hostset_name(set, i), why) < 0)
            return -1;
    return 0;
}

/* ---- groups ------------------------------------------------------------------------- */

/* "@slurm:idle" in its parts. */
struct group {
    char source[HOSTSET_MAX_NAME + 2];
    const char *name; /* "*": all nodes; NULL: the names of the groups */
    char title[2 * HOSTSET_MAX_NAME + 32]; /* for people */
};

static bool is_word(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!scan_char_is_in(text[i], GROUP_MARKS))
            return false;
    return len && text[0] != '-';
}

bool hostset_is_group_name(const char *name)
{
    return is_word(name, strlen(name));
}

/* name has its '@'.  -1: that is no name of a group. */
static int cut(const struct scan *s, const char *name, struct group *g)
{
    const char *colon = strchr(name, ':'), *source = s->source ? s->source : "";
    bool is_list = name[1] == '@';
    size_t len = strlen(source);

    g->name = name + 1;
    if (is_list && name[2]) {
        source = name + 2;
        len = strlen(source);
    } else if (!is_list && colon) {
        source = name + 1;
        len = (size_t)(colon - source);
        g->name = colon + 1;
    }
    memcpy(g->source, source, len);
    g->source[len] = '\0';
    if (is_list)
        g->name = NULL;
    snprintf(g->title, sizeof g->title, "%s '%s%s%s'",
             is_list ? "the groups of" : "group", g->source, len && !is_list ? ":" : "",
             is_list ? "" : g->name);
    return ((len && !is_word(g->source, len)) || (colon && !is_list && !len) ||
            (g->name && strcmp(g->name, "*") != 0 && !is_word(g->name, strlen(g->name))))
               ? -1
               : 0;
}

static int ask(const struct scan *s, const struct group *g, const char **text,
               struct fail *why)
{
    const struct hostset_groups *groups = s->groups;
    const char *source = *g->source ? g->source : NULL;

    if (g->name)
        return groups->hostlist_of(groups->arg, source, g->name, text, why);
    if (!groups->group_names)
        return fail_set(why, FAIL_HOSTLIST, "groups cannot be listed here");
    return groups->group_names(groups->arg, source, text, why);
}

static int group_set(struct scan *s, const char *at, const struct group *g,
                     struct hostset **set, struct fail *why)
{
    CLEANUP(scan_done)
    struct scan inner = {.groups = s->groups,
                         .outer = s,
                         .title = g->title,
                         .source = *g->source ? g->source : NULL,
                         .of_group = true,
                         .left = s->left};

    if (!s->groups)
        return hostlist_fail(s->text, at, why, "there are no groups here");
    if (charge(s, at, 1, why) < 0 || check_circle(s, g->title, why) < 0 ||
        ask(s, g, &inner.text, why) < 0)
        return -1;
    return evaluate(s, &inner, set, why);
}

int scan_group(struct scan *s, const char *at, const char *name, struct fail *why)
{
    CLEANUP(hostset_done) struct hostset *members = NULL;
    struct group g;

    if (cut(s, name, &g) < 0)
        return hostlist_fail(s->text, at, why, "not a group name: '%s'", name + 1);
    if (group_set(s, at, &g, &members, why) < 0)
        return -1;
    return mention_all(s, at, members, why);
}

/* ---- patterns ------------------------------------------------------------------------ */

/* '*' is any text, '?' any character.  Never goes back behind the last '*', so a
 * pattern of many takes no longer than its length times the name's.
 */
static bool matches(const char *pattern, const char *name)
{
    const char *star = NULL, *resume = name;

    while (*name) {
        if (*pattern == '*') {
            star = ++pattern;
            resume = name;
        } else if (*pattern == '?' || *pattern == *name) {
            pattern++;
            name++;
        } else if (star) {
            pattern = star;
            name = ++resume;
        } else {
            return false;
        }
    }
    return !pattern[strspn(pattern, "*")];
}

/* All nodes, asked for once. */
static int know(struct scan *s, const char *at, struct fail *why)
{
    struct group all;

    if (s->known)
        return 0;
    if (!s->groups)
        return hostlist_fail(s->text, at, why, "no nodes are known here to match");
    cut(s, "@*", &all);
    return group_set(s, at, &all, &s->known, why);
}

int scan_pattern(struct scan *s, const char *at, const char *name, struct fail *why)
{
    if (know(s, at, why) < 0 || charge(s, at, 1 + hostset_count(s->known) / 16, why) < 0)
        return -1;
    for (size_t i = 0; i < hostset_count(s->known); i++)
        if (matches(name, hostset_name(s->known, i)) &&
            scan_mention(s, at, hostset_name(s->known, i), why) < 0)
            return -1;
    return 0;
}

/* ---- files --------------------------------------------------------------------------- */

int scan_file(struct scan *s, const char **p, struct fail *why)
{
    CLEANUP(hostset_done) struct hostset *names = NULL;
    CLEANUP(text_done) char *path = NULL;
    CLEANUP(text_done) char *title = NULL;
    CLEANUP(scan_done)
    struct scan inner = {.groups = s->groups,
                         .outer = s,
                         .source = s->source,
                         .of_group = s->of_group,
                         .left = s->left};
    const char *at = *p;
    size_t skip = *at == '^';
    size_t len = strcspn(at + skip, HOSTLIST_OPERATORS HOSTLIST_SPACES);

    if (len == 0)
        return hostlist_fail(s->text, at, why, "the name of a file is missing");
    if (!s->groups || !s->groups->file_text)
        return hostlist_fail(s->text, at, why, "files are not read here");
    path = strndup(at + skip, len);
    if (!path || asprintf(&title, "file '%s'", path) < 0)
        return fail_memory(why);
    inner.title = title;
    if (charge(s, at, 1, why) < 0 || check_circle(s, title, why) < 0 ||
        s->groups->file_text(s->groups->arg, path, &inner.text, why) < 0 ||
        evaluate(s, &inner, &names, why) < 0)
        return -1;
    *p = at + skip + len;
    return mention_all(s, at, names, why);
}

/* ---- filters ------------------------------------------------------------------------- */

#define MAX_REGEX      100
#define MAX_REGEX_PLUS 8 /* glibc writes a+ as aa*, so each doubles what is inside it */

/* Where the regular expression ends, at its second '/'. */
static size_t measure_regex(const char *text)
{
    size_t len = 0;

    while (text[len] && text[len] != '/')
        len += text[len] == '\\' && text[len + 1] ? 2 : 1;
    return len;
}

/* Counted repeats, back references and many '+', one in the other, are where glibc's takes
 * all memory and time.
 */
static int check_regex(const struct scan *s, const char *at, const char *text,
                       struct fail *why)
{
    int pluses = 0;

    for (const char *c = text; *c; c++) {
        pluses += *c == '+';
        if (*c == '{' || (*c == '\\' && c[1] >= '0' && c[1] <= '9'))
            return hostlist_fail(s->text, at, why,
                                 "no counts and back references in a filter");
    }
    return pluses > MAX_REGEX_PLUS
               ? hostlist_fail(s->text, at, why, "a filter with more than %d '+'",
                               MAX_REGEX_PLUS)
               : 0;
}

static int compile(const struct scan *s, const char *at, size_t len, regex_t *regex,
                   struct fail *why)
{
    char text[MAX_REGEX + 1];

    if (at[1 + len] != '/')
        return hostlist_fail(s->text, at, why, "the second '/' is missing");
    if (len > MAX_REGEX)
        return hostlist_fail(s->text, at, why, "a filter of more than %d bytes",
                             MAX_REGEX);
    memcpy(text, at + 1, len);
    text[len] = '\0';
    if (check_regex(s, at, text, why) < 0)
        return -1;
    switch (regcomp(regex, text, REG_EXTENDED | REG_NOSUB)) {
    case 0:
        return 0;
    case REG_ESPACE:
        return fail_memory(why);
    default:
        return hostlist_fail(s->text, at, why, "not a regular expression: '%s'", text);
    }
}

/* What a filter leaves of the names before it; the names before it, if there are
 * candidates, are these.
 */
static int mention_matching(struct scan *s, const char *at, const regex_t *regex,
                            struct fail *why)
{
    const struct hostset *candidates = scan_candidates(s);
    size_t before = candidates ? hostset_count(candidates) : s->count;

    for (size_t i = 0; i < before; i++) {
        const char *name = candidates ? hostset_name(candidates, i) : s->mentions[i].name;

        if (regexec(regex, name, 0, NULL, 0) == 0 && scan_mention(s, at, name, why) < 0)
            return -1;
    }
    return 0;
}

int scan_regex(struct scan *s, const char **p, struct fail *why)
{
    const char *at = *p;
    size_t len = measure_regex(at + 1);
    regex_t regex;
    int status;

    if (s->title || (s->term == 1 && !scan_candidates(s)))
        return hostlist_fail(s->text, at, why, "a filter stands behind typed names");
    if (compile(s, at, len, &regex, why) < 0)
        return -1;
    status = mention_matching(s, at, &regex, why);
    regfree(&regex);
    *p = at + 1 + len + 1;
    return status;
}
