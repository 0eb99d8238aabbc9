package org.esolm.experiments.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;

/**
 * Writes zips as PyTorch's writer does: stored entries whose bytes begin at a multiple of 64,
 * padded by an extra field, and a zip64 directory at the end.
 */
final class TorchZip implements AutoCloseable {
  private static final short VERSION = 45;

  private record Entry(String name, long crc, long size, long at) {}

  private final FileChannel out;
  private final boolean sizesIn64;
  private final List<Entry> entries = new ArrayList<>();

  /**
   * Begins a file.
   *
   * @param sizesIn64 whether sizes stand in zip64 fields, as they must beyond 4 GB
   */
  TorchZip(Path file, boolean sizesIn64) throws IOException {
    out =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING);
    this.sizesIn64 = sizesIn64;
  }

  /** A whole file of torch.save. */
  static Path save(Path file, Object root) throws IOException {
    Pickled pickled = new Pickled(root);
    try (TorchZip zip = new TorchZip(file, false)) {
      zip.add("archive/data.pkl", pickled.bytes());
      zip.add("archive/byteorder", "little".getBytes(StandardCharsets.US_ASCII));
      for (int i = 0; i < pickled.storages().size(); i++) {
        zip.add("archive/data/" + i, pickled.storages().get(i).bytes());
      }
      zip.add("archive/version", "3\n".getBytes(StandardCharsets.US_ASCII));
      zip.add("archive/.data/serialization_id", "0123456789".getBytes(StandardCharsets.US_ASCII));
    }
    return file;
  }

  void add(String name, byte[] bytes) throws IOException {
    byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
    CRC32 crc = new CRC32();
    crc.update(bytes);
    long at = out.position();
    int zip64 = sizesIn64 ? 20 : 0;
    int padding = (int) (64 - (at + 30 + utf8.length + zip64 + 4) % 64);
    ByteBuffer header = little(30 + utf8.length + zip64 + 4 + padding);
    header.putInt(0x04034b50).putShort(VERSION).putShort((short) 0x800).putShort((short) 0);
    header.putInt(0).putInt((int) crc.getValue());
    int size = sizesIn64 ? -1 : bytes.length;
    header.putInt(size).putInt(size).putShort((short) utf8.length);
    header.putShort((short) (zip64 + 4 + padding)).put(utf8);
    if (sizesIn64) {
      header.putShort((short) 1).putShort((short) 16).putLong(bytes.length).putLong(bytes.length);
    }
    header.putShort((short) 0x4246).putShort((short) padding); // FB
    header.position(header.capacity());
    write(header.flip());
    write(ByteBuffer.wrap(bytes));
    entries.add(new Entry(name, crc.getValue(), bytes.length, at));
  }

  private static ByteBuffer little(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  private void write(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      out.write(bytes);
    }
  }

  @Override
  public void close() {
    try (out) {
      long directory = out.position();
      for (Entry e : entries) {
        write(entry(e));
      }
      long end = out.position();
      int n = entries.size();
      ByteBuffer tail = little(56 + 20 + 22);
      tail.putInt(0x06064b50).putLong(44).putShort(VERSION).putShort(VERSION).putInt(0).putInt(0);
      tail.putLong(n).putLong(n).putLong(end - directory).putLong(directory);
      tail.putInt(0x07064b50).putInt(0).putLong(end).putInt(1);
      tail.putInt(0x06054b50).putShort((short) 0).putShort((short) 0);
      tail.putShort((short) n).putShort((short) n).putInt((int) (end - directory));
      tail.putInt((int) directory).putShort((short) 0);
      write(tail.flip());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private ByteBuffer entry(Entry e) {
    byte[] utf8 = e.name().getBytes(StandardCharsets.UTF_8);
    int zip64 = sizesIn64 ? 28 : 0;
    ByteBuffer b = little(46 + utf8.length + zip64);
    b.putInt(0x02014b50).putShort(VERSION).putShort(VERSION).putShort((short) 0x800);
    b.putShort((short) 0).putInt(0).putInt((int) e.crc());
    int size = sizesIn64 ? -1 : (int) e.size();
    b.putInt(size).putInt(size).putShort((short) utf8.length).putShort((short) zip64);
    b.putShort((short) 0).putShort((short) 0).putShort((short) 0).putInt(0);
    b.putInt(sizesIn64 ? -1 : (int) e.at()).put(utf8);
    if (sizesIn64) {
      b.putShort((short) 1).putShort((short) 24);
      b.putLong(e.size()).putLong(e.size()).putLong(e.at());
    }
    return b.flip();
  }
}
