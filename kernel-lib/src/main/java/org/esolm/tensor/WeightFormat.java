package org.esolm.tensor;

import java.util.Locale;

/**
 * How decoding keeps the weights of its matrices. One-token decoding reads all of them for every
 * token and little else, so where they do not fit into a cache it is as fast as they are short.
 */
public enum WeightFormat {
  /** As trained: 4 bytes a weight. */
  F32,
  /** The upper half of a float, rounded to nearest even: 2 bytes a weight, 8 bits of precision. */
  BF16,
  /** A byte a weight, -127 to 127, times a factor for each output: its largest weight / 127. */
  INT8;

  /**
   * A format by the name that {@link #toString} gives.
   *
   * @param name f32, bf16 or int8
   * @return the format
   * @throws IllegalArgumentException if there is none
   */
  public static WeightFormat of(String name) {
    for (WeightFormat format : values()) {
      if (format.toString().equals(name)) {
        return format;
      }
    }
    throw new IllegalArgumentException(
        "weights: '%s', must be one of f32, bf16, int8".formatted(name));
  }

  /**
   * Rounds a matrix to what decoding would keep of it.
   *
   * @param w [out, in], replaced
   */
  public void round(Tensor w) {
    switch (this) {
      case F32 -> {}
      case BF16 -> Bf16Matrix.round(w);
      case INT8 -> Int8Matrix.round(w);
    }
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
