/* One call: what the shipment tells, without its headers. */
#include <stdlib.h>

#include "controller/azure/arm_parts.h"

struct simple_call {
    arm_done *done;
    void *arg;
};

static void on_reply(void *arg, const struct arm_reply *reply)
{
    struct simple_call call = *(struct simple_call *)arg;

    free(arg);
    call.done(call.arg, &reply->answer);
}

int arm_call(struct arm *arm, const struct arm_request *ask, arm_done *done, void *arg,
             struct fail *why)
{
    struct simple_call *call = malloc(sizeof *call);
    struct arm_receiver receiver = {on_reply, free, call};

    if (!call)
        return fail_memory(why);
    *call = (struct simple_call){done, arg};
    if (arm_ship(arm, ask, &receiver, why) == 0)
        return 0;
    free(call);
    return -1;
}
