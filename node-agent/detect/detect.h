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

#include <stdbool.h>

struct fail;
struct facts;

/* The caller frees *f.  FAIL_MEMORY; whatever a node lacks is no failure. */
int detect(const char *root, struct facts **f, struct fail *why);

/* Is what is below root a machine of Azure's?  One file is read. */
bool detect_is_azure(const char *root);

#endif
