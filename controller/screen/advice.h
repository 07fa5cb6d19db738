/* advice - failure codes in words, and what an administrator can do (pure) */
#ifndef CONTROLLER_ADVICE_H
#define CONTROLLER_ADVICE_H

#include "protocol/fail.h"

/* "host key changed"; never NULL. */
const char *advice_title(enum fail_code code);

/* One line; NULL when there is nothing to say. */
const char *advice_of(enum fail_code code);

#endif
