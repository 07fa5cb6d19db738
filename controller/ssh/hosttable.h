/* hosttable - the lines of known_hosts, found by host name or by key
 *
 * Parses text; knows no files.  A line that makes no sense is passed over, as ssh
 * does.  Names are compared without regard to case.
 *
 *     hosttable_parse(t, text, "known_hosts", 1, why);             takes text
 *     hosttable_find(t, "[ib1]:2222", on_line, arg);
 *
 * Hashed names are not found like that: each costs a try of its own.  One that has been
 * revealed is from then on found like any other, so that a fleet of n hosts in a file of n
 * hashed lines costs n tries when it comes in the order of the file, and never more than
 * n * n / 2, unless hosts are missing there.
 */
#ifndef CONTROLLER_HOSTTABLE_H
#define CONTROLLER_HOSTTABLE_H

#include <stdbool.h>
#include <stddef.h>

struct fail;
struct hosttable;

/* A host as known_hosts spells it, with brackets and port: longer ones never match. */
#define HOSTTABLE_NAME_BYTES 300

struct hosttable_line {
    const char *type;  /* "ssh-ed25519"                               */
    const char *key;   /* base64, as in the file                      */
    const char *names; /* as in the file, in small letters, or hashed */
    const char *file;
    unsigned number;
};

/* NULL only when memory is exhausted. */
struct hosttable *hosttable_new(void);
void hosttable_free(struct hosttable *t);

/* Add the lines of text, which is taken (also on failure) and written to; the first
 * has this number.  file, for messages, is borrowed for the life of the table.
 * Returns how many lines there were, or -1: FAIL_MEMORY.
 */
int hosttable_parse(struct hosttable *t, char *text, const char *file,
                    unsigned first_number, struct fail *why);

/* Called for each line found; false ends the search. */
typedef bool (*hosttable_fn)(void *arg, const struct hosttable_line *line);

/* Lines that name the host, in clear text or revealed. */
void hosttable_find(const struct hosttable *t, const char *host, hosttable_fn fn,
                    void *arg);

/* Look for the host among the names that are still hidden, and reveal it: its first lines
 * that stand one after the other, or everything.  Returns how many were revealed, or -1:
 * FAIL_MEMORY.
 */
int hosttable_reveal(struct hosttable *t, const char *host, bool everything,
                     struct fail *why);

/* How many names have been tried so far, for who wants to know what it cost. */
unsigned long hosttable_tries(const struct hosttable *t);

/* Lines with this key, for whatever host. */
void hosttable_find_key(const struct hosttable *t, const char *key, hosttable_fn fn,
                        void *arg);

/* The @revoked line with this key, for whatever host, or NULL. */
const struct hosttable_line *hosttable_revoked(const struct hosttable *t,
                                               const char *key);

/* A line that covers the host by a pattern or @cert-authority, neither of which we
 * use, or NULL.
 */
const struct hosttable_line *hosttable_pattern(const struct hosttable *t,
                                               const char *host);

#endif
