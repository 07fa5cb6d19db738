/* secret - a text that must not stay in freed memory (pure)
 *
 *     CLEANUP(secret_done) char *bearer = NULL;
 */
#ifndef CONTROLLER_SECRET_H
#define CONTROLLER_SECRET_H

/* Overwritten, freed, NULL from now on; NULL is allowed. */
void secret_done(char **text);

#endif
