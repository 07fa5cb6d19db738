/* keyagent_wire - what is said to an ssh-agent and what it answers (pure)
 *
 * The messages of draft-miller-ssh-agent: a byte for the kind and what belongs to it,
 * each as one frame (protocol/frame.h).
 */
#ifndef CONTROLLER_KEYAGENT_WIRE_H
#define CONTROLLER_KEYAGENT_WIRE_H

#include <stddef.h>
#include <stdint.h>

struct blob;
struct fail;

/* An answer longer than this is none: OpenSSH's agent keeps to the same. */
#define KEYAGENT_ANSWER_MAX_BYTES ((size_t)256 << 10)

/* Frames to send; *frame is the caller's (free).  FAIL_MEMORY.  The second asks to sign
 * data with a key, by the algorithm of that name: only of RSA there is a choice.
 */
int keyagent_encode_list(unsigned char **frame, size_t *frame_bytes, struct fail *why);
int keyagent_encode_sign(const struct blob *key, const struct blob *data,
                         const struct blob *scheme, unsigned char **frame,
                         size_t *frame_bytes, struct fail *why);

/* The answer to a list: how many keys there are, and where they are in it.  FAIL_KEY_FILE:
 * the agent refuses, or it is no such answer.
 */
int keyagent_decode_list(const struct blob *answer, uint32_t *count, struct blob *keys,
                         struct fail *why);

/* Take a key and its comment off the front of keys; they point into the answer.  -1 when
 * there is none any more, or what is there is cut.
 */
int keyagent_next_key(struct blob *keys, struct blob *key, struct blob *comment);

/* The answer to a request to sign: the bare signature, pointing into it.  FAIL_KEY_FILE: the
 * agent refuses, or it is no signature by that algorithm.
 */
int keyagent_decode_signature(const struct blob *answer, const struct blob *scheme,
                              struct blob *signature, struct fail *why);

#endif
