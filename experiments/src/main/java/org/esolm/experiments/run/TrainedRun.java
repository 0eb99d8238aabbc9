package org.esolm.experiments.run;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import org.esolm.data.Corpus;
import org.esolm.data.Tokenizer;
import org.esolm.io.Safetensors;
import org.esolm.model.DecoderWeights;
import org.esolm.model.Parameters;
import org.esolm.model.Transformer;
import org.esolm.objective.Nelbo;
import org.esolm.objective.Objective;
import org.esolm.sampler.Denoiser;
import org.esolm.tensor.WeightFormat;
import org.esolm.tensor.Workers;

/** A trained network from a run directory, with its averaged weights, ready to be asked. */
public final class TrainedRun implements AutoCloseable {
  private final RunConfig config;
  private final Tokenizer tokenizer;
  private final Workers workers;
  private final Arena arena = Arena.ofShared();
  private final Transformer network;
  private Corpus corpus; // null until asked for
  private DecoderWeights packed; // null until asked for

  private TrainedRun(RunConfig config, Tokenizer tokenizer, Workers workers, Path checkpoint)
      throws IOException {
    this.config = config;
    this.tokenizer = tokenizer;
    this.workers = workers;
    Parameters weights = new Parameters(arena, config.model().of(config.system(), tokenizer));
    try (Safetensors tensors = Safetensors.open(checkpoint)) {
      weights.named().forEach((name, t) -> tensors.readFloats("ema/" + name, t));
    }
    network = new Transformer(weights, workers);
  }

  /**
   * Opens a run.
   *
   * @param folder of a run that has a checkpoint
   * @param workers the threads that compute
   * @return the network, to be closed
   * @throws IOException if it cannot be read
   * @throws IllegalArgumentException if there is no run or it has no checkpoint yet
   */
  public static TrainedRun open(Path folder, Workers workers) throws IOException {
    RunConfig config = RunDirectory.config(folder, RunConfig.class);
    Path checkpoint = folder.resolve("checkpoints").resolve(Training.CHECKPOINT);
    if (!Files.exists(checkpoint)) {
      throw new IllegalArgumentException(
          folder + ": no checkpoint yet; train on with: eso train --resume");
    }
    String tokens = Files.readString(folder.resolve(Training.TOKENS));
    return new TrainedRun(config, config.corpus().tokenizer(tokens), workers, checkpoint);
  }

  /**
   * Opens a run whose corpus is at hand already.
   *
   * @param folder of a run that has a checkpoint
   * @param corpus the run's corpus
   * @param workers the threads that compute
   * @return the network, to be closed
   * @throws IOException if it cannot be read
   * @throws IllegalArgumentException if there is no run, it has no checkpoint yet, or it is not of
   *     this corpus
   */
  public static TrainedRun open(Path folder, Corpus corpus, Workers workers) throws IOException {
    TrainedRun run = open(folder, workers);
    try {
      run.corpus = run.checked(corpus);
      return run;
    } catch (IllegalArgumentException e) {
      run.close();
      throw e;
    }
  }

  /**
   * What was trained.
   *
   * @return the run's configuration
   */
  public RunConfig config() {
    return config;
  }

  /**
   * Text to the network's tokens and back.
   *
   * @return the tokenizer, as it was when the run was trained
   */
  public Tokenizer tokenizer() {
    return tokenizer;
  }

  /**
   * What it was trained on, opened when first asked for.
   *
   * @return the corpus
   * @throws IllegalArgumentException if its files are gone or have another vocabulary now
   */
  public Corpus corpus() {
    if (corpus == null) {
      corpus = checked(config.corpus().open());
    }
    return corpus;
  }

  private Corpus checked(Corpus opened) {
    if (!opened.tokenizer().tokens().equals(tokenizer.tokens())) {
      throw new IllegalArgumentException(
          opened.name() + ": its vocabulary is not that of the run, needed: the run's own text");
    }
    return opened;
  }

  /**
   * The network with the averaged weights.
   *
   * @return the network, which lives as long as this
   */
  public Transformer network() {
    return network;
  }

  /**
   * What the network learned.
   *
   * @return its objective
   */
  public Objective objective() {
    return config.system().objective(network.config());
  }

  /**
   * The network as samplers ask it.
   *
   * @return the denoiser
   */
  public Denoiser denoiser() {
    return denoiser(WeightFormat.F32);
  }

  /**
   * The network as samplers ask it. Its weights are packed at the first call.
   *
   * @param format how its matrices are kept
   * @return the denoiser
   */
  public Denoiser denoiser(WeightFormat format) {
    if (packed == null || packed.format() != format) {
      packed = DecoderWeights.of(network.weights(), workers, format);
    }
    return config.system().denoiser(packed, workers);
  }

  /**
   * The bound on the negative log-likelihood of texts.
   *
   * @param texts [n, L]
   * @param draws passes over each text
   * @param seed of times, masks and orders
   * @return nats a text
   */
  public double[] nelbo(int[][] texts, int draws, long seed) {
    return Nelbo.of(network, objective(), texts, config.train().batch(), draws, seed);
  }

  @Override
  public void close() {
    network.close();
    arena.close();
  }
}
