/* device - one port of an HCA, opened
 *
 * Knows how to find the HCA by name and what to say when it cannot be used:
 * not there, no RDMA transport, port down, no address.
 */
#ifndef NODE_AGENT_VERBS_DEVICE_H
#define NODE_AGENT_VERBS_DEVICE_H

#include "protocol/measure.h"

struct ibv_context;

struct device {
    struct ibv_context *context;
    uint16_t pkey_index;
    struct endpoint self; /* the port's part; a queue adds qpn, rkey and addr */
};

/* On success *d is to be closed.  FAIL_NO_HCA (no such name or port, or no RDMA
 * stack), FAIL_UNSUPPORTED (iWARP and others), FAIL_PORT_DOWN, FAIL_VERBS.
 */
int device_open(struct device *d, const char *hca, int port, struct fail *why);
void device_close(struct device *d);

/* Is the port still ACTIVE?  FAIL_PORT_DOWN names the state, FAIL_NO_HCA: gone. */
int device_check(const struct device *d, struct fail *why);

/* Throw away what the HCA has to tell (a partner has come, the port went down):
 * nobody reads it, and the kernel keeps it until somebody does.
 */
void device_drain(const struct device *d);

#endif
