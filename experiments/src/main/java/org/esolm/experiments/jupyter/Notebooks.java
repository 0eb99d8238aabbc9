package org.esolm.experiments.jupyter;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The notebooks of the repository, which people call by number, name or path.
 *
 * @param files sorted by name
 */
record Notebooks(List<Path> files) {
  /** Lists those of a repository. */
  static Notebooks of(Path home) throws IOException {
    try (Stream<Path> files = Files.list(home.resolve("notebooks"))) {
      return new Notebooks(files.filter(f -> f.toString().endsWith(".ipynb")).sorted().toList());
    }
  }

  /**
   * Finds one.
   *
   * @param word {@code 4}, {@code 04}, {@code 04-ar-to-diffusion}, {@code ar-to-diffusion}, or the
   *     path of any notebook
   * @throws IllegalArgumentException if there is none, or more than one
   */
  Path find(String word) {
    if (word.endsWith(".ipynb") && Files.isRegularFile(Path.of(word))) {
      return Path.of(word);
    }
    String wanted = word.matches("\\d") ? "0" + word : word.replaceFirst("\\.ipynb$", "");
    List<Path> found =
        files.stream()
            .filter(
                f ->
                    name(f).equals(wanted)
                        || number(f).equals(wanted)
                        || name(f).equals(number(f) + "-" + wanted))
            .toList();
    if (found.size() != 1) {
      throw new IllegalArgumentException(
          "NOTEBOOK: %s '%s', allowed: a path, or a number or name of %s"
              .formatted(
                  found.isEmpty() ? "there is no" : "more than one is called",
                  word,
                  files.stream().map(Notebooks::name).collect(Collectors.joining(", "))));
    }
    return found.getFirst();
  }

  /** The file's name without its ending. */
  static String name(Path notebook) {
    return notebook.getFileName().toString().replaceFirst("\\.ipynb$", "");
  }

  private static String number(Path notebook) {
    return name(notebook).replaceFirst("-.*", "");
  }
}
