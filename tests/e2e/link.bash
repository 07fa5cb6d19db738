# link.bash - one link to a node behind the sshd of sshd.bash, by link-tool

load sshd

link_words() # in $words
{
    words=(name=node1 address=127.0.0.1 port="$SSHD_PORT" user=tester key="$SSHD_KEY"
        known_hosts="$SSHD_KNOWN_HOSTS" ssh=libssh2 ssh_config=none agent="$BATS_TEST_DIRNAME/fake-agent"
        unprivileged=yes pause_ms=50)
}

# The words are those of link_tool.c; what it said is in $output.
link() # WORD=VALUE...
{
    local words
    link_words
    run timeout 60 "$BUILD/tests/e2e/link-tool" "${words[@]}" "$@"
    echo "$output"
}

# The same in the background, as $LINK, saying it in $SSHD_DIR/out, until a line of that
# matches.
link_until() # PATTERN WORD=VALUE...
{
    local words
    link_words
    "$BUILD/tests/e2e/link-tool" "${words[@]}" "${@:2}" >"$SSHD_DIR/out" 2>&1 3>&- &
    LINK=$!
    wait_until 20 grep -q "$1" "$SSHD_DIR/out" || { cat "$SSHD_DIR/out" "$SSHD_LOG"; false; }
}

says() { [[ "$output" == *"$1"* ]]; }
