#!/usr/bin/env bash
# usage: with-secret-service.sh COMMAND...
# Runs COMMAND with a real, unlocked Secret Service of its own, in a HOME that is thrown away; never with the user's.
# Works without a display and as root; keeps COMMAND's exit code; 69 where no Secret Service can be had.
# Debian: apt-get install --no-install-recommends dbus dbus-bin gnome-keyring
# AIGW_DEV_TEST_KEYRING_PASSWORD (default "test") unlocks it. COMMAND sees AIGW_DEV_TEST_KEYRING=1.
set -euo pipefail

if [ -z "${AIGW_DEV_TEST_KEYRING:-}" ]; then
  for program in dbus-run-session dbus-send gnome-keyring-daemon; do
    command -v "$program" >/dev/null || { echo "with-secret-service: $program is not installed" >&2; exit 69; }
  done
  scratch="$(mktemp -d)"
  trap 'rm -rf "$scratch"' EXIT
  mkdir -m 700 "$scratch/home" "$scratch/run"
  export HOME="$scratch/home" XDG_RUNTIME_DIR="$scratch/run" AIGW_DEV_TEST_KEYRING=1
  export XDG_DATA_HOME="$HOME/.local/share" XDG_CACHE_HOME="$HOME/.cache" XDG_CONFIG_HOME="$HOME/.config"
  unset DISPLAY WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS PYTHON_KEYRING_BACKEND
  status=0
  dbus-run-session -- bash "$0" "$@" || status=$?
  exit "$status"
fi

# Inside the new bus. printf, not echo: a line end would be part of the password.
printf %s "${AIGW_DEV_TEST_KEYRING_PASSWORD-test}" | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1

is_owned() {
  dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner \
    string:org.freedesktop.secrets 2>/dev/null | grep -q 'boolean true'
}

# The daemon forks before it owns its name; asking earlier makes D-Bus start a second one, locked.
for _ in $(seq 200); do
  if is_owned; then exec "$@"; fi
  sleep 0.05
done
echo "with-secret-service: no Secret Service within 10 s" >&2
exit 69
