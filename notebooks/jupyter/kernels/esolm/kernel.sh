#!/bin/sh
# Starts the Java kernel of the repository that this file lies in.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
root=$(CDPATH= cd -- "$here/../../../.." && pwd)
. "$root/bin/jvm.sh"
jdk=$(find_jdk)
classes=$(class_path)
# shellcheck disable=SC2086 # the flags are separate words
exec "$jdk/bin/java" $jvm_flags "-Desolm.home=$root" -cp "$classes" org.esolm.jupyter.JavaKernel "$1"
