package org.esolm.checkpoint;

/** Which of the weights that a training checkpoint has. */
public enum WeightChoice {
  /** The exponential moving average, which the released code evaluates and samples with. */
  EMA,
  /** The weights of the last step. */
  RAW
}
