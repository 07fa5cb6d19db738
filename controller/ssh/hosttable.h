/* hosttable - the lines of known_hosts, found by host name
 *
 * Parses text; knows no files.  A line that makes no sense is passed over, as ssh
 * does.  Names are compared without regard to case.
 *
 *     hosttable_parse(t, text, "known_hosts", 1, why);             takes text
 *     hosttable_find_plain(t, "[ib1]:2222", on_line, arg);
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
    const char *type; /* "ssh-ed25519"          */
    const char *key;  /* base64, as in the file */
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

/* Lines that name the host in clear text, then (dearer: one HMAC per line) those that
 * name it hashed.
 */
void hosttable_find_plain(const struct hosttable *t, const char *host, hosttable_fn fn,
                          void *arg);
void hosttable_find_hashed(const struct hosttable *t, const char *host, hosttable_fn fn,
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
