/* moves - print the road of a node as the product has it: a line for each legal move, of
 * whatever node
 *
 *     todo start probing
 */
#include <stdio.h>

#include "controller/rollout/node_state.h"

static void print_move(enum node_state from, enum node_event event, enum node_state to)
{
    if (node_state_may_follow(from, event, to))
        printf("%s %s %s\n", node_state_name(from), node_event_name(event),
               node_state_name(to));
}

int main(void)
{
    for (int from = 1; from < NODE_STATES; from++)
        for (int event = NODE_EV_NONE + 1; event < NODE_EVENTS; event++)
            for (int to = 1; to < NODE_STATES; to++)
                print_move((enum node_state)from, (enum node_event)event,
                           (enum node_state)to);
    return 0;
}
