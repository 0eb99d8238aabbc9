package org.esolm.io;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.esolm.tensor.Tensor;

/**
 * A file as {@code torch.save} writes it: a zip of stored, not compressed, entries, {@code
 * NAME/data.pkl} with a pickle of the objects and {@code NAME/data/N} with the bytes of storage N.
 * The pickle is read when the file is opened, by {@link RestrictedUnpickler}; tensors are read one
 * at a time, straight from the file.
 */
public final class TorchFile implements AutoCloseable {
  /** A checkpoint's pickle has some megabytes, most of them the tokenizer. */
  private static final long MAX_PICKLE = 1 << 27;

  private static final int CHUNK = 1 << 20;

  private final Path file;
  private final ZipFile zip;
  private final String folder; // of the entries, with its slash
  private final Object root;

  private TorchFile(Path file, ZipFile zip) throws IOException {
    this.file = file;
    this.zip = zip;
    folder = folder();
    requireLittleEndian();
    Map<String, TorchStorage> storages = new HashMap<>();
    ZipEntry pickle = entry("data.pkl");
    if (pickle.getSize() > MAX_PICKLE) {
      throw bad("data.pkl of %,d bytes, allowed are %,d".formatted(pickle.getSize(), MAX_PICKLE));
    }
    byte[] bytes = read(pickle, (int) pickle.getSize());
    try {
      root = new RestrictedUnpickler(storages).read(bytes);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(file + ": its pickle " + brief(e.getMessage()), e);
    }
    for (TorchStorage storage : storages.values()) {
      long size = entry("data/" + storage.key()).getSize();
      if (size != storage.bytes()) {
        throw bad(
            "storage %s has %,d bytes, its %,d elements of %s need %,d"
                .formatted(storage.key(), size, storage.size(), storage.type(), storage.bytes()));
      }
    }
  }

  /**
   * Opens a file.
   *
   * @param file the file
   * @return its objects; to be closed
   * @throws IOException if it cannot be read
   * @throws IllegalArgumentException if it is not such a file, or its pickle asks for a class that
   *     is not allowed; the message says which in one line
   */
  public static TorchFile open(Path file) throws IOException {
    if (!Files.exists(file)) {
      throw new NoSuchFileException(file.toString());
    }
    ZipFile zip;
    try {
      zip = new ZipFile(file.toFile());
    } catch (ZipException | IllegalArgumentException e) {
      throw new IllegalArgumentException(
          file + ": not a PyTorch checkpoint" + whatElse(file) + ": " + brief(e.getMessage()), e);
    }
    try {
      return new TorchFile(file, zip);
    } catch (ZipException | EOFException e) {
      zip.close();
      throw new IllegalArgumentException(file + ": not a whole PyTorch checkpoint: " + e, e);
    } catch (IOException | RuntimeException e) {
      zip.close();
      throw e;
    }
  }

  private static String whatElse(Path file) throws IOException {
    byte[] first;
    try (InputStream in = Files.newInputStream(file)) {
      first = in.readNBytes(4);
    }
    if (first.length == 4 && first[0] == 'P' && first[1] == 'K') {
      return " (is it cut off?)";
    }
    return first.length > 1 && first[0] == (byte) 0x80
        ? " of a version since 1.6 (a bare pickle: save it again with a newer torch)"
        : "";
  }

  /** One line, whatever the file says. */
  private static String brief(String message) {
    String line = String.valueOf(message).replaceAll("\\p{Cntrl}+", " ");
    return line.length() <= 300 ? line : line.substring(0, 300) + "...";
  }

  private IllegalArgumentException bad(String why) {
    return new IllegalArgumentException(file + ": not a whole PyTorch checkpoint: " + brief(why));
  }

  /** The folder of the one pickle; every entry has a name of its own. */
  private String folder() {
    String found = null;
    Set<String> names = new HashSet<>();
    for (var entries = zip.entries(); entries.hasMoreElements(); ) {
      String name = entries.nextElement().getName();
      if (!names.add(name)) {
        throw bad("two entries " + name);
      }
      if (name.matches("[^/]+/data\\.pkl")) {
        if (found != null) {
          throw bad("two pickles, " + found + "data.pkl and " + name);
        }
        found = name.substring(0, name.indexOf('/') + 1);
      }
    }
    if (found == null) {
      throw bad("a zip without an entry data.pkl");
    }
    return found;
  }

