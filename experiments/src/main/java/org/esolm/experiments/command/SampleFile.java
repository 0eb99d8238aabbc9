package org.esolm.experiments.command;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.esolm.data.CorpusConfig;
import org.esolm.data.TextFile;
import org.esolm.data.Tokenizer;
import org.esolm.experiments.run.RunConfig;
import org.esolm.sampler.SampleRequest;
import org.esolm.sampler.Samples;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Samples as JSON lines: every line stands for itself. */
final class SampleFile {
  private static final JsonMapper JSON =
      JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  private SampleFile() {}

  /**
   * One text.
   *
   * @param index its number; with the seed it determines the text
   * @param text to read
   * @param tokens the same as tokens, [L]; null in files that others wrote
   * @param nfe function evaluations of its batch
   * @param seconds wall-clock time of its batch
   * @param batch texts drawn together
   * @param origin where it comes from; null in files that others wrote
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Line(
      int index,
      String text,
      int[] tokens,
      Integer nfe,
      Double seconds,
      Integer batch,
      Origin origin) {}

  /**
   * Where samples come from.
   *
   * @param system its label
   * @param alpha0 Eso-LM: alpha_0 while sampling
   * @param steps T
   * @param nucleus p
   * @param temperature of the draws
   * @param seed of the draws
   * @param corpus of the system's training
   * @param corpusFile its file; null if the corpus has none
   * @param corpusSeed its seed
   * @param corpusTokenizer its tokenizer; null if the corpus makes its own
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Origin(
      String system,
      Double alpha0,
      int steps,
      double nucleus,
      double temperature,
      long seed,
      String corpus,
      String corpusFile,
      long corpusSeed,
      String corpusTokenizer) {
    static Origin of(RunConfig run, Optional<Double> alpha0, SampleRequest request) {
      boolean eso = run.system().name().equals("eso");
      return new Origin(
          run.system().label(),
          eso ? alpha0.orElse(run.system().alpha0()) : null,
          request.steps(),
          request.nucleus(),
          request.temperature(),
          request.seed(),
          run.corpus().name(),
          run.corpus().file().map(Path::toString).orElse(null),
          run.corpus().seed(),
          run.corpus().tokenizer().orElse(null));
    }

    /** The corpus, with as few tokens as it can have: for its tokenizer and its law. */
    CorpusConfig smallCorpus() {
      return new CorpusConfig(
          corpus,
          Optional.ofNullable(corpusFile).map(Path::of),
          Optional.empty(),
          1,
          1,
          1,
          corpusSeed,
          Optional.ofNullable(corpusTokenizer),
          Optional.empty());
    }
  }

  /** A batch as lines. */
  static String line(int first, Samples samples, Origin origin, Tokenizer tokenizer) {
    StringBuilder lines = new StringBuilder();
    int n = samples.tokens().length;
    for (int i = 0; i < n; i++) {
      int[] tokens = samples.tokens()[i];
      Line line =
          new Line(
              first + i,
              tokenizer.decode(tokens),
              tokens,
              samples.nfe(),
              samples.seconds(),
              n,
              origin);
      lines.append(JSON.writeValueAsString(line)).append('\n');
    }
    return lines.toString();
  }

  /**
   * Reads samples.
   *
   * @param file JSON lines, each with a text, tokens or both
   * @return its lines, at least one
   * @throws IllegalArgumentException if the file is missing, empty, or has another line
   */
  static List<Line> read(Path file) throws IOException {
    List<Line> lines = new ArrayList<>();
    int number = 0;
    for (String text : TextFile.read(file).lines().toList()) {
      number++;
      if (text.isBlank()) {
        continue;
      }
      try {
        Line line = JSON.readValue(text, Line.class);
        if (line.text() == null && line.tokens() == null) {
          throw new IllegalArgumentException(
              file + " line " + number + ": neither 'text' nor 'tokens', one is needed");
        }
        lines.add(line);
      } catch (JacksonException e) {
        throw new IllegalArgumentException(
            file
                + " line "
                + number
                + ": not a sample, needed: a JSON object with 'text' or 'tokens'",
            e);
      }
    }
    if (lines.isEmpty()) {
      throw new IllegalArgumentException(file + ": no samples, at least 1 is needed");
    }
    return lines;
  }
}
