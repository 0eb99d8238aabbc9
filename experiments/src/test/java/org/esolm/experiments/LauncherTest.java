package org.esolm.experiments;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The launcher in a copy of the project whose Maven and JDKs are scripts that say what they do. */
@DisabledOnOs(OS.WINDOWS)
class LauncherTest {
  private static final List<String> TOOLS =
      List.of(
          "sh",
          "sed",
          "cat",
          "dirname",
          "readlink",
          "find",
          "head",
          "mkdir",
          "rm",
          "mv",
          "sleep",
          "uname");

  @TempDir Path temp;
  private Path root;
  private Path home;
  private Path tools;

  private record Result(int exit, String out, String err) {}

  @BeforeEach
  void makeProject() throws IOException {
    root = Files.createDirectories(temp.resolve("a project"));
    home = Files.createDirectories(temp.resolve("home"));
    tools = Files.createDirectories(temp.resolve("tools"));
    for (String tool : TOOLS) {
      script(tools.resolve(tool), "exec '" + onPath(tool) + "' \"$@\"\n");
    }
    Files.copy(Path.of("../eso"), root.resolve("eso"));
    Files.createDirectories(root.resolve("bin"));
    Files.copy(Path.of("../bin/find-jdk.sh"), root.resolve("bin/find-jdk.sh"));
    Files.copy(Path.of("../bin/jvm.sh"), root.resolve("bin/jvm.sh"));
    // Only the JDKs of this test: not those that the machine has.
    Files.writeString(
        root.resolve("bin/find-jdk.sh"),
        "usual_jdks() { for folder in \"$HOME\"/.jdks/*; do printf '%s\\n' \"$folder\"; done; }\n",
        StandardOpenOption.APPEND);
    for (String file :
        List.of(
            "pom.xml",
            "kernel-lib/pom.xml",
            "experiments/pom.xml",
            "kernel-lib/src/main/A.java",
            "experiments/src/main/B.java",
            "data/toy.lang")) {
      Files.createDirectories(root.resolve(file).getParent());
      Files.writeString(root.resolve(file), "");
    }
    Files.writeString(temp.resolve("library.jar"), "");
    script(
        root.resolve("mvnw"),
        """
        echo "maven $*"
        echo "java home $JAVA_HOME" >&2
        [ -z "${FAIL:-}" ] || exit 1
        mkdir -p kernel-lib/target/classes experiments/target/classes
        printf %%s '%s' >experiments/target/runtime.classpath
        """
            .formatted(temp.resolve("library.jar")));
  }

  private static Path onPath(String tool) {
    return Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
        .map(folder -> Path.of(folder, tool))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow();
  }

