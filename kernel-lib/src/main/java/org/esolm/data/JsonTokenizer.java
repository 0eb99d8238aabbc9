package org.esolm.data;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Any tokenizer that a Hugging Face {@code tokenizer.json} describes. Texts are encoded whole and
 * without the special tokens that a model's input has around them; special tokens that a text
 * spells are read as such. A vocabulary that has a mask of its own (BERT's, 103) keeps it, to
 * others one is appended.
 */
public final class JsonTokenizer implements Tokenizer {
  /** How the file is called. */
  public static final String FILE = "tokenizer.json";

  private static final List<String> MASKS = List.of(MASK, "<mask>");
  private static final List<String> ENDS =
      List.of("<|endoftext|>", "</s>", "<|end_of_text|>", "<eos>");

  private final String json;
  private final HuggingFaceTokenizer pieces;
  private final List<String> tokens;
  private final int mask;
  private final OptionalInt separator;

  /**
   * A tokenizer of a given description.
   *
   * @param json the contents of a tokenizer.json
   * @throws IllegalArgumentException if it does not describe a tokenizer
   */
  public JsonTokenizer(String json) {
    this.json = json;
    tokens = vocabulary(json);
    pieces = open(json);
    mask =
        MASKS.stream()
            .mapToInt(tokens::indexOf)
            .filter(i -> i >= 0)
            .findFirst()
            .orElse(tokens.size());
    separator = findSeparator();
  }

  /**
   * The tokenizer of a file.
   *
   * @param file a tokenizer.json, or the folder that has one
   * @return its tokenizer
   * @throws IllegalArgumentException if it cannot be read or does not describe a tokenizer
   */
  public static JsonTokenizer read(Path file) {
    Path json = file(file);
    try {
      return new JsonTokenizer(TextFile.read(json));
    } catch (IllegalArgumentException e) {
      String why = e.getMessage();
      throw new IllegalArgumentException(why.startsWith(json + ":") ? why : json + ": " + why, e);
    }
  }

  /** The file itself, where it may be its folder that is given. */
  static Path file(Path file) {
    return Files.isDirectory(file) ? file.resolve(FILE) : file;
  }

  private static List<String> vocabulary(String json) {
    try {
      JsonNode root = JsonMapper.shared().readTree(json);
      TreeMap<Integer, String> byId = new TreeMap<>();
      JsonNode vocab = root.path("model").path("vocab");
      vocab.properties().forEach(e -> byId.put(e.getValue().asInt(), e.getKey()));
      if (vocab.isArray()) { // of [token, score], as Unigram has it
        vocab.forEach(e -> byId.put(byId.size(), e.path(0).asString()));
      }
      root.path("added_tokens")
          .forEach(e -> byId.put(e.path("id").asInt(), e.path("content").asString()));
      if (vocab.isEmpty()) {
        throw notOne("no model.vocab", null);
      }
      List<String> all = new ArrayList<>(Collections.nCopies(byId.lastKey() + 1, ""));
      byId.forEach(all::set);
      return List.copyOf(all);
    } catch (JacksonException e) {
      throw notOne(e.getOriginalMessage(), e);
    }
  }

  private static IllegalArgumentException notOne(String why, Throwable cause) {
    return new IllegalArgumentException(
        "not a tokenizer.json: " + why.lines().findFirst().orElse(""), cause);
  }

  private static HuggingFaceTokenizer open(String json) {
    // The library would otherwise report its use, and look for newer native code, over the network.
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    try {
      return HuggingFaceTokenizer.newInstance(
          new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)),
          Map.of("truncation", "false", "padding", "false", "addSpecialTokens", "false"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (RuntimeException e) { // what the native code makes of an error
      throw notOne(String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * As the released code finds it (dataloader.py): the first token of the encoded end token, which
   * is the token that stands before every text where there is one, such as BERT's [CLS].
   */
  private OptionalInt findSeparator() {
    long[] around = pieces.encode("", true, false).getIds();
    if (around.length > 0) {
      return OptionalInt.of((int) around[0]);
    }
    return ENDS.stream().mapToInt(tokens::indexOf).filter(i -> i >= 0).findFirst();
  }

  @Override
  public List<String> tokens() {
    return tokens;
  }

  @Override
  public String definition() {
    return json;
  }

  @Override
  public int maskIndex() {
    return mask;
  }

  @Override
  public OptionalInt separator() {
    return separator;
  }

  @Override
  public int[] encode(String text) {
    return Arrays.stream(pieces.encode(text, false, false).getIds())
        .mapToInt(i -> (int) i)
        .toArray();
  }

  @Override
  public String decode(int[] ids) {
    StringBuilder text = new StringBuilder();
    for (int from = 0, to; from <= ids.length; from = to + 1) {
      to = from;
      while (to < ids.length && ids[to] < tokens.size()) {
        to++;
      }
      long[] known = Arrays.stream(ids, from, to).peek(this::token).asLongStream().toArray();
      text.append(pieces.decode(known, false));
      if (to < ids.length) {
        text.append(token(ids[to])); // the appended mask, or an error
      }
    }
    return text.toString();
  }
}
