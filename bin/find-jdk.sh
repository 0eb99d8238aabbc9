# Finds a JDK that can build and run this project. Source it, then call find_jdk:
# it sets JAVA_HOME and returns 0, or prints what to install and returns 1.
# POSIX sh; starts no process but sed, so it costs milliseconds.

needed_java=25

# The folder of the java command on PATH, symbolic links resolved.
jdk_on_path() {
  java_command=$(command -v java 2>/dev/null) || return 0
  while [ -L "$java_command" ]; do
    link=$(readlink "$java_command")
    case $link in
      /*) java_command=$link ;;
      *) java_command=$(dirname "$java_command")/$link ;;
    esac
  done
  bin_folder=$(CDPATH='' cd -- "$(dirname "$java_command")" 2>/dev/null && pwd -P) || return 0
  printf '%s\n' "${bin_folder%/bin}"
}

# Where package managers, SDKMAN!, IDEs, macOS and Homebrew put JDKs, one folder a line; a pattern that matches nothing stays as it is.
usual_jdks() {
  brew=${HOMEBREW_PREFIX:-/usr/local}
  own=${HOME:-}
  for folder in \
    /usr/lib/jvm/* \
    /usr/java/* \
    "${SDKMAN_DIR:-$own/.sdkman}"/candidates/java/* \
    "$own"/.jdks/* \
    "$own"/.jdks/*/Contents/Home \
    /Library/Java/JavaVirtualMachines/*/Contents/Home \
    "$own"/Library/Java/JavaVirtualMachines/*/Contents/Home \
    "$brew"/opt/openjdk*/libexec/openjdk.jdk/Contents/Home; do
    printf '%s\n' "$folder"
  done
}

# The feature version (25 of 25.0.3) of the JDK in folder $1, from its release file; empty where there is no whole JDK.
jdk_version() {
  if [ -f "$1/release" ] && [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ]; then
    sed -n 's/^JAVA_VERSION="\{0,1\}\([0-9][0-9]*\).*/\1/p' "$1/release"
  fi
}

is_recent_jdk() {
  version=$(jdk_version "$1")
  [ -n "$version" ] && [ "$version" -ge "$needed_java" ]
}

find_jdk() {
  if [ -n "${ESO_JAVA_HOME:-}" ] && ! is_recent_jdk "$ESO_JAVA_HOME"; then
    echo "eso: ESO_JAVA_HOME=$ESO_JAVA_HOME is not a JDK $needed_java or newer: looking elsewhere" >&2
  fi
  jdk_found=$(
    {
      printf '%s\n' "${ESO_JAVA_HOME:-}" "${JAVA_HOME:-}"
      jdk_on_path
      usual_jdks
    } | while IFS= read -r folder; do
      if [ -n "$folder" ] && is_recent_jdk "$folder"; then
        printf '%s\n' "$folder"
        break
      fi
    done
  )
  if [ -n "$jdk_found" ]; then
    JAVA_HOME=$jdk_found
    export JAVA_HOME
    return 0
  fi
  cat >&2 <<MESSAGE
eso: no JDK $needed_java or newer was found (ESO_JAVA_HOME, JAVA_HOME, PATH and the usual folders were searched).
Install one, for instance
  Debian, Ubuntu   apt-get install openjdk-$needed_java-jdk-headless   (or temurin-$needed_java-jdk from https://adoptium.net)
  macOS            brew install openjdk
  anywhere         sdk install java $needed_java-tem                   (https://sdkman.io)
or name the folder of one that you have: ESO_JAVA_HOME=/path/to/jdk-$needed_java ./eso
MESSAGE
  return 1
}
