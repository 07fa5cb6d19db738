#!/bin/sh
# customize.sh ROOT   mmdebstrap's last hook: the people on a node
#
# azure may do everything; plain has to give a password to sudo, and has one.
set -e
chroot "$1" useradd -m -s /bin/bash -p '*' azure
chroot "$1" useradd -m -s /bin/bash -G sudo plain
echo plain:plain | chroot "$1" chpasswd
