package org.esolm.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.esolm.tensor.Tensor;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A file of named tensors in the safetensors format: eight bytes of header length, a JSON header,
 * then the tensors' bytes, row-major and little-endian. The file is mapped, not read; a file that
 * breaks any rule of the format is refused before a tensor is handed out.
 */
public final class Safetensors implements TensorSource {
  /** The format's own limit of the header. */
  private static final long MAX_HEADER = 100_000_000;

  private static final int MAX_MESSAGE = 500;

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  /** Bytes that are read at a time. */
  private static final long READ = 1 << 28;

  /** Bytes that are converted and written at a time. */
  private static final int CHUNK = 1 << 22;

  /**
   * Where one tensor lies.
   *
   * @param type of its elements
   * @param shape length of each axis
   * @param from first byte in the data section
   * @param to behind the last byte
   */
  public record Entry(ElementType type, List<Integer> shape, long from, long to) {}

  private final Path file;
  private final FileChannel channel;
  private final Arena arena;
  private final MemorySegment data;
  private final long dataStart; // byte of the file
  private final SequencedMap<String, Entry> entries;
  private final Map<String, String> metadata;

  private Safetensors(
      Path file,
      FileChannel channel,
      Arena arena,
      MemorySegment data,
      long dataStart,
      SequencedMap<String, Entry> entries,
      Map<String, String> metadata) {
    this.file = file;
    this.channel = channel;
    this.arena = arena;
    this.data = data;
    this.dataStart = dataStart;
    this.entries = entries;
    this.metadata = metadata;
  }

  /**
   * Opens a file.
   *
   * @param file the file
   * @return its tensors; to be closed
   * @throws IOException if it cannot be read
   * @throws IllegalArgumentException if it is not a valid safetensors file; the message says why in
   *     one line
   */
  public static Safetensors open(Path file) throws IOException {
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
    Arena arena = Arena.ofShared();
    try {
      long size = channel.size();
      if (size < 8) {
        throw bad(file, size + " bytes, too short for a header");
      }
      MemorySegment map = channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
      long header = map.get(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 0);
      if (header < 2 || header > MAX_HEADER || header > size - 8) {
        throw bad(
            file,
            "header of "
                + Long.toUnsignedString(header)
                + " bytes, allowed are 2 to "
                + Math.min(MAX_HEADER, size - 8));
      }
      MemorySegment data = map.asSlice(8 + header);
      Map<String, String> metadata = new LinkedHashMap<>();
      SequencedMap<String, Entry> entries = new LinkedHashMap<>();
      parse(file, map.asSlice(8, header), entries, metadata);
      checkCover(file, entries, data.byteSize());
      return new Safetensors(
          file,
          channel,
          arena,
          data,
          8 + header,
          Collections.unmodifiableSequencedMap(entries),
          Collections.unmodifiableMap(metadata));
    } catch (IOException | RuntimeException e) {
      arena.close();
      channel.close();
      throw e;
    }
  }

  /** One line whatever the file says: names in it may be long, and hold line breaks. */
  private static IllegalArgumentException bad(Path file, String why) {
    String line = why.replaceAll("\\p{Cntrl}+", " ");
    String brief = line.length() <= MAX_MESSAGE ? line : line.substring(0, MAX_MESSAGE) + "...";
    return new IllegalArgumentException(file + ": not a safetensors file: " + brief);
  }

  private static void readMetadata(Path file, JsonNode node, Map<String, String> metadata) {
    if (!node.isObject()) {
      throw bad(file, "__metadata__ is not a JSON object");
    }
    for (var m : node.properties()) {
      if (!m.getValue().isString()) {
        throw bad(file, "__metadata__: " + m.getKey() + " is not a string");
      }
      metadata.put(m.getKey(), m.getValue().asString());
    }
  }

