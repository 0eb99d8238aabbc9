package org.esolm.sampler;

import org.esolm.tensor.Tensor;

/**
 * What answers the one question that sampling asks: given what is known, what is the law of the
 * token at these positions? A trained network, or the exact posterior of a toy language.
 */
public interface Denoiser {
  /**
   * The size of the vocabulary, the mask token included.
   *
   * @return V
   */
  int vocabSize();

  /**
   * The mask token, which is never drawn.
   *
   * @return its id
   */
  int maskIndex();

  /**
   * Starts a conversation about sequences of which nothing is known yet.
   *
   * @param batch number of sequences
   * @param length L, tokens a sequence
   * @return the conversation, with a cache of its own
   */
  Session open(int batch, int length);

  /** A conversation with a cache of its own. Not for use by several threads. */
  interface Session extends AutoCloseable {
    /**
     * Makes tokens known (clean), then asks for the laws at the wanted positions of each sequence.
     * One call is one function evaluation (NFE). Nothing known and nothing wanted may be asked of
     * some sequences while others have both.
     *
     * @param newlyKnown tokens that were not known before; a session may take them in the order
     *     given
     * @param wanted positions whose token is not known; may be empty, as when a finished block is
     *     only stored
     * @return unnormalised log-probabilities, [wanted.total(), V], sequence by sequence in the
     *     order of {@code wanted}; the column of the mask token means nothing; valid until the next
     *     call
     */
    Tensor step(Known newlyKnown, Positions wanted);

    /**
     * Says that the diffusion phase of a sequence is over (Eso-LM): the tokens that the next step
     * makes known are its last, and from that step on positions are asked for from left to right.
     * Most systems answer in both phases alike.
     *
     * @param sequence index in the batch
     */
    default void beginSequential(int sequence) {}

    @Override
    void close();
  }
}
