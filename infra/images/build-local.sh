#!/usr/bin/env bash
# Images for machines without an image registry: stand-ins for the two server images and for Node's,
# from Debian's packages and from the jars that `engine infra` runs. The servers in them are the real
# ones; the packaging is ours, hence the tags: engine/kafka:3.9.1, engine/cassandra:5.0, engine/node:26.
# What is unchanged since it was built is left as it is. Needs docker, debootstrap, Maven, root.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$PWD/.engine/images
suite=bookworm
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
mkdir -p "$work/packages"

hash_of() { find "$@" -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -c1-16; }
is_made_of() { [ "$(docker image inspect -f '{{ index .Config.Labels "engine.made-of" }}' "$1" 2>/dev/null)" = "$2" ]; }

# import_debian IMAGE MADE_OF PACKAGES [FILE_TO_ADD=PATH]: a minimal Debian with these packages.
import_debian() {
  local image=$1 made_of=$2 packages=$3 addition=${4:-} root
  root=$(mktemp -d "$work/root.XXXXXX")
  echo "── $image"
  debootstrap --variant=minbase --cache-dir="$work/packages" --include="$packages" \
    "$suite" "$root" "$mirror" >"$work/debootstrap.log" 2>&1 || { tail -20 "$work/debootstrap.log"; exit 1; }
  rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/usr/share/{doc,man,locale,info}/* "$root"/dev/*
  if [ -n "$addition" ]; then install -D "${addition%%=*}" "$root${addition#*=}"; fi
  tar -C "$root" --one-file-system -c . | docker import --change "LABEL engine.made-of=$made_of" - "$image" >/dev/null
  rm -rf "$root"
}

# build_server NAME TAG: the jars of infra/servers/NAME and the files of infra/images/NAME.
build_server() {
  local name=$1 image=engine/$1:$2 made_of context=$work/$1
  made_of=$(hash_of "infra/images/$name" "infra/servers/$name" infra/images/build-local.sh)
  if is_made_of "$image" "$made_of"; then echo "── $image is there"; return; fi
  echo "── $image"
  rm -rf "$context"; mkdir -p "$context"
  cp -r "infra/images/$name/." "$context"
  # A repository of its own: `engine infra` may be filling the usual one at the same time.
  mvn -B -q --strict-checksums -Dmaven.repo.local="$work/m2" -f "infra/servers/$name/pom.xml" dependency:copy-dependencies \
    -DoutputDirectory="$context/libs" -DincludeScope=runtime
  case $name in
    kafka)
      mkdir -p "$context/defaults"
      cp infra/servers/kafka/log4j.properties "$context/defaults/"
      cp infra/servers/kafka/log4j.properties "$context/defaults/tools-log4j.properties"
      touch "$context/defaults/server.properties"
      ;;
    cassandra) cp infra/servers/cassandra/{jvm.options,logback.xml} "$context/" ;;
  esac
  DOCKER_BUILDKIT=0 docker build -q --label "engine.made-of=$made_of" -t "$image" "$context" >/dev/null
}

own=$(hash_of infra/images/build-local.sh)
if is_made_of engine/java:17 "$own"; then echo '── engine/java:17 is there'; else
  import_debian engine/java:17 "$own" openjdk-17-jre-headless
fi
node=$(hash_of node_modules/node/package.json)-$own
if is_made_of engine/node:26 "$node"; then echo '── engine/node:26 is there'; else
  import_debian engine/node:26 "$node" libatomic1,libstdc++6,ca-certificates \
    node_modules/node/bin/node=/usr/local/bin/node
fi
build_server kafka 3.9.1
build_server cassandra 5.0
