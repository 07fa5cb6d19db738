#include "controller/journal/database.h"

#include <errno.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "protocol/fail.h"
#include "protocol/scope.h"

/* schema.sql, as it is; the Makefile rebuilds us when it changes. */
extern const char schema_sql[];
__asm__(".pushsection .rodata\n"
        "schema_sql: .incbin \"controller/journal/schema.sql\"\n"
        ".byte 0\n"
        ".popsection\n");

/* A node's batch, and how the scheduler had it when it was found; what happened to the run as
 * a whole; what was asked of its controller from another terminal.
 */
static const char batches_and_requests[] =
    "ALTER TABLE node ADD COLUMN batch INTEGER;" /* from 0; NULL: none */
    "ALTER TABLE node ADD COLUMN found TEXT;"    /* NULL: not taken out of service */
    "CREATE TABLE happening ("
    " run TEXT NOT NULL REFERENCES run (id), at INTEGER NOT NULL,"
    " word TEXT NOT NULL,"
    " text TEXT NOT NULL);"
    "CREATE INDEX happening_of_run ON happening (run);"
    "CREATE TABLE request ("
    " seq INTEGER PRIMARY KEY, run TEXT NOT NULL REFERENCES run (id),"
    " at INTEGER NOT NULL, word TEXT NOT NULL, user TEXT NOT NULL);";

/* migrations[v] brings a journal from version v to v + 1. */
static const char *const migrations[DATABASE_VERSION] = {schema_sql,
                                                         batches_and_requests};

/* ---- failures ------------------------------------------------------------------ */

int database_fail(sqlite3 *db, struct fail *why)
{
    const char *file = sqlite3_db_filename(db, "main");
    int system = sqlite3_system_errno(db);

    return fail_set(why, FAIL_STATE, "journal %s: %s%s%s", file ? file : DATABASE_FILE,
                    sqlite3_errmsg(db), system ? ": " : "",
                    system ? strerror(system) : "");
}

void database_statement_done(sqlite3_stmt **q)
{
    sqlite3_finalize(*q);
}

int database_do(sqlite3 *db, const char *sql, struct fail *why)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0
                                                                : database_fail(db, why);
}

int database_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **q, struct fail *why)
{
    return sqlite3_prepare_v2(db, sql, -1, q, NULL) == SQLITE_OK ? 0
                                                                 : database_fail(db, why);
}

int database_step(sqlite3_stmt *q, struct fail *why)
{
    switch (sqlite3_step(q)) {
    case SQLITE_ROW:
        return 1;
    case SQLITE_DONE:
        return 0;
    default:
        return database_fail(sqlite3_db_handle(q), why);
    }
}

const char *database_library(void)
{
    return sqlite3_libversion();
}

/* ---- opening -------------------------------------------------------------------- */

static int version_of(sqlite3 *db, int *version, struct fail *why)
{
    CLEANUP(database_statement_done) sqlite3_stmt *q = NULL;

    if (database_prepare(db, "PRAGMA user_version", &q, why) < 0 ||
        database_step(q, why) < 0)
        return -1;
    *version = sqlite3_column_int(q, 0);
    return 0;
}

static int check_version(sqlite3 *db, int version, struct fail *why)
{
    if (version <= DATABASE_VERSION)
        return 0;
    return fail_set(why, FAIL_STATE,
                    "journal %s: written by a newer ibfleet (version %d, ours is %d)",
                    sqlite3_db_filename(db, "main"), version, DATABASE_VERSION);
}

static int set_version(sqlite3 *db, int version, struct fail *why)
{
    char sql[64];

    snprintf(sql, sizeof sql, "PRAGMA user_version = %d", version);
    return database_do(db, sql, why);
}

/* Also when there is nothing to migrate this writes a page, so that a full disk or
 * a read-only folder shows here, before any node has been touched.
 */
static int migrate(sqlite3 *db, struct fail *why)
{
    int version;

    if (database_do(db, "BEGIN IMMEDIATE", why) < 0)
        return -1;
    if (version_of(db, &version, why) < 0 || check_version(db, version, why) < 0)
        return -1;
    for (; version < DATABASE_VERSION; version++)
        if (database_do(db, migrations[version], why) < 0)
            return -1;
    return set_version(db, DATABASE_VERSION, why) < 0 ||
                   database_do(db, "COMMIT", why) < 0
               ? -1
               : 0;
}

static int prepare_writer(sqlite3 *db, struct fail *why)
{
    return database_do(db,
                       "PRAGMA journal_mode = WAL;"
                       "PRAGMA synchronous = FULL;"
                       "PRAGMA foreign_keys = ON",
                       why) < 0
               ? -1
               : migrate(db, why);
}

/* Power that goes while the file is made leaves it without our tables, or with what only a
 * writer can roll back: a rollback journal is in use before the first migration alone.
 * Then nobody has written a journal yet.  1: it is of an older version.
 */
static int prepare_reader(sqlite3 **db, struct fail *why)
{
    int version = 0;

    if (version_of(*db, &version, why) < 0 &&
        sqlite3_extended_errcode(*db) != SQLITE_READONLY_ROLLBACK)
        return -1;
    if (version > 0)
        return check_version(*db, version, why) < 0 ? -1 : version < DATABASE_VERSION;
    database_close(*db);
    *db = NULL;
    return 0;
}

static int open_file(const char *path, enum database_mode mode, sqlite3 **db,
                     struct fail *why)
{
    int flags = mode == DATABASE_WRITE ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                                       : SQLITE_OPEN_READONLY;

    if (sqlite3_open_v2(path, db, flags, NULL) != SQLITE_OK)
        return *db ? database_fail(*db, why) : fail_memory(why);
    sqlite3_extended_result_codes(*db, 1);
    sqlite3_busy_timeout(*db, DATABASE_BUSY_MS);
    return mode == DATABASE_WRITE ? prepare_writer(*db, why) : prepare_reader(db, why);
}

/* Who only reads brings an older one up to date, too. */
static int bring_up(const char *path, struct fail *why)
{
    sqlite3 *db = NULL;
    int opened = open_file(path, DATABASE_WRITE, &db, why);

    database_close(db);
    return opened;
}

int database_open(const char *folder, enum database_mode mode, sqlite3 **db,
                  struct fail *why)
{
    char path[PATH_MAX];
    sqlite3 *made = NULL;
    int opened;

    if (snprintf(path, sizeof path, "%s/" DATABASE_FILE, folder) >= (int)sizeof path)
        return fail_set(why, FAIL_STATE, "the path of the state folder is too long");
    if (mode == DATABASE_READ && access(path, F_OK) < 0 && errno == ENOENT) {
        *db = NULL;
        return 0;
    }
    opened = open_file(path, mode, &made, why);
    if (opened > 0) {
        database_close(made);
        made = NULL;
        opened = bring_up(path, why) < 0 ? -1 : open_file(path, mode, &made, why);
    }
    if (opened != 0) {
        database_close(made);
        return opened < 0 ? -1 : fail_set(why, FAIL_STATE, "journal %s: too old", path);
    }
    *db = made;
    return 0;
}

void database_close(sqlite3 *db)
{
    sqlite3_close(db);
}
