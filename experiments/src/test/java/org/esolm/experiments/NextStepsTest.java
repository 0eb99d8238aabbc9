package org.esolm.experiments;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NextStepsTest {
  @TempDir Path home;

  private List<String> commands() {
    return NextSteps.of(home).stream().map(NextSteps.Step::command).toList();
  }

  private void file(String name) throws IOException {
    Path file = home.resolve("runs").resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, "");
  }

  @Test
  void a_newcomer_reproduces_first() {
    assertThat(commands()).containsExactly("reproduce", "reproduce --profile smoke", "lab");
  }

  @Test
  void what_was_broken_off_goes_on() throws IOException {
    file("reproduce-smoke/plan.yaml");
    assertThat(commands()).startsWith("reproduce --profile smoke").endsWith("lab");
    file("mine/plan.yaml");
    file("reproduce-smoke/results.jsonl");
    assertThat(commands()).startsWith("reproduce --out runs/mine");
  }

  @Test
  void what_is_trained_can_be_sampled_and_drawn() throws IOException {
    file("reproduce-quick/plan.yaml");
    file("reproduce-quick/results.jsonl");
    file("reproduce-quick/runs/eso-0.5/config.yaml");
    file("reproduce-quick/runs/eso-0.5/checkpoints/last.safetensors");
    file("begun/config.yaml");
    assertThat(commands())
        .containsExactly(
            "sample runs/reproduce-quick/runs/eso-0.5 --count 4",
            "likelihood runs/reproduce-quick/runs/eso-0.5 --data toy",
            "figures runs/reproduce-quick",
            "lab");
  }
}
