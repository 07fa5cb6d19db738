/* usage - the help, made from the option table (pure) */
#ifndef CONTROLLER_USAGE_H
#define CONTROLLER_USAGE_H

struct text;

/* Help for one command, or for all of ibfleet when topic is NULL; examples first. */
void usage_render(const char *topic, struct text *text);

#endif
