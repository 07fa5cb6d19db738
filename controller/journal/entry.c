#include "controller/journal/entry.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "controller/journal/database.h"
#include "protocol/fail.h"

/* clang-format off */
static const char *const statements[ENTRY_KINDS][ENTRY_STATEMENTS_MAX] = {
    [ENTRY_NODE] = {
        "INSERT INTO node (run, name, state, code, reason, plan, facts, since, seconds,"
        " batch) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, nullif(?10, -1))"},
    [ENTRY_MOVE] = {
        "INSERT INTO move (run, node, at, from_state, event, to_state, reason)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?8)",
        "UPDATE node SET state = ?6, code = ?7, reason = ?8, since = ?3,"
        " boot_id = coalesce(?9, boot_id), seconds = ?10, found = coalesce(?11, found)"
        " WHERE run = ?1 AND name = ?2"},
    [ENTRY_HAPPENING] = {
        "INSERT INTO happening (run, at, word, text) VALUES (?1, ?2, ?3, ?4)"},
    [ENTRY_PAIR] = {
        "INSERT OR REPLACE INTO pair (run, a, b, rail, numbers, verdict, reason)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"},
    [ENTRY_FINDING] = {
        "INSERT INTO finding (run, rank, whole) VALUES (?1, ?2, ?3)"},
    [ENTRY_SUMMARY] = {
        "UPDATE run SET summary = ?2 WHERE id = ?1"},
    [ENTRY_END] = {
        "UPDATE run SET state = ?2, ended = ?3 WHERE id = ?1"},
};
/* clang-format on */

struct value value_text(const char *text)
{
    return (struct value){.type = VALUE_TEXT, .text = text};
}

struct value value_int(int64_t whole)
{
    return (struct value){.type = VALUE_INT, .whole = whole};
}

struct value value_real(double real)
{
    return (struct value){.type = VALUE_REAL, .real = real};
}

/* ---- a copy ------------------------------------------------------------------------ */

size_t entry_size(const struct entry *like)
{
    size_t bytes = sizeof *like;

    for (int i = 0; i < like->value_count; i++)
        if (like->values[i].type == VALUE_TEXT && like->values[i].text)
            bytes += strlen(like->values[i].text) + 1;
    return bytes;
}

static void copy_texts(struct entry *e)
{
    char *room = e->texts;

    for (int i = 0; i < e->value_count; i++)
        if (e->values[i].type == VALUE_TEXT && e->values[i].text) {
            e->values[i].text = strcpy(room, e->values[i].text);
            room += strlen(room) + 1;
        }
}

struct entry *entry_new(const struct entry *like)
{
    size_t size_bytes = entry_size(like);
    struct entry *e = malloc(size_bytes);

    if (!e)
        return NULL;
    memcpy(e, like, sizeof *e);
    e->size_bytes = size_bytes;
    copy_texts(e);
    return e;
}

/* ---- into the database ---------------------------------------------------------------
 */

static int bind_value(sqlite3_stmt *q, int i, const struct value *v)
{
    switch (v->type) {
    case VALUE_TEXT:
        return sqlite3_bind_text(q, i, v->text, -1, SQLITE_STATIC);
    case VALUE_INT:
        return sqlite3_bind_int64(q, i, v->whole);
    case VALUE_REAL:
        break;
    }
    return sqlite3_bind_double(q, i, v->real);
}

int entry_bind(sqlite3_stmt *q, const struct value *values, int count, struct fail *why)
{
    int last = sqlite3_bind_parameter_count(q);

    for (int i = 0; i < count && i < last; i++)
        if (bind_value(q, i + 1, &values[i]) != SQLITE_OK)
            return database_fail(sqlite3_db_handle(q), why);
    return 0;
}

static int run_statement(sqlite3_stmt *q, const struct entry *e, struct fail *why)
{
    int result = entry_bind(q, e->values, e->value_count, why);

    if (result == 0)
        result = database_step(q, why);
    sqlite3_reset(q);
    sqlite3_clear_bindings(q);
    return result;
}

int entry_write(const struct entry *e, sqlite3 *db, struct entry_statements *s,
                struct fail *why)
{
    for (int i = 0; i < ENTRY_STATEMENTS_MAX && statements[e->kind][i]; i++) {
        sqlite3_stmt **q = &s->prepared[e->kind][i];

        if (!*q && database_prepare(db, statements[e->kind][i], q, why) < 0)
            return -1;
        if (run_statement(*q, e, why) < 0)
            return -1;
    }
    return 0;
}

void entry_statements_done(struct entry_statements *s)
{
    for (int kind = 0; kind < ENTRY_KINDS; kind++)
        for (int i = 0; i < ENTRY_STATEMENTS_MAX; i++)
            sqlite3_finalize(s->prepared[kind][i]);
    memset(s, 0, sizeof *s);
}
