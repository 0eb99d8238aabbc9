package org.esolm.experiments.command;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.esolm.checkpoint.Checkpoint;
import org.esolm.checkpoint.ReleasedModel;
import org.esolm.checkpoint.SelfTest;
import org.esolm.checkpoint.Stated;
import org.esolm.checkpoint.WeightChoice;
import org.esolm.data.CorpusConfig;
import org.esolm.experiments.run.Imports;
import org.esolm.experiments.run.Imports.Imported;
import org.esolm.model.Gpt2;
import org.esolm.model.Gpt2Config;
import org.esolm.model.ModelConfig;
import org.esolm.system.SystemConfig;
import org.esolm.tensor.Workers;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Makes a run of a checkpoint of the released code. */
@Command(
    name = "import",
    description = "Make a run of a released checkpoint: a .ckpt, or a folder of Hugging Face.")
public final class ImportCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "CHECKPOINT",
      description = "A Lightning .ckpt, a folder with config.json, or a .safetensors file.")
  private Path path;

  @Option(names = "--out", paramLabel = "RUN", required = true, description = "The run's folder.")
  private Path out;

  @Option(
      names = "--weights",
      paramLabel = "ema|raw",
      description = "Of a .ckpt: the average or the last step's (default: ema if there is one).")
  private Optional<WeightChoice> weights = Optional.empty();

  @Option(
      names = "--system",
      paramLabel = "ar|mdlm|bd3lm|eso",
      description = "The system (default: what the checkpoint says).")
  private Optional<String> system = Optional.empty();

  @Option(
      names = "--alpha0",
      paramLabel = "A",
      description = "Eso-LM: alpha_0 of its training (default: what checkpoint or name say, or 1).")
  private Optional<Double> alpha0 = Optional.empty();

  @Option(
      names = "--block-size",
      paramLabel = "S",
      description = "BD3-LM: tokens a block (default: what the checkpoint says).")
  private Optional<Integer> blockSize = Optional.empty();

  @Option(
      names = "--heads",
      paramLabel = "N",
      description = "Attention heads a block (default: what the checkpoint says).")
  private Optional<Integer> heads = Optional.empty();

  @Option(
      names = "--length",
      paramLabel = "L",
      description = "Tokens a sequence (default: what the checkpoint says).")
  private Optional<Integer> length = Optional.empty();

  @Option(
      names = "--tokenizer",
      paramLabel = "gpt2|PATH",
      description = "gpt2, or a tokenizer.json (default: what the checkpoint says).")
  private Optional<String> tokenizer = Optional.empty();

  @Option(names = "--json", description = "Print one line of JSON.")
  private boolean json;

  /** For picocli. */
  public ImportCommand() {}

  /**
   * Imports.
   *
   * @return 0
   * @throws IOException if a file cannot be read or written
   */
  @Override
  public Integer call() throws IOException {
    system
        .filter(name -> !SystemConfig.NAMES.contains(name))
        .ifPresent(
            name -> {
              throw new IllegalArgumentException(
                  "--system: '%s', must be one of %s"
                      .formatted(name, String.join(", ", SystemConfig.NAMES)));
            });
    Imports.requireEmpty(out);
    if (Checkpoint.isGpt2(path)) {
      try (Workers workers = Workers.ofMachine();
          Gpt2 gpt2 = Gpt2.read(path, workers)) {
        evaluator(gpt2).print(spec.commandLine().getOut(), json);
      }
      return 0;
    }
    try (Checkpoint checkpoint = Checkpoint.open(path, weights)) {
      ReleasedModel model =
          ReleasedModel.of(checkpoint, new Stated(system, alpha0, blockSize, heads, length));
      Path folder = Files.isDirectory(path) ? path : path.toAbsolutePath().getParent();
      CorpusConfig corpus = Imports.corpus(model, folder, tokenizer);
      try (Workers workers = Workers.ofMachine()) {
        Imported imported = Imports.run(checkpoint, model, corpus, out, workers);
        report(checkpoint, model, imported).print(spec.commandLine().getOut(), json);
      }
    }
    return 0;
  }

  /** GPT-2 is asked where it lies. */
  private Report evaluator(Gpt2 gpt2) {
    Gpt2Config sizes = gpt2.config();
    return new Report()
        .put("checkpoint", path.toString())
        .put("format", "GPT-2, an evaluator of samples: not a run, so nothing was written")
        .put("blocks", sizes.blocks())
        .put("width", sizes.hiddenSize())
        .put("heads", sizes.heads())
        .put("length", sizes.positions())
        .put("vocabulary", sizes.vocabSize())
        .put("self_test", text(SelfTest.of(gpt2)))
        .put("use", "eso score SAMPLES --evaluator " + path);
  }

  private Report report(Checkpoint checkpoint, ReleasedModel model, Imported imported) {
    ModelConfig sizes = imported.model();
    return new Report()
        .put("checkpoint", path.toString())
        .put("format", checkpoint.format())
        .put("system", model.system().label())
        .put("blocks", sizes.blocks())
        .put("width", sizes.hiddenSize())
        .put("heads", sizes.heads())
        .put("conditioning", sizes.condDim())
        .put("length", sizes.length())
        .put("vocabulary", sizes.vocabSize())
        .put("parameters", imported.parameters())
        .put("type", model.types())
        .put("weights", checkpoint.weights())
        .put("step", checkpoint.step().orElse(null))
        .put("tokenizer", imported.config().corpus().tokenizer().orElseThrow())
        .put("ignored", text(String.join(", ", checkpoint.ignored())))
        .put("assumed", text(String.join("; ", model.notes())))
        .put("self_test", text(imported.selfTest()))
        .put("run", out.toString());
  }

  private static String text(String s) {
    return s.isEmpty() ? null : s;
  }

  private static String text(SelfTest test) {
    return String.format(
        Locale.ROOT,
        "logits finite, loss %.3f nats a token on %d random tokens (guessing costs log V = %.3f)",
        test.loss(),
        test.tokens(),
        test.logV());
  }
}
