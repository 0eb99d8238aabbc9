package org.esolm.experiments.jupyter;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.esolm.experiments.CommandLineFixture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The files by which Codespaces and Binder make a machine: whatever can be checked without one. */
class HostedMachinesTest {
  private static final Path ROOT = Path.of("..");

  @Test
  void the_development_container_is_whole() throws Exception {
    Path folder = ROOT.resolve(".devcontainer");
    JsonNode json =
        JsonMapper.shared().readTree(Files.readString(folder.resolve("devcontainer.json")));
    Path dockerfile = folder.resolve(json.at("/build/dockerfile").asString());
    assertThat(dockerfile).content().contains("temurin:25", "fonts-dejavu-core", "jupyterlab");
    commandsExist(Stream.of(json.get("postCreateCommand").asString().split("&&")));
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void binder_builds_and_installs_the_kernel() throws Exception {
    Path script = ROOT.resolve(".binder/postBuild");
    assertThat(script).isExecutable();
    Process check = new ProcessBuilder("sh", "-n", script.toString()).inheritIO().start();
    assertThat(check.waitFor()).isZero();
    commandsExist(Files.readAllLines(script).stream());
    assertThat(Files.readAllLines(ROOT.resolve(".binder/apt.txt")))
        .allMatch(line -> line.matches("[a-z0-9][a-z0-9+.-]+"));
    assertThat(ROOT.resolve(".binder/environment.yml")).content().contains("openjdk=25");
  }

  /** Every {@code ./eso} of a script is a command that there is. */
  private static void commandsExist(Stream<String> lines) {
    List<String> commands =
        lines
            .map(String::strip)
            .filter(l -> l.startsWith("./eso "))
            .map(l -> l.split(" ")[1])
            .toList();
    assertThat(commands).containsExactly("doctor", "kernel");
    commands.forEach(c -> assertThat(CommandLineFixture.eso(c, "--help").exit()).as(c).isZero());
  }
}
