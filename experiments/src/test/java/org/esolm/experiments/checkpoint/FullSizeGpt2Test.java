package org.esolm.experiments.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.random.RandomGenerator;
import org.esolm.experiments.checkpoint.OwnProcess.Measured;
import org.esolm.experiments.checkpoint.OwnProcess.Outcome;
import org.esolm.io.Safetensors;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;
import org.esolm.tensor.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A GPT-2 of the released size, 124 M parameters with random weights, judges a text that fills its
 * window, with a small heap and in bounded memory.
 */
@Tag("slow")
class FullSizeGpt2Test {
  private static final int WINDOW = 1024;
  private static final int VOCABULARY = 50_257;
  private static final long GB = 1L << 30;
  private static final Path FOLDER = Path.of("target", "full-size-gpt2").toAbsolutePath();

  @BeforeEach
  void room() throws IOException {
    OwnProcess.deleteAll(FOLDER);
    Files.createDirectories(FOLDER);
    assumeTrue(Files.getFileStore(FOLDER).getUsableSpace() > GB, "1 GB of disk for the model");
  }

  @AfterEach
  void delete() throws IOException {
    OwnProcess.deleteAll(FOLDER);
  }

  @Test
  void aWindowFitsIntoLittleMemory() throws Exception {
    Path model = FOLDER.resolve("gpt2");
    OwnProcess.run(Writer.class, List.of(), model.toString(), "768", "12", "12");
    Path samples = FOLDER.resolve("samples.jsonl");
    Files.writeString(samples, "{\"text\": \"%s\"}".formatted("the cat sat on a mat ".repeat(300)));
    Outcome scored =
        OwnProcess.run(
            Measured.class,
            List.of("-Xmx96m"),
            "score",
            samples.toString(),
            "--evaluator",
            model.toString());
    assertThat(scored.output())
        .containsPattern("length +" + WINDOW)
        .containsPattern("tokens +" + (WINDOW - 1))
        .containsPattern("perplexity +\\d");
    assertThat(scored.peakBytes()).isLessThan(2 * GB);
    System.out.printf(
        "GPT-2 of 124 M: a window in %.1f s, %,d MB%n", scored.seconds(), scored.peakBytes() >> 20);
  }

  /** Writes a GPT-2 with random weights: folder, width, blocks, heads. */
  static final class Writer {
    private final SequencedMap<String, Tensor> tensors = new LinkedHashMap<>();
    private final RandomGenerator random = Rng.of(1, Purpose.WEIGHTS);
    private final Arena arena = Arena.ofShared();

    private Writer() {}

    private void add(String name, double scale, int... shape) {
      Tensor t = Tensor.zeros(arena, shape);
      for (long i = 0; i < t.size(); i++) {
        t.set(i, (float) scale * (random.nextLong() >> 40) * 0x1p-23f);
      }
      tensors.put(name, t);
    }

    private void layer(String name, int in, int out) {
      add(name + ".weight", 1 / Math.sqrt(in), in, out);
      add(name + ".bias", 0.1, out);
    }

    private void norm(String name, int d) {
      add(name + ".weight", 1, d);
      add(name + ".bias", 0.1, d);
    }

    public static void main(String[] args) throws IOException {
      Path folder = Path.of(args[0]);
      int d = Integer.parseInt(args[1]);
      int blocks = Integer.parseInt(args[2]);
      Writer model = new Writer();
      model.add("wte.weight", 0.1, VOCABULARY, d);
      model.add("wpe.weight", 0.1, WINDOW, d);
      for (int b = 0; b < blocks; b++) {
        model.norm("h." + b + ".ln_1", d);
        model.layer("h." + b + ".attn.c_attn", d, 3 * d);
        model.layer("h." + b + ".attn.c_proj", d, d);
        model.norm("h." + b + ".ln_2", d);
        model.layer("h." + b + ".mlp.c_fc", d, 4 * d);
        model.layer("h." + b + ".mlp.c_proj", 4 * d, d);
      }
      model.norm("ln_f", d);
      Safetensors.write(folder.resolve("model.safetensors"), model.tensors, Map.of("format", "pt"));
      Files.writeString(
          folder.resolve("config.json"),
          """
          {"model_type": "gpt2", "n_embd": %d, "n_head": %s, "n_layer": %d, "n_positions": %d, "vocab_size": %d}
          """
              .formatted(d, args[3], blocks, WINDOW, VOCABULARY));
    }
  }
}
