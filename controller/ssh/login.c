#include "controller/ssh/login.h"

#include <libssh2.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "controller/ssh/blob.h"
#include "controller/ssh/channel.h"
#include "controller/ssh/hostkeys.h"
#include "controller/ssh/session_state.h"
#include "controller/ssh/ssh.h"
#include "controller/ssh/userkey.h"
#include "protocol/character.h"
#include "protocol/fail.h"

#define PACKET_BYTES 32768u

/* Of what is no banner, for the words of a failure. */
#define BANNER_BYTES 100

/* Of the keys that were refused. */
#define NAMES_BYTES 160

static enum login_step broken(const struct login *l, enum fail_code code,
                              enum session_state phase, struct fail *why)
{
    transport_explain(l->transport, code, session_state_name(phase), why);
    return LOGIN_FAILED;
}

/* ---- the handshake ------------------------------------------------------------ */

static struct hostkeys_host host_of(const struct login *l)
{
    return (struct hostkeys_host){.name = l->order->name,
                                  .address = l->order->address,
                                  .port = l->order->port,
                                  .machine = l->order->machine,
                                  .former = l->order->former};
}

int login_begin(struct login *l, struct fail *why)
{
    struct hostkeys_host host = host_of(l);
    char algorithms[HOSTKEYS_LIST_BYTES];

    return hostkeys_algorithms(l->hostkeys, &host, algorithms, why) < 0
               ? -1
               : transport_open(l->transport, algorithms, why);
}

static enum login_step check_host_key(struct login *l, struct fail *why)
{
    struct hostkeys_host host = host_of(l);
    size_t len_bytes = 0;
    const char *key = libssh2_session_hostkey(l->transport->session, &len_bytes, NULL);

    if (!key)
        return broken(l, FAIL_HANDSHAKE, SESSION_HANDSHAKING, why);
    return hostkeys_check(l->hostkeys, &host, (const unsigned char *)key, len_bytes,
                          l->order->accept_new, why) < 0
               ? LOGIN_FAILED
               : LOGIN_DONE;
}

/* What sshd says to whom it closes at once.  Until 9.7 the first was MaxStartups; since
 * 9.8 the second is MaxStartups, PerSourceMaxStartups and PerSourcePenalties.
 */
static enum fail_code code_of_words(const char *words)
{
    return strcmp(words, "Exceeded MaxStartups") == 0       ? FAIL_TURNED_AWAY
           : strcmp(words, "Not allowed at this time") == 0 ? FAIL_NOT_NOW
                                                            : FAIL_HANDSHAKE;
}

/* libssh2 takes any line for a banner; a server that is too busy says so in it. */
static enum login_step miss_banner(const struct login *l, const char *banner,
                                   struct fail *why)
{
    const struct ssh_order *o = l->order;
    bool spoke = banner && *banner;
    enum fail_code code = spoke ? code_of_words(banner) : FAIL_TURNED_AWAY;

    if (code == FAIL_HANDSHAKE)
        fail_set(why, code, "%s:%u does not speak SSH, it says: %.*s", o->address,
                 o->port, character_cut(banner, BANNER_BYTES), banner);
    else if (spoke)
        fail_set(why, code, "%s:%u turned us away: %s", o->address, o->port, banner);
    else
        fail_set(why, code, "%s:%u closed the connection without a word of SSH",
                 o->address, o->port);
    return LOGIN_FAILED;
}

/* libssh2 does not tell which kind it was that both sides have none in common of. */
static enum login_step miss_algorithm(const struct login *l, const char *banner,
                                      struct fail *why)
{
    const struct ssh_order *o = l->order;

    if (l->transport->hung_up)
        return broken(l, FAIL_HANDSHAKE, SESSION_HANDSHAKING, why);
    fail_set(why, FAIL_UNSUPPORTED,
             "%s:%u (%.*s) has no algorithm in common with libssh2 " LIBSSH2_VERSION
             ": has it only an RSA host key, or hardened ciphers?",
             o->address, o->port, character_cut(banner, BANNER_BYTES), banner);
    return LOGIN_FAILED;
}

enum login_step login_shake_hands(struct login *l, int socket, struct fail *why)
{
    LIBSSH2_SESSION *session = l->transport->session;
    int rc = libssh2_session_handshake(session, socket);
    const char *banner;

    if (rc == LIBSSH2_ERROR_EAGAIN)
        return LOGIN_WAIT;
    if (rc == 0)
        return check_host_key(l, why);
    if (l->transport->hung_up && wire_explain(l->transport->wire, why) < 0)
        return LOGIN_FAILED; /* a jump host's end is not the server's */
    banner = libssh2_session_banner_get(session);
    if (!banner || strncmp(banner, "SSH-", 4) != 0)
        return miss_banner(l, banner, why);
    if (rc == LIBSSH2_ERROR_KEY_EXCHANGE_FAILURE || rc == LIBSSH2_ERROR_KEX_FAILURE)
        return miss_algorithm(l, banner, why);
    return broken(l, FAIL_HANDSHAKE, SESSION_HANDSHAKING, why);
}

/* ---- our keys ----------------------------------------------------------------- */

static const struct userkey *shown_key(const struct login *l)
{
    return keyring_key(l->keyring, l->keys[l->keys_shown]);
}

/* libssh2 frees the signature with its session's free(): the C library's.  When it is
 * told to come back it calls again with the same data.
 */
static int on_sign(LIBSSH2_SESSION *session, unsigned char **sig, size_t *sig_bytes,
                   const unsigned char *data, size_t len_bytes, void **abstract)
{
    struct login *l = *abstract;

    (void)session;
    switch (signer_sign(&l->signer, shown_key(l), data, len_bytes, sig, sig_bytes,
                        &l->unsigned_why)) {
    case SIGNER_DONE:
        return 0;
    case SIGNER_WAIT:
        return LIBSSH2_ERROR_EAGAIN;
    default:
        return -1;
    }
}

