/* fake_ssh - an SSH that does what the test says
 *
 * Stands in for controller/ssh: sessions are only remembered, and the test calls their
 * hooks.  It closes slower than anything else on purpose, so that who frees too early
 * or does not wait is found out.
 */
#ifndef TESTS_FAKE_SSH_H
#define TESTS_FAKE_SSH_H

#include <stdbool.h>
#include <stddef.h>

#include "controller/ssh/ssh.h"

/* Sessions opened so far, in all, and how many of them are not closed yet. */
extern unsigned fake_ssh_opened, fake_ssh_open_now;

/* ssh_write() fails from now on. */
extern bool fake_ssh_is_full;

/* Forget everything.  No session may be open. */
void fake_ssh_reset(void);

/* The number-th session that was opened (1 is the first), while it is not closed. */
struct ssh *fake_ssh_session(unsigned number);

const struct ssh_order *fake_ssh_order(const struct ssh *s);

/* What was written to it, in all. */
const char *fake_ssh_written(const struct ssh *s, size_t *len_bytes);

/* Its input was ended; the command that was asked for instead, or NULL.  Where it can
 * not, ssh_instead() fails.
 */
bool fake_ssh_input_ended(const struct ssh *s);
const char *fake_ssh_instead(const struct ssh *s);
extern bool fake_ssh_has_no_instead;

/* What ssh_may_run() says. */
extern bool fake_ssh_may_run;

/* What ssh_waited_ms() says. */
extern uint64_t fake_ssh_waited_ms;

/* Call a hook.  Nothing happens once it has been told to close. */
void fake_ssh_up(struct ssh *s);
void fake_ssh_data(struct ssh *s, enum ssh_stream stream, const void *bytes,
                   size_t len_bytes);
void fake_ssh_drained(struct ssh *s);
void fake_ssh_ended(struct ssh *s, int status, const struct fail *why);

#endif
