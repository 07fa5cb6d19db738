/* hostset - a set of node names, and the text that people write for it
 *
 * A hostlist is what ClusterShell and pdsh read: `ib[001-128,200-210/2],@gpu!ib007`.
 * A hostset is what it means: unique names in natural order (ib9 before ib10).
 *
 *     if (hostset_parse("ib[1-4]!ib3", NULL, &set, why) < 0)
 *         return -1;
 *     for (size_t i = 0; i < hostset_count(set); i++)
 *         visit(hostset_name(set, i));
 *     text = hostset_fold(set);      "ib[1-2,4]"
 *     hostset_free(set);
 *
 * The syntax.  Terms are joined from left to right, all operators bind alike:
 *
 *     a,b   also b        a!b   but not b        a&b   only what b has too
 *     a^b   what only one of the two has
 *
 * White space between terms is as good as ','.  A term is one of
 *
 *     r[1-2]n[01-16]-ib0    a name with any number of bracket groups
 *     ib*  r?n[1-4]         a pattern: all known nodes that match, one at least
 *     @gpu  @rack[1-4]      a group; brackets work in its name
 *     @slurm:idle           the group of a source
 *     @*  @slurm:*          all nodes; all nodes of a source
 *     @@slurm               the names of the groups of a source
 *     ^FILE                 the hostlists of a file, with `#` comments
 *     -                     pdsh's ^-
 *     -b                    pdsh's a!b, after a ','
 *     /re/  -/re/           pdsh's filter: only, or not, what matches the extended
 *                           regular expression
 *
 * In brackets stand numbers, ranges and ranges with a step (`[1-9/2]`), parted by
 * commas.  Width is kept: `[01-10]` is 01 to 10.  A range of which one end has
 * leading zeros needs ends of the same width: `[1-010]` is refused, as ClusterShell
 * does.  `[-2-1]` counts from below zero.  Empty text is the empty set.
 *
 * A name has letters, digits, '-', '_', '.', ':' and '%', and begins with a letter, a
 * digit or '_', so it can be mistaken neither for an option nor for a path.  The name
 * of a group may have '+' and '=' beside (genders' `@genders:os=debian`).
 *
 * Where we differ from ClusterShell: digits before a bracket belong to the name,
 * `n1[9-11]` is n19, n110, n111 as in pdsh and Slurm (ClusterShell makes n19 to n111
 * of it); `n[1-2][3-4]` and `n[1-9/2]5` are read; a name has no white space and
 * nothing beyond ASCII; a pattern that matches nothing is refused when it was typed.
 *
 * Pure: no file, no clock, no output.
 */
#ifndef INVENTORY_HOSTSET_H
#define INVENTORY_HOSTSET_H

#include <stdbool.h>
#include <stddef.h>

struct fail;
struct hostset;

#define HOSTSET_MAX_NAME   255                /* bytes in a name                   */
#define HOSTSET_MAX_NAMES  1000000            /* names one expression may mention  */
#define HOSTSET_MAX_TEXT   ((size_t)16 << 20) /* bytes in an expression            */
#define HOSTSET_MAX_DIGITS 18                 /* digits of a number in brackets    */
#define HOSTSET_MAX_DEPTH  32                 /* groups that name groups           */

/* Who knows what the names mean.  Texts that they give are borrowed: valid until
 * hostset_parse() returns.
 */
struct hostset_groups {
    /* Set *text to the hostlist of `@name`, or `@source:name` when source is not NULL;
     * name "*" means all nodes.  It may name other groups, which are of the same source
     * unless they name one, and a circle is found by the parser.  -1 with *why filled in
     * when there is no such group.
     */
    int (*hostlist_of)(void *arg, const char *source, const char *name, const char **text,
                       struct fail *why);

    /* The names of the groups of a source, as a hostlist.  NULL: `@@source` is refused. */
    int (*group_names)(void *arg, const char *source, const char **text,
                       struct fail *why);

    /* The hostlists in a file.  NULL: `^FILE` is refused. */
    int (*file_text)(void *arg, const char *path, const char **text, struct fail *why);

    /* Is there a node of that name?  Asked for every name, so that a typing error
     * behind a '!' is found too; of_group: a group named it, not who typed the text
     * or wrote its `^FILE`.  NULL: any name will do.
     */
    bool (*is_node)(void *arg, bool of_group, const char *name);

    /* A filter joined by ',' adds what matches of these, as for pdsh's -x.  NULL: it leaves
     * what matches of the names before it.
     */
    const struct hostset *candidates;

    void *arg; /* given to all of them */
};

/* ---- the text ----------------------------------------------------------------- */

/* What the expression means, into *set; free with hostset_free().  groups may be
 * NULL: then `@name` is refused.  -1 leaves *set alone; *why is FAIL_HOSTLIST (the
 * text names the column and the expression), what the groups said, or FAIL_MEMORY.
 */
int hostset_parse(const char *text, const struct hostset_groups *groups,
                  struct hostset **set, struct fail *why);

/* May a group be called so?  The name then means nothing to a shell. */
bool hostset_is_group_name(const char *name);

/* Call visit for each name in the order it is written, repetitions included;
 * only ',' may join, and there are no groups.  visit returns 0, or -1 with *why
 * filled in to end it.  Nothing is visited when the text itself is refused.
 */
int hostset_each(const char *text,
                 int (*visit)(void *arg, const char *name, struct fail *why), void *arg,
                 struct fail *why);

/* A hostlist of exactly this set, without repetitions and steps: `ib[1-2,4],gpu7`.
 * Names that vary in several numbers fold along the last one first, so the text
 * is right but not always the shortest.  malloc'ed; NULL when memory is exhausted.
 */
char *hostset_fold(const struct hostset *set);

/* The same for Slurm, which reads brackets at the end of a name only: every name is
 * folded along the number that it ends with, if it does.
 */
char *hostset_fold_suffix(const struct hostset *set);

/* ---- the set ------------------------------------------------------------------ */

/* An empty set; NULL when memory is exhausted. */
struct hostset *hostset_new(void);

/* NULL is allowed. */
void hostset_free(struct hostset *set);

/* CLEANUP(hostset_done) struct hostset *set = NULL; */
void hostset_done(struct hostset **set);

size_t hostset_count(const struct hostset *set);

/* The i-th name in natural order, i below hostset_count().  Borrowed: valid until
 * the set is freed, also after the name has been removed.
 */
const char *hostset_name(const struct hostset *set, size_t i);

bool hostset_has(const struct hostset *set, const char *name);

/* Where the name stands, into *i (NULL is allowed); false when it is not there. */
bool hostset_find(const struct hostset *set, const char *name, size_t *i);

/* Add one name, taken literally; one that is there already is fine.  Constant
 * time for a name that goes last, else linear.  -1: FAIL_HOSTLIST (not a name)
 * or FAIL_MEMORY.
 */
int hostset_add(struct hostset *set, const char *name, struct fail *why);

/* Take the names of out, which is another set, away.  Linear time in both; names that are
 * not there are fine.
 */
void hostset_subtract(struct hostset *set, const struct hostset *out);

/* Natural order: below, equal to or above 0.  Numbers of fewer digits come first,
 * so 9 < 10 < 010, and only equal names are equal.
 */
int hostset_compare(const char *a, const char *b);

#endif
