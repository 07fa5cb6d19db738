/* choice - the device and port that a node is measured with, or why there is none (pure)
 */
#ifndef CONTROLLER_VALIDATE_CHOICE_H
#define CONTROLLER_VALIDATE_CHOICE_H

struct campaign_node;
struct facts;

/* Fill in hca and port (borrowed from facts), or why: FAIL_NO_HCA, FAIL_PORT_DOWN.
 * wanted: the name of the device; NULL: the best one.
 */
void choice_make(const struct facts *facts, const char *wanted,
                 struct campaign_node *node);

#endif
