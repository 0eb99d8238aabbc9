package org.esolm.experiments.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.esolm.checkpoint.Checkpoint;
import org.esolm.checkpoint.ReleasedModel;
import org.esolm.checkpoint.Stated;
import org.esolm.data.CorpusConfig;
import org.esolm.experiments.config.Configs;
import org.esolm.experiments.jupyter.Jupyter;
import org.esolm.experiments.run.Imports;
import org.esolm.experiments.run.RunConfig;
import org.esolm.experiments.run.RunDirectory;
import org.esolm.experiments.run.Training;
import org.esolm.notebook.Display;
import org.esolm.system.SystemConfig;
import org.esolm.tensor.Workers;

/**
 * Where a cell begins:
 *
 * <pre>{@code
 * var corpus = Eso.corpus("toy");
 * var run = Eso.train(RunConfig.quick(SystemConfig.eso(0.25)), corpus);
 * run.sample(4)
 * }</pre>
 *
 * <p>A run lives in a folder named after its configuration. A cell that is run again finds it there
 * instead of training again; one that was interrupted goes on where it was; another configuration
 * is another run.
 */
public final class Eso {
  private Eso() {}

  /**
   * A corpus with its usual size.
   *
   * @param name toy or markov
   * @return the corpus
   */
  public static OpenCorpus corpus(String name) {
    return OpenCorpus.of(CorpusConfig.of(name, Optional.empty()));
  }

  /**
   * A text of one's own.
   *
   * @param name characters or words; toy for a language of one's own
   * @param file UTF-8
   * @return the corpus
   */
  public static OpenCorpus corpus(String name, Path file) {
    return OpenCorpus.of(CorpusConfig.of(name, Optional.of(file)));
  }

  /**
   * The folder in which runs are kept: what the environment variable {@code ESO_RUNS} says, else
   * {@code runs} of the repository, else of the current folder.
   *
   * @return a folder that need not exist yet
   */
  public static Path runs() {
    String own = System.getenv("ESO_RUNS");
    if (own != null) {
      return Path.of(own);
    }
    try {
      return Jupyter.repository().resolve("runs");
    } catch (IllegalArgumentException e) {
      return Path.of("runs").toAbsolutePath();
    }
  }

  /**
   * Trains a system as {@link RunConfig#quick} does, unless that was done before.
   *
   * @param system what to train
   * @param corpus what it reads
   * @return the run
   */
  public static Run train(SystemConfig system, OpenCorpus corpus) {
    return train(RunConfig.quick(system), corpus);
  }

  /**
   * Trains, unless a run of this very configuration is there already.
   *
   * @param config what to train; its corpus is replaced by the next argument
   * @param corpus what it reads
   * @return the run
   * @throws CancellationException if the cell was interrupted; run it again to go on
   */
  public static Run train(RunConfig config, OpenCorpus corpus) {
    RunConfig whole = config.withCorpus(corpus.config());
    return train(runs().resolve(name(whole)), whole, corpus);
  }

  /**
   * Trains under a name of one's own.
   *
   * @param name of the run's folder in {@link #runs}
   * @param config what to train; its corpus is replaced by the next argument
   * @param corpus what it reads
   * @return the run
   * @throws IllegalArgumentException if the name belongs to a run of another configuration
   * @throws CancellationException if the cell was interrupted; run it again to go on
   */
  public static Run train(String name, RunConfig config, OpenCorpus corpus) {
    return train(runs().resolve(name), config.withCorpus(corpus.config()), corpus);
  }

  static Run train(Path folder, RunConfig config, OpenCorpus corpus) {
    Run run = new Run(folder, corpus);
    try {
      boolean begun = Files.exists(folder.resolve("config.yaml"));
      if (begun) {
        requireSame(folder, config);
        if (RunDirectory.status(folder).state().equals("finished")) {
          String found = "%s: trained before".formatted(run.label());
          Display.text(found).display();
          return run;
        }
      }
      try (Workers workers = Workers.ofMachine();
          Watching watching = new Watching(run)) {
        Training.run(folder, config, corpus.corpus(), begun, workers, watching);
      }
      return run;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (CancellationException e) {
      Thread.interrupted(); // heard
      throw new CancellationException(e.getMessage() + "; run the cell again to go on");
    }
  }

  /**
   * A model that was trained elsewhere as a run, unless it was imported before.
   *
   * @param name of the run's folder in {@link #runs}
   * @param checkpoint a Lightning checkpoint or a folder of Hugging Face, which says all about
   *     itself
   * @return the run
   * @throws IllegalArgumentException if the checkpoint cannot be read or leaves something open;
   *     then {@code ./eso import} takes what is to be said
   */
  public static Run importCheckpoint(String name, Path checkpoint) {
    Path out = runs().resolve(name);
    if (Files.exists(out.resolve("config.yaml"))) {
      return new Run(out);
    }
    try (Checkpoint opened = Checkpoint.open(checkpoint, Optional.empty());
        Workers workers = Workers.ofMachine()) {
      ReleasedModel model = ReleasedModel.of(opened, Stated.NOTHING);
      Path folder =
          Files.isDirectory(checkpoint) ? checkpoint : checkpoint.toAbsolutePath().getParent();
      CorpusConfig corpus = Imports.corpus(model, folder, Optional.empty());
      Imports.run(opened, model, corpus, out, workers);
      return new Run(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * A run that was trained before, by a cell or by the command line.
   *
   * @param folder a path, or a name in {@link #runs}
   * @return the run
   * @throws IllegalArgumentException if there is none; names those that there are
   */
  public static Run open(String folder) {
    Path given = Path.of(folder);
    for (Path path :
        List.of(given, runs().resolve(folder), runs().resolveSibling(given).normalize())) {
      if (Files.exists(path.resolve("config.yaml"))) {
        return new Run(path);
      }
    }
    throw new IllegalArgumentException(
        "run: '%s' is not there, allowed: a run's folder, or one of %s"
            .formatted(folder, list().stream().map(Run::name).toList()));
  }

  /**
   * All runs that are there.
   *
   * @return by name
   */
  public static List<Run> list() {
    if (!Files.isDirectory(runs())) {
      return List.of();
    }
    try (Stream<Path> folders = Files.list(runs())) {
      return folders
          .filter(f -> Files.exists(f.resolve("config.yaml")))
          .sorted()
          .map(Run::new)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The name that a configuration's run gets: the system, and a fingerprint of everything else.
   *
   * @param config a whole configuration
   * @return for instance {@code eso-0.25-3f2a91}
   */
  static String name(RunConfig config) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256")
              .digest(Configs.toYaml(config).getBytes(StandardCharsets.UTF_8));
      String print = HexFormat.of().formatHex(hash, 0, 3);
      return config.system().label().replace(' ', '-') + "-" + print;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JDK has it
    }
  }

  private static void requireSame(Path folder, RunConfig config) throws IOException {
    RunConfig before = RunDirectory.config(folder, RunConfig.class);
    boolean moreSteps =
        config.train().steps() >= before.train().steps()
            && before.withSteps(config.train().steps()).equals(config);
    if (before.equals(config)) {
      return;
    }
    List<String> was = Configs.toYaml(before).lines().toList();
    List<String> is = Configs.toYaml(config).lines().toList();
    String differs = is.stream().filter(line -> !was.contains(line)).findFirst().orElse("").strip();
    throw new IllegalArgumentException(
        "run: '%s' is of another configuration (not '%s'), allowed: %s"
            .formatted(
                folder.getFileName(),
                differs,
                moreSteps
                    ? "another name, or ./eso train --resume for more steps"
                    : "another name, or none"));
  }
}
