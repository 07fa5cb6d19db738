/* request - what is asked of the controller of a run, from another terminal
 *
 *     request_put(folder, run, REQUEST_PAUSE, "ann", why);          the other terminal
 *
 *     request_box_open(folder, run, &box, why);                     the controller
 *     while (request_next(box, &request) > 0) ...                   now and then
 *
 * Requests are rows of the journal, so that they outlive both: a promote that was said while
 * nobody worked on the run holds for who takes it up.
 */
#ifndef CONTROLLER_REQUEST_H
#define CONTROLLER_REQUEST_H

#include <stdint.h>

struct fail;
struct request_box;

enum request_word {
    REQUEST_PROMOTE,   /* the canaries are good: go on                            */
    REQUEST_PAUSE,     /* begin nobody new, and leave when nobody is under way    */
    REQUEST_PAUSE_NOW, /* leave those under way where they are                    */
    REQUEST_ABORT,     /* as pause, and for good                                  */
    REQUEST_ABORT_NOW,
    REQUEST_WORDS
};

/* "promote", "pause", ...: stable, in the journal.  Never NULL. */
const char *request_name(enum request_word word);

/* On the disk when it returns.  FAIL_NO_SUCH_RUN; FAIL_STATE. */
int request_put(const char *folder, const char *run, enum request_word word,
                const char *user, struct fail *why);

/* Those of a run, from its beginning on.  FAIL_STATE, FAIL_MEMORY. */
int request_box_open(const char *folder, const char *run, struct request_box **box,
                     struct fail *why);
void request_box_close(struct request_box *box); /* NULL is allowed */

struct request {
    enum request_word word;
    int64_t at_ms;
    char user[65];
};

/* The next one that was not given yet.  1; 0: there is none; -1: FAIL_STATE. */
int request_next(struct request_box *box, struct request *request, struct fail *why);

#endif
