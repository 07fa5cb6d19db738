/* vm_extension - Microsoft's extensions that install an InfiniBand driver
 *
 * Which there are, what ARM takes to run one on a machine or to put it into the model of a
 * scale set, what their exit codes mean, and how one stands by what Azure says of a machine.
 *
 *     wish.kind = vm_extension_named("linux");
 *     body = vm_extension_of_machine(&wish, "westeurope");      PUT .../extensions/NAME
 *     ...
 *     vm_extension_read(machine, wish.kind, &seen);             GET ...?$expand=instanceView
 *     if (vm_extension_is_as(&seen, &wish)) ...
 *
 * Pure.
 */
#ifndef INVENTORY_VM_EXTENSION_H
#define INVENTORY_VM_EXTENSION_H

#include <stdbool.h>
#include <stddef.h>

struct fail;
struct json;

#define VM_EXTENSION_MAX_NAME    80 /* bytes of the name an extension has on a machine */
#define VM_EXTENSION_MAX_VERSION 32
#define VM_EXTENSION_MAX_MESSAGE 512

/* How the program behind an extension has ended. */
struct vm_extension_exit {
    int code;
    bool is_well;
    const char *meaning, *remedy; /* remedy NULL: nothing is to be done */
};

struct vm_extension_kind {
    const char *system; /* "linux", "windows" */
    const char *publisher, *type;
    const char *version; /* the latest that is documented */
    const char *log;     /* on the machine */
    const struct vm_extension_exit *exits;
    size_t exit_count;
};

/* By the system; NULL: there is none. */
const struct vm_extension_kind *vm_extension_named(const char *system);

/* By what ARM says, in which case does not count; NULL: it is none of ours. */
const struct vm_extension_kind *vm_extension_kind_of(const char *publisher,
                                                     const char *type);

/* NULL: a code that is not documented. */
const struct vm_extension_exit *vm_extension_exit_of(const struct vm_extension_kind *kind,
                                                     int code);

/* -1: FAIL_USAGE, since ARM takes MAJOR.MINOR and nothing else. */
int vm_extension_check_version(const char *version, struct fail *why);

/* ---- what is wanted ---------------------------------------------------------------------- */

struct vm_extension_wish {
    const struct vm_extension_kind *kind;
    const char *name;            /* NULL: its type                   */
    const char *version;         /* NULL: the kind's                 */
    const struct json *settings; /* an object; NULL: an empty one    */
    bool keeps_settings;         /* as they are: for a PATCH         */
};

const char *vm_extension_name_of(const struct vm_extension_wish *wish);
const char *vm_extension_version_of(const struct vm_extension_wish *wish);

/* As ARM takes it: the properties alone, an entry of a model's extensionProfile (and the
 * body of a set's extension), the body of a machine's or an instance's (location NULL:
 * without one, as a PATCH is).  The caller's; NULL when memory is exhausted.
 */
struct json *vm_extension_properties(const struct vm_extension_wish *wish);
struct json *vm_extension_of_model(const struct vm_extension_wish *wish);
struct json *vm_extension_of_machine(const struct vm_extension_wish *wish,
                                     const char *location);

/* ---- how it stands ------------------------------------------------------------------------- */

/* In the order of the table of `status`; the names are stable. */
enum vm_extension_state {
    VM_EXTENSION_ABSENT,
    VM_EXTENSION_CHANGING, /* Creating, Updating, Deleting, transitioning */
    VM_EXTENSION_SUCCEEDED,
    VM_EXTENSION_FAILED,
    VM_EXTENSION_UNKNOWN, /* it is there, and nothing is said of how it stands */
    VM_EXTENSION_STATES
};

/* Texts are copies; "" is not said. */
struct vm_extension_seen {
    enum vm_extension_state state;
    const struct vm_extension_kind *kind; /* NULL: absent */
    char name[VM_EXTENSION_MAX_NAME + 1];
    char wanted[VM_EXTENSION_MAX_VERSION + 1];  /* version that was asked for, "1.2"  */
    char version[VM_EXTENSION_MAX_VERSION + 1]; /* that runs, "1.2.0.0"                */
    bool has_exit;
    int exit_code;
    char message[VM_EXTENSION_MAX_MESSAGE + 1];
    const struct json *settings; /* borrowed from the answer; NULL: not said, or none */
    bool is_latest, is_old;      /* by the set's model; neither: not said         */
};

/* Out of what GET of an instance or of a machine says with its instance view.  kind NULL:
 * whichever of ours is there.  NULL as machine: absent.
 */
void vm_extension_read(const struct json *machine, const struct vm_extension_kind *kind,
                       struct vm_extension_seen *seen);

/* Out of an extension as a resource, of a set or a machine; absent when it is of another
 * kind than this.  The same.
 */
void vm_extension_read_resource(const struct json *resource,
                                const struct vm_extension_kind *kind,
                                struct vm_extension_seen *seen);

/* Is what is there what is wished, in version and settings, however it stands?  Where only
 * the machine's agent speaks, which knows no settings, a later minor version will do.
 */
bool vm_extension_is_as(const struct vm_extension_seen *seen,
                        const struct vm_extension_wish *wish);

/* "absent", "changing", "succeeded", "failed", "unknown". */
const char *vm_extension_state_name(enum vm_extension_state state);

/* The number after "exit code" and such in a handler's words; false: there is none. */
bool vm_extension_exit_in(const char *message, int *code);

#endif
