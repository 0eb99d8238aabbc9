package org.esolm.metric;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.esolm.data.Estimate;
import org.esolm.io.AtomicFiles;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * One system at one setting: what tables and figures are made of. Numbers that were not measured
 * are null and do not appear in the JSON.
 *
 * @param system the system's name, such as {@code eso}, {@code mdlm}, {@code bd3lm}, {@code ar}
 * @param alpha0 the share of tokens left to diffusion, in [0, 1]; null for systems without one
 * @param perplexity bound on the test perplexity (exact for AR) with its standard error
 * @param truePerplexity perplexity of the same texts under the language's law
 * @param samplePerplexity perplexity of the system's samples under the language's law ({@link
 *     OraclePerplexity})
 * @param entropy unigram entropy of the samples in nats ({@link UnigramEntropy})
 * @param nfe function evaluations that a sample took part in, on average
 * @param seconds wall-clock seconds a batch of samples took
 * @param batch number of samples in that batch
 * @param steps T, the sampler's steps
 * @param extra anything else worth keeping, under names of its own
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ResultRow(
    String system,
    Double alpha0,
    Estimate perplexity,
    Estimate truePerplexity,
    Estimate samplePerplexity,
    Double entropy,
    Double nfe,
    Double seconds,
    Integer batch,
    Integer steps,
    Map<String, Object> extra) {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** Checks the values. */
  public ResultRow {
    if (system == null || system.isBlank()) {
      throw new IllegalArgumentException("system: " + system + ", a name is needed");
    }
    if (alpha0 != null && !(alpha0 >= 0 && alpha0 <= 1)) {
      throw new IllegalArgumentException("alpha0: " + alpha0 + ", allowed: 0 to 1");
    }
    extra = extra == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(extra));
  }

  /**
   * The row as one line of JSON.
   *
   * @return without the line's end
   */
  public String toJson() {
    return JSON.writeValueAsString(this);
  }

  /**
   * Reads rows from a file of JSON lines.
   *
   * @param file as written by {@link #write}
   * @return the rows in the file's order
   * @throws IOException if the file cannot be read
   * @throws IllegalArgumentException if a line is no row; names the line
   */
  public static List<ResultRow> read(Path file) throws IOException {
    List<ResultRow> rows = new ArrayList<>();
    int number = 0;
    for (String line : Files.readAllLines(file)) {
      number++;
      if (!line.isBlank()) {
        try {
          rows.add(JSON.readValue(line, ResultRow.class));
        } catch (JacksonException e) {
          throw new IllegalArgumentException(
              "%s line %d: not a result row: %s"
                  .formatted(file, number, e.getOriginalMessage().lines().findFirst().orElse("")),
              e);
        }
      }
    }
    return rows;
  }

  /**
   * Writes rows as JSON lines; the file is replaced whole.
   *
   * @param file where to
   * @param rows any number
   * @throws IOException if the file cannot be written
   */
  public static void write(Path file, List<ResultRow> rows) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (ResultRow row : rows) {
      lines.append(row.toJson()).append('\n');
    }
    AtomicFiles.write(file, lines.toString());
  }
}
