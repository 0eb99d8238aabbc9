#!/bin/sh
# Starts the Java kernel of the repository that this file lies in.
#   ESO_JAVA_HOME   the JDK to use (25 or newer)
#   ESO_JAVA_OPTS   further JVM options; -Xmx8g, say, instead of half of the machine's memory
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(CDPATH='' cd -- "$here/../../../.." && pwd)
. "$root/bin/find-jdk.sh"
. "$root/bin/jvm.sh"
find_jdk || exit 1
if [ ! -d "$root/experiments/target/classes" ] || [ ! -r "$libraries" ]; then
  echo "The project is not built yet: run ./eso in $root" >&2
  exit 1
fi
# shellcheck disable=SC2086 # the flags are separate words
exec "$JAVA_HOME/bin/java" -XX:MaxRAMPercentage=50 $jvm_flags $kernel_flags -Deso.home="$root" ${ESO_JAVA_OPTS:-} \
  -cp "$(class_path)" org.esolm.jupyter.JavaKernel "$1"
