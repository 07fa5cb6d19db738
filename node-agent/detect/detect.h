/* detect - what this node is
 *
 *     detect("", &facts, why);                     the machine itself
 *     detect("tests/data/trees/azure-hb", ...);    a captured one
 *
 * It reads files below root (and, on the machine itself, asks rpm where that is
 * the package manager).  It may hang where a driver hangs in sysfs: call it in a
 * process of its own.
 */
#ifndef NODE_AGENT_DETECT_DETECT_H
#define NODE_AGENT_DETECT_DETECT_H

struct fail;
struct facts;

/* The caller frees *f.  FAIL_MEMORY; whatever a node lacks is no failure. */
int detect(const char *root, struct facts **f, struct fail *why);

#endif
