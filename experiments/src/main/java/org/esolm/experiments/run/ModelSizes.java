package org.esolm.experiments.run;

import org.esolm.data.Corpus;
import org.esolm.data.Tokenizer;
import org.esolm.model.ModelConfig;
import org.esolm.system.SystemConfig;

/**
 * The sizes of a network that a person chooses; the vocabulary's come from the corpus.
 *
 * @param hiddenSize d
 * @param condDim size of the conditioning vector of AdaLN, for the systems that have it
 * @param blocks transformer blocks
 * @param heads attention heads a block
 * @param length L, tokens a sequence
 * @param dropout in training; 0.1 in the paper
 */
public record ModelSizes(
    int hiddenSize, int condDim, int blocks, int heads, int length, double dropout) {
  /** Checks what does not depend on a corpus. */
  public ModelSizes {
    new ModelConfig(hiddenSize, condDim, blocks, heads, length, 2, 1, dropout);
  }

  /**
   * The transformer of a system on a corpus.
   *
   * @param system the system
   * @param corpus whose vocabulary
   * @return its configuration
   */
  public ModelConfig of(SystemConfig system, Corpus corpus) {
    return of(system, corpus.tokenizer());
  }

  /**
   * The transformer of a system for a vocabulary.
   *
   * @param system the system
   * @param tokenizer whose vocabulary
   * @return its configuration
   */
  public ModelConfig of(SystemConfig system, Tokenizer tokenizer) {
    ModelConfig model =
        new ModelConfig(
            hiddenSize,
            system.adaLn() ? condDim : 0,
            blocks,
            heads,
            length,
            tokenizer.vocabSizeWithMask(),
            tokenizer.maskIndex(),
            tokenizer.separator().orElse(-1),
            dropout);
    system.requireFits(model);
    return model;
  }
}
