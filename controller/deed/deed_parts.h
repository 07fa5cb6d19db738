/* deed_parts - between the files of deed: the object, and one instance of it
 *
 * deed.c says whose turn it is, and is the only one to change a state; deed_step.c has
 * what is done in each state.
 */
#ifndef CONTROLLER_DEED_PARTS_H
#define CONTROLLER_DEED_PARTS_H

#include "controller/deed/deed.h"

struct deed_item {
    struct deed *deed;
    const char *name;
    const struct scaleset *set; /* NULL: in none any more, as is `of` */
    const struct scaleset_instance *of;
    const struct deed_left *left; /* NULL: nobody had begun */

    enum deed_state state, to;
    bool is_writing;       /* `to` is on its way to the disk */
    enum deed_event later; /* what happened meanwhile */
    struct fail why;       /* filled before DEED_EV_FAIL is fed */
    char *url;             /* where Azure says how it goes; NULL: nowhere yet */
    enum arm_track track;

    uint64_t begun_ms, ended_ms; /* its turn */
    uint64_t until_ms;           /* the patience of its state */
    unsigned asks, looks;
    struct uv_timer_s *timer; /* until the next look; one of the deed's */
};

struct deed {
    struct uv_loop_s *loop;
    struct arm *arm;
    struct journal *journal;
    struct deed_order order;
    struct deed_hooks hooks;
    void *arg;

    struct deed_item *items;
    size_t count, next; /* next: none before it is todo */
    size_t under_way, failed, open_timers;
    unsigned budget;
    struct uv_timer_s *timers; /* one an item, and one more: */
    struct uv_timer_s
        *pump; /* what is next is decided in the loop, never inside a call */
    bool is_held, is_paused, is_over;
    struct fail broken; /* the journal */
};

/* What happened to it; the state changes once that is on the disk. */
void deed_feed(struct deed_item *i, enum deed_event event);

/* The same with *why, which may be the item's own. */
void deed_fail(struct deed_item *i, const struct fail *why);

/* Where it is, or will be once that is on the disk. */
enum deed_state deed_where(const struct deed_item *i);

/* It has entered its state: begin what there is to do in it. */
void deed_enter(struct deed_item *i);

/* An earlier controller left it in its state. */
void deed_revive(struct deed_item *i);

#endif
