/* extension_words - what the options say of an extension */
#ifndef CONTROLLER_EXTENSION_WORDS_H
#define CONTROLLER_EXTENSION_WORDS_H

#include <stddef.h>

struct fail;
struct json;
struct options;
struct vm_extension_wish;

#define EXTENSION_WORDS_MAX_BYTES ((size_t)65536) /* of settings */

/* --os, --extension-version and --settings ("-": stdin).  *settings is the caller's, and
 * NULL when none were said; kind is NULL then, too.  -1: FAIL_USAGE names the file and what
 * is wrong with it, FAIL_MEMORY.
 */
int extension_words_read(const struct options *o, struct vm_extension_wish *wish,
                         struct json **settings, struct fail *why);

#endif
