package org.esolm.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads text strictly: what cannot be read is an error that says where. */
public final class TextFile {
  private TextFile() {}

  /**
   * The text of a file.
   *
   * @param file a file of UTF-8 text
   * @return all of it
   * @throws IllegalArgumentException if it is missing, a directory, empty, or not UTF-8
   */
  public static String read(Path file) {
    requireText(file);
    ByteBuffer bytes;
    try {
      bytes = ByteBuffer.wrap(Files.readAllBytes(file));
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": " + e.getMessage(), e);
    }
    CharBuffer text = CharBuffer.allocate(bytes.remaining());
    CoderResult result =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .decode(bytes, text, true);
    if (result.isError()) {
      throw notText(file, bytes.get(bytes.position()), bytes.position());
    }
    return text.flip().toString();
  }

  /** Refuses what is missing, a directory or empty. */
  static void requireText(Path file) {
    if (!Files.exists(file)) {
      throw new IllegalArgumentException(file + ": no such file");
    }
    if (Files.isDirectory(file)) {
      throw new IllegalArgumentException(file + ": a directory, allowed: a file of UTF-8 text");
    }
    try {
      if (Files.isRegularFile(file) && Files.size(file) == 0) {
        throw new IllegalArgumentException(file + ": empty, allowed: a file of UTF-8 text");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": " + e.getMessage(), e);
    }
  }

  static IllegalArgumentException notText(Path file, byte found, long offset) {
    return new IllegalArgumentException(
        String.format("%s: not UTF-8 text: byte 0x%02X at offset %d", file, found, offset));
  }
}
