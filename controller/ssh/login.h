/* login - from a connected socket to a started command, one step after the other
 *
 *     login_shake_hands, login_authenticate, login_open_channel, login_start_command
 *
 * Each is called, and called again while it says LOGIN_WAIT, until it is done or has
 * failed; knows no loop and no deadline.
 */
#ifndef CONTROLLER_LOGIN_H
#define CONTROLLER_LOGIN_H

#include "controller/ssh/keyring.h"
#include "controller/ssh/signer.h"
#include "controller/ssh/transport.h"

struct _LIBSSH2_CHANNEL;
struct fail;
struct hostkeys;
struct ssh_order;

enum login_step {
    LOGIN_DONE,
    LOGIN_WAIT,      /* as transport_awaits() says    */
    LOGIN_WAIT_SIGN, /* until signer.on_signed comes  */
    LOGIN_FAILED     /* *why is filled in             */
};

/* The first four are borrowed, signer has what its owner sets; all else starts as zero. */
struct login {
    const struct ssh_order *order; /* with an address, a port, a user and a command */
    struct keyring *keyring;
    struct hostkeys *hostkeys;
    struct transport *transport;
    struct signer signer;

    unsigned char keys[KEYRING_MAX_KEYS]; /* of the ring, in the order in which to show */
    size_t key_count, keys_shown;
    size_t refused;           /* of those shown                      */
    struct fail unsigned_why; /* why the key shown could not sign    */
    struct fail unusable;     /* the first that could not be used    */
};

/* Open the transport on algorithms for which the host has a key we know. */
int login_begin(struct login *l, struct fail *why);

/* Banners and key exchange; then the host key is judged.  FAIL_HANDSHAKE,
 * FAIL_UNSUPPORTED (no algorithm in common), FAIL_HOST_KEY_CHANGED or _UNKNOWN.
 */
enum login_step login_shake_hands(struct login *l, int socket, struct fail *why);

/* With our keys, one after the other.  FAIL_AUTH_REFUSED; FAIL_HANDSHAKE; FAIL_UNSUPPORTED
 * when a key is of a kind that libssh2 cannot use with this server; FAIL_KEY_FILE and
 * FAIL_NO_ANSWER when the ssh-agent does not sign.
 */
enum login_step login_authenticate(struct login *l, struct fail *why);

/* *channel is set when it is done; closing the transport frees it.  FAIL_HANDSHAKE. */
enum login_step login_open_channel(struct login *l, struct _LIBSSH2_CHANNEL **channel,
                                   struct fail *why);

/* FAIL_NO_AGENT. */
enum login_step login_start_command(struct login *l, struct _LIBSSH2_CHANNEL *channel,
                                    struct fail *why);

#endif
