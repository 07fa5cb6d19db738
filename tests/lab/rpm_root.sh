#!/bin/bash
# rpm_root.sh   make the Debian in whose root it runs one of rpm, dnf and zypper
#
# It takes itself for AlmaLinux 9.4.  Its own repository is /repo; beside it lies what a
# vendor would have to fetch, a package each that brings the vendor's repository:
#
#   /bundles/doca-host-3.9.9-000001_99.01_rhel9.x86_64.rpm
#   /bundles/doca-host-3.10.0-000002_99.04_rhel9.x86_64.rpm
#   /bundles/doca-host-2.9.9-000003_98.01_rhel9.x86_64.rpm    modules are built first
#
# What the vendor's packages do is told by lines in /var/log/ibfleet-bundle.log.
set -euo pipefail

mv /usr/bin/apt-get /usr/bin/apt-get.debian
mv /var/lib/dpkg /var/lib/dpkg.debian
printf '%s\n' 'NAME="AlmaLinux"' 'ID="almalinux"' 'ID_LIKE="rhel centos fedora"' \
    'VERSION_ID="9.4"' >/etc/os-release
mkdir -p /etc/rpm /etc/yum.repos.d /etc/zypp/repos.d /var/lib/rpm /repo /bundles
echo '%_dbpath /var/lib/rpm' >/etc/rpm/macros
work=$(mktemp -d)

# Files are below $work/NAME; a script that is to run before is on standard input.
package() # DIR NAME VERSION-RELEASE [TAG...]
{
    local spec=$work/$2.spec files=$work/$2 before tag

    before=$(cat)
    mkdir -p "$files/usr/share/rpm-root"
    echo "$2 $3" >"$files/usr/share/rpm-root/$2"
    {
        printf '%s\n' "Name: $2" "Version: ${3%%-*}" "Release: ${3#*-}" 'License: none' \
            'Summary: of a test' 'BuildArch: noarch' 'AutoReqProv: no'
        for tag in "${@:4}"; do echo "$tag"; done
        printf '%s\n' '%description' 'of a test' '%install' "cp -a $files/. %{buildroot}/"
        [ -z "$before" ] || printf '%s\n' '%pre' "$before"
        echo '%files'
        (cd "$files" && find . -type f | sed 's/^\.//')
    } >"$spec"
    rpmbuild -bb --quiet --define "_topdir $work/rpmbuild" --define "_rpmdir $work/made" "$spec" 2>"$work/log" ||
        { cat "$work/log" >&2; exit 1; }
    mkdir -p "$1"
    mv "$work"/made/noarch/*.rpm "$1/"
    rm -rf "$files"
}

repository() # FILE NAME DIR
{
    mkdir -p "$(dirname "$1")"
    printf '%s\n' "[$2]" "name=$2" "baseurl=file://$3" enabled=1 gpgcheck=0 >"$1"
}

# ---- the distribution's -------------------------------------------------------------------

package /repo system 9.4-1 'Provides: /bin/sh' </dev/null
for name in rdma-core libibverbs ibverbs-utils; do
    package /repo $name 48.0-1 </dev/null
done
package /repo slow 1.0-1 <<'S'
touch /here
for i in $(seq 1200); do [ -e /hold ] || break; sleep 0.1; done
S
createrepo_c -q /repo
repository /etc/yum.repos.d/base.repo base /repo
cp /etc/yum.repos.d/base.repo /etc/zypp/repos.d/
rpm -U /repo/system-*.rpm /repo/{rdma-core,libibverbs}-48*.rpm

# ---- the vendor's ----------------------------------------------------------------------------

# What dnf and zypper find by doca-ofed once doca-host is there.
vendor_packages() # DIR VERSION-BUILD STACK KMOD_DIR
{
    local stack=$3.0.1-1

    mkdir -p "$work/ofed-scripts/usr/bin"
    printf '%s\n' '#!/bin/bash' "echo OFED-internal-$3-0.1:" >"$work/ofed-scripts/usr/bin/ofed_info"
    chmod 755 "$work/ofed-scripts/usr/bin/ofed_info"
    package "$1" ofed-scripts "$stack" <<<"echo start doca-ofed ${2%%-*} >>/var/log/ibfleet-bundle.log"
    package "$1" mlnx-tools "$stack" </dev/null
    package "$1" rdma-core "${3/./}mlnx1-1" </dev/null
    package "$1" libibverbs "${3/./}mlnx1-1" </dev/null
    package "$4" kmod-mlnx-ofa_kernel "$stack" </dev/null
    package "$1" doca-ofed-userspace "$2" 'Requires: ofed-scripts' 'Requires: mlnx-tools' \
        "Requires: rdma-core = ${3/./}mlnx1" "Requires: libibverbs = ${3/./}mlnx1" </dev/null
    package "$1" doca-ofed "$2" 'Requires: doca-ofed-userspace' 'Requires: kmod-mlnx-ofa_kernel' </dev/null
}

# The repository is for dnf and for zypper, as the two of the vendor's are.
host() # VERSION-BUILD STACK REPO
{
    local root=$work/doca-host

    createrepo_c -q "$root$3"
    repository "$root/etc/yum.repos.d/doca.repo" doca "$3"
    repository "$root/etc/zypp/repos.d/doca.repo" doca "$3"
    package /bundles doca-host "$1" </dev/null
    mv /bundles/doca-host-"$1".noarch.rpm "/bundles/doca-host-${1}_$2_rhel9.x86_64.rpm"
}

doca_3() # VERSION-BUILD STACK
{
    local repo=/usr/share/doca-host-$1-$2-rhel9/repo

    vendor_packages "$work/doca-host$repo" "$1" "$2" "$work/doca-host$repo"
    host "$1" "$2" "$repo"
}

# Its modules for a kernel are in a repository that doca-kernel-support makes; ours is
# ready, and made when it is asked for.
doca_2() # VERSION-BUILD STACK
{
    local repo=/usr/share/doca-host-$1-$2-rhel9/repo kernel_repo=/usr/share/doca-kernel-repo
    local tool=$work/doca-extra/opt/mellanox/doca/tools/doca-kernel-support

    vendor_packages "$work/doca-host$repo" "$1" "$2" "$work/doca-kernel-repo$kernel_repo"
    createrepo_c -q "$work/doca-kernel-repo$kernel_repo"
    repository "$work/doca-kernel-repo/etc/yum.repos.d/doca-kernel.repo" doca-kernel "$kernel_repo"
    package "$work/doca-extra/usr/share/doca-extra" doca-kernel-repo "${1%%-*}-1" </dev/null
    mkdir -p "$(dirname "$tool")"
    cat >"$tool" <<'S'
#!/bin/bash
echo "build $(uname -r)" >>/var/log/ibfleet-bundle.log
case $(sed -n 's/^mode=//p' /etc/ibfleet-bundle.conf 2>/dev/null) in
fail) echo "ERROR: told to fail by /etc/ibfleet-bundle.conf" >&2; exit 1 ;;
hang) trap '' TERM; echo "building"; for ((i = 0; i < 6000; i++)); do sleep 0.1; done ;;
esac
cp /usr/share/doca-extra/doca-kernel-repo-*.rpm "$(mktemp -d /tmp/DOCA.XXXXXXXXXX)/"
S
    chmod 755 "$tool"
    package "$work/doca-host$repo" doca-extra "$1" </dev/null
    host "$1" "$2" "$repo"
}

doca_3 3.9.9-000001 99.01
doca_3 3.10.0-000002 99.04
doca_2 2.9.9-000003 98.01
rm -rf "$work"
