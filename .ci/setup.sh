#!/usr/bin/env bash
# Installs what is missing for one wish: play, agones, test, bench or all. Asks for each thing
# itself, not for its package, so whatever way it came to the machine is good enough; says nothing
# and takes a moment if nothing is missing.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

# Wish, what is needed, and the Debian package that brings it. The form of the need says how to
# look: a pkg-config module with its least version, a file, or a command.
needs='
play  g++                                                 g++
play  meson                                               meson
play  ninja                                               ninja-build
play  ccache                                              ccache
play  pkg-config                                          pkg-config
play  python3                                             python3
play  git                                                 git
play  liburing>=2.9                                       liburing-dev
play  libllhttp>=9                                        libllhttp-dev
play  libcrypto>=3.0                                      libssl-dev
play  libssl>=3.0                                         libssl-dev
play  zlib>=1.2.13                                        zlib1g-dev
play  CLI11>=2.1                                          libcli11-dev
play  spdlog>=1.10                                        libspdlog-dev
play  fmt>=8                                              libfmt-dev
play  libseccomp>=2.5                                     libseccomp-dev
play  /usr/include/mimalloc.h                             libmimalloc-dev
play  node                                                nodejs
play  npm                                                 npm
play  clang++-19                                          clang-19
play  wasm-ld-19                                          lld-19
play  /usr/lib/wasm32-wasi/libc.a                         wasi-libc
play  /usr/lib/wasm32-wasi/libc++.a                       libc++-19-dev-wasm32
play  /usr/lib/llvm-19/lib/clang/19/lib/wasi              libclang-rt-19-dev-wasm32
test  /usr/lib/llvm-19/lib/clang/19/lib/linux               libclang-rt-19-dev
agones libcurl>=7.85                                      libcurl4-openssl-dev
agones nlohmann_json>=3.10                                nlohmann-json3-dev
test  libcurl>=7.85                                       libcurl4-openssl-dev
test  nlohmann_json>=3.10                                 nlohmann-json3-dev
test  /usr/lib/python3/dist-packages/yaml                 python3-yaml
test  gtest>=1.11                                         libgtest-dev
test  libwebsockets>=4.1                                  libwebsockets-dev
test  /usr/include/boost/beast.hpp                        libboost-dev
test  /usr/lib/python3/dist-packages/websockets           python3-websockets
test  curl                                                curl
test  /usr/sbin/nginx                                     nginx-light
test  mandoc                                              mandoc
test  openssl                                             openssl
test  strace                                              strace
test  chromium                                            chromium
test  clang-tidy-19                                       clang-tidy-19
test  clang-format-14                                     clang-format-14
test  shellcheck                                          shellcheck
bench benchmark>=1.7                                      libbenchmark-dev
bench libwebsockets>=4.1                                  libwebsockets-dev
bench /usr/include/boost/beast.hpp                        libboost-dev
'
# What Debian 12 has only in a version too old for us, and the next release has.
next_packages='liburing-dev libllhttp-dev'
next_suite=trixie

say() { printf '== %s\n' "$*"; }

