package org.esolm.experiments.run;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Where numbers come from.
 *
 * @param started when the run began, UTC
 * @param gitCommit the source's commit; null outside a git checkout
 * @param gitDirty whether files differ from that commit; null outside a git checkout
 * @param jdk version and vendor
 * @param os system, version and architecture
 * @param cpu the processor's name
 * @param cores processors that the JVM may use
 * @param flags options of the JVM
 * @param libraries names of the jars on the class path, with their versions
 * @param seeds every seed by what it is for
 * @param inputs SHA-256 of every file that was read, by its path as it was given
 */
public record Provenance(
    Instant started,
    String gitCommit,
    Boolean gitDirty,
    String jdk,
    String os,
    String cpu,
    int cores,
    List<String> flags,
    List<String> libraries,
    Map<String, Long> seeds,
    Map<String, String> inputs) {

  /**
   * Looks at this process and the machine.
   *
   * @param source a folder of the source tree, asked for its git commit
   * @param seeds every seed by what it is for
   * @param inputs every file that is read
   * @return what was found
   * @throws IOException if an input cannot be read
   */
  public static Provenance gather(Path source, Map<String, Long> seeds, List<Path> inputs)
      throws IOException {
    Map<String, String> sums = new TreeMap<>();
    for (Path input : inputs) {
      sums.put(input.toString(), sha256(input));
    }
    Optional<String> commit = Commands.output(source, List.of("git", "rev-parse", "HEAD"));
    Optional<String> changes = Commands.output(source, List.of("git", "status", "--porcelain"));
    return new Provenance(
        Instant.now().truncatedTo(ChronoUnit.MILLIS),
        commit.orElse(null),
        commit.flatMap(c -> changes).map(text -> !text.isEmpty()).orElse(null),
        System.getProperty("java.vm.version") + ", " + System.getProperty("java.vendor"),
        System.getProperty("os.name")
            + " "
            + System.getProperty("os.version")
            + " "
            + System.getProperty("os.arch"),
        Hardware.cpu(),
        Runtime.getRuntime().availableProcessors(),
        ManagementFactory.getRuntimeMXBean().getInputArguments(),
        librariesOnClassPath(),
        new TreeMap<>(seeds),
        sums);
  }

  private static List<String> librariesOnClassPath() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(entry -> entry.endsWith(".jar"))
        .map(entry -> Path.of(entry).getFileName().toString().replaceAll("\\.jar$", ""))
        .sorted()
        .distinct()
        .toList();
  }

  /**
   * A file's fingerprint.
   *
   * @param file any file
   * @return its SHA-256 in hexadecimal
   * @throws IOException if it cannot be read
   */
  public static String sha256(Path file) throws IOException {
    try (InputStream in =
        new DigestInputStream(Files.newInputStream(file), MessageDigest.getInstance("SHA-256"))) {
      in.transferTo(OutputStream.nullOutputStream());
      return HexFormat.of().formatHex(((DigestInputStream) in).getMessageDigest().digest());
    } catch (NoSuchAlgorithmException e) {
      throw new UncheckedIOException(new IOException(e)); // every JDK has it
    }
  }
}
