/* database - the journal's file: opened, migrated, and its failures in words
 *
 * For the files of this folder.  WAL, so that `status` reads while a rollout
 * writes; synchronous=FULL, so that what was told to be written is on the disk.
 */
#ifndef CONTROLLER_DATABASE_H
#define CONTROLLER_DATABASE_H

#include <stdbool.h>
#include <stddef.h>

struct fail;
struct sqlite3;
struct sqlite3_stmt;

#define DATABASE_FILE    "journal.db"
#define DATABASE_VERSION 2     /* PRAGMA user_version */
#define DATABASE_BUSY_MS 15000 /* another controller may be writing its own run */

enum database_mode { DATABASE_READ, DATABASE_WRITE };

/* SQLite's version, "3.40.1". */
const char *database_library(void);

/* Open FOLDER/journal.db.  To write, it is made or brought to our version, and it
 * is tried whether it can be written.  To read, it must be there: *db is NULL when
 * nobody has written one yet, which is no failure.  FAIL_STATE names the file.
 */
int database_open(const char *folder, enum database_mode mode, struct sqlite3 **db,
                  struct fail *why);
void database_close(struct sqlite3 *db); /* NULL is allowed */

/* Run statements that give no rows. */
int database_do(struct sqlite3 *db, const char *sql, struct fail *why);

int database_prepare(struct sqlite3 *db, const char *sql, struct sqlite3_stmt **q,
                     struct fail *why);

/* For CLEANUP(). */
void database_statement_done(struct sqlite3_stmt **q);

/* 1: a row, 0: no more, -1: FAIL_STATE. */
int database_step(struct sqlite3_stmt *q, struct fail *why);

/* FAIL_STATE with SQLite's words about the last failure: what the disk or another
 * program did to "journal FILE".  Returns -1.
 */
int database_fail(struct sqlite3 *db, struct fail *why);

#endif
