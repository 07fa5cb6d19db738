#include "controller/openssh/gate.h"

#include <stddef.h>

static void take_out(struct gate *g, struct gate_place *place)
{
    *(place->before ? &place->before->next : &g->first) = place->next;
    *(place->next ? &place->next->before : &g->last) = place->before;
    place->next = place->before = NULL;
    place->queued = false;
}

/* Who comes in may leave at once: the one loop sees it, however many do so in a row. */
static void let_in(struct gate *g)
{
    if (g->letting_in)
        return;
    g->letting_in = true;
    while (g->first && g->inside < g->width) {
        struct gate_place *place = g->first;

        take_out(g, place);
        place->inside = true;
        g->inside++;
        place->on_turn(place->arg);
    }
    g->letting_in = false;
}

void gate_enter(struct gate *g, struct gate_place *place)
{
    place->queued = true;
    place->before = g->last;
    *(g->last ? &g->last->next : &g->first) = place;
    g->last = place;
    let_in(g);
}

void gate_leave(struct gate *g, struct gate_place *place)
{
    if (place->queued)
        take_out(g, place);
    if (!place->inside)
        return;
    place->inside = false;
    g->inside--;
    let_in(g);
}
