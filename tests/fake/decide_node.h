/* decide_node - nodes to decide about, as facts, and what is asked of them
 *
 * Every test begins with a whole machine and changes what it is about; facts are freed
 * with facts_free().  Whatever fails ends the test.
 */
#ifndef TESTS_DECIDE_NODE_H
#define TESTS_DECIDE_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inventory/decide.h"

struct facts;

#define NODE_KERNEL "5.15.0-1086-azure"

/* Set-up and tear-down of a group: the catalog of the program. */
int node_catalog_read(void **state);
int node_catalog_free(void **state);

/* Nothing is held, nothing kept. */
struct decide_want node_want(enum fleet_driver driver, const char *version);

/* ---- nodes ------------------------------------------------------------------------------ */

/* Azure, Ubuntu 22.04, a healthy inbox driver, no NIC yet; size may be NULL. */
struct facts *node_machine(const char *size);

/* An HBv4 as it comes from the store; an HPC image of it, with DOCA 3.2.1. */
struct facts *node_hbv4(void);
struct facts *node_hbv4_image(void);

void node_set(char **field, const char *text);

/* Room for one more of size bytes, zeroed. */
void *node_grow(void *list, size_t *count, size_t size);

void node_add_name(char ***list, size_t *count, const char *name);
void node_add_package(struct facts *f, const char *name);
void node_add_dkms(struct facts *f, const char *module, const char *version,
                   const char *state);
void node_add_holder(struct facts *f, const char *kind, const char *what);
void node_add_nic(struct facts *f, const char *pci, const char *family, const char *role);
void node_add_event(struct facts *f, const char *type, const char *not_before);
void node_add_ipoib(struct facts *f, const char *mac, const char *address);
void node_set_driver(struct facts *f, const char *driver, const char *version);
void node_add_hca(struct facts *f, const char *pci);
void node_add_function(struct facts *f, uint16_t device, const char *family);

/* ---- asking ----------------------------------------------------------------------------- */

/* "VERDICT[ code]: summary", good until the next call; the last two with node_want(). */
const char *node_judge(const struct facts *f, const struct decide_want *want);
const char *node_judge_as(const struct facts *f, enum fleet_driver driver,
                          const char *version);
const char *node_judge_auto(const struct facts *f);

/* Are the words in it?  Prints both when not. */
bool node_says(const char *text, const char *words);

/* The caller clears it. */
struct decision node_decide(const struct facts *f, const struct decide_want *want);

/* NULL: there is none. */
const struct step *node_find_step(const struct decision *d, enum step_verb verb);

#endif
