/* catalog_file - the driver catalog of a run: a site's own file, or the one in the program
 */
#ifndef CONTROLLER_CATALOG_FILE_H
#define CONTROLLER_CATALOG_FILE_H

struct catalog;
struct fail;

/* path NULL: the one in the program.  On success *c is the caller's (catalog_free).
 * FAIL_CATALOG: it cannot be read, or which row and field are wrong; FAIL_MEMORY.
 */
int catalog_file_load(const char *path, struct catalog **c, struct fail *why);

#endif
