# Shared by the scripts of this folder: where things are, and how to act as root. Sourced, not run.

set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
PGRX_VERSION=0.18.1
# The legs of the test matrix, NAME=MAJOR: "dist" is the distribution's own server, the others carry assertions.
LEGS="dist=15 15=15 17=17 18=18"

say() { printf '%s\n' "-- $*" >&2; }
die() { printf '%s\n' "$@" >&2; exit 1; }

is_root() { [ "$(id -u)" = 0 ]; }

# Runs a command as root, directly or through sudo.
as_root() { if is_root; then "$@"; else sudo -n "$@"; fi; }
can_be_root() { is_root || { command -v sudo >/dev/null && sudo -n true 2>/dev/null; }; }

# What is worth keeping between checkouts: built servers and tools. A server must be able to read it, so not /root.
if [ -n "${PG_WARDEN_CACHE:-}" ]; then CACHE=$PG_WARDEN_CACHE
elif is_root; then CACHE=/var/cache/pg_warden
else CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/pg_warden
fi

# PostgreSQL refuses to run as root: as root, servers run as the distribution's own account.
as_server() { if is_root; then runuser -u postgres -- "$@"; else "$@"; fi; }

# pg_config of a leg of the test matrix: "dist" is the distribution's PostgreSQL 15, a number is a build with assertions.
leg_pg_config() {
    case $1 in
        dist) echo /usr/lib/postgresql/15/bin/pg_config ;;
        *) echo "$CACHE/postgres/$1/bin/pg_config" ;;
    esac
}
