package org.esolm.experiments.bench;

import java.util.List;
import java.util.Locale;

/**
 * The sizes of a timed network.
 *
 * @param name in tables
 * @param hidden d
 * @param cond size of the conditioning vector, for the systems that have one
 * @param blocks transformer blocks
 * @param heads attention heads a block
 * @param trainLength L in training
 * @param sampleLength L in sampling
 * @param vocab tokens without the mask
 * @param batch sequences a training step
 */
public record Shape(
    String name,
    int hidden,
    int cond,
    int blocks,
    int heads,
    int trainLength,
    int sampleLength,
    int vocab,
    int batch) {
  /** For an afternoon's experiment. */
  public static final Shape LAB = new Shape("lab", 128, 64, 4, 4, 128, 256, 256, 16);

  /** The paper's tiny transformer with a small vocabulary. */
  public static final Shape TINY = new Shape("tiny", 256, 128, 8, 8, 256, 1024, 4096, 8);

  /** No size is a power of two. */
  public static final Shape ODD = new Shape("odd", 192, 48, 3, 6, 192, 192, 1000, 5);

  /** GPT-2's vocabulary and width: sampling is bounded by memory. */
  public static final Shape GPT2 = new Shape("gpt2", 768, 128, 12, 12, 128, 128, 50257, 1);

  /** All of them. */
  public static final List<Shape> ALL = List.of(LAB, TINY, ODD, GPT2);

  /**
   * Finds one.
   *
   * @param name one of the names, in any case
   * @return the shape
   * @throws IllegalArgumentException if there is none
   */
  public static Shape named(String name) {
    return ALL.stream()
        .filter(shape -> shape.name.equals(name.toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "shape: '%s', must be one of %s"
                        .formatted(
                            name, String.join(", ", ALL.stream().map(Shape::name).toList()))));
  }
}
