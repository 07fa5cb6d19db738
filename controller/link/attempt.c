#include "controller/link/attempt.h"

#include "controller/link/agentfile.h"
#include "protocol/fail.h"
#include "protocol/frame.h"

int attempt_needs_agent(struct attempt *a, const struct agentfiles *agents,
                        const char *bytes, size_t len_bytes, struct fail *why)
{
    if (a->needed || !bootstrap_is_needed(&a->scan, bytes, len_bytes))
        return 0;
    a->needed = agentfiles_find(agents, a->scan.machine);
    if (!a->needed)
        return fail_set(why, FAIL_GARBAGE,
                        "it wants an agent for '%s', which was not offered",
                        a->scan.machine);
    return 1;
}

size_t attempt_next_piece(struct attempt *a, const char **bytes)
{
    size_t left_bytes = a->needed->len_bytes - a->pushed_bytes;
    size_t len_bytes =
        left_bytes < ATTEMPT_PIECE_BYTES ? left_bytes : ATTEMPT_PIECE_BYTES;

    *bytes = a->needed->bytes + a->pushed_bytes;
    a->pushed_bytes += len_bytes;
    return len_bytes;
}

void attempt_explain_end(const struct attempt *a, const struct frame_reader *reader,
                         int status, struct fail *why)
{
    char line[BOOTSTRAP_LINE_BYTES];

    if (!frame_started(reader)) {
        bootstrap_explain(status, a->needed ? "" : frame_noise(reader), a->err.text, why);
        return;
    }
    bootstrap_last_line(a->err.text, line);
    fail_set(why, FAIL_AGENT_DIED, "the agent ended%s (status %d)%s%s",
             frame_is_cut(reader) ? " in the middle of a message" : "", status,
             *line ? ": " : "", line);
}

void attempt_explain_silence(const struct attempt *a, const struct frame_reader *reader,
                             uint64_t waited_ms, struct fail *why)
{
    const char *printed = frame_noise(reader);
    double waited_s = (double)waited_ms / 1000;

    if (a->needed)
        fail_set(why, FAIL_TIMEOUT, "the node took no more of the agent for %g s",
                 waited_s);
    else
        fail_set(why, FAIL_TIMEOUT, "no agent answered within %g s%s%s", waited_s,
                 *printed ? "; the login printed: " : "", printed);
}
