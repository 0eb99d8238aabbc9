package org.esolm.experiments;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.esolm.experiments.jupyter.Jupyter;
import org.esolm.metric.ResultRow;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Executes every command of the README, one after the other, in this JVM: with the smoke profile
 * where the README reproduces, with folders in a temporary place.
 */
@Tag("slow")
class ReadmeTest {
  @TempDir private Path temp;

  @Test
  void everyCommandWorks() throws IOException {
    Files.writeString(
        temp.resolve("input.txt"), "To be, or not to be, that is the question.\n".repeat(400));
    List<String> done = new ArrayList<>();
    boolean jupyter = hasJupyter();
    SmokeReproduction.copyTo(temp.resolve("runs/reproduce-smoke"));
    for (String command : Page.of("README.md").commands()) {
      if (command.equals("./eso test")) {
        continue; // this test is part of it
      }
      List<String> arguments = arguments(command);
      if (command.equals("./eso reproduce") && !jupyter) {
        arguments.add("--no-notebook");
      }
      StringWriter out = new StringWriter();
      StringWriter err = new StringWriter();
      int code =
          Main.run(
              new PrintWriter(out, true),
              new PrintWriter(err, true),
              arguments.toArray(String[]::new));
      assertThat(code).as(() -> command + "\n" + out + "\n" + err).isZero();
      done.add(arguments.isEmpty() ? "" : arguments.getFirst());
    }
    assertThat(done)
        .contains("", "reproduce", "train", "sample", "likelihood", "score", "parity", "bench");
    checkReproduction();
    if (jupyter) {
      checkNotebook();
    }
  }

  /**
   * Sets Jupyter up as the command itself would; where that cannot be done, its part is left out.
   */
  private static boolean hasJupyter() {
    try {
      Jupyter.findOrSetUp(Jupyter.repository(), System.err::println);
      return true;
    } catch (IOException | InterruptedException e) {
      System.err.println("the notebook is not executed in this test: " + e.getMessage());
      return false;
    }
  }

  private List<String> arguments(String command) {
    List<String> words = Page.arguments(command, temp);
    if (command.equals("./eso reproduce")) {
      words.addAll(
          List.of("--profile", "smoke", "--out", temp.resolve("runs/reproduce-smoke").toString()));
    }
    return words;
  }

  /**
   * What the main job leaves: a row for each setting, figures, the notebook with plots in its
   * outputs.
   */
  private void checkReproduction() throws IOException {
    Path folder = temp.resolve("runs/reproduce-smoke");
    List<ResultRow> rows = ResultRow.read(folder.resolve("results.jsonl"));
    assertThat(rows).extracting(ResultRow::system).contains("ar", "mdlm", "bd3lm", "eso");
    assertThat(rows).allMatch(r -> r.perplexity().value() > r.truePerplexity().value());
    for (String figure : List.of("pareto-nfe", "pareto-seconds", "loss")) {
      assertThat(folder.resolve("figures/" + figure + ".png")).isNotEmptyFile();
      assertThat(folder.resolve("figures/" + figure + ".svg")).isNotEmptyFile();
    }
  }

  private void checkNotebook() throws IOException {
    Path folder = temp.resolve("runs/reproduce-smoke");
    Path notebook = folder.resolve("notebooks/01-pareto-plot-in-ten-minutes.ipynb");
    String executed = Files.readString(notebook);
    assertThat(executed).doesNotContain("\"output_type\": \"error\"");
    assertThat(executed.split("data:image/svg").length - 1).isGreaterThanOrEqualTo(3);
  }
}
