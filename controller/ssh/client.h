/* client - what the sessions share: keys and host keys, each file read once
 *
 * Borrowed pointers stay valid as long as the client.  A file that could not be read
 * is tried again by the next session.
 */
#ifndef CONTROLLER_CLIENT_H
#define CONTROLLER_CLIENT_H

struct fail;
struct hostkeys;
struct keyring;
struct meter;
struct openssh;
struct passage;
struct ssh_client;
struct ssh_order;
struct turns;

/* What an order needs: the keys to show (see keyring.h) and its known hosts (default:
 * ~/.ssh/known_hosts, and what /etc/ssh/ssh_known_hosts adds to it).  FAIL_KEY_FILE,
 * FAIL_STATE, FAIL_MEMORY; FAIL_USAGE when there is no login name.
 */
int client_ready(struct ssh_client *client, const struct ssh_order *order,
                 struct keyring **ring, struct hostkeys **hostkeys, struct fail *why);

/* Where .ssh is; NULL when the system does not say.  Borrowed. */
const char *client_home(const struct ssh_client *client);

/* What the OpenSSH clients share, made when it is first asked for; NULL only when memory
 * is exhausted.
 */
struct openssh *client_openssh(struct ssh_client *client);

/* As given to ssh_client_pass(), or NULL. */
struct passage *client_passage(const struct ssh_client *client);

/* Of all its sessions; borrowed. */
struct meter *client_meter(struct ssh_client *client);
struct turns *client_turns(struct ssh_client *client);

#endif
