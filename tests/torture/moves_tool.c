/* moves - print the road of a node as the product has it: a line for each legal move
 *
 *     todo start probing
 */
#include <stdio.h>

#include "controller/rollout/node_state.h"

int main(void)
{
    for (int from = 1; from < NODE_STATES; from++)
        for (int event = NODE_EV_NONE + 1; event < NODE_EVENTS; event++) {
            int to = node_state_next((enum node_state)from, (enum node_event)event);

            if (to != NODE_ILLEGAL)
                printf("%s %s %s\n", node_state_name((enum node_state)from),
                       node_event_name((enum node_event)event),
                       node_state_name((enum node_state)to));
        }
    return 0;
}
