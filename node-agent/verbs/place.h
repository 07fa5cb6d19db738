/* place - where a measuring process runs: its CPU, and how much memory it may lock
 *
 * Pinned to one CPU of the HCA's NUMA node, so that neither the scheduler nor the
 * way to remote memory is measured; another rail's process gets another CPU.
 */
#ifndef NODE_AGENT_VERBS_PLACE_H
#define NODE_AGENT_VERBS_PLACE_H

#include <sched.h>
#include <stdbool.h>

/* Read a CPU list as /sys prints it ("0-3,8,10-11\n").  false: not such a list. */
bool place_parse_cpus(const char *text, cpu_set_t *cpus);

/* The nth (from 0, counted round and round) of the CPUs that are in both; -1: none.
 * The first CPU of a node is used by others the most, so it comes last.
 */
int place_choose_cpu(const cpu_set_t *local, const cpu_set_t *allowed, unsigned nth);

/* Move this process next to the HCA.  Without a known place (Soft-RoCE) nothing is
 * done.
 */
void place_near(const char *hca);

/* As much locked memory as we may have. */
void place_raise_memlock(void);

#endif
