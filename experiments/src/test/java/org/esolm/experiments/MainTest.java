package org.esolm.experiments;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class MainTest {
  private record Result(int exit, String out, String err) {}

  private static Result eso(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exit = Main.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
    return new Result(exit, out.toString(), err.toString());
  }

  private static Result failing(Exception e, boolean debug) {
    @Command(name = "failing")
    class Failing implements java.util.concurrent.Callable<Integer> {
      @Override
      public Integer call() throws Exception {
        throw e;
      }
    }
    StringWriter err = new StringWriter();
    int exit =
        new CommandLine(new Failing())
            .setErr(new PrintWriter(err, true))
            .setExecutionExceptionHandler((x, line, parsed) -> Failures.failed(x, line, debug))
            .execute();
    return new Result(exit, "", err.toString());
  }

  @Test
  void withoutArgumentsItSaysWhatCanBeDone() {
    Result result = eso();
    assertThat(result.exit).isZero();
    assertThat(result.out).contains("What you can do next", "./eso doctor", "--help");
    assertThat(result.err).isEmpty();
  }

  @Test
  void helpAndVersion() {
    assertThat(eso("--help").out).startsWith("Usage: eso").contains("doctor").isEqualTo(eso().out);
    assertThat(eso("--debug", "--help").out).startsWith("Usage: eso").contains("doctor", "kernel");
    assertThat(eso("doctor", "--help").out).startsWith("Usage: eso doctor").contains("--json");
    assertThat(eso("--version").out).matches("eso \\d+\\.\\d+\\.\\d+\\S*\\R");
  }

  @ParameterizedTest
  @ValueSource(strings = {"docter", "--jsn", "doctor --jsn", "doctor extra"})
  void aWrongArgumentIsOneLineAndExitCode2(String args) {
    Result result = eso(args.split(" "));
    assertThat(result.exit).isEqualTo(2);
    assertThat(result.out).isEmpty();
    assertThat(result.err.lines())
        .singleElement()
        .asString()
        .startsWith("eso: ")
        .contains("--help");
  }

  @Test
  void aMisspeltCommandNamesTheNearest() {
    assertThat(eso("docter").err).contains("'docter'", "did you mean", "doctor");
  }

  @Test
  void badInputIsExitCode2AndOtherFailuresAre1() {
    Result argument = failing(new IllegalArgumentException("alpha0: 2,\n  allowed: 0 to 1"), false);
    assertThat(argument.exit).isEqualTo(2);
    assertThat(argument.err).isEqualTo("eso: alpha0: 2, allowed: 0 to 1" + System.lineSeparator());

    Result file = failing(new UncheckedIOException(new NoSuchFileException("gone.yaml")), false);
    assertThat(file.exit).isEqualTo(2);
    assertThat(file.err.strip()).isEqualTo("eso: gone.yaml: no such file");

    Result other = failing(new IOException("disk full"), false);
    assertThat(other.exit).isEqualTo(1);
    assertThat(other.err.strip()).isEqualTo("eso: IOException: disk full");

    Result nameless = failing(new NullPointerException(), false);
    assertThat(nameless.exit).isEqualTo(1);
    assertThat(nameless.err.lines()).singleElement().asString().contains("NullPointerException");
  }

  @Test
  void anErrorOfTheMachineIsOneLineToo() {
    StringWriter err = new StringWriter();
    CommandLine line = new CommandLine(new Main()).setErr(new PrintWriter(err, true));
    assertThat(Failures.failed(new OutOfMemoryError("heap"), line, false)).isEqualTo(1);
    assertThat(err.toString().lines()).singleElement().asString().contains("ESO_JAVA_OPTS=-Xmx");
    assertThat(Failures.failed(new UnsatisfiedLinkError("no openblas"), line, false)).isEqualTo(1);
    assertThat(err.toString()).contains("no openblas; eso doctor");
  }

  @Test
  void debugShowsTheStackTrace() {
    assertThat(failing(new IOException("disk full"), true).err)
        .contains("eso: IOException: disk full", "at org.esolm");
    assertThat(eso("doctor", "extra", "--debug").err).contains("at picocli");
  }

  @Test
  void doctorReportsEveryPartOnOneLineOfJson() {
    Result result = eso("doctor", "--json");
    assertThat(result.out.lines()).hasSize(1);
    JsonNode report = JsonMapper.shared().readTree(result.out);
    assertThat(report.get("checks"))
        .extracting(check -> check.get("name").asString())
        .containsExactly(
            "JDK",
            "CPU",
            "vectors",
            "memory",
            "libraries",
            "OpenBLAS",
            "ND4J",
            "fonts",
            "java on PATH",
            "home folder",
            "repository",
            "native folder",
            "Jupyter",
            "Java kernel");
    for (JsonNode check : report.get("checks")) {
      boolean ok = check.get("state").asString().equals("OK");
      assertThat(check.get("advice").asString().isEmpty()).as(check.toString()).isEqualTo(ok);
    }
    assertThat(report.get("usable").asBoolean()).isEqualTo(result.exit == 0);
  }
}
