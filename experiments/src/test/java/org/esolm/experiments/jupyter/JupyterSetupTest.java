package org.esolm.experiments.jupyter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Machines whose Python, pip and package managers are scripts that write down their arguments. */
@DisabledOnOs(OS.WINDOWS)
class JupyterSetupTest {
  private static final Predicate<Jupyter> ANY = j -> j.has("nbconvert");

  @TempDir Path temp;
  private Path bin;
  private Path repository;
  private final List<String> said = new ArrayList<>();

  @BeforeEach
  void makeMachine() throws IOException {
    bin = Files.createDirectories(temp.resolve("bin"));
    repository = Files.createDirectories(temp.resolve("repo"));
  }

  private void script(String name, String body) throws IOException {
    write(bin.resolve(name), "#!/bin/sh\necho \"" + name + " $*\" >>" + calls() + "\n" + body);
  }

  private static void write(Path file, String text) throws IOException {
    Files.writeString(file, text + "\n");
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }

  private Path calls() {
    return temp.resolve("calls");
  }

  private List<String> called() throws IOException {
    return Files.exists(calls()) ? Files.readAllLines(calls()) : List.of();
  }

  private JupyterSetup setup(boolean root) {
    Map<String, String> environment = Map.of("PATH", bin.toString());
    return new JupyterSetup(repository, environment, root, said::add);
  }

  /** A python3 that makes a virtual environment whose pip ends as told. */
  private void python(String pip) throws IOException {
    Path maker = temp.resolve("make-venv");
    write(
        maker,
        "#!/bin/sh\n/bin/mkdir -p \"$1/bin\"\n/bin/cp "
            + temp.resolve("venv-python")
            + " \"$1/bin/python\"\n");
    write(temp.resolve("venv-python"), "#!/bin/sh\necho \"pip $*\" >>" + calls() + "\n" + pip);
    script("python3", "exec " + maker + " \"$3\"");
  }

  @Test
  void the_users_own_comes_first_if_it_works() throws Exception {
    script("jupyter", "");
    Jupyter found = setup(true).findOrSetUp(ANY);
    assertThat(found.command()).isEqualTo(bin.resolve("jupyter"));
    assertThat(said).isEmpty();
    script("jupyter", "exit 1");
    assertThat(setup(true).find(ANY)).isEmpty();
    assertThat(setup(true).find(j -> true)).isPresent();
  }

  @Test
  void then_a_virtual_environment_is_made() throws Exception {
    String venvJupyter = repository.resolve(".venv/bin/jupyter").toString();
    python("echo '#!/bin/sh' >" + venvJupyter + "; /bin/chmod +x " + venvJupyter);
    Jupyter found = setup(false).findOrSetUp(ANY);
    assertThat(found.command()).hasToString(venvJupyter);
    assertThat(called())
        .containsSequence("python3 -m venv " + repository.resolve(".venv"))
        .anyMatch(c -> c.matches("pip -m pip install .* jupyterlab nbconvert"));
    assertThat(said).anyMatch(s -> s.contains("setting it up in " + repository.resolve(".venv")));
    assertThat(setup(false).find(ANY)).as("the next time").isPresent();
  }

  @Test
  void where_pip_fails_the_systems_packages_are_installed() throws Exception {
    python("echo 'ERROR: No matching distribution found for jupyterlab'; exit 1");
    Path jupyter = bin.resolve("jupyter");
    script(
        "apt-get",
        "[ $1 = update ] || { echo '#!/bin/sh' >" + jupyter + "; /bin/chmod +x " + jupyter + "; }");
    Jupyter found = setup(true).findOrSetUp(ANY);
    assertThat(found.command()).isEqualTo(jupyter);
    assertThat(called())
        .contains(
            "apt-get update -q",
            "apt-get install -y -q --no-install-recommends jupyter-nbconvert python3-nbclient"
                + " jupyter-client jupyter-notebook");
    assertThat(said)
        .anyMatch(s -> s.contains("that failed: ERROR: No matching distribution"))
        .anyMatch(s -> s.contains("PIP_INDEX_URL a mirror"))
        .anyMatch(s -> s.contains("installing the system's packages"));
    assertThat(repository.resolve(".venv")).as("a half-made environment").doesNotExist();
  }

  @Test
  void a_user_with_sudo_may_install_and_one_without_is_told_what_to_do() throws Exception {
    script("apt-get", "exit 0");
    script("sudo", "exit 1");
    assertThatIOException()
        .isThrownBy(() -> setup(false).findOrSetUp(ANY))
        .withMessageContaining("Jupyter is missing: install it with")
        .withMessageContaining("sudo apt-get install jupyter-nbconvert");
    assertThat(said)
        .anyMatch(s -> s.contains("no python3"))
        .anyMatch(s -> s.contains("may not install the system's packages"));
    assertThat(called()).containsExactly("sudo -n true");

    Path jupyter = bin.resolve("jupyter");
    script(
        "sudo",
        "[ \"$3\" != install ] || { echo '#!/bin/sh' >"
            + jupyter
            + "; /bin/chmod +x "
            + jupyter
            + "; }");
    assertThat(setup(false).findOrSetUp(ANY).command()).isEqualTo(jupyter);
    assertThat(called()).anyMatch(c -> c.startsWith("sudo -n apt-get install -y"));
  }
}
