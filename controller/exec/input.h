/* input - what is on our standard input, for all nodes to read
 *
 * It is kept once, however many nodes there are.  A file is read where it lies; what
 * comes through a pipe is first taken to its end into memory.  Each node then reads at
 * a place of its own, as fast as it takes the bytes.
 *
 *     input_open(STDIN_FILENO, &input, why);
 *     n = input_read(input, at, bytes, sizeof bytes, why);     0: its end
 *     input_close(input);
 */
#ifndef CONTROLLER_INPUT_H
#define CONTROLLER_INPUT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct fail;
struct input;

/* More than this comes from a file, or not at all. */
#define INPUT_MAX_PIPED_BYTES ((uint64_t)256 << 20)

/* Reads a pipe (or a terminal) to its end before it returns.  fd stays the caller's and
 * open.  FAIL_USAGE: it cannot be read, or has too much; FAIL_MEMORY.
 */
int input_open(int fd, struct input **input, struct fail *why);

/* At most size_bytes bytes from there on; how many, 0 at the end.  -1: FAIL_STATE. */
ssize_t input_read(const struct input *input, uint64_t at, char *bytes, size_t size_bytes,
                   struct fail *why);

/* NULL is allowed. */
void input_close(struct input *input);

#endif
