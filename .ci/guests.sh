#!/usr/bin/env bash
# Builds everything for one architecture and runs the programs on a kernel of that architecture.
#
#   .ci/guests.sh aarch64|x86_64
#
# Needs Rust, and Debian for whatever else is missing. See guest.sh for the variables.
set -euo pipefail

arch=${1:?usage: guests.sh aarch64|x86_64}
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=.ci/guest.sh
source .ci/guest.sh

# What runs, on how many CPUs: the bench needs two for producer and consumer to sit apart.
programs=(
    '1 /tests/selftest'
    '1 /examples/hello'
    '2 /bin/sinew bench --quick'
)
case $arch in
    aarch64) cpus=(cortex-a57 neoverse-n1) ;; # without LSE atomics, and with
    x86_64) cpus=(qemu64 max) ;;              # the baseline, and everything that qemu can do
    *) die "unknown architecture: $arch" ;;
esac

triple=$arch-unknown-linux-gnu
rustc=${RUSTC:-rustc}

# Is the standard library of the target there?
has_std() {
    [ -d "$("$rustc" --print target-libdir --target "$triple")" ]
}

# A compiler that knows the target: the one in use, that one with the target added, or Debian's.
find_compiler() {
    has_std && return
    if command -v rustup >/dev/null && timeout 300 rustup target add "$triple" && has_std; then return; fi
    local deb
    deb=$(debian_arch "$arch")
    know_architecture "$deb"
    packages rustc-web "libstd-rust-web-dev:$deb"
    rustc=/usr/bin/rustc
    export RUSTC=$rustc
    has_std || die "no standard library for $triple"
}

# The cross gcc, which also links the tests with libc. Link arguments of our own programs are the
# business of the build script; it takes lld, from Rust or from the system, and we see that there is one.
find_linker() {
    packages "gcc-${arch/_/-}-linux-gnu" "libc6-dev-$(debian_arch "$arch")-cross"
    [ -x "$("$rustc" --print sysroot)/lib/rustlib/$(uname -m)-unknown-linux-gnu/bin/gcc-ld/ld.lld" ] || packages lld
    export "CARGO_TARGET_$(tr a-z- A-Z_ <<<"$triple")_LINKER=$arch-linux-gnu-gcc"
}

if [ "$(uname -m)" != "$arch" ]; then
    find_compiler
    find_linker
fi
"$rustc" --version

cargo build --release --target "$triple" --lib --bin sinew --examples
cargo test --no-run --target "$triple" # with libc, hence only compiled: the guest has none

built=${CARGO_TARGET_DIR:-target}/$triple/release
folder=$cache/$arch-files
rm -rf "$folder"
mkdir -p "$folder"/{bin,dev,examples,proc,root,run,sys,tests,tmp}
cp "$built/sinew" "$folder/init"
ln -s /init "$folder/bin/sinew"
cp "$built/examples/selftest" "$folder/tests/"
cp "$built/examples/hello" "$folder/examples/"

failed=0
for cpu in "${cpus[@]}"; do
    for program in "${programs[@]}"; do
        read -ra words <<<"$program"
        # A process of its own: `||` would switch errexit off inside a function.
        GUEST_CPUS=${words[0]} .ci/guest.sh "$arch" "$cpu" "$folder" "${words[@]:1}" || failed=$((failed + 1))
    done
done
[ $failed = 0 ] || die "$failed boots failed on $arch"
