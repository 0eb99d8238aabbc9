package org.esolm.experiments.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.esolm.experiments.Main;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A file of any size is measured in little memory: in a process of its own, with a small heap. */
class LikelihoodStreamTest {
  private static final String SENTENCES = "the bird sleeps. the ship near the rocks sleeps.\n";

  @TempDir static Path temp;
  private static Path run;

  @BeforeAll
  static void train() throws IOException {
    run = TinyRun.trained(temp, "eso");
  }

  private static Path file(int megabytes) throws IOException {
    byte[] megabyte =
        SENTENCES.repeat((1 << 20) / SENTENCES.length()).getBytes(StandardCharsets.UTF_8);
    Path file = temp.resolve(megabytes + ".txt");
    try (OutputStream out = Files.newOutputStream(file)) {
      for (int i = 0; i < megabytes; i++) {
        out.write(megabyte);
      }
    }
    return file;
  }

  private static JsonNode likelihood(Path file, String... more) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx64m",
            "--add-modules=jdk.incubator.vector",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName(),
            "likelihood",
            run.toString(),
            "--data",
            file.toString(),
            "--batch",
            "64",
            "--json"));
    command.addAll(Arrays.asList(more));
    Path err = temp.resolve("err");
    Process process = new ProcessBuilder(command).redirectError(err.toFile()).start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(() -> read(err)).isZero();
    assertThat(out.lines()).hasSize(1);
    return JsonMapper.shared().readTree(out);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** Three times the heap lies in the file. */
  @Test
  void beginsWithTheFirstTextsOfALargeFile() throws Exception {
    JsonNode result = likelihood(file(200), "--texts", "2000");
    assertThat(result.get("texts").asInt()).isEqualTo(2000);
    assertThat(result.get("tokens").asInt()).isEqualTo(32_000);
    assertThat(result.get("perplexity").asDouble()).isBetween(10.0, 500.0);
  }

  /** All of a file whose tokens alone, as objects, would not fit. */
  @Test
  @Tag("slow")
  void goesThroughAWholeFile() throws Exception {
    JsonNode result = likelihood(file(10));
    int sentences = 10 * ((1 << 20) / SENTENCES.length());
    assertThat(result.get("texts").asInt()).isEqualTo(sentences * 12 / 16);
    assertThat(result.get("nats_per_token_se").asDouble()).isPositive();
  }
}
