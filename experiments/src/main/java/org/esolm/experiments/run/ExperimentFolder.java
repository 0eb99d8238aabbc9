package org.esolm.experiments.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.esolm.data.Corpus;
import org.esolm.experiments.config.Configs;
import org.esolm.tensor.Workers;

/**
 * The folder of an experiment of several runs: {@code plan.yaml}, a run directory for each below
 * {@code runs}, and what the experiment makes of them. It goes on where it was broken off, and only
 * with the plan that it was begun with.
 *
 * @param path where
 */
public record ExperimentFolder(Path path) {
  private static final String PLAN = "plan.yaml";

  /**
   * Refuses a folder that holds something else, or what another plan made. Writes nothing.
   *
   * @param plan the plan, a record
   * @throws IOException if it cannot be looked at
   * @throws IllegalArgumentException if it is not free for this plan
   */
  public void requireFreeFor(Object plan) throws IOException {
    Path file = path.resolve(PLAN);
    if (Files.isRegularFile(file)) {
      if (!Files.readString(file).equals(Configs.toYaml(plan))) {
        throw new IllegalArgumentException(
            "--out " + path + ": holds results of another plan, allowed: another folder");
      }
      return;
    }
    if (Files.exists(path) && !Files.isDirectory(path)) {
      throw new IllegalArgumentException("--out " + path + ": is a file, a folder is needed");
    }
    RunDirectory.requireFree(path);
    if (Files.isDirectory(path)) {
      try (var inside = Files.list(path)) {
        if (inside.findAny().isPresent()) {
          throw new IllegalArgumentException(
              "--out " + path + ": holds other files, allowed: an empty or a new folder");
        }
      }
    }
  }

  /**
   * Makes the folder and says what it is for.
   *
   * @param plan the plan, a record
   * @throws IOException if it cannot be written
   */
  public void begin(Object plan) throws IOException {
    Configs.write(plan, path.resolve(PLAN));
  }

  /**
   * The folder of a run.
   *
   * @param name its name; spaces become hyphens
   * @return a run directory
   */
  public Path run(String name) {
    return path.resolve("runs").resolve(name.replace(' ', '-'));
  }

  /**
   * Whether a run is trained.
   *
   * @param name its name
   * @return whether it has finished
   * @throws IOException if it cannot be looked at
   */
  public boolean isTrained(String name) throws IOException {
    return hasBegun(name) && RunDirectory.status(run(name)).state().equals("finished");
  }

  /**
   * Trains a run, or goes on with it, unless that is done.
   *
   * @param name its name
   * @param config what to train
   * @param corpus the configuration's corpus, opened
   * @param workers the threads that compute
   * @throws IOException if the folder cannot be written
   */
  public void train(String name, RunConfig config, Corpus corpus, Workers workers)
      throws IOException {
    if (!isTrained(name)) {
      Training.run(run(name), config, corpus, hasBegun(name), workers);
    }
  }

  private boolean hasBegun(String name) {
    return Files.exists(run(name).resolve("config.yaml"));
  }
}
