package org.esolm.experiments.jupyter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Every notebook that comes with the project is tidy, shows its outputs, and runs. */
class ShippedNotebooksTest {
  private static final Duration A_CELL = Duration.ofSeconds(90);

  @TempDir Path temp;

  static List<Path> notebooks() throws IOException {
    return Notebooks.of(Jupyter.repository()).files();
  }

  /** The first is executed by the README's test, with the command that it belongs to. */
  static Stream<Path> others() throws IOException {
    return notebooks().stream().filter(n -> !n.getFileName().toString().startsWith("01-"));
  }

  @ParameterizedTest
  @MethodSource("notebooks")
  void isTidy(Path notebook) throws IOException {
    JsonNode root = JsonMapper.shared().readTree(Files.readString(notebook));
    assertThat(root.at("/metadata/kernelspec/name").asString()).isEqualTo("esolm");
    List<JsonNode> code = new ArrayList<>();
    StringBuilder prose = new StringBuilder();
    for (JsonNode cell : root.get("cells")) {
      assertThat(cell.get("metadata").propertyNames())
          .as("no timestamps")
          .doesNotContain("execution");
      if (cell.get("cell_type").asString().equals("code")) {
        code.add(cell);
      } else {
        prose.append(text(cell.get("source"))).append('\n');
      }
    }
    assertThat(prose).startsWith("# ").contains("*Time:*");
    assertThat(text(code.getFirst().get("source")).lines())
        .as("imports are in the first cell, which has nothing else")
        .allMatch(l -> l.startsWith("import "));
    assertThat(code.subList(1, code.size()))
        .allSatisfy(c -> assertThat(text(c.get("source"))).doesNotContainPattern("(?m)^import "));
    assertThat(code.stream().filter(c -> c.at("/metadata/tags").toString().contains("parameters")))
        .as("one cell of parameters")
        .hasSize(1)
        .first()
        .satisfies(c -> assertThat(text(c.get("source"))).contains("String profile = \"quick\""));
    assertThat(code.stream().filter(c -> !c.get("outputs").isEmpty()).count())
        .as("outputs are there")
        .isGreaterThan(code.size() / 3);
    assertThat(code)
        .allSatisfy(c -> assertThat(c.get("execution_count").isNumber()).as(c::toString).isTrue())
        .allSatisfy(
            c ->
                assertThat(c.get("outputs").toString())
                    .doesNotContain("\"output_type\":\"error\""));
    assertThat(root.toString())
        .as("no paths of a machine")
        .doesNotContainPattern("[ \"'](/(home|root|tmp|work|Users|usr|opt)/|[A-Z]:\\\\)");
  }

  @ParameterizedTest
  @MethodSource("others")
  @Tag("slow")
  void runs(Path notebook) throws IOException, InterruptedException {
    Optional<Jupyter> jupyter = Jupyter.find(Jupyter.repository());
    assumeTrue(jupyter.isPresent(), "there is no Jupyter on this machine");
    assumeTrue(System.getenv("ESO_RUNS") != null, "the build says where runs of tests are kept");
    var runner = new NotebookRunner(jupyter.get(), Optional.empty(), A_CELL);
    var result =
        runner.execute(
            notebook, Map.of("profile", "smoke"), temp.resolve("out.ipynb"), (_, _, _) -> {});
    assertThat(result.failure()).isEmpty();
  }

  private static String text(JsonNode source) {
    if (!source.isArray()) {
      return source.asString();
    }
    StringBuilder text = new StringBuilder();
    source.forEach(line -> text.append(line.asString()));
    return text.toString();
  }
}
