#include "controller/door/places.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/fleet.h"

/* ---- the queue of a place --------------------------------------------------------- */

void place_add(struct places *all, struct door_place *p, struct door_wait *w, bool front)
{
    w->before = front ? NULL : p->last;
    w->next = front ? p->first : NULL;
    *(w->before ? &w->before->next : &p->first) = w;
    *(w->next ? &w->next->before : &p->last) = w;
    w->place = p;
    w->where = DOOR_WAITS;
    all->waiting++;
}

void place_remove(struct places *all, struct door_wait *w)
{
    *(w->before ? &w->before->next : &w->place->first) = w->next;
    *(w->next ? &w->next->before : &w->place->last) = w->before;
    w->next = w->before = NULL;
    w->where = DOOR_OUTSIDE;
    all->waiting--;
}

/* ---- the lists of places ----------------------------------------------------------- */

void place_push(struct places *all, struct door_place *p, enum place_state state)
{
    struct place_list *list = &all->lists[state];

    p->state = state;
    p->next = NULL;
    *(list->last ? &list->last->next : &list->first) = p;
    list->last = p;
}

struct door_place *place_pop(struct place_list *list)
{
    struct door_place *p = list->first;

    list->first = p->next;
    if (!list->first)
        list->last = NULL;
    p->state = PLACE_IDLE;
    return p;
}

void place_sort_in(struct places *all, struct door_place *p, uint64_t now_ms)
{
    if (p->state != PLACE_IDLE || !p->first)
        return;
    if (doorway_admits(&p->way, now_ms))
        place_push(all, p, PLACE_READY);
    else if (now_ms < p->way.rests_until_ms)
        place_push(all, p, PLACE_RESTS);
}

uint64_t places_rest_end_ms(const struct places *all)
{
    uint64_t end_ms = UINT64_MAX;

    for (const struct door_place *p = all->lists[PLACE_RESTS].first; p; p = p->next)
        if (p->way.rests_until_ms < end_ms)
            end_ms = p->way.rests_until_ms;
    return end_ms;
}

/* ---- addresses ---------------------------------------------------------------------- */

static int by_address(const void *a, const void *b)
{
    return strcmp(((const struct door_place *)a)->address,
                  ((const struct door_place *)b)->address);
}

/* An address behind a jump host is another one than the same before it.  NULL: no
 * memory.
 */
static struct door_place *new_place(const struct fleet_node *node)
{
    const char *jump = node->jump ? node->jump : "", *by = node->jump ? " by " : "";
    size_t size_bytes = strlen(node->address) + strlen(by) + strlen(jump) + 1;
    struct door_place *p = calloc(1, sizeof *p + size_bytes);

    if (!p)
        return NULL;
    snprintf(p->address, size_bytes, "%s%s%s", node->address, by, jump);
    p->way = doorway_new();
    return p;
}

struct door_place *places_find(struct places *all, const struct fleet_node *node)
{
    struct door_place *made = new_place(node), **found;

    if (!made)
        return NULL;
    found = tsearch(made, &all->tree, by_address);
    if (!found || *found != made)
        free(made);
    return found ? *found : NULL;
}

void places_clear(struct places *all)
{
    tdestroy(all->tree, free);
    *all = (struct places){0};
}