  /** Stored entries cannot be larger than they look: no bytes come from nothing. */
  private ZipEntry entry(String name) {
    ZipEntry entry = zip.getEntry(folder + name);
    if (entry == null) {
      throw bad("no entry " + folder + name);
    }
    if (entry.getMethod() != ZipEntry.STORED || entry.getCompressedSize() != entry.getSize()) {
      throw bad(
          "entry %s is compressed (%,d bytes to %,d), which torch.save never does"
              .formatted(entry.getName(), entry.getCompressedSize(), entry.getSize()));
    }
    if (entry.getSize() > file.toFile().length()) {
      throw bad(
          "entry %s of %,d bytes is larger than the file"
              .formatted(entry.getName(), entry.getSize()));
    }
    return entry;
  }

  private void requireLittleEndian() throws IOException {
    if (zip.getEntry(folder + "byteorder") != null) {
      String order = new String(read(entry("byteorder"), 16), StandardCharsets.US_ASCII);
      if (!order.strip().equals("little")) {
        throw bad("byteorder " + order + ", allowed: little");
      }
    }
  }

  private byte[] read(ZipEntry entry, int most) throws IOException {
    try (InputStream in = zip.getInputStream(entry)) {
      byte[] bytes = in.readNBytes(most);
      if (bytes.length < Math.min(most, entry.getSize())) {
        throw bad("entry " + entry.getName() + " is cut off");
      }
      return bytes;
    }
  }

  /**
   * What was saved.
   *
   * @return dictionaries as {@link Map}, lists as {@link java.util.List}, tuples as {@code
   *     Object[]}, numbers and texts as themselves, tensors as {@link TorchTensor}, other objects
   *     as {@link PickledObject}
   */
  public Object root() {
    return root;
  }

  /**
   * Some of the tensors by name.
   *
   * @param tensors of this file
   * @return their source, which closes this file
   */
  public TensorSource source(SequencedMap<String, TorchTensor> tensors) {
    SequencedMap<String, TensorSource.Stored> stored = new LinkedHashMap<>();
    tensors.forEach((n, t) -> stored.put(n, new TensorSource.Stored(t.type(), t.shape())));
    return new TensorSource() {
      @Override
      public SequencedMap<String, Stored> stored() {
        return stored;
      }

      @Override
      public void readFloats(String name, Tensor to) throws IOException {
        TorchTensor t = tensors.get(name);
        if (t == null || t.size() != to.size() || !t.type().isFloat()) {
          throw new IllegalArgumentException(
              "%s: %s is %s, expected %s of floats".formatted(file, name, stored.get(name), to));
        }
        TorchFile.this.readFloats(t, to);
      }

      @Override
      public void close() throws IOException {
        TorchFile.this.close();
      }
    };
  }

  private void readFloats(TorchTensor t, Tensor to) throws IOException {
    if (t.size() == 0) {
      return;
    }
    try (InputStream in = zip.getInputStream(entry("data/" + t.storage()))) {
      if (t.isContiguous()) {
        in.skipNBytes(t.offset() * t.type().bytes());
        convert(in, t.type(), to, t.size());
      } else {
        gather(in, t, to);
      }
    } catch (ZipException | EOFException e) {
      throw bad("storage " + t.storage() + " ends early");
    }
  }

  private static void convert(InputStream in, ElementType type, Tensor to, long n)
      throws IOException {
    byte[] chunk = new byte[(int) Math.min(CHUNK, n * type.bytes())];
    int most = CHUNK / type.bytes();
    for (long from = 0; from < n; from += most) {
      int count = (int) Math.min(most, n - from);
      if (in.readNBytes(chunk, 0, count * type.bytes()) < count * type.bytes()) {
        throw new EOFException();
      }
      type.toFloats(MemorySegment.ofArray(chunk), to, from, count);
    }
  }

  /** A view with strides: its storage is read whole, up to the last element that is needed. */
  private static void gather(InputStream in, TorchTensor t, Tensor to) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      long n = t.extent();
      Tensor whole = Tensor.of(arena.allocate(n * Tensor.BYTES, Tensor.BYTES), (int) n);
      convert(in, t.type(), whole, n);
      for (long i = 0; i < t.size(); i++) {
        to.set(i, whole.get(t.position(i)));
      }
    }
  }

  @Override
  public void close() throws IOException {
    zip.close();
  }
}
