#!/bin/bash
# foreign.sh DIR ARCHITECTURE PACKAGE...
#
# Unpack Debian's packages below DIR, of another architecture to compile and link against, or
# of this one for a program without what comes with it.
# An apt of our own fetches them from where this host's apt fetches its own; the host is
# not told of the architecture, and no root is asked for.
set -euo pipefail

dir=$1 architecture=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

own_apt() # ARGUMENT...
{
    apt-get -qq -o APT::Architecture="$architecture" -o APT::Architectures="$architecture" \
        -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache" \
        -o Dir::State::status="$work/status" -o Debug::NoLocking=1 -o APT::Sandbox::User= "$@"
}

mkdir -p "$work"/{lists/partial,cache/archives/partial,unpacked}
touch "$work/status"
own_apt update
(cd "$work" && own_apt download "$@")
for package in "$work"/*.deb; do dpkg-deb -x "$package" "$work/unpacked"; done
rm -rf "$dir"
mkdir -p "$(dirname "$dir")"
cp -r "$work/unpacked" "$dir"
