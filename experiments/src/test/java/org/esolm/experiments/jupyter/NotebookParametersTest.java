package org.esolm.experiments.jupyter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.entry;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class NotebookParametersTest {
  @TempDir Path folder;

  @Test
  void declarations_are_read_with_their_types() {
    String cell =
        """
        // int hidden = 3;
        String profile = "quick";   // smoke or quick; String no = "no";
        int seed = 1, steps = 2;
        var alpha0 = -0.5; var on = true; var big = 3L; var word = "w"; var small = 1f;
        List<Double> alphas = List.of(0.0, 1.0);
        var lengths = List.of(32, 64);
        int[] sizes = {1, 2};
        Path folder = Path.of("runs");
        var other = compute(1);
        """;
    assertThat(NotebookParameters.parse(cell).types())
        .containsExactly(
            entry("profile", "String"),
            entry("seed", "int"),
            entry("steps", "int"),
            entry("alpha0", "double"),
            entry("on", "boolean"),
            entry("big", "long"),
            entry("word", "String"),
            entry("small", "float"),
            entry("alphas", "List<Double>"),
            entry("lengths", "List<Integer>"),
            entry("sizes", "int[]"),
            entry("folder", "Path"),
            entry("other", "var"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "int | 3 | 3",
        "Integer | 1_000 | 1000",
        "long | -4 | -4L",
        "Long | 4 | 4L",
        "short | 7 | 7",
        "double | 1e-3 | 0.001",
        "double | 2 | 2.0",
        "float | 0.5 | 0.5f",
        "boolean | true | true",
        "char | ' | '\\''",
        "String | a \"b\" \\n | \"a \\\"b\\\" \\\\n\"",
        "Path | runs/x | java.nio.file.Path.of(\"runs/x\")",
        "List<Integer> | 1,2, 3 | java.util.List.of(1, 2, 3)",
        "List<Double> | [0, 0.5] | java.util.List.of(0.0, 0.5)",
        "List<String> | [\"a\", 'b',c] | java.util.List.of(\"a\", \"b\", \"c\")",
        "List<String> | [] | java.util.List.of()",
        "int[] | {1,2} | new int[] {1, 2}",
        "String[] | a,b | new String[] {\"a\", \"b\"}"
      })
  void values_become_expressions_of_the_declared_type(String type, String text, String java) {
    assertThat(JavaLiteral.of("-p x", type, text)).isEqualTo(java);
  }

  @ParameterizedTest
  @ValueSource(strings = {"int=2.5", "int=many", "double=NaN", "boolean=yes", "char=ab", "var=1"})
  void a_value_of_another_type_is_bad_input(String pair) {
    String[] typeAndText = pair.split("=");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> JavaLiteral.of("-p x", typeAndText[0], typeAndText[1]))
        .withMessageStartingWith("-p x: ")
        .withMessageContaining(typeAndText[0].equals("var") ? "'var'" : typeAndText[1]);
  }

  @Test
  void values_go_into_a_marked_cell_after_the_declarations() throws Exception {
    Path file =
        NotebookFixture.write(
            folder.resolve("n.ipynb"),
            "# Title",
            "#parameters\nString profile = \"quick\";\nint seed = 1;",
            "profile + seed");
    NotebookFile notebook = NotebookFile.read(file);
    assertThat(notebook.title()).isEqualTo("Title");

    Map<String, String> values = new LinkedHashMap<>();
    values.put("seed", "3");
    values.put("profile", "smoke");
    Path copy = folder.resolve("copy.ipynb");
    Files.writeString(copy, notebook.with(values).toJson());
    JsonNode injected = JsonMapper.shared().readTree(Files.readString(copy)).get("cells").get(2);
    assertThat(injected.at("/metadata/tags/0").asString()).isEqualTo("injected-parameters");
    assertThat(injected.get("source").asString())
        .isEqualTo("// Parameters\nseed = 3;\nprofile = \"smoke\";");
    assertThat(notebook.cells()).as("the original").isEqualTo(3);

    NotebookFile again = NotebookFile.read(copy).with(Map.of("seed", "4"));
    assertThat(again.cells()).as("a copy is injected into anew").isEqualTo(4);
    assertThat(again.source(2)).isEqualTo("// Parameters\nseed = 4;");
    assertThat(notebook.with(Map.of())).isSameAs(notebook);
  }

  @Test
  void an_unknown_name_is_bad_input_that_lists_the_names() throws Exception {
    Path file =
        NotebookFixture.write(folder.resolve("n.ipynb"), "#parameters\nint seed = 1; int n = 2;");
    NotebookFile notebook = NotebookFile.read(file);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> notebook.with(Map.of("sed", "1")))
        .withMessage("n.ipynb: -p sed: no such parameter, allowed: seed, n");

    NotebookFile bare = NotebookFile.read(NotebookFixture.write(folder.resolve("b.ipynb"), "1"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> bare.with(Map.of("seed", "1")))
        .withMessage("b.ipynb: -p seed: no such parameter, allowed: none");
  }

  @Test
  void what_is_no_notebook_is_said() throws Exception {
    Path text = Files.writeString(folder.resolve("t.ipynb"), "hello");
    Path list = Files.writeString(folder.resolve("l.ipynb"), "[]");
    for (Path file : List.of(text, list)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> NotebookFile.read(file))
          .withMessageStartingWith(file + ": not a notebook");
    }
  }
}
