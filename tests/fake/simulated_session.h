/* simulated_session - one connection to a simulated node, on libssh
 *
 * libssh never waits here: the session works when its socket is ready and says what
 * it waits for.  Keys are exchanged and our one user key is checked for real; the
 * command is done in this process.
 *
 *     s = simulated_session_new(bind, fd, user_key, rule);
 *     while (simulated_session_work(s, events) == 0)
 *         wait for simulated_session_awaits(s) on its socket
 *     simulated_session_free(s);
 */
#ifndef TESTS_SIMULATED_SESSION_H
#define TESTS_SIMULATED_SESSION_H

#include <stdbool.h>
#include <stdint.h>

struct deed;
struct simulated_session;
struct ssh_bind_struct;
struct ssh_key_struct;

/* Takes fd.  rule (may be NULL) is what this address does whatever it is told; it and
 * user_key are borrowed.  NULL: libssh or memory failed, and fd is closed.
 */
struct simulated_session *simulated_session_new(struct ssh_bind_struct *bind, int fd,
                                                struct ssh_key_struct *user_key,
                                                const struct deed *rule);

/* NULL is allowed. */
void simulated_session_free(struct simulated_session *s);

/* Do what can be done now, as epoll's events tell; -1: over, free it. */
int simulated_session_work(struct simulated_session *s, uint32_t events);

/* Epoll's events. */
uint32_t simulated_session_awaits(const struct simulated_session *s);

int simulated_session_fd(const struct simulated_session *s);

/* The command has ended with all that it had to say, and no rule was in the way. */
bool simulated_session_has_answered(const struct simulated_session *s);

#endif
