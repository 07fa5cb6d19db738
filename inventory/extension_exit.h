/* extension_exit - how Microsoft's extension tells why it installed nothing
 *
 * Its documented exit codes, which the agent alone on a node answers with; the finer
 * reason is the failure's own code (protocol/fail.h).  Source: Microsoft's page on
 * InfiniBandDriverLinux.  Pure.
 */
#ifndef INVENTORY_EXTENSION_EXIT_H
#define INVENTORY_EXTENSION_EXIT_H

#include "protocol/fail.h"

enum extension_exit {
    EXTENSION_OK = 0,            /* installed, or there already            */
    EXTENSION_USAGE = 1,         /* incorrect usage                        */
    EXTENSION_NO_HYPER_V = 10,   /* no Linux integration services: no PCI pass-through */
    EXTENSION_NO_DEVICE = 11,    /* no InfiniBand device on this size      */
    EXTENSION_DISTRIBUTION = 12, /* image not supported                    */
    EXTENSION_SIZE = 13,         /* size not supported                     */
    EXTENSION_FAILED = 14        /* the operation was unsuccessful         */
};

/* FAIL_NONE is EXTENSION_OK. */
enum extension_exit extension_exit(enum fail_code code);

/* "no InfiniBand device on this size"; never NULL. */
const char *extension_exit_text(enum extension_exit exit);

#endif