  /** Reads entry by entry, so that a large header is never a tree. */
  private static void parse(
      Path file, MemorySegment header, Map<String, Entry> entries, Map<String, String> metadata) {
    try (JsonParser json = JSON.createParser(text(file, header))) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw bad(file, "header is not a JSON object");
      }
      while (json.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = json.currentName();
        json.nextToken();
        JsonNode node = json.readValueAsTree();
        if (name.equals("__metadata__")) {
          readMetadata(file, node, metadata);
        } else {
          entries.put(name, entry(file, name, node));
        }
      }
      if (json.nextToken() != null) {
        throw bad(file, "header: more than one JSON object");
      }
    } catch (JacksonException e) {
      throw bad(file, "header: " + e.getOriginalMessage());
    }
  }

  private static String text(Path file, MemorySegment header) {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .decode(header.asByteBuffer())
          .toString();
    } catch (CharacterCodingException e) {
      throw bad(file, "header is not UTF-8");
    }
  }

  private static Entry entry(Path file, String name, JsonNode node) {
    String dtype = node.path("dtype").asString("");
    JsonNode shape = node.path("shape");
    JsonNode offsets = node.path("data_offsets");
    ElementType type =
        ElementType.of(dtype)
            .orElseThrow(
                () ->
                    bad(
                        file,
                        name
                            + ": dtype '"
                            + dtype
                            + "', known are "
                            + Arrays.toString(ElementType.values())));
    if (!shape.isArray() || !offsets.isArray() || offsets.size() != 2) {
      throw bad(file, name + ": needs an array 'shape' and two 'data_offsets'");
    }
    List<Integer> axes = new ArrayList<>();
    long size = type.bytes();
    try {
      for (JsonNode axis : shape) {
        if (!axis.isIntegralNumber() || !axis.canConvertToInt() || axis.intValue() < 0) {
          throw bad(file, name + ": shape " + shape);
        }
        axes.add(axis.intValue());
        size = Math.multiplyExact(size, axis.intValue());
      }
    } catch (ArithmeticException e) {
      throw bad(file, name + ": shape " + shape + " overflows");
    }
    for (JsonNode offset : offsets) {
      if (!offset.isIntegralNumber() || !offset.canConvertToLong()) {
        throw bad(file, name + ": data_offsets " + offsets);
      }
    }
    long from = offsets.get(0).longValue();
    long to = offsets.get(1).longValue();
    if (from < 0 || to < from || to - from != size) {
      throw bad(
          file,
          name + ": data_offsets " + offsets + ", shape " + shape + " needs " + size + " bytes");
    }
    return new Entry(type, List.copyOf(axes), from, to);
  }

  /** Tensors must cover the data without gap or overlap. */
  private static void checkCover(Path file, Map<String, Entry> entries, long size) {
    long at = 0;
    List<Map.Entry<String, Entry>> sorted = new ArrayList<>(entries.entrySet());
    sorted.sort(
        Comparator.comparingLong((Map.Entry<String, Entry> e) -> e.getValue().from())
            .thenComparingLong(e -> e.getValue().to()));
    for (var e : sorted) {
      if (e.getValue().from() != at) {
        throw bad(
            file, e.getKey() + ": starts at byte " + e.getValue().from() + ", expected " + at);
      }
      at = e.getValue().to();
    }
    if (at != size) {
      throw bad(file, "tensors end at byte " + at + " of " + size + ", is it cut off?");
    }
  }

  /**
   * What the file holds.
   *
   * @return entries by name in the header's order
   */
  public SequencedMap<String, Entry> entries() {
    return entries;
  }

  /**
   * The header's free text.
   *
   * @return metadata, empty where there is none
   */
  public Map<String, String> metadata() {
    return metadata;
  }

  private Entry require(String name) {
    Entry e = entries.get(name);
    if (e == null) {
      throw new IllegalArgumentException(file + ": no tensor '" + name + "'");
    }
    return e;
  }

  @Override
  public SequencedMap<String, Stored> stored() {
    SequencedMap<String, Stored> stored = new LinkedHashMap<>();
    entries.forEach((name, e) -> stored.put(name, new Stored(e.type(), e.shape())));
    return stored;
  }

  private MemorySegment bytes(Entry e) {
    return data.asSlice(e.from(), e.to() - e.from());
  }

  @Override
  public void readFloats(String name, Tensor to) {
    Entry e = require(name);
    long n = (e.to() - e.from()) / e.type().bytes();
    if (n != to.size()) {
      throw new IllegalArgumentException(
          file
              + ": "
              + name
              + " has shape "
              + e.shape()
              + ", expected "
              + Arrays.toString(to.shape()));
    }
    if (e.type() == ElementType.F32 && ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN) {
      copy(e, to.memory());
      return;
    }
    try {
      e.type().toFloats(bytes(e), to, 0, n);
    } catch (IllegalArgumentException x) {
      throw new IllegalArgumentException(file + ": " + name + " is " + x.getMessage(), x);
    }
  }

  /** Reads what needs no conversion past the mapping, so that it is not resident twice. */
  private void copy(Entry e, MemorySegment to) {
    long size = e.to() - e.from();
    long start = dataStart + e.from();
    try {
      for (long at = 0; at < size; ) {
        ByteBuffer chunk = to.asSlice(at, Math.min(size - at, READ)).asByteBuffer();
        int n = channel.read(chunk, start + at);
        if (n < 0) {
          throw bad(file, "ends at byte " + (start + at) + ", it has been cut off");
        }
        at += n;
      }
    } catch (IOException x) {
      throw new UncheckedIOException(x);
    }
  }

  /**
   * A tensor of floats in memory of its own.
   *
   * @param arena owner of the copy
   * @param name its name
   * @return the tensor in 32 bits
   */
  public Tensor floats(Arena arena, String name) {
    Tensor t = Tensor.zeros(arena, require(name).shape().stream().mapToInt(i -> i).toArray());
    readFloats(name, t);
    return t;
  }

  /**
   * A tensor of integers.
   *
   * @param name its name
   * @return its elements in row-major order
   * @throws IllegalArgumentException if it holds floats, or a number that is no int
   */
  public int[] ints(String name) {
    Entry e = require(name);
    MemorySegment bytes = bytes(e);
    int[] v = new int[Math.toIntExact(bytes.byteSize() / e.type().bytes())];
    try {
      for (int i = 0; i < v.length; i++) {
        v[i] = Math.toIntExact(e.type().integer(bytes, i));
      }
    } catch (ArithmeticException x) {
      throw new IllegalArgumentException(file + ": " + name + " holds numbers beyond 32 bits", x);
    } catch (IllegalArgumentException x) {
      throw new IllegalArgumentException(file + ": " + name + " is " + x.getMessage(), x);
    }
    return v;
  }

  /**
   * Writes a file of 32-bit floats; it is whole or absent.
   *
   * @param file where to
   * @param tensors by name, written in their order
   * @param metadata free text for the header
   * @throws IOException if it cannot be written
   */
  public static void write(
      Path file, SequencedMap<String, Tensor> tensors, Map<String, String> metadata)
      throws IOException {
    write(file, tensors, ElementType.F32, metadata);
  }

  /**
   * Writes a file of floats; it is whole or absent.
   *
   * @param file where to
   * @param tensors by name, written in their order
   * @param type of all elements in the file: F32, F16 or BF16
   * @param metadata free text for the header
   * @throws IOException if it cannot be written
   */
  public static void write(
      Path file,
      SequencedMap<String, Tensor> tensors,
      ElementType type,
      Map<String, String> metadata)
      throws IOException {
    ObjectNode header = JSON.createObjectNode();
    if (!metadata.isEmpty()) {
      ObjectNode m = header.putObject("__metadata__");
      metadata.forEach(m::put);
    }
    long at = 0;
    for (var t : tensors.entrySet()) {
      ObjectNode node = header.putObject(t.getKey());
      node.put("dtype", type.name());
      var shape = node.putArray("shape");
      Arrays.stream(t.getValue().shape()).forEach(shape::add);
      long end = at + t.getValue().size() * type.bytes();
      node.putArray("data_offsets").add(at).add(end);
      at = end;
    }
    byte[] json = JSON.writeValueAsBytes(header);
    byte[] padded = Arrays.copyOf(json, (json.length + 7) / 8 * 8);
    Arrays.fill(padded, json.length, padded.length, (byte) ' ');
    AtomicFiles.write(file, out -> writeAll(out, padded, tensors, type));
  }

  private static void writeAll(
      WritableByteChannel channel,
      byte[] header,
      SequencedMap<String, Tensor> tensors,
      ElementType type)
      throws IOException {
    ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    writeAll(channel, length.putLong(header.length).flip());
    writeAll(channel, ByteBuffer.wrap(header));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment chunk = arena.allocate(CHUNK);
      int most = CHUNK / type.bytes();
      for (Tensor t : tensors.values()) {
        for (long from = 0; from < t.size(); from += most) {
          long n = Math.min(most, t.size() - from);
          type.fromFloats(t, from, chunk, n);
          writeAll(channel, chunk.asSlice(0, n * type.bytes()).asByteBuffer());
        }
      }
    }
  }

  private static void writeAll(WritableByteChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  @Override
  public void close() {
    arena.close();
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
