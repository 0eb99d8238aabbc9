package org.esolm.jupyter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.spencerpark.jupyter.kernel.display.DisplayData;
import io.github.spencerpark.jupyter.kernel.display.mime.MIMEType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarOutputStream;
import java.util.zip.ZipEntry;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class CellMagicsTest {
  private static JavaKernel kernel;

  @TempDir Path folder;

  private record Outcome(String value, String printed) {}

  @BeforeAll
  static void start() {
    kernel = new JavaKernel();
  }

  @AfterAll
  static void stop() {
    kernel.close();
  }

  private static Outcome run(String cell) throws CellException {
    PrintStream console = System.out;
    var printed = new ByteArrayOutputStream();
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try {
      DisplayData data = kernel.eval(cell);
      String value = data == null ? null : (String) data.getData(MIMEType.TEXT_PLAIN);
      return new Outcome(value, printed.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(console);
    }
  }

  private static String failure(String cell) {
    return catchThrowableOfType(CellException.class, () -> run(cell)).getMessage();
  }

  /** A jar with one class of one method, which returns a text. */
  private Path jar(String type, String text) throws IOException {
    Path classes = Files.createDirectories(folder.resolve("classes-" + type));
    Path source = folder.resolve(type + ".java");
    Files.writeString(
        source,
        "package extra; public class %s { public static String say() { return %s; } }"
            .formatted(type, text));
    int status =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, "-cp", folder + "/classes-B", "-d", "" + classes, "" + source);
    assertThat(status).isZero();
    Path jar = folder.resolve(type + ".jar");
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
      out.putNextEntry(new ZipEntry("extra/" + type + ".class"));
      out.write(Files.readAllBytes(classes.resolve("extra/" + type + ".class")));
    }
    return jar;
  }

  @Test
  void jars_and_folders_come_onto_the_class_path() throws Exception {
    jar("J1", "\"one\"");
    Path classes = jar("J2", "\"two\"").resolveSibling("classes-J2");
    Outcome added = run("%jars " + folder + "/J*1.jar\nextra.J1.say()");
    assertThat(added.value).isEqualTo("one");
    assertThat(added.printed).isEqualTo("added: 1\n");
    assertThat(run("%classpath " + classes + "\nimport extra.*;\nJ2.say()").value).isEqualTo("two");
    assertThat(run("%classpath").printed).contains("J1.jar", "classes-J2");
    assertThat(run("%jars " + folder + "/**1.jar").printed).isEqualTo("added: 0\n");
    assertThat(failure("int a;\n%jars nowhere/*.jar"))
        .isEqualTo("In [0], line 2: %jars: no file fits nowhere/*.jar");
    assertThat(failure("%classpath nowhere")).contains("%classpath: there is no", "nowhere");
    assertThat(failure("%jars")).contains("usage: %jars GLOB...");
  }

  @Test
  void maven_finds_an_artifact_with_its_dependencies_through_the_users_settings() throws Exception {
    artifact("b", jar("B", "\"b\""), "");
    String needsB =
        "<dependencies><dependency><groupId>extra</groupId><artifactId>b</artifactId>"
            + "<version>1</version></dependency></dependencies>";
    artifact("a", jar("A", "\"a needs \" + B.say()"), needsB);
    Path home = Files.createDirectories(folder.resolve("home/.m2")).getParent();
    Files.writeString(
        home.resolve(".m2/settings.xml"),
        "<settings><mirrors><mirror><id>local</id><mirrorOf>*</mirrorOf><url>%s</url></mirror></mirrors></settings>"
            .formatted(folder.resolve("repository").toUri()));
    String before = System.setProperty("user.home", home.toString());
    try {
      Outcome added = run("%maven extra:a:1\nextra.A.say()");
      assertThat(added.value).isEqualTo("a needs b");
      assertThat(added.printed).isEqualTo("added: 2 of 2 jars\n");
      assertThat(home.resolve(".m2/repository/extra/b/1/b-1.jar")).exists();
      assertThat(run("%maven extra:a:1 extra:b:1").printed).isEqualTo("added: 0 of 2 jars\n");
      assertThat(failure("%maven extra:c:1")).contains("In [0], line 1: %maven: ", "extra:c:jar:1");
      assertThat(failure("%maven extra")).contains("%maven: ", "Bad artifact coordinates extra");
    } finally {
      System.setProperty("user.home", before);
    }
  }

  private void artifact(String name, Path jar, String more) throws IOException {
    Path place = Files.createDirectories(folder.resolve("repository/extra/" + name + "/1"));
    Files.copy(jar, place.resolve(name + "-1.jar"));
    Files.writeString(
        place.resolve(name + "-1.pom"),
        "<project><modelVersion>4.0.0</modelVersion><groupId>extra</groupId><artifactId>%s</artifactId><version>1</version>%s</project>"
            .formatted(name, more));
  }

  @Test
  void load_runs_a_file_or_the_code_cells_of_a_notebook() throws Exception {
    Path file =
        Files.writeString(folder.resolve("helpers.jsh"), "int twice(int n) {\n return 2 * n; }");
    assertThat(run("%load " + file + "\ntwice(4)").value).isEqualTo("8");
    Path notebook =
        Files.writeString(
            folder.resolve("n.ipynb"),
            """
            {"cells": [{"cell_type": "markdown", "source": "int nine = nothing"},
                       {"cell_type": "code", "source": ["int nine = 9;\\n", "int ten = 10;"]},
                       {"cell_type": "code", "source": "nine + ten"}]}
            """);
    assertThat(run("%load " + notebook).value).isEqualTo("19");
    Path wrong = Files.writeString(folder.resolve("wrong.jsh"), "int a = 1;\nint b = missing;");
    assertThat(failure("%load " + wrong))
        .isEqualTo("Compilation error: wrong.jsh, line 2: cannot find symbol");
    assertThat(failure("%load nowhere.jsh")).contains("%load: there is no file", "nowhere.jsh");
    Path broken = Files.writeString(folder.resolve("broken.ipynb"), "no");
    assertThat(failure("%load " + broken)).contains("broken.ipynb is no notebook");
  }

  @Test
  void time_tells_what_a_line_or_a_cell_took_and_keeps_its_value() throws Exception {
    Outcome line = run("int n = 20;\n%time n + 1");
    assertThat(line.value).isEqualTo("21");
    assertThat(line.printed).matches("took \\d+\\.\\d{3} s, \\d+\\.\\d{3} s of CPU\n");
    Outcome cell = run("%%time\nint m = n + 2;\n\nm * 2");
    assertThat(cell.value).isEqualTo("44");
    assertThat(cell.printed).contains("took ");
    assertThat(failure("%%time\n\nmissing()"))
        .isEqualTo("Compilation error: In [0], line 3: cannot find symbol");
  }

  @Test
  void an_unknown_magic_lists_those_that_there_are() throws Exception {
    assertThat(failure("int a;\n\n%mavne x:y:1"))
        .isEqualTo(
            "In [0], line 3: there is no %mavne, allowed: %classpath, %help, %jars, %load, %lsmagic,"
                + " %maven, %time, %%time");
    assertThat(failure("%%bash\nls")).startsWith("In [0], line 1: there is no %%bash, allowed: ");
    assertThat(run("%lsmagic").printed).contains("%maven GROUP:ARTIFACT:VERSION...", "%%time");
    assertThat(run("%help").printed).isEqualTo(run("%lsmagic").printed);
  }

  @Test
  void a_remainder_and_text_are_no_magics() throws Exception {
    assertThat(run("int big = 17;\nint small = 5;\nint rest = big\n  %small;\nrest").value)
        .isEqualTo("2");
    assertThat(run("String text = \"\"\"\n%time is text;\n\"\"\";\ntext").value)
        .isEqualTo("%time is text;\n");
    assertThat(run("/* a comment;\n%time\n*/ 1").value).isEqualTo("1");
  }

  @Test
  void the_editor_is_helped_in_cells_with_magics() {
    var names = kernel.complete("%ma", 3);
    assertThat(names.getReplacements()).isEqualTo(List.of("maven"));
    assertThat(names.getSourceStart()).isEqualTo(1);
    String cell = "%maven a:b:1.0-x's\n%time \"text\".leng";
    var members = kernel.complete(cell, cell.length());
    assertThat(members.getReplacements()).containsExactly("length()");
    assertThat(members.getSourceStart()).isEqualTo(cell.length() - 4);
    assertThat(kernel.isComplete("%lsmagic")).isEqualTo("complete");
    assertThat(kernel.isComplete("%%time\nfor (;;) {")).isBlank();
  }
}
