package org.esolm.experiments.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.esolm.experiments.command.Check.State;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Machines with one trouble each, made of folders and scripts. */
@DisabledOnOs(OS.WINDOWS)
class SurroundingsTest {
  @TempDir Path temp;
  private Path bin;

  @BeforeEach
  void makeMachine() throws IOException {
    bin = Files.createDirectories(temp.resolve("bin"));
    script(temp.resolve("jdk/bin/java"), "");
    Files.createDirectories(temp.resolve("home"));
    Path kernel = Files.createDirectories(temp.resolve("repo/notebooks/jupyter/kernels/esolm"));
    Files.writeString(kernel.resolve("kernel.json"), "{}");
    Files.createSymbolicLink(bin.resolve("java"), temp.resolve("jdk/bin/java"));
    script(
        bin.resolve("jupyter"),
        "case $1 in nbconvert) echo 7.0;; notebook) echo 6.4;; *) exit 1;; esac");
  }

  private static void script(Path file, String body) throws IOException {
    Files.createDirectories(file.getParent());
    Files.deleteIfExists(file);
    Files.writeString(file, "#!/bin/sh\n" + body + "\n");
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }

  private Check check(String name) {
    Surroundings machine =
        new Surroundings(
            Map.of("PATH", bin.toString()),
            temp.resolve("jdk"),
            temp.resolve("home"),
            temp.resolve("repo"),
            temp.resolve("natives"));
    return machine.checks().stream().filter(c -> c.name().equals(name)).findFirst().orElseThrow();
  }

  private void assertTrouble(String name, String found, String cure) {
    Check check = check(name);
    assertThat(check.state()).as(check.toString()).isEqualTo(State.MISSING_OPTIONAL);
    assertThat(check.found()).contains(found);
    assertThat(check.advice()).contains(cure);
  }

  private void assertFine(String name, String found) {
    Check check = check(name);
    assertThat(check.state()).as(check.toString()).isEqualTo(State.OK);
    assertThat(check.found()).contains(found);
    assertThat(check.advice()).isEmpty();
  }

  @Test
  void a_machine_without_trouble() {
    assertFine("java on PATH", "bin/java");
    assertFine("home folder", "can be written");
    assertFine("repository", "can be written");
    assertFine("native folder", "may hold programs");
    assertFine("Jupyter", "nbconvert 7.0, notebook 6.4");
    assertFine("Java kernel", "esolm");
  }

  @Test
  void another_java_comes_first() throws IOException {
    script(bin.resolve("java"), "");
    assertTrouble("java on PATH", "another one comes first", "export PATH=" + temp);
    Files.delete(bin.resolve("java"));
    assertFine("java on PATH", "none");
  }

  @Test
  void folders_that_cannot_be_written() throws IOException {
    Files.delete(temp.resolve("home"));
    assertTrouble("home folder", "no folder", "HOME=/that/folder");
    Files.deleteIfExists(temp.resolve("natives")); // made by the check before
    Files.writeString(temp.resolve("natives"), "a file where the folder should be");
    assertTrouble("native folder", "cannot be written", "javacpp.cachedir=");
    Files.delete(temp.resolve("repo/notebooks/jupyter/kernels/esolm/kernel.json"));
    assertTrouble("Java kernel", "no kernel esolm", "checkout");
  }

  @Test
  void jupyter_is_missing_or_not_whole() throws IOException {
    script(bin.resolve("jupyter"), "[ $1 = nbconvert ] && echo 7.0");
    assertTrouble("Jupyter", "neither JupyterLab nor", "./eso lab sets it up");
    script(bin.resolve("jupyter"), "exit 1");
    assertTrouble("Jupyter", "has no nbconvert", "./eso lab sets it up");
    Files.delete(bin.resolve("jupyter"));
    assertTrouble("Jupyter", "no jupyter on the PATH", "apt-get install");
    script(temp.resolve("repo/.venv/bin/jupyter"), "echo 8.0");
    assertFine("Jupyter", ".venv/bin/jupyter: nbconvert 8.0, JupyterLab 8.0");
  }
}
