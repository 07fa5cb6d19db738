/* slurm_nodes - what `scontrol show node` says (pure)
 *
 * This answer, and neither sinfo's nor JSON: it names every flag of a state ("IDLE+DRAIN"),
 * where sinfo's words hide that a drained node is down, too; its fields are not cut to a
 * width; there is one record for a node, not one for each of its partitions; and Slurm has
 * had it for longer than it has had --json, whose fields change with the version.
 */
#ifndef CONTROLLER_SLURM_NODES_H
#define CONTROLLER_SLURM_NODES_H

struct fail;
struct namebook;
struct sighting;

/* Fill in seen[] for those of the book; all others are read over.  text is taken to pieces.
 * Times are to be in seconds of the epoch (SLURM_TIME_FORMAT=%s).  -1:
 * FAIL_SCHEDULER_ANSWER, that is no such answer; FAIL_MEMORY.  seen[] is to be thrown away
 * then.
 */
int slurm_nodes_read(char *text, const struct namebook *book, struct sighting *seen,
                     struct fail *why);

#endif
