package org.esolm.experiments.jupyter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import eu.maveniverse.maven.mima.context.Context;
import eu.maveniverse.maven.mima.context.ContextOverrides;
import eu.maveniverse.maven.mima.context.Runtimes;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.aether.RepositoryException;
import org.eclipse.aether.artifact.DefaultArtifact;
import org.eclipse.aether.resolution.ArtifactRequest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/**
 * The library in a kernel that is not ours. Rapaio's is the one that Maven Central has; now and
 * then it hangs while it starts, so it is tried a few times.
 */
@Tag("slow")
@Timeout(480) // a start that hangs takes two minutes
class RapaioTest {
  private static final String KERNEL = "io.github.padreati:rapaio-jupyter-kernel:3.0.1";
  private static final int TRIES = 3;

  @TempDir Path temp;

  @Test
  void a_notebook_shows_the_same_in_rapaio() throws Exception {
    Optional<Jupyter> own = Jupyter.find(Jupyter.repository());
    assumeTrue(own.isPresent(), "there is no Jupyter on this machine");
    Optional<Path> jar = rapaio();
    assumeTrue(jar.isPresent(), KERNEL + " cannot be had here");
    install(jar.get());
    Jupyter jupyter = new Jupyter(own.get().command(), temp);
    NotebookRunner runner =
        new NotebookRunner(jupyter, Optional.of("rapaio"), Duration.ofSeconds(60));
    Path notebook =
        NotebookFixture.write(
            temp.resolve("smoke.ipynb"),
            "import org.esolm.data.*;\nimport org.esolm.notebook.*;\nimport org.esolm.random.*;",
            "#parameters\nint count = 1;",
            "var corpus = Corpus.toy(2_000, 500, 0);\n"
                + "System.out.println(\"words: \" + corpus.vocabSize());",
            "HtmlTable.of(java.util.List.of(java.util.Map.of(\"n\", count))).show()",
            // What takes less than a second shows no bar.
            "try (var progress = Progress.of(\"counting\", 3)) { for (int i = 1; i <= 3; i++) {"
                + " Thread.sleep(700); progress.step(i); } }");
    Path copy = temp.resolve("copy.ipynb");
    NotebookRunner.Result result = null;
    for (int i = 0; i < TRIES && (result == null || result.failure().isPresent()); i++) {
      result = runner.execute(notebook, Map.of("count", "7"), copy, (_, _, _) -> {});
    }
    assertThat(result.failure()).isEmpty();
    assertThat(Files.readString(copy))
        .contains("words: ", "<td style=\\\"text-align:right\\\">7</td>", "<progress value=")
        .contains("\"text/plain\"")
        .doesNotContain("\"output_type\": \"error\"");
  }

  private void install(Path jar) throws IOException {
    Path kernel = Files.createDirectories(temp.resolve("notebooks/jupyter/kernels/rapaio"));
    String modules = "--add-modules";
    Map<String, ?> spec =
        Map.of(
            "argv",
            List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-Xmx1g",
                "-Djava.awt.headless=true",
                modules,
                "jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path") + File.pathSeparator + jar,
                "org.rapaio.jupyter.kernel.MainApp",
                "{connection_file}"),
            "display_name",
            "Java (Rapaio)",
            "language",
            "java",
            "interrupt_mode",
            "message",
            "env",
            Map.of("RJK_COMPILER_OPTIONS", modules + " jdk.incubator.vector"));
    Files.writeString(kernel.resolve("kernel.json"), JsonMapper.shared().writeValueAsString(spec));
  }

  private static Optional<Path> rapaio() {
    ContextOverrides overrides = ContextOverrides.create().withUserSettings(true).build();
    try (Context maven = Runtimes.INSTANCE.getRuntime().create(overrides)) {
      ArtifactRequest request =
          new ArtifactRequest(new DefaultArtifact(KERNEL), maven.remoteRepositories(), null);
      return Optional.of(
          maven
              .repositorySystem()
              .resolveArtifact(maven.repositorySystemSession(), request)
              .getArtifact()
              .getFile()
              .toPath());
    } catch (RepositoryException e) {
      return Optional.empty();
    }
  }
}
