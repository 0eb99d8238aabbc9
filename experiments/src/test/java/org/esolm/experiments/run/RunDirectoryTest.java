package org.esolm.experiments.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class RunDirectoryTest {
  record Config(int steps, double rate) {}

  private static final Config CONFIG = new Config(3, 0.5);

  @TempDir Path temp;

  private Provenance provenance() throws IOException {
    Path input = temp.resolve("input.txt");
    Files.writeString(input, "abc");
    return Provenance.gather(Path.of("."), Map.of("training", 7L), List.of(input));
  }

  private JsonNode json(Path file) throws IOException {
    return JsonMapper.shared().readTree(Files.readString(file));
  }

  @Test
  void aRunStatesWhatItIsAndHowItEnded() throws IOException {
    Path folder = temp.resolve("runs/a");
    try (RunDirectory run = RunDirectory.create(folder, CONFIG, provenance())) {
      assertThat(RunDirectory.status(folder).state()).isEqualTo("running");
      assertThat(RunDirectory.config(folder, Config.class)).isEqualTo(CONFIG);
      run.metrics(Map.of("step", 1));
      assertThat(folder.resolve("metrics.jsonl")).as("flushed").hasContent("{\"step\":1}\n");
      assertThat(run.checkpoint("last.safetensors").getParent()).isDirectory();
      assertThat(run.samples("eso")).hasFileName("eso.jsonl");
      assertThat(run.figure("loss.svg").getParent()).isDirectory();
      run.finished();
    }
    RunDirectory.Status status = RunDirectory.status(folder);
    assertThat(status.state()).isEqualTo("finished");
    assertThat(status.seconds()).isNotNegative();
    assertThat(status.error()).isNull();

    JsonNode provenance = json(folder.resolve("provenance.json"));
    assertThat(provenance.get("seeds").get("training").asLong()).isEqualTo(7);
    assertThat(provenance.get("inputs").get(temp.resolve("input.txt").toString()).asString())
        .isEqualTo("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assertThat(provenance.get("jdk").asString())
        .contains(String.valueOf(Runtime.version().feature()));
    assertThat(provenance.get("cores").asInt()).isPositive();
    assertThat(provenance.get("cpu").asString()).isNotBlank();
    assertThat(provenance.get("flags").toString()).contains("jdk.incubator.vector");
    assertThat(provenance.get("libraries").toString()).contains("picocli-", "nd4j-native-");
    assertThat(provenance.get("started").asString()).matches("\\d{4}-\\d\\d-\\d\\dT.*Z");
  }

  @Test
  void gitCommitAndChangesAreKnownInACheckoutAndNullOutside() throws IOException {
    Provenance outside = Provenance.gather(temp, Map.of(), List.of());
    assertThat(outside.gitCommit()).isNull();
    assertThat(outside.gitDirty()).isNull();

    git("init", "-q");
    Files.writeString(temp.resolve("a"), "a");
    git("add", "a");
    git("-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-qm", "a");
    Provenance clean = Provenance.gather(temp, Map.of(), List.of());
    assertThat(clean.gitCommit()).matches("[0-9a-f]{40,64}");
    assertThat(clean.gitDirty()).isFalse();
    Files.writeString(temp.resolve("a"), "b");
    assertThat(Provenance.gather(temp, Map.of(), List.of()).gitDirty()).isTrue();
  }

  private void git(String... args) {
    var command = new java.util.ArrayList<>(List.of("git"));
    command.addAll(List.of(args));
    assertThat(Commands.output(temp, command)).as(command.toString()).isPresent();
  }

  @Test
  void aFolderThatHoldsARunIsRefusedAndLeftAlone() throws IOException {
    Path folder = temp.resolve("a");
    try (RunDirectory run = RunDirectory.create(folder, CONFIG, provenance())) {
      run.metrics(Map.of("step", 1));
      run.finished();
    }
    String before = listing(folder);
    Provenance provenance = provenance();
    assertThatThrownBy(() -> RunDirectory.create(folder, new Config(9, 9), provenance))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("--out " + folder + ": already holds a run (finished, begun ")
        .hasMessageEndingWith("allowed: another folder, or --resume");
    assertThat(listing(folder)).isEqualTo(before);

    Path file = Files.writeString(temp.resolve("file"), "x");
    assertThatThrownBy(() -> RunDirectory.create(file, CONFIG, provenance))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("is a file");
  }

  private static String listing(Path folder) throws IOException {
    StringBuilder all = new StringBuilder();
    try (var files = Files.walk(folder)) {
      for (Path file : files.sorted().toList()) {
        all.append(file).append(Files.getLastModifiedTime(file)).append('\n');
      }
    }
    return all.toString();
  }

  @Test
  void otherFilesDoNotStandInTheWay() throws IOException {
    Files.writeString(Files.createDirectory(temp.resolve("a")).resolve("log.txt"), "x");
    try (RunDirectory run = RunDirectory.create(temp.resolve("a"), CONFIG, provenance())) {
      assertThat(run.folder()).exists();
    }
  }

  @Test
  void resumeGoesOnWithTheSameConfiguration() throws IOException {
    Path folder = temp.resolve("a");
    try (RunDirectory run = RunDirectory.create(folder, CONFIG, provenance())) {
      for (int step = 1; step <= 3; step++) {
        run.metrics(Map.of("step", step));
      }
    }
    assertThat(RunDirectory.status(folder).state()).isEqualTo("failed");
    assertThat(RunDirectory.status(folder).error()).isEqualTo("broken off");
    Files.writeString(folder.resolve("metrics.jsonl"), "{\"st", StandardOpenOption.APPEND);

    RunDirectory.keepMetrics(folder, row -> row.get("step").asInt() <= 2);
    try (RunDirectory run = RunDirectory.resume(folder, CONFIG, provenance())) {
      run.metrics(Map.of("step", 3));
      run.failed(new IOException("disk full"));
    }
    assertThat(folder.resolve("metrics.jsonl"))
        .hasContent("{\"step\":1}\n{\"step\":2}\n{\"step\":3}\n");
    assertThat(folder.resolve("provenance-resumed-1.json")).exists();
    assertThat(RunDirectory.status(folder).error()).contains("disk full");
  }

  @Test
  void resumeRefusesAnotherConfigurationAndNoRun() throws IOException {
    Path folder = temp.resolve("a");
    Provenance provenance = provenance();
    RunDirectory.create(folder, CONFIG, provenance).close();
    assertThatThrownBy(() -> RunDirectory.resume(folder, new Config(3, 0.25), provenance))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("the configuration differs: 'rate: 0.25', the run has 'rate: 0.5'");
    assertThatThrownBy(() -> RunDirectory.resume(temp.resolve("none"), CONFIG, provenance))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("holds no run");
    assertThat(temp.resolve("none")).doesNotExist();
  }
}
