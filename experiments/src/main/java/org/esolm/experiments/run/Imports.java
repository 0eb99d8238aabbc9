package org.esolm.experiments.run;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.esolm.checkpoint.Checkpoint;
import org.esolm.checkpoint.ReleasedModel;
import org.esolm.checkpoint.SelfTest;
import org.esolm.data.CorpusConfig;
import org.esolm.data.Gpt2Tokenizer;
import org.esolm.data.Tokenizer;
import org.esolm.io.AtomicFiles;
import org.esolm.io.Safetensors;
import org.esolm.model.ModelConfig;
import org.esolm.model.Parameters;
import org.esolm.model.Transformer;
import org.esolm.tensor.Tensor;
import org.esolm.tensor.Workers;
import org.esolm.train.TrainConfig;

/** Makes a run directory of a model that was trained elsewhere. */
public final class Imports {
  /** Sequences of a pass where a run's own batch is asked for; not that of the training. */
  private static final int BATCH = 16;

  private Imports() {}

  /**
   * What an import found.
   *
   * @param config of the run
   * @param model the transformer's sizes
   * @param parameters their number
   * @param selfTest what the network answered
   */
  public record Imported(RunConfig config, ModelConfig model, long parameters, SelfTest selfTest) {}

  /**
   * The tokenizer of a model.
   *
   * @param model the model
   * @param folder where a tokenizer.json may lie beside it
   * @param stated what to take; empty for what the model says
   * @return as {@link CorpusConfig#tokenizer}
   * @throws IllegalArgumentException if nothing says it, or it has another vocabulary
   */
  public static CorpusConfig corpus(ReleasedModel model, Path folder, Optional<String> stated) {
    String tokenizer = stated.orElseGet(() -> found(model, folder));
    CorpusConfig corpus = CorpusConfig.text(Optional.empty(), tokenizer);
    requireVocabulary(model, corpus.subwords(), tokenizer);
    return corpus;
  }

  private static String found(ReleasedModel model, Path folder) {
    Optional<String> said = model.tokenizer();
    if (said.map(name -> name.startsWith("gpt2")).orElse(false)) {
      return Gpt2Tokenizer.NAME;
    }
    Path beside = folder.resolve("tokenizer.json");
    if (Files.exists(beside)) {
      return beside.toString();
    }
    if (said.isEmpty() && model.vocabSize() == new Gpt2Tokenizer().vocabSizeWithMask()) {
      return Gpt2Tokenizer.NAME;
    }
    throw new IllegalArgumentException(
        "--tokenizer: the model has %,d tokens%s, needed: %s, or the path of a tokenizer.json"
            .formatted(
                model.vocabSize(),
                said.map(name -> " of " + name).orElse(" and does not say whose"),
                Gpt2Tokenizer.NAME));
  }

  private static void requireVocabulary(ReleasedModel model, Tokenizer tokenizer, String name) {
    if (tokenizer.vocabSizeWithMask() != model.vocabSize()) {
      throw new IllegalArgumentException(
          "--tokenizer: %s has %,d tokens with the mask, the model has %,d"
              .formatted(name, tokenizer.vocabSizeWithMask(), model.vocabSize()));
    }
    model
        .maskIndex()
        .filter(mask -> mask != tokenizer.maskIndex())
        .ifPresent(
            mask -> {
              throw new IllegalArgumentException(
                  "--tokenizer: %s has %d as its mask, the model has %d"
                      .formatted(name, tokenizer.maskIndex(), mask));
            });
  }

  /**
   * Reads a model, tests it and writes the run, whole or not at all.
   *
   * @param checkpoint opened
   * @param model of the checkpoint
   * @param corpus with its tokenizer
   * @param out the run's folder; not there yet, or empty
   * @param workers the threads that compute
   * @return what was found
   * @throws IOException if a file cannot be read or written
   * @throws IllegalArgumentException if the folder is taken, or the network computes no numbers
   */
  public static Imported run(
      Checkpoint checkpoint, ReleasedModel model, CorpusConfig corpus, Path out, Workers workers)
      throws IOException {
    requireEmpty(out);
    Tokenizer tokenizer = corpus.subwords();
    ModelConfig sizes = model.config(tokenizer);
    RunConfig config =
        new RunConfig(
            corpus,
            model.system(),
            new ModelSizes(
                sizes.hiddenSize(),
                sizes.condDim(),
                sizes.blocks(),
                sizes.heads(),
                sizes.length(),
                sizes.dropout()),
            TrainConfig.paper(
                checkpoint.step().map(s -> Math.clamp(s, 1, Integer.MAX_VALUE)).orElse(1), BATCH));
    try (Arena arena = Arena.ofShared()) {
      Parameters weights = new Parameters(arena, sizes);
      model.read(weights);
      SelfTest test;
      try (Transformer network = new Transformer(weights, workers)) {
        test = SelfTest.of(network, model.system());
      }
      write(checkpoint, config, tokenizer, weights, out);
      return new Imported(config, sizes, weights.count(), test);
    }
  }

  /**
   * Refuses a folder that holds something. Writes nothing.
   *
   * @param out where a run is to go
   * @throws IOException if it cannot be looked at
   * @throws IllegalArgumentException if it is a file or not empty
   */
  public static void requireEmpty(Path out) throws IOException {
    if (Files.exists(out) && !Files.isDirectory(out)) {
      throw new IllegalArgumentException("--out " + out + ": is a file, allowed: a new folder");
    }
    if (Files.isDirectory(out)) {
      try (var files = Files.list(out)) {
        if (files.findAny().isPresent()) {
          throw new IllegalArgumentException(
              "--out " + out + ": already holds files, allowed: a new folder");
        }
      }
    }
  }

  /** Beside its place first, so that a run that is there is a whole one. */
  private static void write(
      Checkpoint checkpoint, RunConfig config, Tokenizer tokenizer, Parameters weights, Path out)
      throws IOException {
    Path place = out.toAbsolutePath().normalize();
    Files.createDirectories(place.getParent());
    Path part = place.resolveSibling("." + place.getFileName() + "." + UUID.randomUUID());
    try {
      Provenance provenance =
          Provenance.gather(
              Path.of(System.getProperty("eso.home", ".")),
              Map.of(),
              Stream.concat(checkpoint.files().stream(), config.corpus().files().stream())
                  .toList());
      try (RunDirectory run = RunDirectory.create(part, config, provenance)) {
        AtomicFiles.write(part.resolve(Training.TOKENS), tokenizer.definition());
        SequencedMap<String, Tensor> named = new LinkedHashMap<>();
        weights.named().forEach((name, t) -> named.put("ema/" + name, t));
        Safetensors.write(
            run.checkpoint(Training.CHECKPOINT), named, Map.of("weights", checkpoint.weights()));
        run.finished();
      }
      Files.deleteIfExists(place);
      Files.move(part, place);
    } finally {
      deleteAll(part);
    }
  }

  private static void deleteAll(Path folder) throws IOException {
    if (Files.exists(folder)) {
      List<Path> all;
      try (var walk = Files.walk(folder)) {
        all = walk.toList().reversed();
      }
      for (Path path : all) {
        Files.delete(path);
      }
    }
  }
}
