package org.esolm.experiments.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import org.esolm.data.CorpusConfig;
import org.esolm.experiments.reproduce.Plan;
import org.esolm.experiments.run.ModelSizes;
import org.esolm.experiments.run.RunConfig;
import org.esolm.experiments.run.RunDirectory;
import org.esolm.metric.CorpusLikelihood.Bound;
import org.esolm.metric.ResultRow;
import org.esolm.system.SystemConfig;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EsoTest {
  private Path temp;
  private final OpenCorpus corpus =
      OpenCorpus.of(
          new CorpusConfig(
              "toy",
              Optional.empty(),
              Optional.empty(),
              1,
              20_000,
              2_000,
              0,
              Optional.empty(),
              Optional.empty()));
  private final RunConfig config =
      RunConfig.quick(SystemConfig.eso(0.5))
          .withModel(new ModelSizes(16, 8, 1, 2, 16, 0))
          .withSteps(20)
          .withTrain(
              RunConfig.quick(SystemConfig.eso(0.5))
                  .train()
                  .withSteps(20)
                  .withBatch(4)
                  .withCheckpoints(10))
          .withCorpus(corpus.config());
  private Run run;

  @BeforeAll
  void train(@TempDir Path folder) {
    temp = folder;
    run = Eso.train(temp.resolve(Eso.name(config)), config, corpus);
  }

  @Test
  void theSameConfigurationIsFoundAgain() throws IOException {
    var written = Files.getLastModifiedTime(run.folder().resolve("metrics.jsonl"));
    Run again = Eso.train(run.folder(), config, corpus);
    assertThat(again.name()).isEqualTo(run.name()).matches("eso-0.5-[0-9a-f]{6}");
    assertThat(Files.getLastModifiedTime(run.folder().resolve("metrics.jsonl"))).isEqualTo(written);
    assertThat(again.sample(2).texts()).isEqualTo(run.sample(2).texts());
    assertThat(Eso.open(run.folder().toString()).config()).isEqualTo(config);
  }

  @Test
  void anotherConfigurationHasAnotherNameOrAClearMessage() {
    assertThat(Eso.name(config.withSeed(2))).isNotEqualTo(Eso.name(config));
    assertThatThrownBy(() -> Eso.train(run.folder(), config.withSeed(2), corpus))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("is of another configuration (not 'seed: 2'), allowed: another name");
    assertThatThrownBy(() -> Eso.open("no-such-run"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("run: 'no-such-run' is not there, allowed:");
  }

  @Test
  void anInterruptLeavesACheckpointAndTheNextEvaluationGoesOn() throws IOException {
    Path folder = temp.resolve("interrupted");
    Thread training = Thread.currentThread();
    Thread.ofPlatform()
        .start(
            () -> {
              while (!Files.exists(folder.resolve("config.yaml"))) {
                Thread.onSpinWait();
              }
              training.interrupt();
            });
    assertThatThrownBy(() -> Eso.train(folder, config, corpus))
        .isInstanceOf(CancellationException.class)
        .hasMessageContaining("run the cell again to go on");
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
    assertThat(RunDirectory.status(folder).state()).isEqualTo("interrupted");
    Run gone = Eso.train(folder, config, corpus);
    assertThat(RunDirectory.status(folder).state()).isEqualTo("finished");
    assertThat(gone.sample(2).texts())
        .as("as if it had not been interrupted")
        .isEqualTo(run.sample(2).texts());
  }

  @Test
  void itKeepsWhatItWroteAtEachCheckpoint() {
    assertThat(run.glimpses()).extracting(Run.Glimpse::step).containsExactly(10L, 20L);
    assertThat(run.metrics()).hasSize(2).last().extracting(Run.Metric::validation).isNotNull();
    assertThat(run.glimpses().getLast().text()).isEqualTo(run.sample(1).texts().getFirst());
  }

  @Test
  void samplesFollowTheRequest() {
    var infilled = run.infill(2, "the [MASK] ships ".repeat(5) + "the");
    assertThat(infilled.texts()).allMatch(t -> t.startsWith("the ") && t.endsWith(" the"));
    assertThat(run.prompt(2, "the ship").texts()).allMatch(t -> t.startsWith("the ship"));
    assertThat(run.withAlpha0(0).sample(1).samples().nfe()).as("left to right").isEqualTo(16);
    assertThat(run.withAlpha0(1).sample(1, r -> r.withSteps(1)).samples().nfe()).isEqualTo(1);
  }

  @Test
  void likelihoodStandsBesideTheTruth() {
    Likelihood likelihood = run.likelihood(Bound.NELBO, 1, 20);
    assertThat(likelihood.measured().texts()).isEqualTo(20);
    assertThat(likelihood.measured().nats().value())
        .isGreaterThan(likelihood.measured().trueNats().orElseThrow().value());
    assertThat(likelihood.toDisplay().data().get("text/html")).contains("nelbo", "KL to the truth");
    assertThat(run.likelihood(Bound.IW, 3, 4).perplexity().value())
        .isLessThan(run.likelihood(Bound.ANY_ORDER, 3, 4).perplexity().value());
    List<ResultRow> rows =
        run.measure(
            new Plan.Evaluation(8, 1, 4, 2), new Plan.Setting(4, 1.0), new Plan.Setting(4, 0.5));
    assertThat(rows).extracting(ResultRow::alpha0).containsExactly(1.0, 0.5);
  }

  @Test
  void itShowsItselfAndItsCorpus() {
    assertThat(run.toDisplay().data().get("text/html"))
        .contains("eso-0.5-", "20 of 20", "held-out perplexity", "<img alt=\"Training loss\"");
    assertThat(run.toDisplay().toString()).contains("finished");
    assertThat(corpus.toDisplay().data().get("text/html"))
        .contains("true perplexity", "blockquote");
    assertThat(Run.losses(List.of(run)).svg()).startsWith("<svg");
  }

  @Test
  void profilesAreNamed() {
    assertThat(RunConfig.ofProfile("smoke", SystemConfig.ar()).train().steps()).isEqualTo(60);
    assertThat(RunConfig.ofProfile("full", SystemConfig.ar()).model().hiddenSize()).isEqualTo(128);
    assertThatThrownBy(() -> RunConfig.ofProfile("fast", SystemConfig.ar()))
        .hasMessage("profile: 'fast', must be smoke, quick or full");
  }
}
