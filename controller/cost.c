#include "controller/cost.h"

#include <sys/resource.h>

#include "controller/ssh/ssh.h"
#include "protocol/json.h"

static double seconds_of(const struct rusage *r)
{
    return (double)(r->ru_utime.tv_sec + r->ru_stime.tv_sec) +
           (double)(r->ru_utime.tv_usec + r->ru_stime.tv_usec) / 1e6;
}

struct json *cost_encode(const struct ssh_client *client)
{
    struct json *doc = json_object();
    struct rusage own, children;

    getrusage(RUSAGE_SELF, &own);
    getrusage(RUSAGE_CHILDREN, &children);
    if (doc &&
        json_put_real(doc, "cpu_seconds", seconds_of(&own) + seconds_of(&children)) ==
            0 &&
        json_put_int(doc, "peak_kib", own.ru_maxrss) == 0 &&
        json_put_real(doc, "longest_callback_ms", ssh_client_longest_ms(client)) == 0)
        return doc;
    json_free(doc);
    return NULL;
}
