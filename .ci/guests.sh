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

# Tests that need more than the programs and a shell. Those that look at the package, or build
# something, are known by their words.
not_in_a_guest=' init ' # unshare(1) of util-linux
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

# As tests/common builds them, in the same folder: what stands there is not built again.
programs=${CARGO_TARGET_DIR:-target}/programs
target=()
[ "$(uname -m)" = "$arch" ] || target=(--target "$triple")
build() {
    cargo build --quiet --target-dir "$programs" "${target[@]}" "$@"
}
build --release --workspace --lib --bins --examples
build --package sinew-test-programs --bins
built=$programs${target[1]:+/$triple}

# The tests themselves, where they cannot run without a guest; static, since it has no libc.
tests=()
if [ ${#target[@]} != 0 ]; then
    named=()
    for path in tests/*.rs tests/*/main.rs; do
        name=${path#tests/} name=${name%/main.rs} name=${name%.rs}
        if [[ $not_in_a_guest != *" $name "* ]] && ! grep -qE 'PACKAGE|architectures|env!' "$path"; then
            named+=(--test "$name")
        fi
    done
    flags=CARGO_TARGET_$(tr a-z- A-Z_ <<<"$triple")_RUSTFLAGS
    mapfile -t tests < <(
        env "$flags=-Ctarget-feature=+crt-static" CARGO_PROFILE_TEST_STRIP=true CARGO_PROFILE_DEV_DEBUG=0 \
            cargo test --no-run --config profile.test.package.sinew.opt-level=1 \
            --target-dir "$programs/static" "${target[@]}" "${named[@]}" 2>&1 |
            tee /dev/stderr | sed -n 's/^ *Executable .* (\(.*\))$/\1/p'
    )
    [ ${#tests[@]} = $((${#named[@]} / 2)) ] || die "not every test was built"
fi

# The files of the guest: the programs as in the folder that Cargo makes, and the tests.
folder=$cache/$arch-files
rm -rf "$folder"
mkdir -p "$folder"/{dev,proc,programs/{debug,examples},run,sys,tests,tmp}
copy() { # FROM TO: every program, but not Cargo's second names
    find "$1" -maxdepth 1 -type f -executable -not -name '*-????????????????' -exec cp -t "$2" {} +
}
copy "$built/release" "$folder/programs"
copy "$built/release/examples" "$folder/programs/examples"
copy "$built/debug" "$folder/programs/debug"
cp "$built/release/sinew" "$folder/init"
if [ ${#tests[@]} != 0 ]; then
    mkdir "$folder/bin"
    cp "$(busybox "$arch")" "$folder/bin/busybox"
    for name in cat cp echo env false head kill ls printf ps pwd seq sh sleep sort tail test tr true wc; do
        ln -s busybox "$folder/bin/$name"
    done
    for path in "${tests[@]}"; do
        name=${path##*/}
        cp "$path" "$folder/tests/${name%-*}"
    done
    cat >"$folder/all-tests" <<'END'
#!/bin/sh
# Runs every test: the exit code is 1 if one has failed.
code=0
for path in /tests/*; do
    echo "$path"
    "$path" || code=1
done
exit $code
END
    chmod +x "$folder/all-tests"
fi

# What runs: the number of processors, their kind, the program. The bench needs two for producer and
# consumer to sit apart; with emulated ones the figures mean nothing, but all of it runs.
boots=()
for cpu in "${cpus[@]}"; do
    boots+=("1 $cpu /programs/selftest" "1 $cpu /programs/examples/hello")
done
boots+=("2 ${cpus[-1]} /programs/sinew bench --quick")
[ ${#tests[@]} = 0 ] || boots+=("2 ${cpus[0]} /all-tests")

failed=0
for boot in "${boots[@]}"; do
    read -ra boot <<<"$boot"
    # A process of its own: `||` would switch errexit off inside a function. The kernel unpacks the
    # tests into half of the memory at most.
    GUEST_MEMORY=${GUEST_MEMORY:-1024} GUEST_CPUS=${boot[0]} GUEST_TIMEOUT=300 GUEST_ENV='SINEW_TEST_PROGRAMS=/programs PROPTEST_CASES=20' \
        .ci/guest.sh "$arch" "${boot[1]}" "$folder" "${boot[@]:2}" || failed=$((failed + 1))
done
[ $failed = 0 ] || die "$failed boots failed on $arch"
