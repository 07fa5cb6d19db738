/* entry - one record for the journal: its kind, its values, and the SQL for it
 *
 * All statements of a kind are bound to the same values; each takes those that it
 * names.
 */
#ifndef CONTROLLER_ENTRY_H
#define CONTROLLER_ENTRY_H

#include <stddef.h>
#include <stdint.h>

#include "controller/journal/journal.h"

struct fail;
struct sqlite3;
struct sqlite3_stmt;

#define ENTRY_VALUES_MAX     11
#define ENTRY_STATEMENTS_MAX 2

enum entry_kind {
    ENTRY_NODE,
    ENTRY_MOVE,
    ENTRY_HAPPENING,
    ENTRY_PAIR,
    ENTRY_FINDING,
    ENTRY_SUMMARY,
    ENTRY_END,
    ENTRY_KINDS
};

struct value {
    enum { VALUE_TEXT, VALUE_INT, VALUE_REAL } type;
    const char *text; /* NULL is SQL's NULL */
    int64_t whole;
    double real;
};

struct value value_text(const char *text); /* borrowed; NULL is SQL's NULL */
struct value value_int(int64_t whole);
struct value value_real(double real);

struct entry {
    struct entry *next; /* for whoever queues it */
    enum entry_kind kind;
    struct value values[ENTRY_VALUES_MAX];
    int value_count;
    size_t size_bytes; /* of all of it, after entry_new() */
    journal_written_fn written;
    void *arg;
    char texts[]; /* what the values point to */
};

/* A copy that owns its texts, for free(); size_bytes is entry_size(like).  NULL:
 * out of memory.
 */
struct entry *entry_new(const struct entry *like);
size_t entry_size(const struct entry *like);

/* The statements of each kind, prepared when first needed. */
struct entry_statements {
    struct sqlite3_stmt *prepared[ENTRY_KINDS][ENTRY_STATEMENTS_MAX];
};

void entry_statements_done(struct entry_statements *s);

/* Inside a transaction that the caller ends.  FAIL_STATE. */
int entry_write(const struct entry *e, struct sqlite3 *db, struct entry_statements *s,
                struct fail *why);

/* Bind values to ?1, ?2, ...: as many as there are of both. */
int entry_bind(struct sqlite3_stmt *q, const struct value *values, int count,
               struct fail *why);

#endif
