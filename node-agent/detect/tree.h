/* tree - read small files below a root directory
 *
 * Detection works below any root, so that a captured /sys, /proc and /etc is a
 * test.  On a node the root is "".  Paths are given as in printf.  Whatever is
 * not there, or can not be read, is NULL (or the fallback): a node that lacks a
 * file is the ordinary case.
 *
 *     char *state = tree_line(root, "/sys/class/net/%s/operstate", name);
 *
 * Reading sysfs may hang where a driver does; the caller runs in a child that may.
 */
#ifndef NODE_AGENT_DETECT_TREE_H
#define NODE_AGENT_DETECT_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Lines are cut at this, directories too. */
#define TREE_LINE_MAX_BYTES 512
#define TREE_NAMES_MAX      4096

/* The first line without blanks at its end; the caller frees it. */
char *tree_line(const char *root, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The number that the first line starts with, decimal or 0x..., else fallback. */
long tree_number(const char *root, long fallback, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The last part of what a symbolic link points to; the caller frees it. */
char *tree_link(const char *root, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Where a symbolic link points to, into PATH_MAX bytes; nothing below root is followed. */
bool tree_target(const char *root, const char *path, char *target);

bool tree_exists(const char *root, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* For reading; NULL when it is not a regular file.  The caller closes it. */
FILE *tree_open(const char *root, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The names in a directory, sorted as people do (eth2 before eth10). */
struct tree_names {
    char **list;
    size_t count;
};

/* Empty when there is no such directory.  Free with tree_names_done(). */
struct tree_names tree_names(const char *root, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void tree_names_done(struct tree_names *names);

/* Make room for one more, zeroed, at the end of *array.  NULL at the ceiling (what
 * is beyond is left out) or when memory is exhausted.
 */
void *tree_grow(void *array, size_t *count, size_t max, size_t element_bytes);

#endif
