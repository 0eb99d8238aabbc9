package org.esolm.jupyter;

import java.io.File;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;
import java.util.stream.Stream;

/** What a notebook has added to the class path that its kernel was started with. */
final class ClassPath {
  private final CellSession session;
  private final SequencedSet<Path> added = new LinkedHashSet<>();

  ClassPath(CellSession session) {
    this.session = session;
  }

  /**
   * Adds folders and jars; what is there already is left out.
   *
   * @return how many are new
   */
  int add(List<Path> entries) {
    int before = added.size();
    for (Path entry : entries) {
      Path whole = entry.toAbsolutePath().normalize();
      if (added.add(whole)) {
        session.addToClassPath(whole);
      }
    }
    return added.size() - before;
  }

  List<Path> added() {
    return List.copyOf(added);
  }

  /** The path that a word means: {@code ~} is the home, all else is relative to the notebook. */
  static Path path(String word) {
    return word.equals("~") || word.startsWith("~/")
        ? Path.of(System.getProperty("user.home"), word.substring(1))
        : Path.of(word);
  }

  /** The files that fit a pattern with {@code *}, {@code ?} and {@code **}, sorted. */
  static List<Path> glob(String pattern) throws IOException {
    Path whole = path(pattern.replace("*", "\u0001").replace("?", "\u0002")).toAbsolutePath();
    Path base = whole.getRoot();
    for (Path part : whole) {
      if (part.toString().matches(".*[\u0001\u0002\\[{].*")) {
        break;
      }
      base = base.resolve(part);
    }
    if (!Files.exists(base)) {
      return List.of();
    }
    String glob = whole.normalize().toString().replace("\u0001", "*").replace("\u0002", "?");
    PathMatcher matcher =
        FileSystems.getDefault().getPathMatcher("glob:" + glob.replace(File.separator, "/"));
    int depth =
        glob.contains("**") ? Integer.MAX_VALUE : whole.getNameCount() - base.getNameCount();
    try (Stream<Path> files = Files.walk(base, depth, FileVisitOption.FOLLOW_LINKS)) {
      return files.filter(matcher::matches).sorted().toList();
    }
  }
}
