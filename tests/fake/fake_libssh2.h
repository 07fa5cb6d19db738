/* fake_libssh2 - a channel of libssh2 1.10 as strict as the real one, without a network
 *
 * It holds the caller to the rules: while a packet is half sent only the same call with
 * the same bytes may be made; every call takes in all that has arrived, where poll()
 * does not see it any more.  A broken rule is counted, not punished.
 */
#ifndef TESTS_FAKE_LIBSSH2_H
#define TESTS_FAKE_LIBSSH2_H

#include <stdbool.h>
#include <stddef.h>

struct _LIBSSH2_CHANNEL {
    size_t room;            /* packets that the socket takes before it blocks          */
    size_t window_bytes;    /* what the peer takes                                     */
    size_t arriving[2];     /* bytes on the socket, stdout and stderr                  */
    size_t late[2];         /* arrive after the next read                              */
    size_t inside[2];       /* taken in, not read yet                                  */
    size_t foreign_bytes;   /* inside, too, but of a stream that nobody reads          */
    bool ended;             /* the peer's end comes after them                         */
    bool input_ended;       /* the peer was told that nothing more comes               */
    bool must_open_window;  /* the next read has a packet to send first                */
    const void *half_sent;  /* its bytes; NULL: none                                   */
    size_t half_sent_bytes; /* 0: it is a read's packet                                */
    char written[200000];
    size_t written_bytes;
    unsigned broken_rules;
    int blocked; /* directions */
};

#endif
