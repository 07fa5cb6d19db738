/* cursor - hide the terminal's cursor, and give it back however we end
 *
 * For as long as it is hidden, signals that end a process (a crash, abort(), or one that
 * nobody else watches) show it first and then do what they would have done.  Only
 * SIGKILL cannot be helped.
 */
#ifndef CONTROLLER_CURSOR_H
#define CONTROLLER_CURSOR_H

/* On the terminal behind fd.  Hidden twice is hidden once. */
void cursor_hide(int fd);

/* Clears what is on its line and below, and shows it.  Async-signal-safe; nothing when it
 * is not hidden.
 */
void cursor_show(void);

#endif
