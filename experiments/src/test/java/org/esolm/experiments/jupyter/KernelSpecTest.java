package org.esolm.experiments.jupyter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.esolm.experiments.CommandLineFixture.eso;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class KernelSpecTest {
  @TempDir Path temp;

  @Test
  void it_goes_where_jupyter_looks_for_a_persons_own_kernels() {
    Path home = Path.of("/home/ada");
    assertThat(KernelSpec.ofUser(Map.of("JUPYTER_DATA_DIR", "/data"), home).folder())
        .isEqualTo(Path.of("/data/kernels/esolm"));
    if (File.separatorChar == '/' && !System.getProperty("os.name").startsWith("Mac")) {
      assertThat(KernelSpec.ofUser(Map.of(), home).folder())
          .isEqualTo(home.resolve(".local/share/jupyter/kernels/esolm"));
      assertThat(KernelSpec.ofUser(Map.of("XDG_DATA_HOME", "/xdg"), home).folder())
          .isEqualTo(Path.of("/xdg/jupyter/kernels/esolm"));
    }
  }

  @Test
  void what_is_installed_has_absolute_paths_and_is_taken_away_again() throws IOException {
    Path folder = temp.resolve("share/jupyter/kernels/esolm");
    assertThat(eso("kernel", "install", "--prefix", temp).out())
        .contains("wrote " + folder)
        .contains("./eso kernel uninstall --prefix " + temp);
    JsonNode spec = JsonMapper.shared().readTree(Files.readString(folder.resolve("kernel.json")));
    Path script = Path.of(spec.get("argv").get(1).asString());
    assertThat(script).isAbsolute().exists();
    assertThat(spec.get("argv").get(2).asString()).isEqualTo("{connection_file}");
    assertThat(spec.get("interrupt_mode").asString()).isEqualTo("message");
    assertThat(Path.of(spec.at("/env/ESO_JAVA_HOME").asString()).resolve("bin/java")).exists();
    assertThat(folder.resolve("logo-svg.svg")).exists();

    var again = eso("kernel", "install", "--prefix", temp);
    assertThat(again.exit()).isZero();
    assertThat(again.out()).contains("nothing to do");
    assertThat(eso("kernel", "uninstall", "--prefix", temp).out()).contains("removed " + folder);
    assertThat(folder).doesNotExist();
    assertThat(eso("kernel", "uninstall", "--prefix", temp).out()).contains("nothing to do");
  }

  @Test
  void another_kernel_of_this_name_is_left_alone() throws IOException {
    KernelSpec spec = KernelSpec.ofPrefix(temp);
    Files.createDirectories(spec.folder());
    Path other = Files.writeString(spec.folder().resolve("kernel.json"), "{\"argv\": [\"x\"]}");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> spec.install(Jupyter.repository(), temp))
        .withMessageContaining("not this project's");
    assertThat(eso("kernel", "uninstall", "--prefix", temp).exit()).isEqualTo(2);
    assertThat(other).hasContent("{\"argv\": [\"x\"]}");
  }

  @Test
  void a_place_that_cannot_be_written_is_bad_input() throws IOException {
    Path file = Files.writeString(temp.resolve("file"), "");
    var result = eso("kernel", "install", "--prefix", file);
    assertThat(result.exit()).isEqualTo(2);
    assertThat(result.err()).contains("cannot be written", "--prefix DIR");
  }

  @Test
  void the_class_path_for_another_kernel() {
    assertThat(eso("kernel", "classpath").out()).contains("kernel-lib", "jackson-databind");
    assertThat(eso("kernel").exit()).isEqualTo(2);
  }
}
