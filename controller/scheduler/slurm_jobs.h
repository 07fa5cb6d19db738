/* slurm_jobs - which nodes have jobs, and until when (pure)
 *
 * The state of a node does not tell: while a job is suspended its node is idle.
 */
#ifndef CONTROLLER_SLURM_JOBS_H
#define CONTROLLER_SLURM_JOBS_H

struct fail;
struct namebook;
struct sighting;

/* What squeue is to be asked: every state in which a job has processes, or its place, on a
 * node; and what slurm_jobs_read() reads.
 */
#define SLURM_JOBS_STATES "R,S,CG,CF,ST,RS,SI,SO"
#define SLURM_JOBS_FORMAT "%i|%e|%N"

/* Of lines in that format, times in seconds of the epoch.  text is taken to pieces.  -1:
 * FAIL_SCHEDULER_ANSWER, FAIL_MEMORY.
 */
int slurm_jobs_read(char *text, const struct namebook *book, struct sighting *seen,
                    struct fail *why);

#endif
