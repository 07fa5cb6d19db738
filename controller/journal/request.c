#include "controller/journal/request.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/journal/database.h"
#include "controller/journal/journal.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

static const char *const names[REQUEST_WORDS] = {
    [REQUEST_PROMOTE] = "promote",     [REQUEST_PAUSE] = "pause",
    [REQUEST_PAUSE_NOW] = "pause-now", [REQUEST_ABORT] = "abort",
    [REQUEST_ABORT_NOW] = "abort-now",
};

const char *request_name(enum request_word word)
{
    assert(word < REQUEST_WORDS);
    return names[word];
}

/* ---- asking ---------------------------------------------------------------------------- */

static void database_done(sqlite3 **db)
{
    database_close(*db);
}

int request_put(const char *folder, const char *run, enum request_word word,
                const char *user, struct fail *why)
{
    CLEANUP(database_done) sqlite3 *db = NULL;
    CLEANUP(database_statement_done) sqlite3_stmt *q = NULL;

    if (database_open(folder, DATABASE_WRITE, &db, why) < 0 ||
        database_prepare(db,
                         "INSERT INTO request (run, at, word, user)"
                         " SELECT id, ?2, ?3, ?4 FROM run WHERE id = ?1",
                         &q, why) < 0)
        return -1;
    sqlite3_bind_text(q, 1, run, -1, SQLITE_STATIC);
    sqlite3_bind_int64(q, 2, journal_clock_ms());
    sqlite3_bind_text(q, 3, request_name(word), -1, SQLITE_STATIC);
    sqlite3_bind_text(q, 4, user, -1, SQLITE_STATIC);
    if (database_step(q, why) < 0)
        return -1;
    return sqlite3_changes(db)
               ? 0
               : fail_set(why, FAIL_NO_SUCH_RUN, "no run '%s' in %s", run, folder);
}

/* ---- being asked ----------------------------------------------------------------------- */

struct request_box {
    sqlite3 *db;
    sqlite3_stmt *q;
    int64_t last; /* seq of the last one given */
};

void request_box_close(struct request_box *box)
{
    if (!box)
        return;
    sqlite3_finalize(box->q);
    database_close(box->db);
    free(box);
}

int request_box_open(const char *folder, const char *run, struct request_box **box,
                     struct fail *why)
{
    struct request_box *made = calloc(1, sizeof *made);

    if (!made)
        return fail_memory(why);
    if (database_open(folder, DATABASE_READ, &made->db, why) < 0 ||
        database_prepare(made->db,
                         "SELECT seq, at, word, user FROM request"
                         " WHERE run = ?1 AND seq > ?2 ORDER BY seq LIMIT 1",
                         &made->q, why) < 0) {
        request_box_close(made);
        return -1;
    }
    sqlite3_bind_text(made->q, 1, run, -1, SQLITE_TRANSIENT);
    *box = made;
    return 0;
}

/* A word that a later version made up is passed over. */
static bool read_row(const struct request_box *box, struct request *request)
{
    const char *word = (const char *)sqlite3_column_text(box->q, 2);
    const char *user = (const char *)sqlite3_column_text(box->q, 3);

    request->at_ms = sqlite3_column_int64(box->q, 1);
    snprintf(request->user, sizeof request->user, "%s", user ? user : "");
    for (int w = 0; word && w < REQUEST_WORDS; w++)
        if (strcmp(names[w], word) == 0) {
            request->word = (enum request_word)w;
            return true;
        }
    return false;
}

int request_next(struct request_box *box, struct request *request, struct fail *why)
{
    bool is_known = false;
    int found;

    do {
        sqlite3_bind_int64(box->q, 2, box->last);
        found = database_step(box->q, why);
        if (found > 0) {
            box->last = sqlite3_column_int64(box->q, 0);
            is_known = read_row(box, request);
        }
        sqlite3_reset(box->q);
    } while (found > 0 && !is_known);
    return found;
}
