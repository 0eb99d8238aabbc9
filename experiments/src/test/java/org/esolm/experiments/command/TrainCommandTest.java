package org.esolm.experiments.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.esolm.experiments.CommandLineFixture.eso;
import static org.esolm.experiments.command.TinyRun.train;
import static org.esolm.experiments.command.TinyRun.trained;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.esolm.experiments.CommandLineFixture.Result;
import org.esolm.experiments.run.Provenance;
import org.esolm.experiments.run.RunConfig;
import org.esolm.experiments.run.RunDirectory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrainCommandTest {
  @TempDir Path temp;
  private Path config;
  private Path out;

  @BeforeEach
  void writeConfig() throws IOException {
    config = TinyRun.config(temp);
    out = temp.resolve("out");
  }

  /** Weights, average and moments to the bit. */
  private static String checkpoint(Path run) throws IOException {
    return Provenance.sha256(run.resolve("checkpoints/last.safetensors"));
  }

  @Test
  void trainsAndKeepsTheRecord() throws IOException {
    Result result = train(config, out);
    assertThat(result.exit()).as(result.err()).isZero();
    assertThat(result.out()).contains("nats a token, perplexity", "run: " + out);
    assertThat(RunDirectory.status(out).state()).isEqualTo("finished");
    assertThat(Files.readString(out.resolve("metrics.jsonl")).lines())
        .hasSize(2)
        .allMatch(line -> line.contains("validation"));
    assertThat(Files.readString(out.resolve("config.yaml"))).contains("kappa", "emaDecay");
  }

  @Test
  void whatTheConfigurationLeavesOutHasADefault() throws IOException {
    Path small =
        Files.writeString(temp.resolve("s.yaml"), "corpus: {name: toy}\nsystem: {name: ar}");
    RunConfig run = RunConfig.read(small, List.of("train.steps=7"));
    assertThat(run.system().name()).isEqualTo("ar");
    assertThat(run.train()).isEqualTo(RunConfig.defaults().train().withSteps(7));
    assertThat(run.model()).isEqualTo(RunConfig.defaults().model());
  }

  @Test
  void aResumedRunEndsWithTheWeightsOfOneAtOnce() throws IOException {
    Path once = trained(temp, "once");
    assertThat(train(config, out, "train.steps=3").exit()).isZero();
    assertThat(checkpoint(out)).isNotEqualTo(checkpoint(once));
    Result resumed = train(config, out, "--resume");
    assertThat(resumed.exit()).as(resumed.err()).isZero();
    assertThat(checkpoint(out)).isEqualTo(checkpoint(once));
    assertThat(RunDirectory.config(out, RunConfig.class).train().steps()).isEqualTo(6);
  }

  @Test
  void anInterruptSavesAndResumeGoesOn() throws Exception {
    String many = "train.steps=800";
    Path once = trained(temp, "once", many);
    Result[] result = new Result[1];
    Thread training = Thread.ofPlatform().start(() -> result[0] = train(config, out, many));
    Path metrics = out.resolve("metrics.jsonl");
    while (training.isAlive() && !(Files.exists(metrics) && Files.size(metrics) > 0)) {
      Thread.sleep(1);
    }
    training.interrupt();
    training.join();
    assertThat(result[0].exit()).as(result[0].err()).isEqualTo(130);
    assertThat(result[0].err().lines())
        .singleElement()
        .asString()
        .matches("eso: training: interrupted after \\d+ steps, saved; --resume goes on");
    assertThat(RunDirectory.status(out).state()).isEqualTo("interrupted");

    Result resumed = train(config, out, many, "--resume");
    assertThat(resumed.exit()).as(resumed.err()).isZero();
    assertThat(checkpoint(out)).isEqualTo(checkpoint(once));
    assertThat(Files.readString(out.resolve("metrics.jsonl")).lines().map(l -> l.split(",")[0]))
        .containsExactlyElementsOf(
            Files.readString(once.resolve("metrics.jsonl"))
                .lines()
                .map(l -> l.split(",")[0])
                .toList());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "corpus.name=characters corpus.file=TEMP/gone | gone: no such file",
        "corpus.name=characters corpus.file=TEMP/empty | empty: empty, allowed: a file of UTF-8 text",
        "corpus.name=words corpus.file=TEMP/latin1 | latin1: not UTF-8 text: byte 0xE9 at offset 1",
        "corpus.name=characters corpus.file=TEMP/short | short (held-out text): 2 tokens, needed: at least one block of 16",
        "corpus.name=characters | file: none, allowed for characters: a text file",
        "corpus.name=nonesuch | corpus: 'nonesuch', allowed: toy, markov",
        "corpus.validTokens=15 | 15 tokens, needed: at least one block of 16",
        "model.hidenSize=3 | model.hidenSize: unknown key, the nearest known one is hiddenSize",
        "modle.length=3 | modle: unknown key, the nearest known one is model",
        "system.alpha0=1.5 | alpha0: 1.5, must be in [0, 1]",
        "system.alpha0=-0.1 | alpha0: -0.1, must be in [0, 1]",
        "system.alpha0=.nan | alpha0: NaN, must be in [0, 1]",
        "system.name=bd3lm system.blockSize=5 | blockSize: 5, must divide",
        "system.name=gpt | system: 'gpt', must be one of ar, mdlm, bd3lm, eso",
        "model.heads=3 | hiddenSize: 16, must be a multiple of heads (3)",
        "model.heads=16 | hiddenSize / heads: 1, must be an even head size",
        "train.batch=1 | train.batch: 1 with system.kappa 0.5 gives 0 sequences to the diffusion loss",
        "train.steps=0 | steps: 0, must be at least 1",
        "train.steps=x | train.steps: \"x\", allowed: a whole number",
      })
  void badInputIsOneLineAndWritesNothing(String overrides, String message) throws IOException {
    Files.writeString(temp.resolve("empty"), "");
    Files.write(temp.resolve("latin1"), new byte[] {'n', (byte) 0xE9, '\n'});
    Files.writeString(temp.resolve("short"), "to be or not to be");
    String[] sets = overrides.replace("TEMP", temp.toString()).split(" ");
    requireRefused(train(config, out, sets), message);
    assertThat(out).doesNotExist();
  }

  private static void requireRefused(Result result, String message) {
    assertThat(result.exit()).as(result.err()).isEqualTo(2);
    assertThat(result.out()).isEmpty();
    assertThat(result.err().lines())
        .singleElement()
        .asString()
        .startsWith("eso: ")
        .contains(message);
  }

  @Test
  void aConfigurationThatCannotBeReadIsRefused() throws IOException {
    requireRefused(train(temp.resolve("gone.yaml"), out), "gone.yaml: no such file");
    Path empty = Files.writeString(temp.resolve("empty.yaml"), "");
    requireRefused(train(empty, out), "empty.yaml: empty");
    Path blank = Files.writeString(temp.resolve("blank.yaml"), " \n");
    requireRefused(train(blank, out), "blank.yaml: empty");
    Path latin = Files.write(temp.resolve("latin.yaml"), new byte[] {'a', (byte) 0xE9});
    requireRefused(train(latin, out), "not UTF-8");
    assertThat(out).doesNotExist();
    assertThat(eso("train", config).exit()).isEqualTo(2);
  }

  @Test
  void anotherRunIsLeftAlone() throws IOException {
    Path run = trained(temp, "run");
    List<String> before = listing(run);
    requireRefused(train(config, run), "already holds a run (finished");
    requireRefused(
        train(config, run, "train.learningRate=0.1", "--resume"), "the configuration differs");
    requireRefused(
        train(config, run, "train.steps=5", "--resume"), "must be at least the 6 that are done");
    assertThat(listing(run)).isEqualTo(before);

    requireRefused(train(config, out, "--resume"), "holds no run");
    assertThat(out).doesNotExist();
  }

  @Test
  void gpt2sTokensTrainSampleAndMeasure() throws IOException {
    Path text = Files.writeString(temp.resolve("text"), "To be, or not to be. ".repeat(40));
    Path run =
        trained(temp, "gpt2", "corpus.name=text", "corpus.tokenizer=gpt2", "corpus.file=" + text);
    assertThat(Files.readString(run.resolve("tokens.json"))).isEqualTo("\"gpt2\"");
    Path samples = temp.resolve("samples.jsonl");
    Result result = eso("sample", run, "--prompt", "To be,", "--out", samples);
    assertThat(result.exit()).as(result.err()).isZero();
    assertThat(Files.readString(samples)).contains("\"text\":\"To be,", "[2514,307,11,");
    double nats =
        eso("likelihood", run, "--data", text, "--json").json().get("nats_per_token").asDouble();
    assertThat(nats).isBetween(5.0, 11.0); // six steps teach little: log 50257 = 10.8
  }

  private static List<String> listing(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(Files::isRegularFile)
          .sorted()
          .map(f -> f + " " + f.toFile().lastModified() + " " + f.toFile().length())
          .toList();
    }
  }
}
