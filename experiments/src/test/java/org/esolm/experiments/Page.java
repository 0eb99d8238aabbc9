package org.esolm.experiments;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A page of documentation, whose commands and cells are executed by tests. */
record Page(Path file) {
  static final Path ROOT = Path.of("..");

  private static final Pattern WORD = Pattern.compile("\"([^\"]*)\"|(\\S+)");

  static Page of(String name) {
    return new Page(ROOT.resolve(name));
  }

  /** Everything between {@code ```language} and {@code ```}, in the page's order. */
  List<String> blocks(String language) throws IOException {
    Pattern block = Pattern.compile("```" + language + "\n(.*?)```", Pattern.DOTALL);
    return block.matcher(Files.readString(file)).results().map(r -> r.group(1)).toList();
  }

  /** Every line of the shell blocks; all are commands of the project. */
  List<String> commands() throws IOException {
    List<String> lines =
        blocks("sh").stream()
            .flatMap(String::lines)
            .map(String::strip)
            .filter(l -> !l.isEmpty())
            .toList();
    assertThat(lines).isNotEmpty().allMatch(l -> l.startsWith("./eso"));
    return lines;
  }

  /** A command's arguments: runs go to a temporary place, what belongs to the project is found. */
  static List<String> arguments(String command, Path temp) {
    List<String> words = new ArrayList<>();
    Matcher m = WORD.matcher(command.substring("./eso".length()));
    while (m.find()) {
      words.add(m.group(1) != null ? m.group(1) : m.group(2));
    }
    words.replaceAll(
        w ->
            w.startsWith("runs/")
                ? temp.resolve(w).toString()
                : w.startsWith("experiments/") ? ROOT.resolve(w).toString() : w);
    words.replaceAll(w -> w.replace("=input.txt", "=" + temp.resolve("input.txt")));
    return words;
  }
}
