/* writer - the journal's thread: entries in, one transaction per turn of the loop
 *
 * Between the loop and the disk.  What the loop puts between two waits goes to the
 * thread together and is one transaction; callbacks come back by uv_async.
 */
#ifndef CONTROLLER_WRITER_H
#define CONTROLLER_WRITER_H

struct entry;
struct fail;
struct sqlite3;
struct uv_loop_s;
struct writer;

/* Takes the database on success; nobody else uses it after the first put.
 * FAIL_MEMORY, FAIL_STATE.
 */
int writer_open(struct uv_loop_s *loop, struct sqlite3 *db, struct writer **w,
                struct fail *why);

/* Queue a copy; its `written` is called once, later.  FAIL_STATE: the ceiling is
 * reached or an earlier write failed; FAIL_MEMORY.
 */
int writer_put(struct writer *w, const struct entry *like, struct fail *why);

/* Write what is left, call back for it, close the database, then on_closed. */
void writer_close(struct writer *w, void (*on_closed)(void *arg), void *arg);

#endif
