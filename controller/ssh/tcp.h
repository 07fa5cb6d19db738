/* tcp - a wire that is a TCP connection of our own */
#ifndef CONTROLLER_TCP_H
#define CONTROLLER_TCP_H

struct addrinfo;
struct fail;
struct uv_loop_s;
struct wire;

/* Start to connect; on_ready comes as wire_wait() asks for it.  FAIL_CONNECT, or
 * FAIL_STATE when we are out of descriptors.
 */
struct wire *tcp_open(struct uv_loop_s *loop, const struct addrinfo *address,
                      void (*on_ready)(void *arg), void *arg, struct fail *why);

#endif
