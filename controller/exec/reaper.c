#include "controller/exec/reaper.h"

#include "protocol/fail.h"

#define ENDED "\001ibfleet-ended\002"
#define LEFT  "\001ibfleet-left\002"

/* $1 NAME=VALUE, as it stands in the environment.  It stands in single quotes and uses
 * none, nor an exclamation mark nor a newline, so that all login shells read it alike.
 * Its own forebears (the login shell of this command, sshd) have the mark, too, and are
 * left alone.  A process that has gone between two looks is no harm; the names that grep
 * gave are looked at once more, since grep has found itself.  Without SSH_CONNECTION it
 * is our own ssh that has the mark, which a controller that is one of its nodes must not
 * end.
 *
 * srv is sshd, the first forebear without the mark.  A child of it whose environment may
 * not be read is what a sudo of the command's own became.  Such aliens are remembered:
 * once their parent is ended, nothing leads to them.  Who cannot look says nothing: where
 * grep knows no -z, and, though it ends what it sees, where root's processes are hidden.
 */
#define SCRIPT                                                                         \
    "c=\"$1\"; [ -n \"${c#*=}\" ] || exit 71; "                                        \
    "grep -qz . </dev/null; [ $? = 1 ] || exit 71; "                                   \
    "own=\" \"; alien=\" \"; srv=; a=$$; "                                             \
    "while [ \"$a\" -gt 1 ]; do own=\"$own$a \"; p=1; "                                \
    "[ -n \"$srv\" ] || grep -qzxF \"$c\" /proc/$a/environ || srv=$a; "                \
    "while read -r k v; do [ \"$k\" = PPid: ] && p=$v; done </proc/$a/status; "        \
    "a=$p; done; "                                                                     \
    "add() { case \"$own$found\" in *\" $1 \"*) return 1;; esac; "                     \
    "[ -d \"/proc/$1\" ] || return 1; "                                                \
    "[ -r \"/proc/$1/environ\" ] || note \"$1\" || return 1; found=\"$found$1 \"; }; " \
    "note() { z=; while read -r k v; do [ \"$k\" = State: ] && z=$v; "                 \
    "done </proc/$1/status; case \"$z\" in Z*) return 1;; esac; "                      \
    "case \"$alien\" in *\" $1 \"*) ;; *) alien=\"$alien$1 \";; esac; }; "             \
    "look() { found=\" \"; for p in $alien; do add $p; done; "                         \
    "for f in $(grep -lzxF \"$c\" /proc/[0-9]*/environ); do "                          \
    "grep -qz \"^SSH_CONNECTION=\" \"$f\" || continue; f=${f#/proc/}; "                \
    "add \"${f%/*}\"; done; "                                                          \
    "t=$(grep \"^PPid:\" /proc/[0-9]*/status | tr -cs \"0-9\\n\" \" \"); "             \
    "set -- $t; while [ $# -gt 1 ]; do "                                               \
    "[ \"$2\" = \"$srv\" ] && { [ -r \"/proc/$1/environ\" ] || add \"$1\"; }; "        \
    "shift 2; done; more=1; "                                                          \
    "while [ $more = 1 ]; do more=0; set -- $t; while [ $# -gt 1 ]; do "               \
    "case \"$found\" in *\" $2 \"*) add \"$1\" && more=1;; esac; shift 2; done; "      \
    "done; }; "                                                                        \
    "n=0; s=TERM; look; "                                                              \
    "while [ \"$found\" != \" \" ] && [ $n -lt 20 ]; do "                              \
    "[ $n -lt 10 ] || s=KILL; "                                                        \
    "[ $n != 0 ] && [ $n -lt 10 ] || for p in $found; do kill -s $s $p; done; "        \
    "sleep 0.1 || sleep 1; n=$((n + 1)); look; done; "                                 \
    "if [ \"$found\" != \" \" ]; then printf \"\\001ibfleet-left\\002\\n\"; "          \
    "elif [ -r /proc/1/status ]; then printf \"\\001ibfleet-ended\\002\\n\"; fi"

/* The login shell knows the value; sudo would take it away. */
#define COMMAND(name) "sh -c '{ " SCRIPT "; } 2>/dev/null' ibfleet \"" name "=$" name "\""

const char *reaper_command(enum reaper_mark mark, bool sudo)
{
    static const char *const commands[][2] = {
        [REAPER_BY_CONNECTION] = {COMMAND("SSH_CONNECTION"),
                                  "sudo -n " COMMAND("SSH_CONNECTION")},
        [REAPER_BY_MARK] = {COMMAND("LC_IBFLEET"), "sudo -n " COMMAND("LC_IBFLEET")},
    };

    return commands[mark][sudo];
}

/* The marks' first character occurs once in each. */
static bool is_said(const char *mark, size_t *matched, char c)
{
    if (c != mark[*matched])
        *matched = 0;
    if (c == mark[*matched])
        (*matched)++;
    if (mark[*matched])
        return false;
    *matched = 0;
    return true;
}

bool reaper_hear(struct reaper *r, const char *bytes, size_t len_bytes)
{
    for (size_t i = 0; i < len_bytes; i++) {
        if (is_said(ENDED, &r->matched_ended, bytes[i]))
            r->result = REAPER_ENDED;
        if (is_said(LEFT, &r->matched_left, bytes[i]))
            r->result = REAPER_LEFT;
    }
    r->heard_bytes += len_bytes;
    return r->result == REAPER_UNKNOWN && r->heard_bytes <= REAPER_MAX_BYTES;
}

void reaper_tell(const struct reaper *r, struct fail *why)
{
    static const char *const words[] = {
        [REAPER_UNKNOWN] = "it may still run on the node",
        [REAPER_ENDED] = "its processes were ended",
        [REAPER_LEFT] = "processes of it that may not be ended still run on the node",
    };
    struct fail was = *why;

    fail_set(why, was.code, "%s; %s", was.text, words[r->result]);
}
