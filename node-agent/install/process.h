/* process - how a process that is in the way is named to people */
#ifndef NODE_AGENT_INSTALL_PROCESS_H
#define NODE_AGENT_INSTALL_PROCESS_H

struct home;

#define PROCESS_MAX_BYTES 64

/* "lammps (process 71)" into who; `otherwise` where its name can not be read. */
void process_tell(const struct home *h, long pid, const char *otherwise,
                  char who[PROCESS_MAX_BYTES]);

#endif
