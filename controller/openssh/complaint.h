/* complaint - what ssh printed, and what it means (pure)
 *
 * The OpenSSH client says all its troubles with status 255 and a few lines on stderr.
 * Their wording has been the same since OpenSSH 7; what is not known here is still
 * passed on in ssh's own words.
 */
#ifndef CONTROLLER_COMPLAINT_H
#define CONTROLLER_COMPLAINT_H

#include <stdbool.h>

struct fail;

/* ssh's status for troubles of its own. */
#define COMPLAINT_STATUS 255

/* Why it did not come to a login: words is what was printed, status how it ended.
 * FAIL_HOST_KEY_CHANGED, FAIL_HOST_KEY_UNKNOWN, FAIL_AUTH_REFUSED, FAIL_NO_ANSWER,
 * FAIL_CONNECT, FAIL_TURNED_AWAY (before it spoke SSH), FAIL_RESOLVE, FAIL_UNSUPPORTED, FAIL_USAGE (ssh refuses its
 * configuration), or FAIL_HANDSHAKE.  Returns -1.
 */
int complaint_explain(const char *words, int status, struct fail *why);

/* Is the last line of words one by which ssh tells that the connection broke?  Then
 * *why is FAIL_LINK_LOST, in ssh's words.
 */
bool complaint_is_loss(const char *words, struct fail *why);

#endif
