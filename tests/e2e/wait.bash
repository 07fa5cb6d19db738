# wait.bash - waiting with a deadline

wait_until() # SECONDS COMMAND...   until it succeeds
{
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.05
    done
}
