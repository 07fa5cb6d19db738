/* passage - how the wires of sessions that have a jump host are made
 *
 * Who carries them begins with a struct passage and is given to ssh_client_pass(); the
 * SSH folder only knows that a wire comes of it.
 */
#ifndef CONTROLLER_PASSAGE_H
#define CONTROLLER_PASSAGE_H

struct fail;
struct ssh_order;
struct wire;

struct passage {
    /* Start to connect to where the order goes, through its jump; on_ready comes as
     * wire_wait() asks for it, and wire_check() tells how it went, in words that need no
     * address before them.  It ends by itself: within the order's phase_ms once the jump
     * host is reached.  NULL: FAIL_MEMORY, or what wire_check() may say.
     */
    struct wire *(*open)(struct passage *p, const struct ssh_order *order,
                         void (*on_ready)(void *arg), void *arg, struct fail *why);
};

#endif
