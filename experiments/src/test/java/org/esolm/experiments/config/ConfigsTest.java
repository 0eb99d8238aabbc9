package org.esolm.experiments.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigsTest {
  enum System {
    AR,
    ESO
  }

  record Model(int hidden, int blocks) {
    Model {
      if (hidden < 1) {
        throw new IllegalArgumentException("hidden: " + hidden + ", allowed: at least 1");
      }
    }
  }

  record Train(
      System system,
      Model model,
      double learningRate,
      boolean ema,
      long seed,
      String name,
      List<Integer> steps,
      List<Model> others) {}

  private static final Train DEFAULTS =
      new Train(
          System.ESO,
          new Model(64, 2),
          3e-4,
          true,
          1,
          "no: 1",
          List.of(4, 8),
          List.of(new Model(1, 1)));

  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void place() {
    file = folder.resolve("train.yaml");
  }

  private Train read(String yaml, String... overrides) throws IOException {
    Files.writeString(file, yaml);
    return Configs.read(file, List.of(overrides), DEFAULTS);
  }

  @Test
  void overridesGoOverTheFileAndTheFileOverDefaults() throws IOException {
    Train train =
        read(
            """
            # a comment
            system: ar
            model:
              hidden: 128
            learningRate: 1e-3
            """,
            "model.blocks=7",
            "steps=[1, 2]",
            "others.0.hidden=9",
            "ema=false",
            "name=x=y");
    assertThat(train)
        .isEqualTo(
            new Train(
                System.AR,
                new Model(128, 7),
                1e-3,
                false,
                1,
                "x=y",
                List.of(1, 2),
                List.of(new Model(9, 1))));
    assertThat(read("")).isEqualTo(DEFAULTS);
  }

  @Test
  void whatIsWrittenReadsTheSame() throws IOException {
    Configs.write(DEFAULTS, file);
    assertThat(Configs.read(file, List.of(), Train.class)).isEqualTo(DEFAULTS);
    assertThat(file).content().startsWith("system:").contains("  hidden: 64\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'model: {hiden: 3}' | model.hiden: unknown key, the nearest known one is hidden (known: blocks, hidden)",
        "'learning_rate: 1' | learning_rate: unknown key, the nearest known one is learningRate",
        "'others: [{hidden: 1, blocks: 1, block: 2}]' | others.0.block: unknown key, the nearest known one is blocks",
        "'others: [{hidden: 1, block: 2}]' | others.0.blocks: missing, needed: a whole number (given beside it: hidden, block)",
        "'model: {hidden: many}' | model.hidden: \"many\", allowed: a whole number",
        "'model: {hidden: 2.5}' | model.hidden: 2.5, allowed: a whole number",
        "'model: {hidden: \"3\"}' | model.hidden: \"3\", allowed: a whole number",
        "'model: {hidden: 99999999999}' | model.hidden: 99999999999, allowed: a number in the range of int",
        "'model: 3' | model: 3, allowed: an object with the keys hidden, blocks",
        "'learningRate: fast' | learningRate: \"fast\", allowed: a number",
        "'ema: 1' | ema: 1, allowed: true or false",
        "'ema: yes' | ema: \"yes\", allowed: true or false",
        "'system: mdlm' | system: \"mdlm\", allowed: ar, eso",
        "'steps: 4' | steps: 4, allowed: a list",
        "'steps: [4, x]' | steps.1: \"x\", allowed: a whole number",
        "'seed:' | seed: missing, needed: a whole number",
        "'seed: 1\nseed: 2' | train.yaml line 2: not valid YAML",
        "'model: [' | train.yaml line",
        "'- 3' | a list of 'key: value' lines is needed",
      })
  void errorsNamePlaceValueAndWhatIsAllowed(String yaml, String message) {
    assertThatThrownBy(() -> read(yaml))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("train.yaml")
        .hasMessageContaining(message)
        .message()
        .doesNotContain("\n");
  }

  @Test
  void anErrorOfAnOverrideNamesTheOverride() {
    assertThatThrownBy(() -> read("", "model.hidden=x"))
        .hasMessage("--set model.hidden=x: model.hidden: \"x\", allowed: a whole number");
    assertThatThrownBy(() -> read("", "model")).hasMessage("--set model: key=value is needed");
    assertThatThrownBy(() -> read("", "others.4.hidden=1"))
        .hasMessage("--set others.4.hidden=1: 4 is no element of the list, allowed: 0 to 0");
    assertThatThrownBy(() -> read("", "seed.x=1")).hasMessageContaining("nothing stands below 1");
    assertThatThrownBy(() -> read("", "modle.hidden=1"))
        .hasMessageContaining("modle: unknown key, the nearest known one is model");
  }

  @Test
  void aRecordsOwnWordsReachTheCaller() {
    assertThatThrownBy(() -> read("model: {hidden: 0}"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("hidden: 0, allowed: at least 1");
  }

  @Test
  void whatHasNoDefaultMustBeSaid() throws IOException {
    Files.writeString(file, "hidden: 3");
    assertThatThrownBy(() -> Configs.read(file, List.of(), Model.class))
        .hasMessageContaining("train.yaml: blocks: missing, needed: a whole number");
    assertThatThrownBy(() -> Configs.read(folder.resolve("gone"), List.of(), Model.class))
        .isInstanceOf(NoSuchFileException.class);
  }
}