/* The list of what was refused, as far as there is room. */
static void name_keys(const struct login *l, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < l->key_count && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "",
                                 userkey_name(keyring_key(l->keyring, l->keys[i])));
}

static enum login_step refuse(const struct login *l, struct fail *why)
{
    char names[NAMES_BYTES];

    if (l->unusable.code != FAIL_NONE) {
        *why = l->unusable;
        return LOGIN_FAILED;
    }
    name_keys(l, names, sizeof names);
    fail_set(why, FAIL_AUTH_REFUSED, "the server refused the key%s %s for user %s",
             l->key_count > 1 ? "s" : "", names, l->order->user);
    return LOGIN_FAILED;
}

/* A server's patience is counted in keys; when it is at its end it often says so. */
static enum login_step lose_patience(const struct login *l, struct fail *why)
{
    const struct transport *t = l->transport;
    size_t shown = l->keys_shown + 1;

    if (t->hung_up && wire_explain(t->wire, why) < 0)
        return LOGIN_FAILED;
    if (!t->hung_up || (!l->refused && !*t->farewell))
        return broken(l, FAIL_HANDSHAKE, SESSION_LOGGING_IN, why);
    fail_set(
        why, FAIL_AUTH_REFUSED,
        "the server hung up after %zu key%s for user %s%s%s; name the right one with "
        "-i",
        shown, shown > 1 ? "s" : "", l->order->user, *t->farewell ? ", and says: " : "",
        t->farewell);
    return LOGIN_FAILED;
}

/* What it is in a login's words when libssh2 fails; LOGIN_WAIT means: the next key. */
static enum login_step judge(struct login *l, int rc, struct fail *why)
{
    const struct fail unsigned_why = l->unsigned_why;

    l->unsigned_why.code = FAIL_NONE;
    if (unsigned_why.code == FAIL_NO_ANSWER || unsigned_why.code == FAIL_MEMORY) {
        *why = unsigned_why;
        return LOGIN_FAILED;
    }
    if (l->transport->hung_up || (rc != LIBSSH2_ERROR_AUTHENTICATION_FAILED &&
                                  rc != LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED))
        return lose_patience(l, why);
    if (unsigned_why.code == FAIL_NONE)
        l->refused++;
    else if (l->unusable.code == FAIL_NONE)
        l->unusable = unsigned_why;
    return LOGIN_WAIT;
}

/* Show the key whose turn it is. */
static int show(struct login *l, const struct blob *offer)
{
    void *abstract = l;

    return libssh2_userauth_publickey(l->transport->session, l->order->user, offer->bytes,
                                      offer->len_bytes, on_sign, &abstract);
}

enum login_step login_authenticate(struct login *l, struct fail *why)
{
    const char *banner = libssh2_session_banner_get(l->transport->session);
    struct fail unusable;
    struct blob offer;
    int rc;

    if (l->key_count == 0)
        l->key_count = keyring_order(l->keyring, l->keys);
    for (; l->keys_shown < l->key_count; l->keys_shown++) {
        if (userkey_offer(shown_key(l), banner, &offer, &unusable) < 0) {
            l->unusable = unusable;
            continue;
        }
        rc = show(l, &offer);
        if (rc == LIBSSH2_ERROR_EAGAIN)
            return signer_is_asking(&l->signer) ? LOGIN_WAIT_SIGN : LOGIN_WAIT;
        if (rc == 0) {
            keyring_praise(l->keyring, l->keys[l->keys_shown]);
            return LOGIN_DONE;
        }
        if (judge(l, rc, why) == LOGIN_FAILED)
            return LOGIN_FAILED;
    }
    return refuse(l, why);
}

/* ---- the command -------------------------------------------------------------- */

static enum login_step wait_or_break(const struct login *l, enum fail_code code,
                                     enum session_state phase, struct fail *why)
{
    return libssh2_session_last_errno(l->transport->session) == LIBSSH2_ERROR_EAGAIN
               ? LOGIN_WAIT
               : broken(l, code, phase, why);
}

/* The server lets us in, but to no session (MaxSessions 0): nor will it another time. */
static bool is_denied(const struct login *l)
{
    return libssh2_session_last_errno(l->transport->session) ==
           LIBSSH2_ERROR_CHANNEL_FAILURE;
}

enum login_step login_open_channel(struct login *l, LIBSSH2_CHANNEL **channel,
                                   struct fail *why)
{
    LIBSSH2_CHANNEL *made =
        libssh2_channel_open_ex(l->transport->session, "session", strlen("session"),
                                CHANNEL_WINDOW_BYTES, PACKET_BYTES, NULL, 0);

    if (!made)
        return wait_or_break(l, is_denied(l) ? FAIL_NO_AGENT : FAIL_HANDSHAKE,
                             SESSION_OPENING, why);
    *channel = made;
    return LOGIN_DONE;
}

/* libssh2 1.10 may say -1 and mean EAGAIN, or EAGAIN and not note it as the last error. */
enum login_step login_start_command(struct login *l, LIBSSH2_CHANNEL *channel,
                                    struct fail *why)
{
    int rc = libssh2_channel_exec(channel, l->order->command);

    if (rc == LIBSSH2_ERROR_EAGAIN)
        return LOGIN_WAIT;
    return rc == 0 ? LOGIN_DONE : wait_or_break(l, FAIL_NO_AGENT, SESSION_STARTING, why);
}
