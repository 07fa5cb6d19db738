/* removal - a folder goes, with all that is in it */
#ifndef NODE_AGENT_REMOVAL_H
#define NODE_AGENT_REMOVAL_H

/* -1 with errno; ENOENT: it was not there.  What is mounted somewhere below is left alone,
 * and so are the folders that lead to it (EBUSY).  Links are not followed.
 */
int removal_of_folder(const char *path);

#endif
