package org.esolm.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import org.esolm.tensor.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Two shards: a and b in the first, c in the second. */
class SafetensorsFolderTest {
  private static final String FIRST = "model-00001-of-00002.safetensors";
  private static final String SECOND = "model-00002-of-00002.safetensors";

  @TempDir Path folder;
  private final Arena arena = Arena.ofAuto();

  @BeforeEach
  void write() throws IOException {
    shard(FIRST, "a", 1, "b", 2);
    shard(SECOND, "c", 3);
    index("\"a\": \"%s\", \"b\": \"%s\", \"c\": \"%s\"".formatted(FIRST, FIRST, SECOND));
  }

  private void shard(String file, Object... namesAndValues) throws IOException {
    SequencedMap<String, Tensor> tensors = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      float value = (int) namesAndValues[i + 1];
      tensors.put((String) namesAndValues[i], Tensor.copyOf(arena, new float[] {value}, 1));
    }
    Safetensors.write(folder.resolve(file), tensors, Map.of());
  }

  private void index(String weightMap) throws IOException {
    Files.writeString(
        folder.resolve(SafetensorsFolder.INDEX),
        "{\"metadata\": {\"total_size\": 12}, \"weight_map\": {%s}}".formatted(weightMap));
  }

  private void requireRefused(String message) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SafetensorsFolder.open(folder))
        .withMessageContaining(message)
        .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
  }

  @Test
  void tensorsOfAllShardsAreThere() throws IOException {
    try (SafetensorsFolder tensors = SafetensorsFolder.open(folder)) {
      assertThat(tensors.files())
          .extracting(f -> f.getFileName().toString())
          .containsExactly(SafetensorsFolder.INDEX, FIRST, SECOND);
      assertThat(tensors.stored()).containsOnlyKeys("a", "b", "c");
      Tensor c = Tensor.zeros(arena, 1);
      tensors.readFloats("c", c);
      assertThat(c.get(0)).isEqualTo(3);
      assertThat(tensors.floats(arena, "b").get(0)).isEqualTo(2);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> tensors.floats(arena, "d"))
          .withMessageEndingWith("index.json: no tensor 'd'");
    }
  }

  @Test
  void oneFileCountsBeforeAnIndex() throws IOException {
    shard(SafetensorsFolder.MODEL, "a", 7);
    try (SafetensorsFolder tensors = SafetensorsFolder.open(folder)) {
      assertThat(tensors.files()).containsExactly(folder.resolve(SafetensorsFolder.MODEL));
      assertThat(tensors.stored()).containsOnlyKeys("a");
    }
  }

  @Test
  void aShardIsMissing() throws IOException {
    Files.delete(folder.resolve(SECOND));
    requireRefused("index.json: file " + SECOND + " is not there, needed: all 2 that it lists");
  }

  @Test
  void aShardIsCutOff() throws IOException {
    byte[] bytes = Files.readAllBytes(folder.resolve(SECOND));
    Files.write(folder.resolve(SECOND), java.util.Arrays.copyOf(bytes, bytes.length - 2));
    requireRefused(SECOND + ": not a safetensors file");
  }

  @Test
  void aTensorIsNotInItsShard() throws IOException {
    shard(FIRST, "a", 1);
    requireRefused("index.json: tensor b is not in file " + FIRST);
  }

  @Test
  void twoShardsHaveOneTensor() throws IOException {
    shard(SECOND, "c", 3, "a", 1);
    requireRefused("tensor a is in file " + SECOND + ", listed in " + FIRST);
  }

  @Test
  void aShardHasATensorThatIsNotListed() throws IOException {
    shard(SECOND, "c", 3, "d", 4);
    requireRefused("tensor d is in file " + SECOND + ", listed nowhere");
  }

  @ParameterizedTest
  @CsvSource({
    "../model-00001-of-00002.safetensors",
    "/etc/passwd",
    "sub/model.safetensors",
    "sub\\\\model.safetensors",
    "..",
    "''"
  })
  void aShardElsewhere(String file) throws IOException {
    index("\"a\": \"%s\"".formatted(file));
    requireRefused(
        "tensor a in file '%s', allowed: a file beside it".formatted(file.replace("\\\\", "\\")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}                       | index.json: no 'weight_map' from tensors to files",
        "{\"weight_map\": {}}     | index.json: no 'weight_map'",
        "{\"weight_map\": [1]}    | index.json: no 'weight_map'",
        "{\"weight_map\": {\"a\": {}}} | tensor a in file ''",
        "{\"weight_map\": {\"a\": \"x\", \"a\": \"y\"}} | index.json: not JSON: Duplicate",
        "{\"weight_map\":         | index.json: not JSON",
        "[]                       | index.json: not a JSON object",
      })
  void anIndexThatIsNone(String json, String message) throws IOException {
    Files.writeString(folder.resolve(SafetensorsFolder.INDEX), json);
    requireRefused(message);
  }

  @Test
  void neitherFileNorIndex() throws IOException {
    Files.delete(folder.resolve(SafetensorsFolder.INDEX));
    requireRefused("neither model.safetensors nor model.safetensors.index.json");
  }
}
