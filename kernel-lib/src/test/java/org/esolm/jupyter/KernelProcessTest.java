package org.esolm.jupyter;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.esolm.jupyter.KernelClient.Execution;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The kernel as a process, under what breaks kernels. How often it is started is the system
 * property {@code esolm.kernel.starts}; the figures in docs/kernel.md come from 40.
 */
@Tag("slow")
@Timeout(600)
class KernelProcessTest {
  private static final int LINES = 200_000;

  @TempDir Path folder;

  @Test
  void it_starts_every_time() throws Exception {
    int starts = Integer.getInteger("esolm.kernel.starts", 2);
    List<Double> seconds = new ArrayList<>();
    for (int i = 0; i < starts; i++) {
      long start = System.nanoTime();
      try (KernelClient kernel = KernelClient.start(folder, "-Xmx1g")) {
        assertThat(kernel.execute("System.out.print(6 * 7);").out()).isEqualTo("42");
        seconds.add((System.nanoTime() - start) / 1e9);
      }
    }
    Collections.sort(seconds);
    report(
        "%d starts of %d, first cell after %.1f s (median)",
        seconds.size(), starts, seconds.get(starts / 2));
  }

  @Test
  void it_keeps_every_line_stops_at_once_and_outlives_errors() throws Exception {
    try (KernelClient kernel = KernelClient.start(folder, "-Xmx256m")) {
      Execution printed =
          kernel.execute("for (int i = 0; i < " + LINES + "; i++) System.out.println(i);");
      String all = IntStream.range(0, LINES).mapToObj(i -> i + "\n").collect(Collectors.joining());
      assertThat(printed.out().equals(all)).as("every line, in order").isTrue();
      report("%d lines printed, %d kept", LINES, printed.out().lines().count());

      interrupt(kernel, "a loop", "while (true) {}");
      interrupt(kernel, "a wait", "Thread.sleep(60_000);");
      assertThat(kernel.execute(model()).status()).isEqualTo("ok");
      interrupt(kernel, "training", "trainer.run(e -> {}, save);");
      for (int i = 0; i < 5; i++) { // amid a display, most likely, which must not swallow it
        String shown = "{ for (int i = 0; i < 50; i++) display(i); }";
        Execution end = interrupt(kernel, "a display", "trainer.run(e -> " + shown + ", save);");
        assertThat(end.evalue()).contains("saved");
      }
      assertThat(folder.resolve("interrupted.safetensors")).as("a checkpoint").exists();
      interrupt(
          kernel,
          "a likelihood",
          "Nelbo.of(network, system.objective(model), texts, 16, 1_000_000_000, 1);");
      interrupt(
          kernel,
          "sampling",
          "system.sampler(null, false).sample(system.denoiser(network, workers),"
              + " SampleRequest.of(4, 64).withSteps(1_000_000_000));");

      assertThat(kernel.execute("var all = new ArrayList<byte[]>();").status()).isEqualTo("ok");
      fill(kernel, 48 << 20);
      for (int i = 0; i < 3; i++) {
        fill(kernel, 1 << 20); // to the last megabyte
      }
      Execution deep = kernel.execute("int deep(int n) { return 1 + deep(n); }\ndeep(1)");
      assertThat(deep.evalue()).contains("StackOverflowError");
      assertThat(kernel.execute("System.out.print(2 + 2);").out()).isEqualTo("4");
      report("OutOfMemoryError and StackOverflowError end their cells only");

      assertThat(kernel.execute("System.exit(3);").status()).isEqualTo("dead");
      assertThat(kernel.awaitExit()).isEqualTo(3);
      report("System.exit ends the process with its code");
    }
  }

  /** Fills the heap twice, while a variable keeps all of it. */
  private static void fill(KernelClient kernel, int block) {
    for (int i = 0; i < 2; i++) {
      Execution full = kernel.execute("while (true) all.add(new byte[" + block + "]);");
      assertThat(full.evalue()).contains("OutOfMemoryError");
      assertThat(kernel.execute("System.out.print(all.isEmpty());").out()).isEqualTo("false");
    }
    assertThat(kernel.execute("all.clear();").status()).isEqualTo("ok");
    Execution after = kernel.execute("System.out.print(1 + 1);");
    assertThat(after.out()).isEqualTo("2");
    assertThat(after.err()).as("complaints").isEmpty();
  }

  private static Execution interrupt(KernelClient kernel, String what, String code)
      throws Exception {
    String id = kernel.begin("System.out.println(\"begun\");\n" + code);
    kernel.awaitOutput("begun");
    Thread.sleep(500);
    long start = System.nanoTime();
    kernel.interrupt();
    Execution end = kernel.await(id, 60_000);
    assertThat(end.status()).isEqualTo("error");
    assertThat(end.evalue()).startsWith("Interrupted");
    report("an interrupt ends %s after %.2f s", what, (System.nanoTime() - start) / 1e9);
    assertThat(kernel.execute("System.out.print(3);").out()).isEqualTo("3");
    return end;
  }

  /** A small network, and a trainer that nobody would wait for. */
  private String model() {
    return """
    import org.esolm.model.*;
    import org.esolm.objective.*;
    import org.esolm.system.*;
    import org.esolm.train.*;
    var corpus = Corpus.toy(20_000, 2_000, 0);
    var texts = corpus.validBlocks(64).first(16);
    var system = new SystemConfig("mdlm", null, null, null, null, null, null, null);
    var model = new ModelConfig(16, 8, 2, 2, 64, corpus.vocabSizeWithMask(), corpus.maskIndex(), 0.1);
    var workers = new Workers(2);
    var config = new TrainConfig(1_000_000, 6, 3e-3, 5, 0, 0.9, 0.98, 1e-8, 0, 1, 0.95, 10, 32, 0, 1);
    var trainer = new Trainer(model, system.objective(model), config,
        corpus.trainBlocks(64), corpus.validBlocks(64), workers);
    var network = new Transformer(trainer.averagedWeights(), workers);
    Runnable save = () -> {
      try {
        trainer.save(Path.of("%s"));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    };
    """
        .formatted(folder.resolve("interrupted.safetensors"));
  }

  private static void report(String format, Object... values) {
    System.out.println("kernel: " + String.format(Locale.ROOT, format, values));
  }
}
