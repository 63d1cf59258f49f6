#!/usr/bin/env bash
# Boots a Linux kernel in full-system emulation, with `sinew` as PID 1, and runs one program in it.
#
#   .ci/guest.sh ARCH CPU FOLDER PROGRAM [ARGUMENT...]
#
# ARCH is aarch64 or x86_64, CPU a name that qemu knows. FOLDER becomes the initramfs; its `init` is
# the tool, which gets the arguments `init --boot PROGRAM ARGUMENT...`. The boot has passed when
# init reports `sinew init: PROGRAM: exit status 0` and the machine then powers itself off.
#
# SINEW_CACHE    where the kernel and the logs are kept (default: target/guest)
# GUEST_KERNEL   a kernel of one's own, instead of Debian's
# GUEST_CPUS     number of CPUs (1)
# GUEST_MEMORY   MiB (256)
# GUEST_ENV      words NAME=value, for the environment of the program
# GUEST_TIMEOUT  seconds (120)
set -euo pipefail
shopt -s inherit_errexit

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${SINEW_CACHE:-${CARGO_TARGET_DIR:-$root/target}/guest}

die() {
    echo "guest: $*" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Debian's name of an architecture.
debian_arch() {
    case $1 in
        aarch64) echo arm64 ;;
        x86_64) echo amd64 ;;
        *) die "unknown architecture: $1" ;;
    esac
}

# Lets apt see the packages of another architecture.
know_architecture() {
    if [ "$(dpkg --print-architecture)" != "$1" ] && ! dpkg --print-foreign-architectures | grep -qx "$1"; then
        as_root dpkg --add-architecture "$1"
        as_root apt-get -qq update
    fi
}

# Installs those of the packages that are missing: nothing to do is the quick case.
packages() {
    local name missing=()
    for name; do
        [ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$name" 2>/dev/null)" = 'ii ' ] || missing+=("$name")
    done
    [ ${#missing[@]} != 0 ] || return 0
    local get=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "${missing[@]}")
    as_root "${get[@]}" || { as_root apt-get -qq update && as_root "${get[@]}"; }
}

# Takes one file out of Debian's package and prints its path: nothing is installed.
# debian_file ARCHITECTURE PACKAGE PATTERN
debian_file() {
    local package=$2:$1 dir=$cache/$2-$1
    if ! [ -d "$dir" ]; then
        rm -rf "$dir.new"
        mkdir -p "$dir.new"
        (cd "$dir.new" && apt-get -qq download "$package") >&2
        dpkg-deb --fsys-tarfile "$dir.new"/*.deb | tar -x -C "$dir.new" --strip-components=2 --wildcards "$3"
        rm "$dir.new"/*.deb
        mv "$dir.new" "$dir" # complete, or absent
    fi
    echo "$dir"/*
}

# Lets apt know the packages of an architecture.
know_packages() {
    know_architecture "$1"
    # A machine that has never run `apt-get update` knows no package at all.
    [ -n "$(apt-cache show "linux-image-cloud-$1:$1" 2>/dev/null)" ] || as_root apt-get -qq update
}

# Prints the path of a kernel. The cloud flavour has every console and namespace that we need in a
# third of the size.
kernel() {
    local deb name link
    deb=$(debian_arch "$1")
    # Which one it was, so that a later call needs no network.
    link=$cache/kernel-$deb
    if ! [ -f "$link" ]; then
        mkdir -p "$cache"
        know_packages "$deb" >&2
        # The metapackage's dependency carries the version.
        name=$(apt-cache depends "linux-image-cloud-$deb:$deb" |
            sed -n 's/^[ |]*Depends: \(linux-image-[^ ]*\)$/\1/p' | sed 1q)
        [ -n "$name" ] || die "no kernel package for $deb"
        ln -sfn "$(realpath "$(debian_file "$deb" "${name%:*}" './boot/vmlinuz-*')")" "$link"
    fi
    echo "$link"
}

# Prints the path of a static shell that is many programs, by the name under which it is called.
busybox() {
    local deb
    deb=$(debian_arch "$1")
    [ -d "$cache/busybox-static-$deb" ] || know_packages "$deb" >&2
    debian_file "$deb" busybox-static ./bin/busybox
}

# Puts an argument into the kernel's quotes. The kernel has no escape for a quote, and it ends init's
# arguments at a second `--`, silently.
quoted() {
    case $1 in
        -- | '' | *\"* | *$'\n'*) die "the kernel cannot pass this argument to init: '$1'" ;;
        *[[:space:]]*) printf ' "%s"' "$1" ;;
        *) printf ' %s' "$1" ;;
    esac
}

# boot ARCH CPU FOLDER PROGRAM [ARGUMENT...]
boot() {
    local arch=$1 cpu=$2 folder=$3 program=$4
    shift 3
    local qemu console kernel log tenths start argument arguments='' passed=yes
    case $arch in
        aarch64) packages qemu-system-arm cpio && qemu=(qemu-system-aarch64 -machine virt) console=ttyAMA0 ;;
        # No KVM, even where there is one: the guest is then the same on every machine.
        x86_64) packages qemu-system-x86 cpio && qemu=(qemu-system-x86_64 -machine q35) console=ttyS0 ;;
        *) die "unknown architecture: $arch" ;;
    esac
    [ -x "$folder/init" ] || die "$folder has no init"
    for argument; do arguments+=$(quoted "$argument"); done
    kernel=${GUEST_KERNEL:-$(kernel "$arch")}

    mkdir -p "$cache"
    log=$cache/$arch-$cpu-${program##*/}
    (cd "$folder" && find . -print0 | cpio --null --quiet -o -H newc -R 0:0) >"$log.cpio"

    start=${EPOCHREALTIME/[.,]/}
    # An init that dies is a panic, which -no-reboot turns into the end of qemu.
    timeout "${GUEST_TIMEOUT:-120}" "${qemu[@]}" -cpu "$cpu" -smp "${GUEST_CPUS:-1}" -m "${GUEST_MEMORY:-256}" \
        -display none -monitor none -nic none -no-reboot -serial stdio \
        -kernel "$kernel" -initrd "$log.cpio" \
        -append "console=$console quiet panic=-1 ${GUEST_ENV:-} -- init --boot$arguments" \
        </dev/null 2>&1 | tr -d '\r' >"$log.log" || passed=no
    tenths=$(((${EPOCHREALTIME/[.,]/} - start) / 100000))
    rm "$log.cpio"

    # The last word counts, and it may stand behind an unfinished line of the program.
    [ "$(grep -o 'sinew init: .*' "$log.log" | tail -n 1)" = "sinew init: $program: exit status 0" ] || passed=no
    grep -qF 'reboot: Power down' "$log.log" || passed=no

    if [ $passed = yes ]; then
        grep -v '^\[ *[0-9.]*\] ' "$log.log" # the program's part: the kernel's lines bear a time
    else
        cat "$log.log"
    fi
    printf 'guest: %s, %s, -smp %d: %s: %s, %d.%d s, %d lines\n' "$arch" "$cpu" "${GUEST_CPUS:-1}" "$*" \
        "$([ $passed = yes ] && echo passed || echo FAILED)" $((tenths / 10)) $((tenths % 10)) "$(wc -l <"$log.log")"
    [ $passed = yes ]
}

# Sourced, this file lends its functions; run, it boots.
if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    [ $# -ge 4 ] || die "usage: guest.sh ARCH CPU FOLDER PROGRAM [ARGUMENT...]"
    boot "$@"
fi
