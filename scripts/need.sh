#!/usr/bin/env bash
# Makes sure that the named tools exist: need.sh cc c++ clang valgrind python3.11 …
# Present tools cost nothing. Missing ones are installed on Debian as root; elsewhere the script says what to install.
set -euo pipefail

packages_for() { # tool -> Debian packages
    case $1 in
        cc) echo gcc libc6-dev ;;
        c++) echo g++ ;;
        clang-rt) echo "libclang-rt-$(clang_major)-dev" ;; # the sanitizers' runtime, not a dependency of clang itself
        python3.11 | venv-for-python3.11) echo python3.11 python3.11-venv ;;
        libgomp) echo libgomp1 ;; # the original libmxnet links it; a machine without a compiler lacks it
        readelf) echo binutils ;;
        java) echo default-jdk-headless ;;
        mvn) echo maven ;;
        ip) echo iproute2 ;;
        *) echo "$1" ;;
    esac
}

clang_major() { clang -dumpversion 2>/dev/null | cut -d. -f1 | grep . || apt-cache depends clang | sed -n 's/.*Depends: clang-//p' | head -1; }

present() {
    case $1 in
        clang-rt) [ -e "$(clang -print-file-name=libclang_rt.asan-"$(uname -m)".a 2>/dev/null)" ] ||
                  [ -e "$(clang -print-runtime-dir 2>/dev/null)/libclang_rt.asan.a" ] ;;
        libgomp) ldconfig -p | grep -q 'libgomp\.so\.1 ' ;;
        rustfmt | clippy) cargo "${1/rust/}" --version >/dev/null 2>&1 ;;
        *) command -v "$1" >/dev/null ;;
    esac
}

install() {
    local tool=$1 packages
    case $tool in
        rustfmt | clippy) rustup component add "$tool"; return ;;
    esac
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "need: $tool is missing; install it (Debian: $(packages_for "$tool"))" >&2
        exit 1
    fi
    if [ -z "${lists_fresh:-}" ]; then
        apt-get update -qq
        lists_fresh=1
    fi
    packages=$(packages_for "$tool")
    echo "need: installing $packages for $tool" >&2
    # shellcheck disable=SC2086 # several packages
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $packages >/dev/null
}

for tool in "$@"; do
    present "$tool" || install "$tool"
done
