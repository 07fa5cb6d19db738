#include "controller/ssh/turns.h"

void turn_moved(struct turn *turn, size_t bytes, uint64_t now_ms)
{
    if (bytes == 0)
        return;
    if (now_ms - turn->moved_ms >= TURNS_PAUSE_MS)
        turn->moved_bytes = 0;
    turn->moved_bytes += bytes;
    turn->moved_ms = now_ms;
}

bool turn_is_heavy(const struct turn *turn, uint64_t now_ms)
{
    return turn->moved_bytes > TURNS_LIGHT_BYTES &&
           now_ms - turn->moved_ms < TURNS_PAUSE_MS;
}

/* Until something is known of it, the loop counts as busy. */
static void begin_look(struct turns *t, uint64_t now_ns, uint64_t busy_ns)
{
    t->looked_ns = now_ns;
    t->looked_busy_ns = busy_ns;
}

void turns_enter(struct turns *t, struct turn *turn, uint64_t now_ns, uint64_t busy_ns)
{
    if (turn->queued)
        return;
    turn->queued = true;
    turn->next = NULL;
    turn->before = t->last;
    if (t->last) {
        t->last->next = turn;
        t->last = turn;
        return;
    }
    t->first = t->last = turn;
    if (now_ns - t->looked_ns >= 2 * (uint64_t)TURNS_LOOK_NS) {
        begin_look(t, now_ns, busy_ns);
        t->slack = false;
    }
    turn->wake(turn->arg);
}

void turns_leave(struct turns *t, struct turn *turn)
{
    bool was_first = t->first == turn;

    if (!turn->queued)
        return;
    turn->queued = false;
    *(turn->before ? &turn->before->next : &t->first) = turn->next;
    *(turn->next ? &turn->next->before : &t->last) = turn->before;
    if (was_first && t->first)
        t->first->wake(t->first->arg);
}

static void look(struct turns *t, uint64_t now_ns, uint64_t busy_ns)
{
    uint64_t passed_ns = now_ns - t->looked_ns;

    if (passed_ns < TURNS_LOOK_NS)
        return;
    t->slack = TURNS_BUSY_PARTS * (busy_ns - t->looked_busy_ns) < passed_ns;
    begin_look(t, now_ns, busy_ns);
}

bool turns_admit(struct turns *t, uint64_t now_ns, uint64_t busy_ns)
{
    look(t, now_ns, busy_ns);
    return t->slack || now_ns - t->ended_ns >= (TURNS_PARTS - 1) * t->took_ns;
}

void turns_took(struct turns *t, uint64_t begun_ns, uint64_t ended_ns)
{
    t->took_ns = ended_ns - begun_ns;
    t->ended_ns = ended_ns;
}
