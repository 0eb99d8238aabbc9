package org.esolm.experiments.command;

import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.esolm.experiments.bench.MavenModule;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/** {@code eso bench kernels}: the vector kernels under JMH. */
@Command(
    name = "kernels",
    description = {
      "Time the vector kernels one by one under JMH, built on first use: four minutes for all.",
      "Further arguments are JMH's, such as 'layerNorm -p d=256', '-l' (which there are) or",
      "'-f 1 -wi 1 -i 2' (sooner, less certain); '-- -h' tells all of them."
    })
final class BenchKernelsCommand implements Callable<Integer> {
  @Unmatched private List<String> arguments = new ArrayList<>();

  @Override
  public Integer call() throws IOException, InterruptedException {
    Path root = Path.of(System.getProperty("eso.home", "."));
    if (!Files.exists(root.resolve("experiments/jmh/pom.xml"))) {
      throw new IllegalArgumentException(root + ": must be a source tree, with experiments/jmh");
    }
    MavenModule.build(root, "jmh");
    Path target = root.resolve("experiments/jmh/target");
    String classPath =
        target.resolve("classes")
            + File.pathSeparator
            + Files.readString(target.resolve("runtime.classpath")).strip();
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(List.of("-cp", classPath, "org.openjdk.jmh.Main"));
    command.addAll(arguments);
    return new ProcessBuilder(command).inheritIO().start().waitFor() == 0 ? 0 : 1;
  }
}
