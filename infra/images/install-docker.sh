#!/usr/bin/env bash
# A Docker engine for a Debian 12 machine without one: docker.io and debootstrap from Debian, compose 2
# from the next release (unpacked, not installed, so that nothing else comes from there), and dockerd
# on loopback until the machine ends. Prints the pid of the dockerd it started. Needs root.
set -euo pipefail
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
here=$(cd "$(dirname "$0")/../.." && pwd)/.engine/images
mkdir -p "$here"

missing=()
command -v dockerd >/dev/null || missing+=(docker.io)
command -v debootstrap >/dev/null || missing+=(debootstrap)
if [ ${#missing[@]} -gt 0 ]; then
  apt-get update -q >&2
  apt-get install -q -y --no-install-recommends "${missing[@]}" >&2
fi

if ! docker compose version >/dev/null 2>&1; then
  # Beside the lists: apt removes from among them what is not one.
  sources=$here/trixie.sources.list lists=$here/trixie
  mkdir -p "$lists/partial" ~/.docker/cli-plugins
  printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s trixie main\n' "$mirror" >"$sources"
  options=(-o "Dir::Etc::SourceList=$sources" -o Dir::Etc::SourceParts=- -o "Dir::State::Lists=$lists"
    -o APT::Sandbox::User=root)
  apt-get "${options[@]}" update -q >&2
  (cd "$lists" && apt-get "${options[@]}" download -q docker-compose >&2 && dpkg-deb -x docker-compose_*.deb unpacked)
  install "$(find "$lists/unpacked" -path '*cli-plugins/docker-compose' -type f)" ~/.docker/cli-plugins/
fi

if ! docker info >/dev/null 2>&1; then
  nohup dockerd --ip 127.0.0.1 >"$here/dockerd.log" 2>&1 &
  pid=$!
  for _ in $(seq 60); do
    docker info >/dev/null 2>&1 && { echo "$pid"; exit 0; }
    sleep 0.5
  done
  tail -20 "$here/dockerd.log" >&2
  exit 1
fi