is_here() {
    case $1 in
        *'>='*) pkg-config --atleast-version="${1#*>=}" "${1%%>=*}" 2>/dev/null ;;
        /*) [[ -e $1 ]] ;;
        *) command -v "$1" >/dev/null ;;
    esac
}

# Prints the need and the package of everything that is missing for the wish.
missing_for() {
    local wish need package
    while read -r wish need package; do
        [[ -n $wish ]] || continue
        [[ $1 == all || $wish == play || $wish == "$1" ]] || continue
        is_here "$need" || printf '%s %s\n' "$need" "$package"
    done <<<"$needs"
}

as_root() {
    if [[ $EUID -eq 0 ]]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        say "cannot install: this needs root, or sudo. Run as root: ./dev setup" >&2
        exit 1
    fi
}

is_debian_12() {
    # shellcheck source=/dev/null
    (. /etc/os-release && [[ ${ID:-} == debian && ${VERSION_ID:-} == 12 ]])
}

# Adds the next Debian release, from the mirror this machine already uses, pinned so low that apt
# takes from it only what it is told to.
add_next_release() {
    local folder=/etc/apt mirror keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    mirror=$(apt-get indextargets --format "\$(RELEASE) \$(COMPONENT) \$(REPO_URI)" |
        sed -n 's/^bookworm main //p' | head -n 1)
    if [[ -z $mirror ]]; then
        say 'apt has no mirror for bookworm main, so none is known for the next release' >&2
        exit 1
    fi
    say "adding $next_suite from $mirror, pinned low"
    {
        printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\n' "$mirror" "$next_suite"
        if [[ -e $keyring ]]; then printf 'Signed-By: %s\n' "$keyring"; fi
    } | as_root tee $folder/sources.list.d/ringtick-next.sources >/dev/null
    printf 'Package: *\nPin: release n=%s\nPin-Priority: 100\n' "$next_suite" |
        as_root tee $folder/preferences.d/ringtick-next >/dev/null
}

# Takes packages; those that must come from the next release are named with it.
install_packages() {
    local package named=() from_next=no
    for package in "$@"; do
        if is_debian_12 && [[ " $next_packages " == *" $package "* ]]; then
            from_next=yes
            package=$package/$next_suite
        fi
        named+=("$package")
    done
    if [[ $from_next == yes ]]; then add_next_release; fi
    say 'asking apt what there is'
    as_root apt-get update
    say "installing ${named[*]}"
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install --yes --no-install-recommends "${named[@]}"
    # It is for tests, which start their own.
    if [[ " $* " == *' nginx-light '* && -d /run/systemd/system ]]; then
        as_root systemctl disable --now nginx
    fi
}

install_missing() {
    local missing packages
    missing=$(missing_for "$1")
    [[ -n $missing ]] || return 0
    if command -v apt-get >/dev/null; then
        mapfile -t packages < <(cut -d ' ' -f 2 <<<"$missing")
        install_packages "${packages[@]}"
        missing=$(missing_for "$1")
        [[ -n $missing ]] || return 0
    fi
    say 'missing, and to be installed by hand (in brackets: the Debian package):' >&2
    local need package
    while read -r need package; do printf '   %s (%s)\n' "$need" "$package"; done <<<"$missing" >&2
    exit 1
}

# The packages of a folder, as its lock file says. npm keeps what it installed in the same form, so
# a copy of the lock beside it tells whether they still agree.
npm=(npm)
install_npm_packages() {
    local folder=$1 what=$2 installed=$1/node_modules/.installed-lock.json
    [[ -f $folder/package-lock.json ]] || return 0
    if cmp -s "$folder/package-lock.json" "$installed"; then return 0; fi
    say "installing $what"
    (cd "$folder" && "${npm[@]}" ci --no-audit --no-fund) || return 1
    cp "$folder/package-lock.json" "$installed"
}

# Nobody's work hangs on it: without it, one test is skipped.
install_firefox() {
    local missing=() package
    if ! is_here firefox-esr; then missing+=(firefox-esr); fi
    if ! is_here Xvfb; then missing+=(xvfb); fi  # Without a screen it has no WebGL.
    if [[ ${#missing[@]} == 0 ]]; then return 0; fi
    command -v apt-get >/dev/null && (install_packages "${missing[@]}")
}

install_missing "${1:-all}"
install_npm_packages game-demo/web "the page's packages"
peer=(bench/peers/colyseus 'Colyseus, and the Node.js that it runs on')
# One of its packages names a version on GitHub, which is overridden; npm 9 of Debian 12 takes the
# lock file for unreadable then.
npm_major=$(npm --version | cut -d . -f 1)
if ((npm_major < 10)); then npm=(npm exec --yes npm@10 --); fi
case ${1:-all} in
    play | agones | bench) ;;
    *) install_firefox || say 'going on without Firefox' ;;
esac
case ${1:-all} in
    play | agones) ;;
    # Three hundred MiB on disk for a single test, which is skipped without them.
    test) install_npm_packages "${peer[@]}" || say 'going on without Colyseus' ;;
    *) install_npm_packages "${peer[@]}" ;;
esac
