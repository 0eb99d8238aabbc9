package org.esolm.data;

import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.Encoding;
import com.knuddels.jtokkit.api.EncodingType;
import com.knuddels.jtokkit.api.IntArrayList;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * GPT-2's byte-pair encoding: 50,257 tokens, of which the last, {@value #END_OF_TEXT}, ends a text;
 * the mask is appended as token 50,257, as the released code does. {@value #END_OF_TEXT} in a text
 * is read as that token. Tokens are pieces of UTF-8: bytes that are no text when decoded appear as
 * U+FFFD.
 */
public final class Gpt2Tokenizer implements Tokenizer {
  /** How configurations call it. */
  public static final String NAME = "gpt2";

  /** How the token that ends a text is written. */
  public static final String END_OF_TEXT = "<|endoftext|>";

  private static final int END = 50_256;

  private final Encoding bytePairs =
      Encodings.newLazyEncodingRegistry().getEncoding(EncodingType.R50K_BASE);
  private List<String> tokens; // null until asked for

  /** The tokenizer; its vocabulary is part of the library. */
  public Gpt2Tokenizer() {}

  /**
   * {@inheritDoc} Bytes are written as the characters that GPT-2's vocabulary file has for them.
   */
  @Override
  public synchronized List<String> tokens() {
    if (tokens == null) {
      List<String> all = new ArrayList<>(vocabSize());
      for (int id = 0; id < END; id++) {
        all.add(printable(bytes(id)));
      }
      all.add(END_OF_TEXT);
      tokens = List.copyOf(all);
    }
    return tokens;
  }

  /** Letters for bytes: printable ones of Latin-1 stand for themselves, others for U+0100 on. */
  private static String printable(byte[] bytes) {
    StringBuilder text = new StringBuilder();
    for (byte b : bytes) {
      int c = b & 0xFF;
      if (c <= 0x20) {
        c = 0x100 + c;
      } else if (c >= 0x7F && c <= 0xA0) {
        c = 0x100 + 0x21 + c - 0x7F;
      } else if (c == 0xAD) {
        c = 0x143;
      }
      text.append((char) c);
    }
    return text.toString();
  }

  @Override
  public String definition() {
    return '"' + NAME + '"';
  }

  @Override
  public int vocabSize() {
    return END + 1;
  }

  @Override
  public OptionalInt separator() {
    return OptionalInt.of(END);
  }

  @Override
  public int[] encode(String text) {
    String[] texts = text.split("\\Q" + END_OF_TEXT + "\\E", -1);
    return IntStream.range(0, texts.length)
        .mapToObj(
            i -> IntStream.concat(i == 0 ? IntStream.empty() : IntStream.of(END), pairs(texts[i])))
        .flatMapToInt(s -> s)
        .toArray();
  }

  private IntStream pairs(String text) {
    return Arrays.stream(bytePairs.encodeOrdinary(text).toArray());
  }

  @Override
  public String decode(int[] ids) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    for (int id : ids) {
      text.writeBytes(bytes(id));
    }
    return text.toString(StandardCharsets.UTF_8);
  }

  private byte[] bytes(int id) {
    if (id < 0 || id >= vocabSizeWithMask()) {
      throw new IllegalArgumentException(
          "token: " + id + ", allowed: 0 to " + (vocabSizeWithMask() - 1));
    }
    if (id >= END) {
      return (id == END ? END_OF_TEXT : MASK).getBytes(StandardCharsets.UTF_8);
    }
    IntArrayList one = new IntArrayList(1);
    one.add(id);
    return bytePairs.decodeBytes(one);
  }
}
