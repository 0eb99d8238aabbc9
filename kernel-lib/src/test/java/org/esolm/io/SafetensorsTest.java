package org.esolm.io;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.SPARSE;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.esolm.tensor.Numbers;
import org.esolm.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class SafetensorsTest {
  @TempDir Path dir;

  @Test
  void roundTrip() throws IOException {
    Path file = dir.resolve("model.safetensors");
    try (Arena arena = Arena.ofConfined()) {
      SequencedMap<String, Tensor> tensors = new LinkedHashMap<>();
      tensors.put("blocks.0.weight", Numbers.normal(arena, 1, 3, 5));
      tensors.put("b", Numbers.normal(arena, 2, 7));
      tensors.put("empty", Tensor.zeros(arena, 0, 4));
      tensors.put("scalar", Numbers.normal(arena, 3));
      Safetensors.write(file, tensors, Map.of("format", "pt", "note", "\"quoted\" \u00e9"));
      try (Safetensors read = Safetensors.open(file)) {
        assertThat(read.entries().keySet())
            .containsExactly("blocks.0.weight", "b", "empty", "scalar");
        assertThat(read.metadata()).isEqualTo(Map.of("format", "pt", "note", "\"quoted\" \u00e9"));
        assertThat(read.entries().get("b"))
            .isEqualTo(new Safetensors.Entry(ElementType.F32, List.of(7), 60, 88));
        for (var e : tensors.entrySet()) {
          Tensor t = read.floats(arena, e.getKey());
          assertThat(t.shape()).containsExactly(e.getValue().shape());
          assertThat(t.toArray()).containsExactly(e.getValue().toArray());
        }
      }
      assertThat(Files.size(file) % 4).isZero(); // data is aligned behind a padded header
    }
  }

  @Test
  void noTensorsAndNoMetadata() throws IOException {
    Path file = dir.resolve("empty.safetensors");
    Safetensors.write(file, new LinkedHashMap<>(), Map.of());
    try (Safetensors read = Safetensors.open(file)) {
      assertThat(read.entries()).isEmpty();
      assertThat(read.metadata()).isEmpty();
    }
  }

  private static byte[] file(long headerLength, byte[] header, byte[] data) {
    return ByteBuffer.allocate(8 + header.length + data.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(headerLength)
        .put(header)
        .put(data)
        .array();
  }

  private static byte[] file(String header, int dataBytes) {
    return file(header, new byte[dataBytes]);
  }

  private static byte[] file(String header, byte[] data) {
    byte[] h = header.getBytes(StandardCharsets.UTF_8);
    return file(h.length, h, data);
  }

  private static String entry(String type, String shape, String offsets) {
    return "{\"dtype\":\"" + type + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
  }

  private Safetensors open(byte[] bytes) throws IOException {
    return Safetensors.open(Files.write(dir.resolve("f.safetensors"), bytes));
  }

  /** Offsets of the second tensor are beyond 32 bits; the file is a hole but for its end. */
  @Test
  void filesBeyondTwoGigabytes() throws IOException {
    long hole = 5L << 30;
    String header =
        "{\"hole\":"
            + entry("U8", "[5,1073741824]", "[0," + hole + "]")
            + ",\"x\":"
            + entry("F32", "[2]", "[" + hole + "," + (hole + 8) + "]")
            + "}";
    byte[] start = file(header, 0);
    Path path = dir.resolve("large.safetensors");
    try (var channel = FileChannel.open(path, CREATE_NEW, WRITE, SPARSE)) {
      channel.write(ByteBuffer.wrap(start));
      ByteBuffer end = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
      channel.write(end.putFloat(1.5f).putFloat(-3).flip(), start.length + hole);
    }
    try (Safetensors read = Safetensors.open(path);
        Arena arena = Arena.ofConfined()) {
      assertThat(read.floats(arena, "x").toArray()).containsExactly(1.5f, -3);
      assertThat(read.entries().get("hole").shape()).containsExactly(5, 1 << 30);
    }
  }

  /** What is cut off while it is open is told, too. */
  @Test
  void aFileThatShrinks() throws IOException {
    SequencedMap<String, Tensor> tensors = new LinkedHashMap<>();
    Path path = dir.resolve("shrinks.safetensors");
    try (Arena arena = Arena.ofConfined()) {
      tensors.put("x", Tensor.zeros(arena, 4));
      Safetensors.write(path, tensors, Map.of());
      try (Safetensors read = Safetensors.open(path)) {
        try (var channel = FileChannel.open(path, WRITE)) {
          channel.truncate(channel.size() - 4);
        }
        assertThatIllegalArgumentException()
            .isThrownBy(() -> read.floats(arena, "x"))
            .withMessageEndingWith("it has been cut off");
      }
    }
  }

  @Test
  void otherTypesAreConverted() throws IOException {
    ByteBuffer data = ByteBuffer.allocate(47).order(ByteOrder.LITTLE_ENDIAN);
    float[] values = {1.5f, -2, 0.25f};
    for (float v : values) {
      data.putShort(Float.floatToFloat16(v));
    }
    for (float v : values) {
      data.putShort((short) (Float.floatToRawIntBits(v) >>> 16));
    }
    for (float v : values) {
      data.putDouble(v);
    }
    data.putInt(-7).putInt(8).put(new byte[] {1, (byte) 200, 0});
    String header =
        "{\"h\":"
            + entry("F16", "[3]", "[0,6]")
            + ",\"b\":"
            + entry("BF16", "[3]", "[6,12]")
            + ",\"d\":"
            + entry("F64", "[3]", "[12,36]")
            + ",\"i\":"
            + entry("I32", "[2]", "[36,44]")
            + ",\"u\":"
            + entry("U8", "[2]", "[44,46]")
            + ",\"t\":"
            + entry("BOOL", "[1]", "[46,47]")
            + "}";
    try (Safetensors read = open(file(header, data.array()));
        Arena arena = Arena.ofConfined()) {
      for (String name : new String[] {"h", "b", "d"}) {
        assertThat(read.floats(arena, name).toArray()).containsExactly(values);
      }
      assertThat(read.ints("i")).containsExactly(-7, 8);
      assertThat(read.ints("u")).containsExactly(1, 200);
      assertThat(read.ints("t")).containsExactly(0);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> read.floats(arena, "i"))
          .withMessageEndingWith("i is I32, expected F32, F16, BF16 or F64");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> read.ints("d"))
          .withMessageEndingWith("d is F64, expected a type of integers");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> read.floats(arena, "x"))
          .withMessageEndingWith("no tensor 'x'");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> read.readFloats("h", Tensor.zeros(arena, 4)))
          .withMessageEndingWith("h has shape [3], expected [4]");
    }
  }

  @Test
  void integersOfEverySize() throws IOException {
    ByteBuffer data = ByteBuffer.allocate(8 + 8 + 4 + 4 + 2 + 2 + 1).order(ByteOrder.LITTLE_ENDIAN);
    data.putLong(-5).putLong(1L << 40).putInt(-1).putInt(7).putShort((short) -2);
    data.putShort((short) -2).put((byte) -3);
    String header =
        "{\"i64\":"
            + entry("I64", "[1]", "[0,8]")
            + ",\"big\":"
            + entry("U64", "[1]", "[8,16]")
            + ",\"u32\":"
            + entry("U32", "[1]", "[16,20]")
            + ",\"i32\":"
            + entry("I32", "[1]", "[20,24]")
            + ",\"i16\":"
            + entry("I16", "[1]", "[24,26]")
            + ",\"u16\":"
            + entry("U16", "[1]", "[26,28]")
            + ",\"i8\":"
            + entry("I8", "[1]", "[28,29]")
            + "}";
    try (Safetensors read = open(file(header, data.array()))) {
      assertThat(read.ints("i64")).containsExactly(-5);
      assertThat(read.ints("i32")).containsExactly(7);
      assertThat(read.ints("i16")).containsExactly(-2);
      assertThat(read.ints("u16")).containsExactly(65534);
      assertThat(read.ints("i8")).containsExactly(-3);
      for (String large : List.of("big", "u32")) {
        assertThatIllegalArgumentException()
            .isThrownBy(() -> read.ints(large))
            .withMessageEndingWith(large + " holds numbers beyond 32 bits");
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16", "BF16"})
  void writtenInEveryTypeOfFloats(ElementType type) throws IOException {
    Path file = dir.resolve("typed.safetensors");
    float[] values = {0, -1.5f, 0.25f, 1 / 3f, 1e-3f, Float.NaN, Float.POSITIVE_INFINITY};
    try (Arena arena = Arena.ofConfined()) {
      SequencedMap<String, Tensor> tensors = new LinkedHashMap<>();
      tensors.put("values", Tensor.copyOf(arena, values, values.length));
      Tensor many = Tensor.zeros(arena, 3, 700_001); // more than is converted at a time
      for (long i = 0; i < many.size(); i++) {
        many.set(i, i % 1999 - 999);
      }
      tensors.put("many", many);
      Safetensors.write(file, tensors, type, Map.of());
      double error = type == ElementType.F32 ? 0 : type == ElementType.F16 ? 0x1p-11 : 0x1p-8;
      try (Safetensors read = Safetensors.open(file)) {
        assertThat(read.entries().get("many").type()).isEqualTo(type);
        tensors.forEach(
            (name, t) -> {
              Tensor copy = read.floats(arena, name);
              for (long i = 0; i < t.size(); i++) {
                float x = t.get(i);
                float y = copy.get(i);
                double bound = Math.max(Math.abs(x) * error, type == ElementType.F16 ? 1e-7 : 0);
                boolean same =
                    Float.isFinite(x) ? Math.abs(y - x) <= bound : Float.compare(x, y) == 0;
                if (!same) {
                  throw new AssertionError(name + "[" + i + "]: " + x + " became " + y);
                }
              }
            });
      }
    }
  }

  /** Whatever is changed in a file: it is read, or refused in one line, and little is allocated. */
  @Test
  void changedFilesNeverDoHarm() throws IOException {
    Path file = dir.resolve("whole.safetensors");
    try (Arena arena = Arena.ofConfined()) {
      SequencedMap<String, Tensor> tensors = new LinkedHashMap<>();
      tensors.put("blocks.0.weight", Numbers.normal(arena, 1, 3, 5));
      tensors.put("b", Numbers.normal(arena, 2, 7));
      tensors.put("s", Numbers.normal(arena, 3));
      Safetensors.write(file, tensors, ElementType.F16, Map.of("format", "pt"));
    }
    byte[] whole = Files.readAllBytes(file);
    SplittableRandom random = new SplittableRandom(1);
    ThreadMXBean thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    int opened = 0;
    for (int round = 0; round < 1500; round++) {
      byte[] changed = changed(whole, random);
      long before = thread.getCurrentThreadAllocatedBytes();
      try (Safetensors read = open(changed);
          Arena arena = Arena.ofConfined()) {
        opened++;
        for (var e : read.entries().entrySet()) {
          if (e.getValue().type().isFloat()) {
            read.floats(arena, e.getKey());
          } else {
            read.ints(e.getKey());
          }
        }
      } catch (IllegalArgumentException e) {
        assertThat(e.getMessage()).startsWith(dir.resolve("f.safetensors").toString());
      }
      assertThat(thread.getCurrentThreadAllocatedBytes() - before).isLessThan(4L << 20);
    }
    assertThat(opened).isBetween(75, 1425);
  }

  private static byte[] changed(byte[] bytes, SplittableRandom random) {
    byte[] copy = bytes.clone();
    int changes = 1 + random.nextInt(3);
    for (int i = 0; i < changes; i++) {
      int at = random.nextInt(copy.length);
      switch (random.nextInt(4)) {
        case 0 -> copy[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> copy[at] = (byte) random.nextInt(256);
        case 2 -> copy[at] = (byte) ('0' + random.nextInt(10));
        default -> copy[at] = copy[random.nextInt(copy.length)];
      }
    }
    return random.nextInt(10) == 0 ? Arrays.copyOf(copy, random.nextInt(copy.length)) : copy;
  }

  static Stream<Arguments> hostile() {
    String four = entry("F32", "[1]", "[0,4]");
    byte[] notUtf8 = "{\"a\":1}".getBytes(StandardCharsets.UTF_8);
    notUtf8[2] = (byte) 0xFF;
    return Stream.of(
        Arguments.of("no bytes", new byte[0], "0 bytes, too short"),
        Arguments.of("seven bytes", new byte[7], "7 bytes, too short"),
        Arguments.of("huge header", file(1L << 62, new byte[8], new byte[0]), "header of 46116860"),
        Arguments.of("negative header", file(-1, new byte[8], new byte[0]), "header of 184467440"),
        Arguments.of("long header", file(9, new byte[8], new byte[0]), "header of 9 bytes"),
        Arguments.of("no header", file(0, new byte[0], new byte[8]), "header of 0 bytes"),
        Arguments.of("not UTF-8", file(7, notUtf8, new byte[0]), "header is not UTF-8"),
        Arguments.of("not JSON", file("{\"a\" 1}", 0), "header: "),
        Arguments.of("cut JSON", file("{\"a\":{", 0), "header: "),
        Arguments.of("nothing", file("   ", 0), "header"),
        Arguments.of("two values", file("{} {}", 0), "header"),
        Arguments.of("no object", file("[1]", 0), "not a JSON object"),
        Arguments.of("deep", file("{\"a\":" + "[".repeat(100_000), 0), "header: "),
        Arguments.of("deep list", file("[".repeat(100_000), 0), "not a JSON object"),
        Arguments.of(
            "duplicate names", file("{\"a\":" + four + ",\"a\":" + four + "}", 4), "header: "),
        Arguments.of("entry no object", file("{\"a\":7}", 0), "a: dtype ''"),
        Arguments.of(
            "unknown type", file("{\"a\":" + entry("F12", "[1]", "[0,4]") + "}", 4), "dtype 'F12'"),
        Arguments.of(
            "type no text",
            file("{\"a\":{\"dtype\":{},\"shape\":[1],\"data_offsets\":[0,4]}}", 4),
            "a: dtype"),
        Arguments.of(
            "no shape", file("{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4), "a: needs"),
        Arguments.of(
            "three offsets", file("{\"a\":" + entry("F32", "[1]", "[0,4,8]") + "}", 4), "a: needs"),
        Arguments.of(
            "negative shape", file("{\"a\":" + entry("F32", "[-1]", "[0,4]") + "}", 4), "a: shape"),
        Arguments.of(
            "broken shape", file("{\"a\":" + entry("F32", "[1.5]", "[0,4]") + "}", 4), "a: shape"),
        Arguments.of(
            "text shape", file("{\"a\":" + entry("F32", "[\"1\"]", "[0,4]") + "}", 4), "a: shape"),
        Arguments.of(
            "overflow",
            file("{\"a\":" + entry("F32", "[2147483647,2147483647,4]", "[0,4]") + "}", 4),
            "overflows"),
        Arguments.of(
            "huge axis",
            file("{\"a\":" + entry("F32", "[99999999999999999999]", "[0,4]") + "}", 4),
            "a: shape"),
        Arguments.of(
            "huge offset",
            file("{\"a\":" + entry("F32", "[1]", "[0,99999999999999999999]") + "}", 4),
            "a: data_offsets"),
        Arguments.of(
            "broken offset",
            file("{\"a\":" + entry("F32", "[1]", "[0,4.5]") + "}", 4),
            "a: data_offsets"),
        Arguments.of(
            "offset with a point",
            file("{\"a\":" + entry("F32", "[1]", "[0,4.0]") + "}", 4),
            "a: data_offsets"),
        Arguments.of(
            "text offset",
            file("{\"a\":" + entry("F32", "[1]", "[\"0\",4]") + "}", 4),
            "a: data_offsets"),
        Arguments.of(
            "negative offset",
            file("{\"a\":" + entry("F32", "[1]", "[-4,0]") + "}", 4),
            "a: data_offsets"),
        Arguments.of(
            "backward", file("{\"a\":" + entry("F32", "[1]", "[4,0]") + "}", 4), "data_offsets"),
        Arguments.of(
            "wrong length",
            file("{\"a\":" + entry("F32", "[1]", "[0,8]") + "}", 8),
            "shape [1] needs 4 bytes"),
        Arguments.of(
            "overlap",
            file("{\"a\":" + four + ",\"b\":" + entry("F32", "[1]", "[2,6]") + "}", 6),
            "b: starts at byte 2, expected 4"),
        Arguments.of(
            "same place",
            file("{\"a\":" + four + ",\"b\":" + four + "}", 4),
            "starts at byte 0, expected 4"),
        Arguments.of(
            "gap",
            file("{\"a\":" + entry("F32", "[1]", "[4,8]") + "}", 8),
            "a: starts at byte 4, expected 0"),
        Arguments.of("rest", file("{\"a\":" + four + "}", 5), "end at byte 4 of 5"),
        Arguments.of("cut off", file("{\"a\":" + four + "}", 3), "end at byte 4 of 3"),
        Arguments.of("metadata no text", file("{\"__metadata__\":{\"a\":{}}}", 0), "__metadata__"),
        Arguments.of("metadata no object", file("{\"__metadata__\":[1]}", 0), "__metadata__"),
        Arguments.of("a long name", file("{\"" + "a".repeat(40_000) + "\":7}", 0), "aaa"),
        Arguments.of("a name of two lines", file("{\"a\\nb\":7}", 0), "dtype"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("hostile")
  void badFilesAreRefusedInOneLine(String what, byte[] bytes, String why) {
    assertThatIllegalArgumentException()
        .describedAs(what)
        .isThrownBy(() -> open(bytes).close())
        .withMessageStartingWith(dir.resolve("f.safetensors") + ": not a safetensors file: ")
        .withMessageContaining(why)
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n", "\r"))
        .satisfies(e -> assertThat(e.getMessage().length()).isLessThan(1_000));
  }

  @Test
  void aMissingFileIsAnInputError() {
    assertThatThrownBy(() -> Safetensors.open(dir.resolve("none")))
        .isInstanceOf(NoSuchFileException.class);
  }
}