  private static void script(Path file, String body) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, "#!/bin/sh\n" + body);
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }

  private Path jdk(Path folder, String version) throws IOException {
    script(folder.resolve("bin/java"), "printf '%s\\n' \"$0\" \"$@\"; exit 7\n");
    script(folder.resolve("bin/javac"), "exit 1\n");
    Files.writeString(folder.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
    return folder;
  }

  private Result eso(Map<String, String> environment, String... args) throws Exception {
    return run(root.resolve("eso"), environment, args);
  }

  private Result run(Path eso, Map<String, String> environment, String... args) throws Exception {
    List<String> command = new ArrayList<>(List.of(eso.toString()));
    command.addAll(List.of(args));
    Path out = temp.resolve("out");
    Path err = temp.resolve("err");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(temp.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().clear();
    builder.environment().put("HOME", home.toString());
    builder.environment().put("PATH", tools.toString());
    builder.environment().putAll(environment);
    int exit = builder.start().waitFor();
    return new Result(
        exit,
        Files.readString(out, StandardCharsets.UTF_8),
        Files.readString(err, StandardCharsets.UTF_8));
  }

  @Test
  void withoutAJdkItSaysWhatToInstall() throws Exception {
    Path old = jdk(home.resolve(".jdks/old"), "17.0.15");
    Result result = eso(Map.of("JAVA_HOME", old.toString()), "doctor");
    assertThat(result.exit).isEqualTo(1);
    assertThat(result.out).isEmpty();
    assertThat(result.err)
        .contains("no JDK 25 or newer was found", "apt-get install", "ESO_JAVA_HOME=");
    assertThat(root.resolve("target")).doesNotExist();
  }

  @Test
  void buildsOnFirstUseAndRunsWithAllArguments() throws Exception {
    Path jdk = jdk(home.resolve(".jdks/jdk 25"), "25.0.3");
    Result result = eso(Map.of("ESO_JAVA_OPTS", "-Xmx1g -Dx=y"), "sample", "a b", "*", "");
    assertThat(result.exit).as("the command's own exit code").isEqualTo(7);
    assertThat(result.err)
        .contains("eso: building", "maven -B -ntp -q -Dmaven.test.skip=true package")
        .contains("java home " + jdk);
    assertThat(result.out.lines())
        .startsWith(jdk + "/bin/java", "--add-modules", "jdk.incubator.vector")
        .contains("-Xmx1g", "-Dx=y", "-Deso.home=" + root.toRealPath())
        .endsWith("org.esolm.experiments.Main", "sample", "a b", "*", "");
    String classPath = root.toRealPath() + "/kernel-lib/target/classes";
    assertThat(result.out).contains(classPath).contains(":" + temp.resolve("library.jar") + "\n");
  }

  @Test
  void buildsAgainOnlyWhenSomethingChanged() throws Exception {
    jdk(home.resolve(".jdks/25"), "25");
    assertThat(eso(Map.of()).err).contains("building");
    assertThat(eso(Map.of()).err).isEmpty();
    FileTime later = FileTime.from(Instant.now().plusSeconds(5));
    Path stamp = root.resolve("target/eso.stamp");
    for (String source :
        List.of("pom.xml", "experiments/pom.xml", "kernel-lib/src/main/A.java", "data/toy.lang")) {
      Files.setLastModifiedTime(root.resolve(source), later);
      assertThat(eso(Map.of()).err).as(source).contains("building");
      Files.setLastModifiedTime(root.resolve(source), FileTime.from(Instant.EPOCH));
      assertThat(stamp).exists();
      assertThat(eso(Map.of()).err).as("after " + source).isEmpty();
    }
    Files.delete(temp.resolve("library.jar"));
    assertThat(eso(Map.of()).err).as("a library that is gone").contains("building");
  }

  @Test
  void aFailedBuildEndsItAndIsTriedAgain() throws Exception {
    jdk(home.resolve(".jdks/25"), "25");
    Result failed = eso(Map.of("FAIL", "yes"), "doctor");
    assertThat(failed.exit).isEqualTo(1);
    assertThat(failed.out).isEmpty();
    assertThat(failed.err).contains("the build failed", "~/.m2/settings.xml", "MAVEN_ARGS=");
    assertThat(root.resolve("target/eso.lock")).doesNotExist();
    assertThat(eso(Map.of(), "doctor").exit).isEqualTo(7);
  }

  @Test
  void aRepositoryOrAHomeThatCannotBeWrittenIsSaid() throws Exception {
    jdk(temp.resolve("jdk"), "25");
    Map<String, String> environment = Map.of("JAVA_HOME", temp.resolve("jdk").toString());
    Files.writeString(root.resolve("target"), "a file where the folder should be");
    Result repository = eso(environment, "doctor");
    assertThat(repository.exit).isEqualTo(1);
    assertThat(repository.err.lines()).singleElement().asString().contains("cp -r");
    Files.delete(root.resolve("target"));

    Map<String, String> noHome = new HashMap<>(environment);
    noHome.put("HOME", temp.resolve("nowhere").toString());
    Result result = eso(noHome, "doctor");
    assertThat(result.exit).isEqualTo(1);
    assertThat(result.err.lines()).singleElement().asString().contains("HOME=/a/folder");
    noHome.put("MAVEN_ARGS", "-Dmaven.repo.local=/x");
    assertThat(eso(noHome, "doctor").exit).isEqualTo(7);
  }

  @Test
  void prefersTheNamedJdkThenJavaHomeThenThePath() throws Exception {
    Path named = jdk(temp.resolve("named"), "26-ea");
    Path javaHome = jdk(temp.resolve("javahome"), "25.0.3");
    Path path = jdk(temp.resolve("path"), "25.0.1");
    Path usual = jdk(home.resolve(".jdks/25"), "25");
    Path links = Files.createDirectories(temp.resolve("links"));
    Files.createSymbolicLink(links.resolve("java"), path.resolve("bin/java"));

    Map<String, String> environment = new HashMap<>();
    environment.put("ESO_JAVA_HOME", named.toString());
    environment.put("JAVA_HOME", javaHome.toString());
    environment.put("PATH", links + File.pathSeparator + tools);
    assertThat(eso(environment).out).startsWith(named + "/bin/java");
    environment.remove("ESO_JAVA_HOME");
    assertThat(eso(environment).out).startsWith(javaHome + "/bin/java");
    environment.remove("JAVA_HOME");
    assertThat(eso(environment).out).startsWith(path.toRealPath() + "/bin/java");
    environment.remove("PATH");
    assertThat(eso(environment).out).startsWith(usual + "/bin/java");
  }

  @Test
  void aNamedFolderThatIsNoJdkIsSaidAndPassedOver() throws Exception {
    Path usual = jdk(home.resolve(".jdks/25"), "25");
    Result result = eso(Map.of("ESO_JAVA_HOME", temp.toString()));
    assertThat(result.err).contains("ESO_JAVA_HOME=" + temp + " is not a JDK 25 or newer");
    assertThat(result.out).startsWith(usual + "/bin/java");
  }

  @Test
  void worksThroughASymbolicLinkAndARelativeOne() throws Exception {
    jdk(home.resolve(".jdks/25"), "25");
    Path first = Files.createSymbolicLink(temp.resolve("first"), root.resolve("eso"));
    Path second = Files.createSymbolicLink(temp.resolve("second"), first.getFileName());
    assertThat(run(second, Map.of()).out).contains("-Deso.home=" + root.toRealPath());
  }

  @Test
  void testRunsMavenAndPassesItsExitCodeOn() throws Exception {
    jdk(home.resolve(".jdks/25"), "25");
    Result fine = eso(Map.of(), "test", "-Dtest=X");
    assertThat(fine.exit).isZero();
    assertThat(fine.out).contains("maven -B -ntp verify -Dtest=X");
    assertThat(eso(Map.of("FAIL", "yes"), "test").exit).isEqualTo(1);
  }

  @Test
  void aLockOfAProcessThatIsGoneDoesNotCount() throws Exception {
    jdk(home.resolve(".jdks/25"), "25");
    Process gone = new ProcessBuilder("true").start();
    gone.waitFor();
    Files.createDirectories(root.resolve("target"));
    Files.writeString(root.resolve("target/eso.lock"), gone.pid() + "\n");
    assertThat(eso(Map.of()).exit).isEqualTo(7);
  }

  /** A JDK whose jar and java make the files that they are asked for, or fail. */
  private Path archivingJdk() throws IOException {
    Path jdk = jdk(home.resolve(".jdks/25"), "25");
    script(jdk.resolve("bin/jar"), "[ -z \"${NO_JAR:-}\" ] && echo jar >\"$3\"\n");
    script(
        jdk.resolve("bin/java"),
        """
        for argument; do
          case $argument in
            -XX:AOTCacheOutput=*)
              echo noise; echo noise >&2
              echo archive >"${argument#*=}"
              [ -z "${NO_ARCHIVE:-}" ]; exit ;;
          esac
        done
        printf '%s\\n' "$@"
        """);
    return jdk;
  }

  @Test
  void startsFromJarsAndTheirArchive() throws Exception {
    archivingJdk();
    Path start = root.toRealPath().resolve("target/start");
    Result built = eso(Map.of(), "doctor");
    Result again = eso(Map.of(), "doctor");
    assertThat(again.out).isEqualTo(built.out.substring(built.out.indexOf("--add-modules")));
    assertThat(again.err).isEmpty();
    assertThat(again.out.lines())
        .contains("-XX:AOTCache=" + start.resolve("eso.aot"))
        .contains(
            "%s/kernel-lib.jar:%s/experiments.jar:%s"
                .formatted(start, start, temp.resolve("library.jar")))
        .endsWith("org.esolm.experiments.Main", "doctor");
    for (String own : List.of("-Xshare:off", "-XX:SharedArchiveFile=x", "-XX:AOTCache=x")) {
      assertThat(eso(Map.of("ESO_JAVA_OPTS", own)).out)
          .as("with another archive the virtual machine would not start")
          .contains(own)
          .doesNotContain("eso.aot");
    }
  }

  @Test
  void startsFromFoldersWhereNoJarsOrNoArchiveCanBeMade() throws Exception {
    archivingJdk();
    assertThat(eso(Map.of()).out).contains("target/start");
    FileTime later = FileTime.from(Instant.now().plusSeconds(5));
    for (String failure : List.of("NO_JAR", "NO_ARCHIVE")) {
      Files.setLastModifiedTime(root.resolve("pom.xml"), later); // jars of an older build are there
      Result result = eso(Map.of(failure, "yes"), "doctor");
      Files.setLastModifiedTime(root.resolve("pom.xml"), FileTime.from(Instant.EPOCH));
      assertThat(result.exit).as(failure).isZero();
      assertThat(result.err).contains("building").doesNotContain("noise");
      assertThat(eso(Map.of(), "doctor").out)
          .contains("kernel-lib/target/classes:")
          .doesNotContain("target/start", "AOTCache");
    }
  }

  @Test
  void anArchiveThatDoesNotFitIsPassedOverInSilence() throws Exception {
    for (String module : List.of("kernel-lib", "experiments")) {
      Path classes = root.resolve(module + "/target/classes");
      Files.createDirectories(classes.getParent());
      Files.createSymbolicLink(classes, Path.of("..", module, "target/classes").toRealPath());
    }
    Files.copy(
        Path.of("target/runtime.classpath"), root.resolve("experiments/target/runtime.classpath"));
    script(root.resolve("mvnw"), "");
    Map<String, String> environment = Map.of("ESO_JAVA_HOME", System.getProperty("java.home"));
    assertThat(eso(environment, "sample").err).contains("building", "'RUN'");
    Path archive = root.resolve("target/start/eso.aot");
    assertThat(archive).exists();

    Result archived = eso(environment, "sample", "--help");
    assertThat(archived.exit).isZero();
    assertThat(archived.out).startsWith("Usage: eso sample");
    Map<String, String> otherHeap = new HashMap<>(environment);
    otherHeap.put("ESO_JAVA_OPTS", "-XX:+UseSerialGC -XX:+UseCompactObjectHeaders");
    assertThat(eso(otherHeap, "sample", "--help")).isEqualTo(archived);
    Files.setLastModifiedTime(
        root.resolve("target/start/experiments.jar"), FileTime.from(Instant.EPOCH));
    assertThat(eso(environment, "sample", "--help")).as("of another jar").isEqualTo(archived);
    Files.writeString(archive, "broken");
    assertThat(eso(environment, "sample", "--help")).as("broken").isEqualTo(archived);
    for (String module : List.of("kernel-lib", "experiments")) {
      Files.delete(root.resolve(module + "/target/classes")); // the link, not what it leads to
    }
  }
}
