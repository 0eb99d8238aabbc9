package org.esolm.experiments.command;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.BiConsumer;
import org.esolm.data.Tokenizer;
import org.esolm.experiments.run.TrainedRun;
import org.esolm.io.AtomicFiles;
import org.esolm.sampler.Denoiser;
import org.esolm.sampler.SampleRequest;
import org.esolm.sampler.Sampler;
import org.esolm.sampler.Samples;
import org.esolm.system.SystemConfig;
import org.esolm.tensor.WeightFormat;
import org.esolm.tensor.Workers;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Draws texts from a trained network. */
@Command(
    name = "sample",
    description = "Draw texts from a trained network, as JSON lines or to read.")
public final class SampleCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "RUN", description = "The folder of a training run.")
  private Path folder;

  @Option(
      names = "--count",
      paramLabel = "N",
      defaultValue = "1",
      description = "How many texts (default: ${DEFAULT-VALUE}).")
  private int count;

  @Option(
      names = "--steps",
      paramLabel = "T",
      description = "Steps of the diffusion grid; BD3-LM: of each block (default: one a token).")
  private Optional<Integer> steps = Optional.empty();

  @Option(
      names = "--alpha0",
      paramLabel = "A",
      description = "Eso-LM: the share of tokens left to diffusion (default: as in training).")
  private Optional<Double> alpha0 = Optional.empty();

  @Option(
      names = "--nucleus",
      paramLabel = "P",
      defaultValue = "1",
      description = "Draw from the likeliest tokens that have this mass (default: 1, all).")
  private double nucleus;

  @Option(
      names = "--temperature",
      paramLabel = "X",
      defaultValue = "1",
      description = "Divides the logits; 0 takes the likeliest token (default: 1).")
  private double temperature;

  @Option(names = "--seed", paramLabel = "S", defaultValue = "0", description = "Default: 0.")
  private long seed;

  @Option(
      names = "--first-hitting",
      description = "MDLM, BD3-LM, Eso-LM: one token an evaluation, without the grid's error.")
  private boolean firstHitting;

  @Option(
      names = "--length",
      paramLabel = "L",
      description = "Tokens a text (default: as in training, or the --infill text's own).")
  private Optional<Integer> length = Optional.empty();

  @Option(
      names = "--weights",
      paramLabel = "f32|bf16|int8",
      defaultValue = "f32",
      description = {
        "How the matrices are kept: shorter is faster where they do not fit into a cache, and",
        "changes the law a little, see likelihood --weights (default: ${DEFAULT-VALUE})."
      })
  private String weights;

  @Option(
      names = "--batch",
      paramLabel = "B",
      defaultValue = "16",
      description = "Texts drawn together; changes the time, not the texts (default: 16).")
  private int batch;

  @ArgGroup private Given given = new Given();

  /** At most one of the two. */
  static final class Given {
    @Option(names = "--prompt", paramLabel = "TEXT", description = "Every text begins with this.")
    private Optional<String> prompt = Optional.empty();

    @Option(
        names = "--infill",
        paramLabel = "TEXT",
        description = "Fill each [MASK] of this text with one token.")
    private Optional<String> infill = Optional.empty();
  }

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Write JSON lines to this file, whole or not at all (default: print texts).")
  private Optional<Path> out = Optional.empty();

  /** For picocli. */
  public SampleCommand() {}

  /**
   * Draws the texts.
   *
   * @return 0
   * @throws IOException if a file cannot be read or written
   */
  @Override
  public Integer call() throws IOException {
    require(count >= 1, "--count: " + count + ", must be at least 1");
    WeightFormat format = WeightFormat.of(weights);
    require(batch >= 1, "--batch: " + batch + ", must be at least 1");
    out.ifPresent(
        file ->
            require(!Files.isDirectory(file), "--out " + file + ": a folder, a file is needed"));
    return Interruptible.run(
        spec.commandLine().getErr(),
        out.isPresent() ? "; nothing is written" : "",
        () -> sample(format));
  }

  private int sample(WeightFormat format) throws IOException {
    try (Workers workers = Workers.ofMachine();
        TrainedRun run = TrainedRun.open(folder, workers)) {
      SystemConfig system = run.config().system();
      require(
          alpha0.isEmpty() || system.name().equals("eso"),
          "--alpha0: only for eso, the run is of " + system.name());
      Sampler sampler = system.sampler(alpha0.orElse(null), firstHitting);
      SampleRequest request = request(run);
      Denoiser denoiser = run.denoiser(format);
      if (out.isPresent()) {
        StringBuilder lines = new StringBuilder();
        SampleFile.Origin origin = SampleFile.Origin.of(run.config(), alpha0, request);
        draw(
            run,
            denoiser,
            sampler,
            request,
            (index, s) -> lines.append(SampleFile.line(index, s, origin, run.tokenizer())));
        AtomicFiles.write(out.get(), lines.toString());
      } else {
        PrintWriter text = spec.commandLine().getOut();
        draw(run, denoiser, sampler, request, (index, s) -> print(index, s, run.tokenizer(), text));
      }
    }
    return 0;
  }

  private SampleRequest request(TrainedRun run) {
    Tokenizer tokenizer = run.tokenizer();
    int[] filled = given.infill.map(tokenizer::encodeMasked).orElse(null);
    int tokens = length.orElse(filled == null ? run.config().model().length() : filled.length);
    SystemConfig system = run.config().system();
    SampleRequest request =
        SampleRequest.of(count, tokens)
            .withSteps(steps.orElse(system.name().equals("bd3lm") ? system.blockSize() : tokens))
            .withSeed(seed)
            .withNucleus(nucleus)
            .withTemperature(temperature);
    if (filled != null) {
      require(
          filled.length <= tokens,
          "--infill: %d tokens, must be at most --length %d".formatted(filled.length, tokens));
      int[] known = Arrays.copyOf(filled, tokens);
      Arrays.fill(known, filled.length, tokens, -1);
      return request.withGiven(
          Arrays.stream(known).map(t -> t == tokenizer.maskIndex() ? -1 : t).toArray());
    }
    if (given.prompt.isPresent()) {
      return request.withPrompt(tokenizer.encode(given.prompt.get()));
    }
    return system.startsGiven() && tokenizer.separator().isPresent()
        ? request.withPrompt(tokenizer.separator().getAsInt())
        : request;
  }

  private void draw(
      TrainedRun run,
      Denoiser denoiser,
      Sampler sampler,
      SampleRequest request,
      BiConsumer<Integer, Samples> consumer) {
    int batches = Math.ceilDiv(count, batch);
    try (StepProgress progress =
        new StepProgress("sampling " + run.config().system().label(), batches)) {
      for (int first = 0; first < count; first += batch) {
        int n = Math.min(batch, count - first);
        Samples samples = sampler.sample(denoiser, request.withBatch(first, n), progress.batch());
        consumer.accept(first, samples);
      }
    }
  }

  private static void print(int first, Samples samples, Tokenizer tokenizer, PrintWriter text) {
    for (int i = 0; i < samples.tokens().length; i++) {
      text.printf(
          "--- %d (batch of %d: NFE %d, %.3f s)%n",
          first + i, samples.tokens().length, samples.nfe(), samples.seconds());
      text.println(tokenizer.decode(samples.tokens()[i]));
    }
  }

  private static void require(boolean holds, String message) {
    if (!holds) {
      throw new IllegalArgumentException(message);
    }
  }
}
