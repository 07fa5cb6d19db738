/* hostset_scan - one expression on its way from text to a set; for the hostset files
 *
 * A hostlist is worked out name by name, not set by set.  First every term is
 * expanded into mentions (this name, in that term); then the mentions are sorted,
 * and for each name its mentions are followed from left to right: a ',' puts it
 * in, a '!' takes it out.  So the cost is O(n log n) in the names mentioned,
 * however many operators there are.
 *
 * hostset_parse.c reads terms, hostset_term.c knows what a term that is no plain name
 * means, hostset_scan.c keeps the mentions and makes the set of them.
 */
#ifndef INVENTORY_HOSTSET_SCAN_H
#define INVENTORY_HOSTSET_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "inventory/arena.h"

struct fail;
struct hostset;
struct hostset_groups;

#define HOSTLIST_OPERATORS ",!&^"

/* What may be in a name beside letters and digits; a group may have more. */
#define NAME_MARKS  "-_.:%"
#define GROUP_MARKS NAME_MARKS "+="

bool scan_char_is_in(char c, const char *marks); /* or a letter or a digit */

struct mention {
    const char *name;
    unsigned term;       /* counts from 1                                      */
    unsigned and_before; /* the last term before this one joined by '&', or 0  */
    char op;
};

struct scan {
    const char *text;
    const struct hostset_groups *groups;
    const struct scan *outer; /* the expression that named this text, or NULL    */
    const char *title;        /* of the text: "group 'gpu'"; NULL: somebody typed it */
    const char *source; /* where groups are looked for when none is named, or NULL */
    bool of_group;      /* the text is a group's: not typed, not of a file that was  */
    size_t *left;       /* names that may still be mentioned, all scans together */

    unsigned term, and_last;
    char op;
    bool has_others; /* some term is joined by another operator than ','          */
    bool is_named;   /* a failure already names the group it was in, the innermost */

    struct arena names;
    struct mention *mentions;
    size_t count, room;
    struct hostset *known; /* all nodes, once a wildcard has asked for them */
};

void scan_done(struct scan *s);

/* What a filter picks from; NULL: from what stands before it. */
const struct hostset *scan_candidates(const struct scan *s);

/* This name, in the term at hand.  -1: FAIL_HOSTLIST when there are too many. */
int scan_mention(struct scan *s, const char *at, const char *name, struct fail *why);
int scan_too_many(const struct scan *s, const char *at, struct fail *why);

/* The set that s->text means; hostset_parse.c's. */
int scan_evaluate(struct scan *s, struct hostset **set, struct fail *why);

/* The set that the mentions come to, into *set.  FAIL_MEMORY. */
int scan_settle(struct scan *s, struct hostset **set, struct fail *why);

/* Mention what a whole name means that is not one node's: `@group`, `ib*`. */
int scan_group(struct scan *s, const char *at, const char *name, struct fail *why);
int scan_pattern(struct scan *s, const char *at, const char *name, struct fail *why);

/* The same for a term that is not made of names: `^FILE` (or `-`) and `/regex/`.  *p stands at
 * its first character, and then after it.
 */
int scan_file(struct scan *s, const char **p, struct fail *why);
int scan_regex(struct scan *s, const char **p, struct fail *why);

#endif
