/* own_home - the home folder of who runs us: keys, known_hosts, runs
 *
 * $HOME; where that is not set, as in a system service and in Slurm's
 * prolog, what the system's list of users says, as OpenSSH does.
 */
#ifndef CONTROLLER_OWN_HOME_H
#define CONTROLLER_OWN_HOME_H

/* Never "".  NULL when nobody knows, or no memory.  Borrowed until the next call; for the
 * main thread.
 */
const char *own_home(void);

#endif
