/* option_words - the words of a command that are more than hosts (pure)
 *
 * The parser gathers them in options.sources; here they get their meaning, once all
 * options are known.
 */
#ifndef CONTROLLER_OPTION_WORDS_H
#define CONTROLLER_OPTION_WORDS_H

struct fail;
struct options;

/* Add to a list that grows, a ',' between; FAIL_MEMORY. */
int option_words_join(char **list, const char *more, struct fail *why);

/* Of copy: the last word is where to; with --from one word says from where.  FAIL_USAGE. */
int option_words_places(struct options *o, const char *name, struct fail *why);

/* Of azure: an action, then HOSTS or a RUN.  FAIL_USAGE. */
int option_words_action(struct options *o, struct fail *why);

#endif
