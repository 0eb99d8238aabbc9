package org.esolm.experiments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.esolm.experiments.CommandLineFixture.eso;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.spencerpark.jupyter.kernel.display.DisplayData;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.esolm.experiments.jupyter.Jupyter;
import org.esolm.jupyter.JavaKernel;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Executes every command of the guide, and every cell of it and of the README. */
@Tag("slow")
class GuideTest {
  private static final Page GUIDE = Page.of("docs/guide.md");

  @TempDir private Path temp;

  @Test
  void everyCommandWorks() throws IOException {
    boolean jupyter = Jupyter.find(Jupyter.repository()).isPresent();
    for (String command : GUIDE.commands()) {
      if (command.contains("--execute") && !jupyter) {
        System.err.println("left out, there is no Jupyter: " + command);
        continue;
      }
      var result = eso(Page.arguments(command, temp).toArray());
      assertThat(result.exit()).as(() -> command + "\n" + result.out() + result.err()).isZero();
    }
  }

  @Test
  void everyCellWorks() throws Exception {
    assumeTrue(System.getenv("ESO_RUNS") != null, "the build says where runs of tests are kept");
    assertThat(GUIDE.blocks("java")).hasSizeGreaterThan(5);
    evaluate(GUIDE.blocks("java"));
    evaluate(Page.of("README.md").blocks("java"));
  }

  private static void evaluate(List<String> cells) throws Exception {
    try (JavaKernel kernel = new JavaKernel()) {
      for (String cell : cells) {
        DisplayData value = kernel.eval(cell);
        // Every cell but imports and definitions ends with something to see.
        if (!cell.strip().endsWith(";")) {
          assertThat(value).as(cell).isNotNull();
        }
      }
    }
  }
}
