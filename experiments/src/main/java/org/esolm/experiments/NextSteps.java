package org.esolm.experiments;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What makes sense to do next, read off what lies in the folder {@code runs}. */
final class NextSteps {
  /**
   * One of them.
   *
   * @param command behind {@code ./eso}
   * @param meaning what it does
   */
  record Step(String command, String meaning) {}

  private NextSteps() {}

  static List<Step> of(Path home) {
    List<Step> steps = new ArrayList<>();
    try {
      Path runs = home.resolve("runs");
      List<Path> folders = newestFirst(runs);
      List<Path> reproductions =
          folders.stream().filter(f -> Files.exists(f.resolve("plan.yaml"))).toList();
      reproductions.stream()
          .filter(f -> !Files.exists(f.resolve("results.jsonl")))
          .findFirst()
          .ifPresent(f -> steps.add(new Step(reproduce(f), "go on where it was broken off")));
      if (reproductions.isEmpty()) {
        steps.add(new Step("reproduce", "the comparison in small, about 25 minutes"));
        steps.add(new Step("reproduce --profile smoke", "does it all run? 2 minutes"));
      }
      Stream<Path> inside =
          reproductions.stream().flatMap(f -> newestFirst(f.resolve("runs")).stream());
      Optional<Path> trained =
          Stream.concat(folders.stream(), inside).filter(NextSteps::isTrained).findFirst();
      trained.ifPresent(
          run -> {
            String name = home.relativize(run).toString();
            steps.add(new Step("sample " + name + " --count 4", "write some texts with it"));
            steps.add(new Step("likelihood " + name + " --data toy", "how well it predicts"));
          });
      reproductions.stream()
          .filter(f -> Files.exists(f.resolve("results.jsonl")))
          .findFirst()
          .ifPresent(
              f -> {
                Step draw = new Step("figures " + home.relativize(f), "draw its figures again");
                steps.add(draw);
              });
      steps.add(new Step("lab", "open the notebooks"));
    } catch (UncheckedIOException e) {
      steps.add(new Step("doctor", "the runs cannot be read: what is wrong with this machine?"));
    }
    return steps;
  }

  private static String reproduce(Path folder) {
    String name = folder.getFileName().toString();
    String profile = name.replaceFirst("^reproduce-", "");
    if (List.of("smoke", "quick", "full").contains(profile)) {
      return "reproduce --profile " + profile;
    }
    return "reproduce --out runs/" + name;
  }

  private static boolean isTrained(Path run) {
    Path checkpoints = run.resolve("checkpoints");
    return Files.exists(run.resolve("config.yaml"))
        && Files.isDirectory(checkpoints)
        && !newest(checkpoints).isEmpty();
  }

  private static List<Path> newestFirst(Path folder) {
    return newest(folder).stream().filter(Files::isDirectory).toList();
  }

  private static List<Path> newest(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> inside = Files.list(folder)) {
      return inside.sorted(Comparator.comparing(NextSteps::changed).reversed()).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static FileTime changed(Path file) {
    try {
      return Files.getLastModifiedTime(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
