#include "tests/fake/fake_libssh2.h"

#include <libssh2.h>
#include <string.h>

/* The session is the channel: there is one of each. */
static struct _LIBSSH2_CHANNEL *channel_of(LIBSSH2_SESSION *session)
{
    return (struct _LIBSSH2_CHANNEL *)(void *)session;
}

static void take_in(struct _LIBSSH2_CHANNEL *c)
{
    for (int i = 0; i < 2; i++) {
        c->inside[i] += c->arriving[i];
        c->arriving[i] = 0;
    }
}

/* Send a packet, or be blocked with it. */
static int send_packet(struct _LIBSSH2_CHANNEL *c, const void *bytes, size_t len_bytes)
{
    if (c->half_sent && (c->half_sent != bytes || c->half_sent_bytes != len_bytes)) {
        c->broken_rules++;
        return LIBSSH2_ERROR_BAD_USE;
    }
    if (c->room == 0) {
        c->half_sent = bytes;
        c->half_sent_bytes = len_bytes;
        c->blocked = LIBSSH2_SESSION_BLOCK_OUTBOUND;
        return LIBSSH2_ERROR_EAGAIN;
    }
    c->room--;
    c->half_sent = NULL;
    c->blocked = 0;
    return 0;
}

int libssh2_session_block_directions(LIBSSH2_SESSION *session)
{
    return channel_of(session)->blocked;
}

static void let_arrive(struct _LIBSSH2_CHANNEL *c)
{
    for (int i = 0; i < 2; i++) {
        c->arriving[i] += c->late[i];
        c->late[i] = 0;
    }
}

unsigned long libssh2_channel_window_read_ex(LIBSSH2_CHANNEL *c, unsigned long *unread,
                                             unsigned long *initial)
{
    (void)initial;
    *unread = c->inside[0] + c->inside[1] + c->foreign_bytes;
    return 0;
}

ssize_t libssh2_channel_read_ex(LIBSSH2_CHANNEL *c, int stream, char *bytes, size_t size)
{
    size_t n;

    if (c->half_sent && c->half_sent != &c->room) {
        c->broken_rules++;
        return LIBSSH2_ERROR_BAD_USE;
    }
    if (c->must_open_window && send_packet(c, &c->room, 0) != 0)
        return LIBSSH2_ERROR_EAGAIN;
    c->must_open_window = false;
    take_in(c);
    let_arrive(c);
    n = c->inside[stream] < size ? c->inside[stream] : size;
    memset(bytes, 'a' + stream, n);
    c->inside[stream] -= n;
    if (n > 0 || c->ended)
        return (ssize_t)n;
    c->blocked = LIBSSH2_SESSION_BLOCK_INBOUND;
    return LIBSSH2_ERROR_EAGAIN;
}

ssize_t libssh2_channel_write_ex(LIBSSH2_CHANNEL *c, int stream, const char *bytes,
                                 size_t len_bytes)
{
    int rc;

    (void)stream;
    if (!c->half_sent)
        take_in(c);
    if (c->window_bytes == 0) {
        c->blocked = LIBSSH2_SESSION_BLOCK_INBOUND;
        return LIBSSH2_ERROR_EAGAIN;
    }
    rc = send_packet(c, bytes, len_bytes);
    if (rc != 0)
        return rc;
    len_bytes = len_bytes < c->window_bytes ? len_bytes : c->window_bytes;
    memcpy(c->written + c->written_bytes, bytes, len_bytes);
    c->written_bytes += len_bytes;
    c->window_bytes -= len_bytes;
    return (ssize_t)len_bytes;
}

unsigned long libssh2_channel_window_write_ex(LIBSSH2_CHANNEL *c, unsigned long *initial)
{
    (void)initial;
    return c->window_bytes;
}

int libssh2_channel_eof(LIBSSH2_CHANNEL *c)
{
    return c->ended && c->inside[0] + c->inside[1] + c->arriving[0] + c->arriving[1] == 0;
}

int libssh2_channel_send_eof(LIBSSH2_CHANNEL *c)
{
    int rc = send_packet(c, &c->ended, 1);

    c->input_ended |= rc == 0;
    return rc;
}
