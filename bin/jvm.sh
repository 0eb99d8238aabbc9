# How every JVM of this project is started. Sourced by the launcher and the Jupyter kernel (POSIX sh);
# the caller has set `root` to the repository and passes -Desolm.home="$root" to java.

jvm_flags="--add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED \
--sun-misc-unsafe-memory-access=allow -Djava.awt.headless=true"

# Half of the machine's memory, or what ESOLM_XMX says (as in 8g).
if [ -n "${ESOLM_XMX:-}" ]; then
  jvm_flags="-Xmx$ESOLM_XMX $jvm_flags"
else
  jvm_flags="-XX:MaxRAMPercentage=50 $jvm_flags"
fi

# jdk_version HOME: the feature release of the JDK there, 0 where there is none.
jdk_version() {
  version=
  if [ -x "$1/bin/javac" ] && [ -r "$1/release" ]; then
    version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release")
  fi
  echo "${version:-0}"
}

# find_jdk: prints the home of a JDK 25 or later; says what to install where there is none.
find_jdk() {
  on_path=$(command -v javac || true)
  if [ -n "$on_path" ]; then
    on_path=$(dirname "$(dirname "$(readlink -f "$on_path" 2>/dev/null || echo "$on_path")")")
  fi
  for home in "${JAVA_HOME:-}" "$on_path" /usr/lib/jvm/* "$HOME"/.sdkman/candidates/java/* \
    "$HOME"/.jdks/* /opt/java/* /Library/Java/JavaVirtualMachines/*/Contents/Home \
    /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home; do
    if [ -n "$home" ] && [ "$(jdk_version "$home")" -ge 25 ]; then
      echo "$home"
      return 0
    fi
  done
  echo "No JDK 25 or later was found. Install one (https://adoptium.net, 'apt install temurin-25-jdk'," \
    "'brew install openjdk', 'sdk install java 25-tem') or set JAVA_HOME to it." >&2
  return 1
}

# class_path: prints the class path of a build; fails where the project is not built.
class_path() {
  libraries=$root/experiments/target/runtime.classpath
  if [ ! -d "$root/kernel-lib/target/classes" ] || [ ! -r "$libraries" ]; then
    echo "The project is not built yet: run './mvnw package -DskipTests' in $root" >&2
    return 1
  fi
  echo "$root/kernel-lib/target/classes:$root/experiments/target/classes:$(cat "$libraries")"
}
