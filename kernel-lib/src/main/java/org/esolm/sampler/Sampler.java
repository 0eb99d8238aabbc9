package org.esolm.sampler;

/**
 * A way to draw sequences from a denoiser: which positions are denoised next. One class a system.
 */
public interface Sampler {
  /**
   * Draws a batch of sequences. Sample i depends on the seed and on i alone, not on the batch it is
   * drawn in.
   *
   * @param denoiser the network or oracle that is asked
   * @param request what is drawn
   * @param listener told after every step
   * @return the sequences and what they cost
   * @throws IllegalArgumentException if the request does not fit the denoiser or this sampler
   * @throws java.util.concurrent.CancellationException if the thread is interrupted, within a step
   * @throws ArithmeticException if the denoiser's law is not one (NaN, or no mass anywhere)
   */
  Samples sample(Denoiser denoiser, SampleRequest request, StepListener listener);

  /**
   * Draws a batch of sequences and reports no progress.
   *
   * @param denoiser the network or oracle that is asked
   * @param request what is drawn
   * @return the sequences and what they cost
   */
  default Samples sample(Denoiser denoiser, SampleRequest request) {
    return sample(denoiser, request, StepListener.NONE);
  }
}
