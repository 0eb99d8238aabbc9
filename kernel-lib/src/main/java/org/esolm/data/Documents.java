package org.esolm.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.esolm.tensor.Interrupts;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A text file as documents, prepared as the released code prepares its data sets (dataloader.py):
 * each detokenized and encoded by itself, then packed. The paper's zero-shot perplexities are with
 * ends, without a separator ({@code insert_valid_eos=False}).
 *
 * @param in what a document is; null for {@link Form#SENTENCES}
 * @param detokenizer how it becomes text as people write it; null for not at all
 * @param separator whether the tokenizer's separator follows every document; null for yes
 * @param ends whether the separator stands at both ends of every block; null for yes
 * @param batch as {@link Packing#batch}; null for all together
 */
public record Documents(
    Form in, Detokenizer detokenizer, Boolean separator, Boolean ends, Integer batch) {
  /** What of a file is a document. */
  public enum Form {
    /** A line without white space at its ends: Penn Treebank, One Billion Words. */
    SENTENCES,
    /** A line with its end; a blank one is empty: WikiText. */
    PARAGRAPHS,
    /** The {@code text} of a line that is a JSON object: LAMBADA. */
    JSON,
    /** All of it. */
    FILE
  }

  /** Fills in defaults. */
  public Documents {
    in = in == null ? Form.SENTENCES : in;
    separator = separator == null ? Boolean.TRUE : separator;
    ends = ends == null ? Boolean.TRUE : ends;
    batch = batch == null ? Integer.valueOf(0) : batch;
    new Packing(0, 0, ends, batch);
  }

  /**
   * The documents of a file.
   *
   * @param file UTF-8 text
   * @param tokenizer with a separator, where one is asked for
   * @return their tokens
   * @throws IllegalArgumentException as {@link TextFile#read}, or if a line is not what it should
   *     be, or there is no separator
   */
  public List<int[]> tokens(Path file, Tokenizer tokenizer) {
    String text = TextFile.read(file);
    Stream<String> documents =
        switch (in) {
          case SENTENCES -> text.lines().map(String::strip);
          case PARAGRAPHS -> text.lines().map(l -> l.isBlank() ? "" : l + "\n");
          case JSON -> jsonLines(file, text).stream();
          case FILE -> Stream.of(text);
        };
    return documents
        .peek(d -> Interrupts.check("reading"))
        .map(d -> detokenizer == null ? d : detokenizer.apply(d))
        .map(tokenizer::encode)
        .map(t -> separator ? followed(t, separator(tokenizer)) : t)
        .toList();
  }

  private static List<String> jsonLines(Path file, String text) {
    List<String> texts = new ArrayList<>();
    int number = 0;
    for (String line : text.lines().toList()) {
      number++;
      if (!line.isBlank()) {
        texts.add(jsonText(file + " line " + number, line));
      }
    }
    return texts;
  }

  private static String jsonText(String where, String line) {
    try {
      JsonNode text = JsonMapper.shared().readTree(line).path("text");
      if (text.isString()) {
        return text.asString();
      }
    } catch (JacksonException e) {
      throw new IllegalArgumentException(where + ": not JSON: " + e.getOriginalMessage(), e);
    }
    throw new IllegalArgumentException(where + ": no 'text', needed: a JSON object with one");
  }

  private static int[] followed(int[] tokens, int separator) {
    int[] all = Arrays.copyOf(tokens, tokens.length + 1);
    all[tokens.length] = separator;
    return all;
  }

  private static int separator(Tokenizer tokenizer) {
    return tokenizer
        .separator()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "documents: the tokenizer has no separator, allowed: separator and ends false"));
  }

  /**
   * How the documents become blocks.
   *
   * @param tokenizer with a separator, where one is asked for
   * @return the rule
   * @throws IllegalArgumentException if there is no separator
   */
  public Packing packing(Tokenizer tokenizer) {
    int end = ends ? separator(tokenizer) : -1;
    return new Packing(end, end, ends, batch);
  }
}
