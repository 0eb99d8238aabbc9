package org.esolm.experiments.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
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

  @BeforeAll
  static void room() throws IOException {
    delete();
    Files.createDirectories(FOLDER);
    assumeTrue(
        Files.getFileStore(FOLDER).getUsableSpace() > 3 * GB, "3 GB of disk for two full models");
  }

  @AfterAll
  static void delete() throws IOException {
    OwnProcess.deleteAll(FOLDER);
  }

  @Test
  void importAndSample() throws Exception {
    Path hub = FOLDER.resolve("hub");
    Path run = FOLDER.resolve("run");
    OwnProcess.run(Writer.class, List.of(), hub.toString());

    OwnProcess.Outcome imported =
        OwnProcess.eso("import", hub.toString(), "--out", run.toString(), "--alpha0", "1");
    assertThat(imported.output())
        .containsPattern("parameters +" + PARAMETERS)
        .contains("tokenizer              gpt2", "logits finite");
    assertThat(imported.peakBytes()).isLessThan(3 * GB);
    assertThat(imported.seconds()).isLessThan(300); // 15 where nothing else runs
    for (var file : List.of("model.safetensors", "config.json")) {
      Files.delete(hub.resolve(file)); // what is imported stands by itself
    }

    Path samples = FOLDER.resolve("samples.jsonl");
    OwnProcess.Outcome sampled =
        OwnProcess.eso(
            "sample", run.toString(), "--count", "1", "--steps", "2", "--out", samples.toString());
    assertThat(samples).content().contains("\"nfe\":2").doesNotContain("[MASK]");
    assertThat(sampled.peakBytes()).isLessThan(4 * GB);
    System.out.printf(
        "full size: import %.1f s, %,d MB; sample %.1f s, %,d MB%n",
        imported.seconds(),
        imported.peakBytes() >> 20,
        sampled.seconds(),
        sampled.peakBytes() >> 20);
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
}
