# How every JVM of this project is started. Sourced by the launcher and the Jupyter kernel (POSIX sh),
# after they have set `root` to the repository.

jvm_flags="--add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED \
--sun-misc-unsafe-memory-access=allow -Djava.awt.headless=true"

# What the Jupyter kernel needs besides: JShell documents the library too (see LibrarySources).
kernel_flags="--add-opens jdk.jshell/jdk.jshell=ALL-UNNAMED"

# Third-party jars, separated by colons, as the build wrote them.
libraries=$root/experiments/target/runtime.classpath

# Prints the class path of a build.
class_path() {
  echo "$root/kernel-lib/target/classes:$root/experiments/target/classes:$(cat "$libraries")"
}
