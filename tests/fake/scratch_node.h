/* scratch_node - each test a node of its own, in a folder below /tmp
 *
 *     cmocka_unit_test_setup_teardown(a_test, scratch_node_make, scratch_node_drop)
 *
 * *state is the node's struct home.
 */
#ifndef TESTS_SCRATCH_NODE_H
#define TESTS_SCRATCH_NODE_H

int scratch_node_make(void **state);
int scratch_node_drop(void **state);

#endif
