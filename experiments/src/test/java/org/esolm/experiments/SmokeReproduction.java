package org.esolm.experiments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.esolm.experiments.CommandLineFixture.eso;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The smoke profile, computed once for all tests that need what it leaves. */
public final class SmokeReproduction {
  private static Path folder;

  private SmokeReproduction() {}

  /** Copies it to a folder that is not there yet. */
  public static synchronized void copyTo(Path target) throws IOException {
    if (folder == null) {
      Path fresh = Files.createTempDirectory(Files.createDirectories(Path.of("target")), "smoke-");
      var result =
          eso("reproduce", "--profile", "smoke", "--no-notebook", "--out", fresh.resolve("run"));
      assertThat(result.exit()).as(result.err()).isZero();
      folder = fresh.resolve("run");
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.toList()) {
        Path copy = target.resolve(folder.relativize(file));
        Files.createDirectories(copy.getParent());
        Files.copy(file, copy);
      }
    }
  }
}
