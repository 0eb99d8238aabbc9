package org.esolm.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.esolm.data.Corpus;
import org.esolm.model.ModelConfig;
import org.esolm.system.SystemConfig;
import org.esolm.tensor.Workers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrainerTest {
  private static final Corpus CORPUS = Corpus.toy(20_000, 2_000, 0);
  private static final int LENGTH = 16;

  private static Trainer trainer(String system, int steps, Workers workers) {
    SystemConfig config =
        system.equals("eso-a")
            ? SystemConfig.esoA(0.5)
            : new SystemConfig(system, 0.5, null, null, null, null, null, null);
    ModelConfig model =
        new ModelConfig(
            16,
            config.adaLn() ? 8 : 0,
            2,
            2,
            LENGTH,
            CORPUS.vocabSizeWithMask(),
            CORPUS.maskIndex(),
            0.1);
    return new Trainer(
        model,
        config.objective(model),
        new TrainConfig(steps, 6, 3e-3, 5, 0, 0.9, 0.98, 1e-8, 0, 1, 0.95, 10, 32, 0, 1),
        CORPUS.trainBlocks(LENGTH),
        CORPUS.validBlocks(LENGTH),
        workers);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ar", "mdlm", "bd3lm", "eso", "eso-a"})
  void lossFalls(String system) {
    List<TrainEvent> events = new ArrayList<>();
    try (Workers workers = new Workers(2);
        Trainer trainer = trainer(system, 60, workers)) {
      trainer.run(events::add, () -> {});
    }
    assertThat(events).hasSize(60);
    double first = events.get(9).validation().orElseThrow();
    double last = events.get(59).validation().orElseThrow();
    assertThat(last).isLessThan(first - 0.1);
    assertThat(events.get(10).validation()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"ar", "mdlm", "bd3lm", "eso"})
  void weightsDoNotDependOnTheNumberOfThreads(String system) {
    assertThat(Arrays.equals(trained(system, 4, 1), trained(system, 4, 3))).isTrue();
  }

  private static float[] trained(String system, int steps, int threads) {
    try (Workers workers = new Workers(threads);
        Trainer trainer = trainer(system, steps, workers)) {
      trainer.run(e -> {}, () -> {});
      return trainer.averagedWeights().flat().toArray();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"ar", "mdlm", "bd3lm", "eso"})
  void aResumedRunEndsWithTheWeightsOfOneThatWasNot(String system, @TempDir Path temp)
      throws IOException {
    Path file = temp.resolve("last.safetensors");
    float[] whole;
    try (Workers workers = new Workers(1);
        Trainer trainer = trainer(system, 6, workers)) {
      trainer.run(e -> {}, () -> {});
      whole = trainer.averagedWeights().flat().toArray();
    }
    try (Workers workers = new Workers(1);
        Trainer first = trainer(system, 3, workers);
        Trainer second = trainer(system, 6, workers)) {
      first.run(e -> {}, () -> {});
      first.save(file);
      second.restore(file);
      assertThat(second.step()).isEqualTo(3);
      second.run(e -> {}, () -> {});
      assertThat(Arrays.equals(second.averagedWeights().flat().toArray(), whole)).isTrue();
    }
  }

  @Test
  void anInterruptSavesAndEndsTheLoop() {
    List<Long> saved = new ArrayList<>();
    try (Workers workers = new Workers(1);
        Trainer trainer = trainer("ar", 100, workers)) {
      assertThatThrownBy(
              () ->
                  trainer.run(
                      e -> {
                        if (e.step() == 5) {
                          Thread.currentThread().interrupt();
                        }
                      },
                      () -> saved.add(trainer.step())))
          .isInstanceOf(CancellationException.class)
          .hasMessageContaining("after 5 steps");
      assertThat(Thread.interrupted()).isTrue();
    }
    assertThat(saved).containsExactly(5L);
  }

  /** Wherever in a step they come: the step is forgotten, and what it has left does no harm. */
  @ParameterizedTest
  @ValueSource(strings = {"ar", "mdlm", "bd3lm", "eso"})
  @Timeout(60)
  void interruptsDoNotChangeTheWeights(String system) throws InterruptedException {
    float[] weights;
    int steps;
    int interrupts = 0;
    try (Workers workers = new Workers(2);
        Trainer trainer = trainer(system, 4, workers)) {
      Thread training = Thread.currentThread();
      Thread tormentor =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      for (int wait = 0; ; wait++) {
                        Thread.sleep(Duration.ofNanos(300_000L * wait)); // later and later
                        training.interrupt();
                      }
                    } catch (InterruptedException e) {
                      // the training is over
                    }
                  });
      while (trainer.step() < 4 || interrupts < 4) { // which may come late on a busy machine
        try {
          trainer.advance();
        } catch (CancellationException e) {
          interrupts++;
        }
      }
      tormentor.interrupt();
      while (tormentor.isAlive()) {
        Thread.interrupted();
        Thread.onSpinWait();
      }
      Thread.interrupted(); // the last one
      weights = trainer.averagedWeights().flat().toArray();
      steps = (int) trainer.step();
    }
    assertThat(interrupts).isPositive();
    assertThat(Arrays.equals(weights, trained(system, steps, 2))).isTrue();
  }

  @Test
  void anInterruptEndsAValidationToo() {
    try (Workers workers = new Workers(1);
        Trainer trainer = trainer("mdlm", 1, workers)) {
      Thread.currentThread().interrupt();
      assertThatThrownBy(trainer::validate).isInstanceOf(CancellationException.class);
      assertThat(Thread.interrupted()).as("heard").isFalse();
      assertThat(trainer.validate()).isPositive();
    }
  }

  @Test
  void aCheckpointOfAnotherNetworkIsRefused(@TempDir Path temp) throws IOException {
    Path file = temp.resolve("last.safetensors");
    try (Workers workers = new Workers(1);
        Trainer ar = trainer("ar", 1, workers);
        Trainer eso = trainer("eso", 1, workers)) {
      ar.save(file);
      assertThatThrownBy(() -> eso.restore(file))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("sigma_map");
      assertThat(eso.step()).isZero();
    }
  }
}
