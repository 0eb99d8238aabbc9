package org.esolm.experiments.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
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
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.esolm.experiments.checkpoint.Pickled.Call;
import org.esolm.experiments.checkpoint.Pickled.Global;
import org.esolm.experiments.checkpoint.Pickled.Instance;
import org.esolm.experiments.checkpoint.Pickled.OrderedDict;
import org.esolm.experiments.checkpoint.Pickled.Parameter;
import org.esolm.experiments.checkpoint.Pickled.Storage;
import org.esolm.experiments.checkpoint.Pickled.Tensor;
import org.esolm.experiments.checkpoint.Pickled.Tuple;
import org.esolm.io.ElementType;
import org.esolm.io.PickledObject;
import org.esolm.io.TensorSource;
import org.esolm.io.TorchFile;
import org.esolm.io.TorchTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TorchFileTest {
  private static final Storage SIX = Storage.floats(ElementType.F32, 0, 1, 2, 3, 4, 5);

  @TempDir Path temp;

  private float[] read(Path file, String name) throws IOException {
    try (TorchFile torch = TorchFile.open(file);
        Arena arena = Arena.ofConfined()) {
      TorchTensor t = (TorchTensor) ((Map<?, ?>) torch.root()).get(name);
      SequencedMap<String, TorchTensor> one = new LinkedHashMap<>(Map.of(name, t));
      var to = org.esolm.tensor.Tensor.zeros(arena, t.shape().stream().mapToInt(i -> i).toArray());
      torch.source(one).readFloats(name, to);
      return to.toArray();
    }
  }

  @Test
  void viewsOfStorages() throws IOException {
    Map<String, Object> tensors = new LinkedHashMap<>();
    tensors.put("whole", Tensor.of(SIX, 2, 3));
    tensors.put("part", new Tensor(SIX, 2, new int[] {3}, new long[] {1}));
    tensors.put("transposed", new Tensor(SIX, 0, new int[] {3, 2}, new long[] {1, 3}));
    tensors.put("repeated", new Tensor(SIX, 4, new int[] {2, 2}, new long[] {0, 1}));
    tensors.put("one row", new Tensor(SIX, 1, new int[] {1, 2}, new long[] {999, 1}));
    tensors.put("scalar", new Tensor(SIX, 5, new int[0], new long[0]));
    tensors.put("empty", new Tensor(SIX, 0, new int[] {0, 4}, new long[] {4, 1}));
    tensors.put("parameter", new Parameter(Tensor.of(SIX, 6)));
    Path file = TorchZip.save(temp.resolve("views.pt"), new OrderedDict(tensors, true));
    assertThat(read(file, "whole")).containsExactly(0, 1, 2, 3, 4, 5);
    assertThat(read(file, "part")).containsExactly(2, 3, 4);
    assertThat(read(file, "transposed")).containsExactly(0, 3, 1, 4, 2, 5);
    assertThat(read(file, "repeated")).containsExactly(4, 5, 4, 5);
    assertThat(read(file, "one row")).containsExactly(1, 2);
    assertThat(read(file, "scalar")).containsExactly(5);
    assertThat(read(file, "empty")).isEmpty();
    assertThat(read(file, "parameter")).containsExactly(0, 1, 2, 3, 4, 5);
    try (TorchFile torch = TorchFile.open(file)) {
      assertThat(List.<Object>copyOf(((Map<?, ?>) torch.root()).keySet()))
          .isEqualTo(List.copyOf(tensors.keySet()));
    }
  }

  @Test
  void typesOfElements() throws IOException {
    float[] values = {1.5f, -2, 0.25f};
    Map<String, Object> tensors = new LinkedHashMap<>();
    for (ElementType type :
        List.of(ElementType.F64, ElementType.F32, ElementType.F16, ElementType.BF16)) {
      tensors.put(type.name(), Tensor.of(Storage.floats(type, values), 3));
    }
    tensors.put("I64", Tensor.of(Storage.floats(ElementType.I64, 7), 1));
    Path file = TorchZip.save(temp.resolve("types.pt"), tensors);
    for (String type : List.of("F64", "F32", "F16", "BF16")) {
      assertThat(read(file, type)).containsExactly(values);
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> read(file, "I64"))
        .withMessageContaining("I64 is Stored[type=I64");
  }

  @Test
  void largeTensorsAreReadInPieces() throws IOException {
    float[] values = new float[700_001];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    Storage storage = Storage.floats(ElementType.F32, values);
    Path file =
        TorchZip.save(
            temp.resolve("large.pt"),
            Map.of("a", new Tensor(storage, 1, new int[] {700_000}, new long[] {1})));
    assertThat(read(file, "a")).containsExactly(Arrays.copyOfRange(values, 1, values.length));
  }

  @Test
  void otherObjects() throws IOException {
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("numbers", List.of(1, -1, 300, 70_000, 1L << 40, 0.5, true));
    root.put("tuples", List.of(new Tuple(), new Tuple(1), new Tuple(1, 2, 3, 4)));
    root.put("nothing", null);
    root.put("same", "same");
    Map<String, Object> state = new LinkedHashMap<>();
    state.put("_content", Map.of("a", 1));
    state.put("type", new Global("typing", "Any"));
    root.put("config", new Instance(new Global("omegaconf.dictconfig", "DictConfig"), state));
    root.put(
        "tokenizer", new Call(new Global("tokenizers", "AddedToken"), "x", new Tuple("latin1")));
    root.put("bytes", new Call(new Global("_codecs", "encode"), "abc", "latin1"));
    try (TorchFile torch = TorchFile.open(TorchZip.save(temp.resolve("o.pt"), root))) {
      Map<?, ?> read = (Map<?, ?>) torch.root();
      assertThat(List.<Object>copyOf(read.keySet())).isEqualTo(List.copyOf(root.keySet()));
      assertThat(read.get("numbers")).isEqualTo(List.of(1, -1, 300, 70_000, 1L << 40, 0.5, true));
      assertThat((Object[]) ((List<?>) read.get("tuples")).get(2)).containsExactly(1, 2, 3, 4);
      assertThat(read.get("nothing")).isNull();
      assertThat(read.get("same")).isEqualTo("same");
      PickledObject config = (PickledObject) read.get("config");
      assertThat(config.type()).isEqualTo("omegaconf.dictconfig.DictConfig");
      assertThat(((Map<?, ?>) config.state()).get("_content")).isEqualTo(Map.of("a", 1));
      assertThat(read.get("tokenizer")).hasToString("tokenizers.AddedToken");
      assertThat(read.get("bytes")).hasToString("_codecs.encode");
    }
  }

  @Test
  void sizesBeyond32BitsAndAnyFolder() throws IOException {
    Pickled pickled = new Pickled(Map.of("a", Tensor.of(SIX, 6)));
    Path file = temp.resolve("64.pt");
    try (TorchZip zip = new TorchZip(file, true)) {
      zip.add("last/data.pkl", pickled.bytes());
      zip.add("last/data/0", SIX.bytes());
    }
    assertThat(read(file, "a")).containsExactly(0, 1, 2, 3, 4, 5);
  }

  private static Object harmful(String module, String name, Object... args) {
    return Map.of("state_dict", Map.of(), "x", new Call(new Global(module, name), args));
  }

  static Stream<Arguments> forbidden() {
    return Stream.of(
        Arguments.of("posix.system", harmful("posix", "system", "touch /tmp/harm")),
        Arguments.of("os.system", harmful("os", "system", "touch /tmp/harm")),
        Arguments.of("__builtin__.eval", harmful("__builtin__", "eval", "1")),
        Arguments.of("builtins.getattr", harmful("builtins", "getattr", "a", "b")),
        Arguments.of("subprocess.Popen", harmful("subprocess", "Popen", List.of("sh"))),
        Arguments.of("torch.load", harmful("torch", "load", "x")),
        Arguments.of("torch.hub.load", harmful("torch.hub", "load", "x")),
        Arguments.of(
            "transformers.utils.hub.cached_file", harmful("transformers.utils.hub", "cached_file")),
        Arguments.of("omegaconf.os.system", harmful("omegaconf", "os.system", "x")),
        Arguments.of("omegaconf.OmegaConf.create", harmful("omegaconf", "OmegaConf.create")),
        Arguments.of("operator.attrgetter", harmful("operator", "attrgetter", "x")),
        Arguments.of("net.razorvine.x", new Global("net.razorvine", "x")),
        Arguments.of(
            "datetime.datetime", new Instance(new Global("datetime", "datetime"), Map.of())));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("forbidden")
  void otherClassesAreRefusedByName(String name, Object root) throws IOException {
    Path file = TorchZip.save(temp.resolve("harm.ckpt"), root);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TorchFile.open(file))
        .withMessage(
            "%s: its pickle asks for %s, which is not among the classes that a checkpoint may name; it was not run",
            file, name);
  }

  private static byte[] pickle(Object... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (Object part : parts) {
      if (part instanceof Integer i) {
        out.write(i);
      } else {
        out.writeBytes(part.toString().getBytes(StandardCharsets.ISO_8859_1));
      }
    }
    return out.toByteArray();
  }

  static Stream<Arguments> broken() {
    String tensor = "ctorch._utils\n_rebuild_tensor_v2\n(";
    String storage = "(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0000X\3\0\0\0cpuK\6tQ";
    return Stream.of(
        Arguments.of("nothing", pickle(), "premature end"),
        Arguments.of("no end", pickle(0x80, 2, "}"), "premature end"),
        Arguments.of("empty stack", pickle(0x80, 2, "."), "not a valid pickle"),
        Arguments.of("unknown opcode", pickle(0x80, 2, 0xff), "invalid pickle opcode"),
        Arguments.of("future protocol", pickle(0x80, 9, "}."), "unsupported pickle protocol: 9"),
        Arguments.of("opcode of old", pickle("I1\n."), "opcode 'I' of a protocol before 2"),
        Arguments.of("instance of old", pickle("(ios\nsystem\n."), "opcode 'i' of a protocol"),
        Arguments.of("2 GB of text", pickle("X", 255, 255, 255, 127, "."), "2147483647 bytes"),
        Arguments.of("negative text", pickle("X", 255, 255, 255, 255, "."), "-1 bytes announced"),
        Arguments.of("huge number", pickle(0x8b, 255, 255, 255, 127, "."), "2147483647 bytes"),
        Arguments.of(
            "8 exabytes", pickle(0x8d, "\377\377\377\377\377\377\377\177."), "bytes announced"),
        Arguments.of("memo", pickle("h", 7, "."), "invalid memo key"),
        Arguments.of("list as key", pickle("}]q\0h\0as."), "not a valid pickle"),
        Arguments.of("key in itself", pickle("}]q\0h\0aK\1s."), "a collection as a key"),
        Arguments.of("key in itself 2", pickle("}q\1(]q\0h\0aK\1u."), "a collection as a key"),
        Arguments.of("attributes of a number", pickle("K\1}b."), "attributes for what has none"),
        Arguments.of("storage of text", pickle("X\1\0\0\0000Q."), "not a valid pickle"),
        Arguments.of("id of text", pickle("P0\n."), "opcode 'P'"),
        Arguments.of(
            "path",
            pickle("(X\7\0\0\0storagectorch\nFloatStorage\nX\6\0\0\0../etcX\3\0\0\0cpuK\6tQ."),
            "a storage of the name '../etc', allowed: a number"),
        Arguments.of("no storage", pickle(tensor, "K\6K\0)))R."), "not a valid pickle"),
        Arguments.of(
            "beyond its storage",
            pickle(tensor, storage, "K\1K\6", 0x85, "K\1", 0x85, 0x89, "NtR."),
            "needs 7 elements, its storage 0 has 6"),
        Arguments.of(
            "negative offset",
            pickle(tensor, storage, "J\377\377\377\377K\6", 0x85, "K\1", 0x85, 0x89, "NtR."),
            "offset -1"),
        Arguments.of(
            "negative axis",
            pickle(tensor, storage, "K\0J\377\377\377\377", 0x85, "K\1", 0x85, 0x89, "NtR."),
            "shape [-1]"),
        Arguments.of(
            "fewer strides",
            pickle(tensor, storage, "K\0K\6K\1", 0x86, "K\1", 0x85, 0x89, "NtR."),
            "shape [6, 1], strides [1]"),
        Arguments.of(
            "overflow",
            pickle(
                tensor,
                storage,
                "K\0(",
                "J\377\377\377\177".repeat(3),
                "tK\0K\0K\0",
                0x87,
                0x89,
                "NtR."),
            "overflows"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("broken")
  void brokenPicklesAreRefused(String what, byte[] pickle, String why) throws IOException {
    Path file = temp.resolve("broken.ckpt");
    try (TorchZip zip = new TorchZip(file, false)) {
      zip.add("archive/data.pkl", pickle);
      zip.add("archive/data/0", SIX.bytes());
    }
    requireRefused(file, why);
  }

  private static void requireRefused(Path file, String why) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TorchFile.open(file).close())
        .withMessageStartingWith(file + ": ")
        .withMessageContaining(why)
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n", "\r"))
        .satisfies(e -> assertThat(e.getMessage().length()).isLessThan(600));
  }

  /** Fills a zip. */
  @FunctionalInterface
  interface Zip {
    void fill(TorchZip zip, Pickled pickled) throws IOException;
  }

  static Stream<Arguments> brokenZips() {
    byte[] big = "big".getBytes(StandardCharsets.US_ASCII);
    return Stream.of(
        Arguments.of("empty", (Zip) (zip, p) -> {}, "not a"),
        Arguments.of(
            "no pickle", (Zip) (zip, p) -> zip.add("a/b", big), "without an entry data.pkl"),
        Arguments.of(
            "two pickles",
            (Zip)
                (zip, p) -> {
                  zip.add("a/data.pkl", p.bytes());
                  zip.add("b/data.pkl", p.bytes());
                },
            "two pickles"),
        Arguments.of(
            "one name twice",
            (Zip)
                (zip, p) -> {
                  zip.add("a/data.pkl", p.bytes());
                  zip.add("a/data/0", SIX.bytes());
                  zip.add("a/data/0", SIX.bytes());
                },
            "two entries a/data/0"),
        Arguments.of(
            "no storage", (Zip) (zip, p) -> zip.add("a/data.pkl", p.bytes()), "no entry a/data/0"),
        Arguments.of(
            "short storage",
            (Zip)
                (zip, p) -> {
                  zip.add("a/data.pkl", p.bytes());
                  zip.add("a/data/0", new byte[20]);
                },
            "storage 0 has 20 bytes, its 6 elements of F32 need 24"),
        Arguments.of(
            "big-endian",
            (Zip)
                (zip, p) -> {
                  zip.add("a/data.pkl", p.bytes());
                  zip.add("a/data/0", SIX.bytes());
                  zip.add("a/byteorder", big);
                },
            "byteorder big, allowed: little"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("brokenZips")
  void brokenZipsAreRefused(String what, Zip content, String why) throws IOException {
    Path file = temp.resolve("broken.ckpt");
    try (TorchZip zip = new TorchZip(file, false)) {
      content.fill(zip, new Pickled(Map.of("a", Tensor.of(SIX, 6))));
    }
    requireRefused(file, why);
  }

  @Test
  void compressedEntriesAreRefusedUnread() throws IOException {
    Path bomb = temp.resolve("bomb.ckpt");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(bomb))) {
      zip.putNextEntry(new ZipEntry("archive/data.pkl"));
      byte[] zeros = new byte[1 << 20];
      for (int i = 0; i < 64; i++) {
        zip.write(zeros);
      }
    }
    assertThat(Files.size(bomb)).isLessThan(1 << 18);
    requireRefused(bomb, "archive/data.pkl is compressed");
  }

  @Test
  void whatIsNoZipIsRefused() throws IOException {
    Path file = temp.resolve("x.ckpt");
    assertThatThrownBy(() -> TorchFile.open(file)).isInstanceOf(NoSuchFileException.class);
    Files.write(file, new byte[0]);
    requireRefused(file, "not a PyTorch checkpoint");
    Files.writeString(file, "<!DOCTYPE html><title>404</title>");
    requireRefused(file, "not a PyTorch checkpoint");
    Files.write(file, pickle(0x80, 2, 0x8a, 10));
    requireRefused(file, "of a version since 1.6");
    Path whole = TorchZip.save(temp.resolve("whole.pt"), Map.of("a", Tensor.of(SIX, 6)));
    Files.write(file, Arrays.copyOf(Files.readAllBytes(whole), (int) Files.size(whole) / 2));
    requireRefused(file, "is it cut off?");
  }

  /** Whatever is changed in a file: it is read, or refused in one line, and little is allocated. */
  @Test
  void changedFilesNeverDoHarm() throws IOException {
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("a", Tensor.of(SIX, 2, 3));
    root.put("b", new Tensor(SIX, 1, new int[] {2, 2}, new long[] {1, 2}));
    root.put("h", Tensor.of(Storage.floats(ElementType.F16, 1, 2), 2));
    root.put("list", List.of(1, 0.5, "text", new Tuple(1, 2)));
    root.put("o", new Instance(new Global("omegaconf", "DictConfig"), Map.of("_val", 3)));
    byte[] pickle = new Pickled(root).bytes();
    byte[] whole = Files.readAllBytes(TorchZip.save(temp.resolve("whole.pt"), root));
    SplittableRandom random = new SplittableRandom(1);
    int read = 0;
    for (int round = 0; round < 1500; round++) {
      Path file = temp.resolve("changed.pt");
      if (round % 2 == 0) {
        Files.write(file, changed(whole, random));
      } else {
        try (TorchZip zip = new TorchZip(file, false)) {
          zip.add("a/data.pkl", changed(pickle, random));
          zip.add("a/data/0", SIX.bytes());
          zip.add("a/data/1", new byte[4]);
        }
      }
      read += readsOrIsRefused(file) ? 1 : 0;
    }
    assertThat(read).isBetween(150, 1350);
  }

  private static byte[] changed(byte[] bytes, SplittableRandom random) {
    byte[] copy = bytes.clone();
    int changes = 1 + random.nextInt(3);
    for (int i = 0; i < changes; i++) {
      int at = random.nextInt(copy.length);
      switch (random.nextInt(4)) {
        case 0 -> copy[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> copy[at] = (byte) random.nextInt(256);
        case 2 -> copy[at] = (byte) (random.nextBoolean() ? 0xff : 0x7f);
        default -> copy[at] = copy[random.nextInt(copy.length)];
      }
    }
    return random.nextInt(10) == 0 ? Arrays.copyOf(copy, random.nextInt(copy.length)) : copy;
  }

  private static boolean readsOrIsRefused(Path file) {
    ThreadMXBean thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = thread.getCurrentThreadAllocatedBytes();
    boolean read = true;
    try (TorchFile torch = TorchFile.open(file);
        Arena arena = Arena.ofConfined()) {
      SequencedMap<String, TorchTensor> tensors = new LinkedHashMap<>();
      if (torch.root() instanceof Map<?, ?> map) {
        map.forEach(
            (name, t) -> {
              if (t instanceof TorchTensor tensor && tensor.size() < 1000) {
                tensors.put(String.valueOf(name), tensor);
              }
            });
      }
      TensorSource source = torch.source(tensors);
      for (String name : tensors.keySet()) {
        int n = (int) tensors.get(name).size();
        source.readFloats(name, org.esolm.tensor.Tensor.zeros(arena, n));
      }
    } catch (IOException | IllegalArgumentException e) {
      assertThat(e.getMessage()).isNotBlank();
      read = false;
    }
    assertThat(thread.getCurrentThreadAllocatedBytes() - before).isLessThan(8L << 20);
    return read;
  }
}
