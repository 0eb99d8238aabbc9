package org.esolm.experiments.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.esolm.experiments.CommandLineFixture.eso;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class DataCommandTest {
  @TempDir Path temp;

  @Test
  void listsTheCorpora() {
    assertThat(eso("data", "list").out()).contains("toy", "markov", "characters", "words");
    assertThat(eso("data").out()).isEqualTo(eso("data", "list").out());
  }

  @Test
  void describesTheChainWhoseEntropyIsKnown() {
    JsonNode json = eso("data", "describe", "markov", "--length", "30", "--json").json();
    assertThat(json.get("vocabulary").asInt()).isEqualTo(254);
    assertThat(json.get("true_entropy").asDouble())
        .isEqualTo(1.73, within(5 * json.get("true_entropy_se").asDouble() + 0.05));
    assertThat(json.get("unigram_entropy").asDouble())
        .isGreaterThan(json.get("true_entropy").asDouble());
  }

  @Test
  void describesAText() throws IOException {
    Path file = Files.writeString(temp.resolve("text"), "to be or not to be ".repeat(10));
    JsonNode characters = eso("data", "describe", file, "--json").json();
    assertThat(characters.get("vocabulary").asInt())
        .isEqualTo("tobernr ".chars().distinct().toArray().length);
    JsonNode words = eso("data", "describe", file, "--by", "words", "--json").json();
    assertThat(words.get("vocabulary").asInt()).isEqualTo(4 + 2);
    assertThat(words.get("train_tokens").asInt()).isEqualTo(54);
    JsonNode gpt2 = eso("data", "describe", file, "--by", "gpt2", "--json").json();
    assertThat(gpt2.get("vocabulary").asInt()).isEqualTo(50_257);
    assertThat(eso("data", "describe", file, "--by", "letters").exit()).isEqualTo(2);
    assertThat(eso("data", "describe", temp.resolve("gone")).err()).contains("allowed: toy");
  }
}
