package org.esolm.data;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A text file as blocks of tokens, the same as those of its whole text, but read piece by piece:
 * memory does not grow with the file. The text is cut where its tokenizer allows it ({@link
 * Tokenizer#cut}).
 */
public final class TextBlocks implements BlockReader {
  private static final int PIECE = 1 << 16;

  /** The longest stretch of text in which a place to cut is looked for, in characters. */
  private static final int STRETCH = 1 << 24;

  private final Path file;
  private final Tokenizer tokenizer;
  private final int length;
  private final long kilobytes;
  private final InputStream in;
  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8.newDecoder().onMalformedInput(CodingErrorAction.REPORT);
  private final ByteBuffer bytes = ByteBuffer.allocate(PIECE).flip();
  private final CharBuffer chars = CharBuffer.allocate(PIECE);
  private final StringBuilder text = new StringBuilder(); // decoded, not yet tokens
  private long read; // bytes
  private boolean atEnd;
  private int[] tokens = new int[0]; // encoded, not yet handed out, from at on
  private int at;
  private boolean any; // block has been handed out

  private TextBlocks(Path file, Tokenizer tokenizer, int length) throws IOException {
    this.file = file;
    this.tokenizer = tokenizer;
    this.length = length;
    kilobytes = Math.max(1, Files.size(file) / 1024);
    in = Files.newInputStream(file);
  }

  /**
   * Opens a file.
   *
   * @param file UTF-8 text
   * @param tokenizer text to tokens
   * @param length L, tokens of a block, at least 1
   * @return its blocks
   * @throws IllegalArgumentException if it is missing, a directory or empty
   */
  public static TextBlocks open(Path file, Tokenizer tokenizer, int length) {
    if (length < 1) {
      throw new IllegalArgumentException("length: " + length + ", allowed: at least 1");
    }
    TextFile.requireText(file);
    try {
      return new TextBlocks(file, tokenizer, length);
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": " + e.getMessage(), e);
    }
  }

  /**
   * The next block.
   *
   * @return L tokens; null at the end
   * @throws IllegalArgumentException if the text is not UTF-8, holds what the tokenizer refuses, or
   *     is shorter than one block
   */
  @Override
  public int[] next() {
    while (tokens.length - at < length) {
      if (atEnd && text.isEmpty()) {
        requireAny();
        return null;
      }
      encodeMore();
    }
    any = true;
    return Arrays.copyOfRange(tokens, at, at += length);
  }

  private void requireAny() {
    if (!any) {
      throw new IllegalArgumentException(
          file + ": " + tokens.length + " tokens, needed: at least one block of " + length);
    }
  }

  /** Encodes as much of the text as can be, after reading more of it. */
  private void encodeMore() {
    readMore();
    int cut = atEnd ? text.length() : tokenizer.cut(text);
    if (cut == 0 && text.length() > STRETCH) {
      throw new IllegalArgumentException(
          "%s: %,d characters without white space, allowed: at most %,d"
              .formatted(file, text.length(), STRETCH));
    }
    if (cut > 0) {
      int[] more = tokenizer.encode(text.substring(0, cut));
      text.delete(0, cut);
      int left = tokens.length - at;
      int[] all = Arrays.copyOfRange(tokens, at, tokens.length + more.length);
      System.arraycopy(more, 0, all, left, more.length);
      tokens = all;
      at = 0;
    }
  }

  private void readMore() {
    if (atEnd) {
      return;
    }
    try {
      bytes.compact();
      int n = in.read(bytes.array(), bytes.position(), bytes.remaining());
      atEnd = n < 0;
      read += Math.max(0, n);
      bytes.position(bytes.position() + Math.max(0, n)).flip();
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": " + e.getMessage(), e);
    }
    chars.clear();
    CoderResult result = decoder.decode(bytes, chars, atEnd);
    if (result.isError()) {
      throw TextFile.notText(file, bytes.get(bytes.position()), read - bytes.remaining());
    }
    text.append(chars.flip());
  }

  @Override
  public long position() {
    return atEnd ? kilobytes : Math.min(kilobytes, read / 1024);
  }

  @Override
  public long size() {
    return kilobytes;
  }

  @Override
  public void close() {
    try {
      in.close();
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": " + e.getMessage(), e);
    }
  }
}
