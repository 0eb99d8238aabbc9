package org.esolm.experiments.jupyter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.esolm.experiments.CommandLineFixture.eso;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.esolm.experiments.CommandLineFixture.Result;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NotebooksCommandTest {
  @TempDir Path folder;

  @Test
  void notebooks_are_called_by_number_name_or_path() throws Exception {
    Path four = folder.resolve("04-ar-to-diffusion.ipynb");
    Path ten = folder.resolve("10-your-own.ipynb");
    Notebooks notebooks = new Notebooks(List.of(four, ten));
    for (String word :
        List.of("4", "04", "04-ar-to-diffusion", "ar-to-diffusion", "04-ar-to-diffusion.ipynb")) {
      assertThat(notebooks.find(word)).as(word).isEqualTo(four);
    }
    assertThat(notebooks.find("10")).isEqualTo(ten);
    Path other = Files.writeString(folder.resolve("other.ipynb"), "{}");
    assertThat(notebooks.find(other.toString())).isEqualTo(other);
    for (String word : List.of("1", "diffusion", "05", "gone.ipynb", "")) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> notebooks.find(word))
          .withMessageContaining("'" + word + "'")
          .withMessageContaining("04-ar-to-diffusion, 10-your-own");
    }
  }

  @Test
  void lists_the_notebooks_with_their_parameters() {
    Result result = eso("notebooks");
    assertThat(result.exit()).isZero();
    assertThat(result.out())
        .contains("notebooks/01-pareto-plot-in-ten-minutes.ipynb", "The Pareto plot", "-p profile");
  }

  @Test
  void wrong_names_and_values_are_found_before_anything_runs() {
    Result name = eso("notebooks", "--execute", "01", "-p", "profil=smoke");
    assertThat(name.exit()).isEqualTo(2);
    assertThat(name.err().lines())
        .singleElement()
        .asString()
        .contains("profil: no such parameter", "profile, out");
    assertThat(eso("notebooks", "--execute", "99").exit()).isEqualTo(2);
    assertThat(eso("notebooks", "-p", "profile=smoke", "01").err()).contains("--execute");
    assertThat(eso("notebooks", "--execute", "01", "--timeout", "0").exit()).isEqualTo(2);
  }
}
