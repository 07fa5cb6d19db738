#include "controller/ssh/transport.h"

#include <errno.h>
#include <libssh2.h>
#include <stdio.h>

#include "controller/ssh/algorithms.h"

/* A dead socket makes libssh2 give up at once; should it not, leaking is the lesser evil.
 */
#define FREE_TRIES 100

/* ---- what libssh2 calls ------------------------------------------------------- */

static ssize_t on_send(libssh2_socket_t fd, const void *bytes, size_t len_bytes,
                       int flags, void **abstract)
{
    struct transport *t = *abstract;
    ssize_t n;

    (void)fd;
    (void)flags;
    if (t->cut)
        return -ECONNRESET;
    n = wire_send(t->wire, bytes, len_bytes);
    if (n < 0 && n != -EAGAIN)
        t->hung_up = true;
    return n;
}

static ssize_t on_receive(libssh2_socket_t fd, void *bytes, size_t len_bytes, int flags,
                          void **abstract)
{
    struct transport *t = *abstract;
    ssize_t n;

    (void)fd;
    (void)flags;
    if (t->cut)
        return -ECONNRESET;
    n = wire_receive(t->wire, bytes, len_bytes);
    if (n == 0 || (n < 0 && n != -EAGAIN))
        t->hung_up = true;
    return n;
}

/* A server that ends it by the protocol says why: "Too many authentication failures". */
static void on_disconnect(LIBSSH2_SESSION *session, int reason, const char *message,
                          int len_bytes, const char *language, int language_bytes,
                          void **abstract)
{
    struct transport *t = *abstract;

    (void)session;
    (void)reason;
    (void)language;
    (void)language_bytes;
    t->hung_up = true;
    if (message && len_bytes > 0)
        snprintf(t->farewell, sizeof t->farewell, "%.*s", len_bytes, message);
}

/* ---- life --------------------------------------------------------------------- */

/* The callbacks' declared type is the same for all of them. */
static void set_callback(struct transport *t, int which, void (*fn)(void))
{
    union {
        void (*fn)(void);
        void *object;
    } as = {.fn = fn};

    libssh2_session_callback_set(t->session, which, as.object);
}

static int prefer(struct transport *t, const char *host_keys)
{
    const struct {
        int method;
        const char *list;
    } preferred[] = {
        {LIBSSH2_METHOD_KEX, ALGORITHMS_KEX},
        {LIBSSH2_METHOD_HOSTKEY, host_keys},
        {LIBSSH2_METHOD_CRYPT_CS, ALGORITHMS_CIPHERS},
        {LIBSSH2_METHOD_CRYPT_SC, ALGORITHMS_CIPHERS},
        {LIBSSH2_METHOD_MAC_CS, ALGORITHMS_MACS},
        {LIBSSH2_METHOD_MAC_SC, ALGORITHMS_MACS},
    };

    for (size_t i = 0; i < sizeof preferred / sizeof *preferred; i++)
        if (libssh2_session_method_pref(t->session, preferred[i].method,
                                        preferred[i].list) != 0)
            return -1;
    return 0;
}

int transport_open(struct transport *t, const char *host_keys, struct fail *why)
{
    t->session = libssh2_session_init_ex(NULL, NULL, NULL, t);
    if (!t->session)
        return fail_memory(why);
    libssh2_session_set_blocking(t->session, 0);
    set_callback(t, LIBSSH2_CALLBACK_SEND, (void (*)(void))on_send);
    set_callback(t, LIBSSH2_CALLBACK_RECV, (void (*)(void))on_receive);
    set_callback(t, LIBSSH2_CALLBACK_DISCONNECT, (void (*)(void))on_disconnect);
    return prefer(t, host_keys) < 0
               ? transport_explain(t, FAIL_BUG, "choosing the algorithms", why)
               : 0;
}

void transport_cut(struct transport *t)
{
    t->cut = true;
}

void transport_close(struct transport *t)
{
    for (int i = 0; t->session && i < FREE_TRIES; i++)
        if (libssh2_session_free(t->session) != LIBSSH2_ERROR_EAGAIN)
            t->session = NULL;
}

/* ---- how it is ---------------------------------------------------------------- */

/* A packet that is half sent goes first: looking for input meanwhile would spin when
 * there is some.
 */
enum wire_wait transport_awaits(const struct transport *t)
{
    int blocked = libssh2_session_block_directions(t->session);

    return blocked & LIBSSH2_SESSION_BLOCK_OUTBOUND  ? WIRE_WRITABLE
           : blocked & LIBSSH2_SESSION_BLOCK_INBOUND ? WIRE_READABLE
                                                     : WIRE_NOTHING;
}

int transport_explain(const struct transport *t, enum fail_code code, const char *phase,
                      struct fail *why)
{
    char *text = NULL;
    int rc;

    if (t->hung_up && wire_explain(t->wire, why) < 0)
        return -1;
    if (t->hung_up && code == FAIL_LINK_LOST)
        return fail_set(why, FAIL_LINK_LOST, "%s:%u: the connection broke, %s",
                        t->address, t->port, phase);
    if (t->hung_up)
        return fail_set(why, FAIL_HANDSHAKE, "%s:%u closed the connection, %s%s%s",
                        t->address, t->port, phase, *t->farewell ? "; it says: " : "",
                        t->farewell);
    rc = libssh2_session_last_error(t->session, &text, NULL, 0);
    return fail_set(why, code, "%s:%u: %s (libssh2 error %d), %s", t->address, t->port,
                    text && *text ? text : "SSH failed", rc, phase);
}
