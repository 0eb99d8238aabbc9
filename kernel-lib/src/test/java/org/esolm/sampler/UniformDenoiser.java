package org.esolm.sampler;

import java.lang.foreign.Arena;
import org.esolm.tensor.Tensor;

/** All words are equally likely: sampling without work, to count steps. */
record UniformDenoiser(int vocabSize) implements Denoiser {
  @Override
  public int maskIndex() {
    return vocabSize - 1;
  }

  @Override
  public Session open(int batch, int length) {
    Tensor laws = Tensor.zeros(Arena.ofAuto(), batch * length, vocabSize);
    return new Session() {
      @Override
      public Tensor step(Known newlyKnown, Positions wanted) {
        return laws.slice(0, wanted.total());
      }

      @Override
      public void close() {}
    };
  }
}
