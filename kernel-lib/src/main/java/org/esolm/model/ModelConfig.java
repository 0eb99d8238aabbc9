package org.esolm.model;

/**
 * The sizes of a transformer.
 *
 * @param hiddenSize d, a multiple of {@code heads} with an even quotient
 * @param condDim size of the conditioning vector of AdaLN; 0 for a transformer without AdaLN, as
 *     the AR baseline has it
 * @param blocks number of transformer blocks
 * @param heads attention heads a block
 * @param length L, tokens a sequence
 * @param vocabSize V, the mask token included
 * @param maskIndex id of the mask token
 * @param bosIndex id of the token that begins text, for a model whose sequences begin with it; -1
 *     if the vocabulary has none
 * @param dropout probability of dropping an element of a branch in training, in [0, 1)
 */
public record ModelConfig(
    int hiddenSize,
    int condDim,
    int blocks,
    int heads,
    int length,
    int vocabSize,
    int maskIndex,
    int bosIndex,
    double dropout) {
  /** Hidden units of the MLP for each unit of the residual stream. */
  public static final int MLP_RATIO = 4;

  /** Base of the rotary embedding's frequencies. */
  public static final double ROTARY_BASE = 10_000;

  /** Checks every field. */
  public ModelConfig {
    require(hiddenSize >= 1, "hiddenSize", hiddenSize, "at least 1");
    require(condDim >= 0, "condDim", condDim, "0 (no AdaLN) or more");
    require(blocks >= 1, "blocks", blocks, "at least 1");
    require(heads >= 1, "heads", heads, "at least 1");
    require(
        hiddenSize % heads == 0, "hiddenSize", hiddenSize, "a multiple of heads (" + heads + ")");
    require(
        hiddenSize / heads % 2 == 0,
        "hiddenSize / heads",
        hiddenSize / heads,
        "an even head size, which rotary embedding needs");
    require(length >= 1, "length", length, "at least 1");
    require(vocabSize >= 2, "vocabSize", vocabSize, "at least 2, the mask token included");
    require(
        maskIndex >= 0 && maskIndex < vocabSize,
        "maskIndex",
        maskIndex,
        "0 to vocabSize - 1 (" + (vocabSize - 1) + ")");
    require(
        bosIndex >= -1 && bosIndex < vocabSize,
        "bosIndex",
        bosIndex,
        "-1 (none) to vocabSize - 1 (" + (vocabSize - 1) + ")");
    require(dropout >= 0 && dropout < 1, "dropout", dropout, "0 up to, not including, 1");
  }

  /**
   * The sizes with a vocabulary in which no token begins text.
   *
   * @param hiddenSize as above
   * @param condDim as above
   * @param blocks as above
   * @param heads as above
   * @param length as above
   * @param vocabSize as above
   * @param maskIndex as above
   * @param dropout as above
   */
  public ModelConfig(
      int hiddenSize,
      int condDim,
      int blocks,
      int heads,
      int length,
      int vocabSize,
      int maskIndex,
      double dropout) {
    this(hiddenSize, condDim, blocks, heads, length, vocabSize, maskIndex, -1, dropout);
  }

  /**
   * The same with a token that begins text.
   *
   * @param bos its id; -1 for none
   * @return new sizes
   */
  public ModelConfig withBos(int bos) {
    return new ModelConfig(
        hiddenSize, condDim, blocks, heads, length, vocabSize, maskIndex, bos, dropout);
  }

  private static void require(boolean holds, String field, Object value, String allowed) {
    if (!holds) {
      throw new IllegalArgumentException(field + ": " + value + ", must be " + allowed);
    }
  }

  /**
   * The size of one attention head.
   *
   * @return h = d / heads
   */
  public int headSize() {
    return hiddenSize / heads;
  }

  /**
   * Whether normalisations and branches are modulated by the conditioning vector.
   *
   * @return whether there is AdaLN
   */
  public boolean adaLn() {
    return condDim > 0;
  }
}
