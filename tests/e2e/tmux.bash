# tmux.bash - a real terminal of a given size, and what is on it
#
#   terminal_open 80x24 COMMAND...     in a tmux of our own; $TERMINAL is its socket
#   terminal_type KEYS...              as tmux send-keys takes them
#   terminal_shows PATTERN             is there such a line?  for wait_until
#   terminal_resize 200x50
#   terminal_screen [-S-]              what is on it, as text; also what has scrolled away
#   terminal_cursor                    0 when it is hidden
#   terminal_close                     in teardown

terminal_open() # COLUMNSxROWS COMMAND...
{
    local size=$1
    shift
    TERMINAL=$(mktemp -u /tmp/ibfleet-tmux.XXXXXX)
    TERM=xterm-256color command tmux -S "$TERMINAL" -f /dev/null new-session -d \
        -x "${size%x*}" -y "${size#*x}" "$@" 3>&-
    terminal set-option -g remain-on-exit on
    terminal set-option -g status off
    terminal set-option -g window-size manual
    terminal_resize "$size"
}

terminal() { command tmux -S "$TERMINAL" "$@" 3>&-; }
terminal_type() { terminal send-keys "$@"; }
terminal_resize() { terminal resize-window -x "${1%x*}" -y "${1#*x}"; }
terminal_screen() { terminal capture-pane -p "$@"; }
terminal_shows() { terminal_screen | grep -q -e "$1"; }
terminal_cursor() { terminal display-message -p '#{cursor_flag}'; }

terminal_close()
{
    [ -z "${TERMINAL:-}" ] || terminal kill-server 2>/dev/null || true
    [ -z "${TERMINAL:-}" ] || rm -f "$TERMINAL"
    TERMINAL=
}
