/* nearest - "did you mean ...?"
 *
 * Pure.
 */
#ifndef INVENTORY_NEAREST_H
#define INVENTORY_NEAREST_H

/* The one of words (NULL-terminated) that differs least from word, by letters
 * added, dropped or changed; NULL when none is near enough to be meant.  Borrowed
 * from words.
 */
const char *nearest_word(const char *word, const char *const *words);

#endif
