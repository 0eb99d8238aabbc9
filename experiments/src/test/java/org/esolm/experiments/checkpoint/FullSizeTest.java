package org.esolm.experiments.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.esolm.experiments.Main;
import org.esolm.model.ModelConfig;
import org.esolm.model.Parameters;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;
import org.esolm.tensor.Tensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A model of the released size, 12 blocks of width 768 with GPT-2's vocabulary, is imported and
 * sampled from in bounded memory. Each command has a process of its own, whose memory is measured.
 */
@Tag("slow")
class FullSizeTest {
  private static final ModelConfig RELEASED =
      new ModelConfig(768, 128, 12, 12, 1024, 50_258, 50_257, 0.1);
  private static final long PARAMETERS = 169_627_218;
  private static final long GB = 1L << 30;
  private static final Path FOLDER = Path.of("target", "full-size").toAbsolutePath();

  /** The end of a command. */
  private record Outcome(String output, long peakBytes, double seconds) {}

  @BeforeAll
  static void room() throws IOException {
    delete();
    Files.createDirectories(FOLDER);
    assumeTrue(
        Files.getFileStore(FOLDER).getUsableSpace() > 3 * GB, "3 GB of disk for two full models");
  }

  @AfterAll
  static void delete() throws IOException {
    if (Files.exists(FOLDER)) {
      List<Path> all;
      try (var walk = Files.walk(FOLDER)) {
        all = walk.sorted(Comparator.reverseOrder()).toList();
      }
      for (Path path : all) {
        Files.delete(path);
      }
    }
  }

  @Test
  void importAndSample() throws Exception {
    Path hub = FOLDER.resolve("hub");
    Path run = FOLDER.resolve("run");
    process(Writer.class, hub.toString());

    Outcome imported =
        process(Measured.class, "import", hub.toString(), "--out", run.toString(), "--alpha0", "1");
    assertThat(imported.output())
        .containsPattern("parameters +" + PARAMETERS)
        .contains("tokenizer              gpt2", "logits finite");
    assertThat(imported.peakBytes()).isLessThan(3 * GB);
    assertThat(imported.seconds()).isLessThan(300); // 15 where nothing else runs
    for (var file : List.of("model.safetensors", "config.json")) {
      Files.delete(hub.resolve(file)); // what is imported stands by itself
    }

    Path samples = FOLDER.resolve("samples.jsonl");
    Outcome sampled =
        process(
            Measured.class,
            "sample",
            run.toString(),
            "--count",
            "1",
            "--steps",
            "2",
            "--out",
            samples.toString());
    assertThat(samples).content().contains("\"nfe\":2").doesNotContain("[MASK]");
    assertThat(sampled.peakBytes()).isLessThan(4 * GB);
    System.out.printf(
        "full size: import %.1f s, %,d MB; sample %.1f s, %,d MB%n",
        imported.seconds(),
        imported.peakBytes() >> 20,
        sampled.seconds(),
        sampled.peakBytes() >> 20);
  }

  private static Outcome process(Class<?> main, String... args) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--add-modules=jdk.incubator.vector");
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("--sun-misc-unsafe-memory-access=allow");
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(args));
    long start = System.nanoTime();
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    long peak =
        output
            .lines()
            .filter(line -> line.startsWith("VmHWM:"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
            .findFirst()
            .orElse(0); // no /proc: nothing is known
    return new Outcome(output, peak, (System.nanoTime() - start) * 1e-9);
  }

  /** Writes a folder of Hugging Face with random weights. */
  public static final class Writer {
    private Writer() {}

    public static void main(String[] args) throws IOException {
      try (Arena arena = Arena.ofShared()) {
        Parameters weights = new Parameters(arena, RELEASED);
        Rng random = Rng.of(1, Purpose.WEIGHTS);
        for (Tensor t : weights.named().values()) {
          for (long i = 0; i < t.size(); i++) {
            t.set(i, (random.nextLong() >> 40) * 0x1p-23f * 0.05f);
          }
        }
        Map<String, Object> config = Released.huggingFace("EsoLM", RELEASED);
        Released.folder(Path.of(args[0]), config, Released.named(weights, "backbone."));
      }
    }
  }

  /** Runs a command and says how much memory it took at most. */
  public static final class Measured {
    private Measured() {}

    public static void main(String[] args) throws IOException {
      PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
      int exit = Main.run(out, out, args);
      Path status = Path.of("/proc/self/status");
      if (Files.exists(status)) {
        Files.readAllLines(status).stream()
            .filter(l -> l.startsWith("VmHWM:"))
            .forEach(out::println);
      }
      System.exit(exit);
    }
  }
}
