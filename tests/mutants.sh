#!/bin/bash
# mutants.sh [NAME...]   take each safeguard out: the test it names must turn red
# mutants.sh --fit       do all patches still apply, and are their tests there?
#
# A mutant is tests/mutants/NAME.patch.  Its first line says which test kills it:
#     # kills: unit/test_frame: a_flood_before_the_marker_is_refused
#     # kills: e2e/ssh.bats: a changed host key is refused
# Each is applied to a copy of the tree; the test must be green there before and
# red after.
set -u
top=$(git rev-parse --show-toplevel)
cd "$top" || exit 1

# "unit/test_frame a_flood_is_refused": where, and which one.
test_of() { sed -n '1s/^# kills: \([^:]*\): \(.*\)/\1 \2/p' "$1"; }

fit()
{
    local patch program test source misfits=0

    for patch in tests/mutants/*.patch; do
        read -r program test < <(test_of "$patch")
        source=tests/$program
        [ -e "$source" ] || source=$source.c
        if ! grep -qF -e "@test \"$test\"" -e "void $test(" "$source"; then
            echo "$patch: no test '$test' in $source"
        elif ! patch -s -f -p1 --dry-run <"$patch" >/dev/null 2>&1; then
            echo "$patch: does not apply any more"
        else
            continue
        fi
        misfits=$((misfits + 1))
    done
    return $((misfits > 0))
}

if [ "${1:-}" = --fit ]; then
    fit
    exit
fi
copy=$top/build/mutants
rm -rf "$copy" && mkdir -p "$copy"
git ls-files -z --cached --others --exclude-standard | xargs -0 cp -P --parents -t "$copy"
[ ! -d build/deps ] || { mkdir -p "$copy/build" && cp -r build/deps "$copy/build/"; }
export LAB_BASE=${LAB_BASE:-$top/build/lab-base}
killed=0 survived=0

# Runs one test in the copy.  0: it is there and passed; 1: it failed.
run_test() # TIER/PROGRAM NAME
{
    local program=$1 name=$2 out
    case $program in
    *.bats)
        make -s -C "$copy" all test-tools >"$copy/log" 2>&1 || return 2
        out=$(cd "$copy" && BUILD=$copy/build timeout -k 20 600 bats --tap --filter "^$name\$" "tests/$program" 2>&1)
        ;;
    *)
        make -s -C "$copy" "build/tests/$program" >"$copy/log" 2>&1 || return 2
        out=$(cd "$copy" && CMOCKA_MESSAGE_OUTPUT=TAP timeout 300 "build/tests/$program" 2>&1)
        ;;
    esac
    # The whole name: a test may be called as another one begins.
    sed -n 's/^ok [0-9]* \(- \)\?//p' <<<"$out" | grep -qxF -e "$name"
}

survive()
{
    echo "SURVIVED $1: $2"
    survived=$((survived + 1))
}

for patch in tests/mutants/*.patch; do
    name=$(basename "$patch" .patch)
    [ $# = 0 ] || [[ " $* " == *" $name "* ]] || continue
    read -r program test < <(test_of "$patch")
    if [ -z "${test:-}" ]; then
        survive "$name" "its first line names no test"
        continue
    fi
    if ! run_test "$program" "$test"; then
        survive "$name" "$program: '$test' is not green without it"
        continue
    fi
    if ! patch -s -p1 -d "$copy" <"$patch" >"$copy/log" 2>&1; then
        survive "$name" "the patch does not apply: $(tail -n 1 "$copy/log")"
        continue
    fi
    run_test "$program" "$test"
    case $? in
    0) survive "$name" "$program: '$test' stayed green" ;;
    2) survive "$name" "the mutant does not build: $(tail -n 1 "$copy/log")" ;;
    *) echo "killed   $name by $program: $test" && killed=$((killed + 1)) ;;
    esac
    patch -s -R -p1 -d "$copy" <"$patch"
done
echo "mutants: $killed killed, $survived survived"
[ $survived = 0 ]
