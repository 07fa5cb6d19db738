/* client - what the sessions share: keys and host keys, each file read once
 *
 * Borrowed pointers stay valid as long as the client.  A file that could not be read
 * is tried again by the next session.
 */
#ifndef CONTROLLER_CLIENT_H
#define CONTROLLER_CLIENT_H

struct fail;
struct hostkeys;
struct ssh_client;
struct userkey;

/* path NULL: the first of ~/.ssh/id_ed25519 and id_ecdsa. */
int client_userkey(struct ssh_client *client, const char *path, struct userkey **key,
                   struct fail *why);

/* path NULL: ~/.ssh/known_hosts, and what /etc/ssh/ssh_known_hosts adds to it. */
int client_hostkeys(struct ssh_client *client, const char *path, struct hostkeys **keys,
                    struct fail *why);

#endif
