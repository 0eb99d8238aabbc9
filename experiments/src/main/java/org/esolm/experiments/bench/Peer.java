package org.esolm.experiments.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Another program to compare with, which understands {@code train|sample CONFIG_JSON}.
 *
 * @param name in rows and tables
 * @param start the command in front of these two arguments
 */
public record Peer(String name, List<String> start) implements Contestant {
  /** What {@code --peer} names when it means the one that this project brings along. */
  public static final String LIBTORCH = "libtorch";

  @Override
  public List<String> command(Work work) {
    List<String> command = new ArrayList<>(start);
    command.add(work.what());
    command.add(work.json());
    return command;
  }

  /**
   * The opponent that a person asked for.
   *
   * @param command {@value #LIBTORCH}, or a command line, its words separated by spaces
   * @param root of the source tree
   * @return the peer, built where that is needed
   * @throws IOException if it cannot be built
   * @throws InterruptedException if the build was interrupted
   */
  public static Peer of(String command, Path root) throws IOException, InterruptedException {
    if (command.isBlank()) {
      throw new IllegalArgumentException(
          "--peer: '%s', must be %s or a command".formatted(command, LIBTORCH));
    }
    return command.equals(LIBTORCH)
        ? libtorch(root)
        : new Peer("peer", List.of(command.strip().split("\\s+")));
  }

  private static Peer libtorch(Path root) throws IOException, InterruptedException {
    Path target = root.resolve("experiments/peer/target");
    Path classPath = target.resolve("runtime.classpath");
    if (!Files.exists(classPath)) {
      platform();
      System.err.println("eso: fetching and building the peer (once, some 300 MB)");
      MavenModule.build(root, "peer");
    }
    Path library = target.resolve("libtorch/pytorch/cpu/" + platform());
    String jars = target.resolve("classes") + ":" + Files.readString(classPath).strip();
    return new Peer(
        LIBTORCH,
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            // The official library instead of the one that comes with the bindings.
            "-Dorg.bytedeco.javacpp.pathsFirst=true",
            "-Djava.library.path=" + library,
            // Every tensor is let go by name: nothing is left to the collector.
            "-Dorg.bytedeco.javacpp.nopointergc=true",
            "-cp",
            jars,
            "org.esolm.peer.Peer"));
  }

  private static String platform() {
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    String arch = System.getProperty("os.arch");
    if (os.startsWith("linux") && arch.equals("amd64")) {
      return "linux-x86_64";
    }
    throw new IllegalArgumentException(
        "--peer: %s is there for Linux on x86-64 only, must be a command here, such as"
                .formatted(LIBTORCH)
            + " 'python torch_peer.py'");
  }
}
