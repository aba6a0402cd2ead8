# shellcheck shell=bash
# Shared by the scripts of this folder: where things are, and how to act as root. Sourced, not run.

set -euo pipefail

# shellcheck disable=SC2034  # read by the scripts that source this file
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
PGRX_VERSION=0.18.1
# shellcheck disable=SC2034  # read by dev/setup
DENY_VERSION=0.20.2
# The distribution's own server: what the demo and the bench run on.
DIST_PG_CONFIG=/usr/lib/postgresql/15/bin/pg_config
# The legs of the test matrix, NAME=MAJOR: "dist" is the distribution's own server, the others carry assertions.
# shellcheck disable=SC2034  # read by the scripts that source this file
LEGS="dist=15 15=15 17=17 18=18"

# With a backtrace asked for in a server's environment, pgrx puts it into the DETAIL of messages.
unset RUST_BACKTRACE RUST_LIB_BACKTRACE

say() { printf '%s\n' "-- $*" >&2; }
die() { printf '%s\n' "$@" >&2; exit 1; }

is_root() { [ "$(id -u)" = 0 ]; }

# Asks for a password only where somebody is there to give it.
with_sudo() { if [ -t 0 ]; then sudo "$@"; else sudo -n "$@"; fi; }
# Runs a command as root, directly or through sudo.
as_root() { if is_root; then "$@"; else with_sudo "$@"; fi; }
can_be_root() { is_root || { command -v sudo >/dev/null && with_sudo true 2>/dev/null; }; }

# What is worth keeping between checkouts: built servers and tools. A server must be able to read it, so not /root.
if [ -n "${PG_WARDEN_CACHE:-}" ]; then CACHE=$PG_WARDEN_CACHE
elif is_root; then CACHE=/var/cache/pg_warden
else CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/pg_warden
fi
# The tests keep what they fetch there too.
export PG_WARDEN_CACHE=$CACHE

# rustup's own folder is often missing from the PATH of make, cron and CI.
PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin

# The path of a cargo subcommand that is there already: in the cache, else wherever the user has it.
# A version, where one is given, must match exactly: cargo-pgrx works only with the pgrx it was released with.
find_tool() {
    local name=$1 version=${2:-} path
    for path in "$CACHE/tools/bin/$name" "$(command -v "$name" || true)"; do
        if [ -x "$path" ] && { [ -z "$version" ] || [ "$("$path" "${name#cargo-}" --version 2>/dev/null)" = "$name $version" ]; }; then
            echo "$path"
            return
        fi
    done
    return 1
}

# cargo pgrx for one pg_config. Named in the environment, so that no `cargo pgrx init` and no ~/.pgrx is needed.
pgrx() {
    local pg_config=$1 tool
    shift
    tool=$(find_tool cargo-pgrx "$PGRX_VERSION") || die "cargo-pgrx $PGRX_VERSION is missing: run dev/setup"
    PGRX_PG_CONFIG_PATH=$pg_config "$tool" pgrx "$@"
}

major_of() { "$1" --version | sed -nE 's/^PostgreSQL ([0-9]+).*/\1/p'; }

# PostgreSQL refuses to run as root: as root, servers run as the distribution's own account.
as_server() { if is_root; then runuser -u postgres -- "$@"; else "$@"; fi; }

# pg_config of a leg of the test matrix: a number is a build with assertions.
leg_pg_config() {
    case $1 in
        dist) echo "$DIST_PG_CONFIG" ;;
        *) echo "$CACHE/postgres/$1/bin/pg_config" ;;
    esac
}
