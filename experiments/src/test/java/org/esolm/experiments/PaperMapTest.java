package org.esolm.experiments;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What the paper map names is there. */
class PaperMapTest {
  private static final Pattern LINK = Pattern.compile("\\[`?([^\\]`]+)`?]\\(([^)#]+)\\)");

  @Test
  void everyClassNotebookAndFileExists() throws IOException {
    Path map = Page.ROOT.resolve("docs/paper-map.md");
    var links =
        LINK.matcher(Files.readString(map))
            .results()
            .filter(r -> !r.group(2).contains(":"))
            .toList();
    assertThat(links).hasSizeGreaterThan(40);
    assertThat(links)
        .allSatisfy(
            link -> {
              Path target = map.resolveSibling(link.group(2));
              assertThat(target).exists();
              if (target.toString().endsWith(".java")) {
                assertThat(target.getFileName())
                    .hasToString(link.group(1).split("[.#]")[0] + ".java");
              }
            });
  }

  @Test
  void everyNotebookIsOnTheMap() throws IOException {
    String map = Files.readString(Page.ROOT.resolve("docs/paper-map.md"));
    try (var files = Files.list(Page.ROOT.resolve("notebooks"))) {
      List<String> notebooks =
          files.map(f -> f.getFileName().toString()).filter(f -> f.endsWith(".ipynb")).toList();
      assertThat(notebooks).isNotEmpty().allSatisfy(n -> assertThat(map).contains(n));
    }
  }
}
