/* wire - a TCP connection on the loop, as far as libssh2 leaves it to us
 *
 *     w = wire_open(loop, address, on_ready, arg, why);
 *     wire_wait(w, WIRE_WRITABLE);         on_ready: connected, or not
 *     if (wire_error(w)) ...
 *     wire_wait(w, WIRE_READABLE);
 *     wire_close(w, on_closed);            then silence, and the socket is gone
 */
#ifndef CONTROLLER_WIRE_H
#define CONTROLLER_WIRE_H

struct addrinfo;
struct fail;
struct uv_loop_s;
struct wire;

enum wire_wait { WIRE_NOTHING = 0, WIRE_READABLE = 1, WIRE_WRITABLE = 2 };

/* Start to connect.  FAIL_CONNECT, or FAIL_STATE when we are out of descriptors. */
struct wire *wire_open(struct uv_loop_s *loop, const struct addrinfo *address,
                       void (*on_ready)(void *arg), void *arg, struct fail *why);

/* Call on_ready when the socket is ready for any of these (a set of enum wire_wait). */
void wire_wait(struct wire *w, int for_what);

/* The pending error of the socket, an errno value, or 0. */
int wire_error(const struct wire *w);

int wire_socket(const struct wire *w);

/* w is freed; on_closed follows later. */
void wire_close(struct wire *w, void (*on_closed)(void *arg));

#endif
