#include "controller/ssh/library.h"

#include <libssh2.h>
#include <openssl/crypto.h>
#include <stdio.h>

/* 1.11 knows RSA with SHA-2, and encrypt-then-MAC. */
#define WITH_RSA_SHA2 0x010b00

void ssh_library_name(char name[SSH_LIBRARY_BYTES])
{
    snprintf(name, SSH_LIBRARY_BYTES, "libssh2 %s, OpenSSL %s", libssh2_version(0),
             OpenSSL_version(OPENSSL_VERSION_STRING));
}

const char *ssh_library_lacks(void)
{
    return libssh2_version(WITH_RSA_SHA2)
               ? NULL
               : "before 1.11: RSA keys only with OpenSSH servers, no RSA host keys "
                 "without SHA-1, no encrypt-then-MAC";
}
