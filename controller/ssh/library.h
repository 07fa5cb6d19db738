/* library - which libssh2 and OpenSSL these are, and what they cannot do */
#ifndef CONTROLLER_LIBRARY_H
#define CONTROLLER_LIBRARY_H

#define SSH_LIBRARY_BYTES 120

/* "libssh2 1.10.0, OpenSSL 3.0.15" */
void ssh_library_name(char name[SSH_LIBRARY_BYTES]);

/* One sentence; NULL when there is nothing to say. */
const char *ssh_library_lacks(void);

#endif
