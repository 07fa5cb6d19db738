#include "controller/fabric/capacity.h"

#include <math.h>

#include "controller/fabric/member.h"

/* Bytes around a payload of one MTU on the wire. */
#define HEADER_LID_BYTES  26 /* LRH BTH ICRC VCRC                       */
#define HEADER_GRH_BYTES  66 /* and GRH                                 */
#define HEADER_ROCE_BYTES 82 /* Ethernet IPv4 UDP BTH ICRC FCS preamble */

static double lower_rate(const struct member *a, const struct member *b)
{
    if (a->endpoint.soft || b->endpoint.soft)
        return 0;
    return fmin(a->endpoint.rate_gbps, b->endpoint.rate_gbps);
}

double capacity_scale_gbps(const struct member *a, const struct member *b)
{
    double rate = lower_rate(a, b);

    return rate > 0 ? rate : 1;
}

double capacity_ceiling_gbps(const struct member *a, const struct member *b)
{
    double mtu = fmin(a->endpoint.mtu_bytes, b->endpoint.mtu_bytes);
    double header = a->endpoint.ethernet                           ? HEADER_ROCE_BYTES
                    : a->endpoint.lid == 0 || b->endpoint.lid == 0 ? HEADER_GRH_BYTES
                                                                   : HEADER_LID_BYTES;

    return mtu > 0 ? lower_rate(a, b) * mtu / (mtu + header) : 0;
}
