/* signer - the signature of one login: from our own key at once, or from the agent later
 *
 *     switch (signer_sign(&s, key, data, n, &sig, &sig_bytes, why))
 *     case SIGNER_WAIT: wait for on_signed, then the same call again
 *     ...
 *     signer_clear(&s);
 */
#ifndef CONTROLLER_SIGNER_H
#define CONTROLLER_SIGNER_H

#include <stdbool.h>
#include <stddef.h>

#include "protocol/fail.h"

struct keyagent;
struct keyagent_ask;
struct userkey;
struct uv_loop_s;

enum signer_step { SIGNER_DONE, SIGNER_WAIT, SIGNER_FAILED };

/* The first four are the owner's, all borrowed; all else starts as zero. */
struct signer {
    struct uv_loop_s *loop;
    struct keyagent *agent;       /* NULL: there is none */
    void (*on_signed)(void *arg); /* never before signer_sign() has returned */
    void *arg;

    bool joined;
    bool is_answered;
    struct keyagent_ask *ask; /* under way */
    unsigned char *sig;       /* NULL: it was refused */
    size_t sig_bytes;
    struct fail why;
};

/* Sign a login request.  When it is done *sig is malloc'ed and the caller's: the bare
 * signature.  FAIL_KEY_FILE: OpenSSL or the agent does not sign; FAIL_NO_ANSWER: the agent
 * is silent; FAIL_MEMORY.
 */
enum signer_step signer_sign(struct signer *s, const struct userkey *key,
                             const unsigned char *data, size_t len_bytes,
                             unsigned char **sig, size_t *sig_bytes, struct fail *why);

/* Is it waited for? */
bool signer_is_asking(const struct signer *s);

/* Whatever is under way is given up; silence follows. */
void signer_clear(struct signer *s);

#endif
