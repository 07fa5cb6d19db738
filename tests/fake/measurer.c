/* measurer - a fake that has no verbs: whoever asks to measure is refused */
#include "node-agent/verbs/measurer.h"

#include "protocol/fail.h"

int measurer_open(struct measurer **m, struct fail *why)
{
    (void)m;
    return fail_set(why, FAIL_NO_HCA, "a fake measures nothing");
}

void measurer_close(struct measurer *m)
{
    (void)m;
}

int measurer_fd(const struct measurer *m)
{
    (void)m;
    return -1;
}

short measurer_events(const struct measurer *m)
{
    (void)m;
    return 0;
}

int measurer_ask(struct measurer *m, uint32_t id, const char *ask,
                 const struct json *body, struct fail *why)
{
    (void)m;
    (void)id;
    (void)ask;
    (void)body;
    return fail_set(why, FAIL_BUG, "nothing was opened");
}

void measurer_serve(struct measurer *m, short revents, measurer_answer_fn answer,
                    void *arg)
{
    (void)m;
    (void)revents;
    (void)answer;
    (void)arg;
}

bool measurer_is_over(const struct measurer *m)
{
    (void)m;
    return true;
}
