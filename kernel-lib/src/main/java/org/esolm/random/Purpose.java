package org.esolm.random;

/**
 * What a random draw is for: one independent stream each. The order is part of every seed's
 * meaning: append only.
 */
public enum Purpose {
  /** Initial weights. */
  WEIGHTS,
  /** Dropout masks. */
  DROPOUT,
  /** Which training sequences a step sees. */
  BATCHES,
  /** Diffusion times. */
  TIMES,
  /** Which tokens the forward process masks. */
  MASKING,
  /** Denoising orders. */
  ORDERS,
  /** How many tokens a sampling step denoises, and which. */
  SCHEDULE,
  /** Tokens drawn from a law. */
  TOKENS,
  /** Text drawn from a toy language. */
  LANGUAGE,
  /** Evaluation. */
  EVALUATION
}
