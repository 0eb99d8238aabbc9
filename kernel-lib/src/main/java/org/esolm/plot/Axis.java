package org.esolm.plot;

import java.util.function.Function;
import org.esolm.data.Estimate;
import org.esolm.metric.ParetoFront.Better;
import org.esolm.metric.ResultRow;

/**
 * What an axis shows of a result row.
 *
 * @param title the axis' title, with the unit
 * @param value the number with its standard error (NaN where there is none); null where the row
 *     does not have it
 * @param better the direction in which it improves
 */
public record Axis(String title, Function<ResultRow, Estimate> value, Better better) {
  /** Wall-clock seconds a batch of samples. */
  public static final Axis SECONDS =
      new Axis("sampling time of a batch [s]", row -> exact(row.seconds()), Better.LOW);

  /** Function evaluations a sample. */
  public static final Axis NFE =
      new Axis("function evaluations of a sample (NFE)", row -> exact(row.nfe()), Better.LOW);

  /** Perplexity of the samples under the language's law. */
  public static final Axis SAMPLE_PERPLEXITY =
      new Axis("perplexity of samples under the true law", ResultRow::samplePerplexity, Better.LOW);

  /** Bound on the test perplexity. */
  public static final Axis PERPLEXITY =
      new Axis("test perplexity (bound)", ResultRow::perplexity, Better.LOW);

  /** Unigram entropy of the samples. */
  public static final Axis ENTROPY =
      new Axis("unigram entropy of samples [nats]", row -> exact(row.entropy()), Better.HIGH);

  /**
   * A number that a row carries under a name of its own.
   *
   * @param key in {@link ResultRow#extra()}
   * @param better the direction in which it improves
   * @return the axis, titled by the key
   */
  public static Axis extra(String key, Better better) {
    return new Axis(
        key,
        row -> row.extra().get(key) instanceof Number n ? exact(n.doubleValue()) : null,
        better);
  }

  private static Estimate exact(Double value) {
    return value == null ? null : new Estimate(value, Double.NaN, 1);
  }
}
