package org.esolm.sampler;

import java.util.Arrays;
import org.esolm.model.AttentionPattern;
import org.esolm.model.DecoderWeights;
import org.esolm.model.Parameters;
import org.esolm.tensor.Tensor;
import org.esolm.tensor.Workers;

/**
 * A masked diffusion model (MDLM): every step is a pass over whole sequences in both directions,
 * with nothing cached. Sequences from which nothing is wanted do not enter.
 *
 * @param weights the network
 * @param workers the threads that compute
 */
public record MdlmDenoiser(DecoderWeights weights, Workers workers) implements Denoiser {
  /**
   * Asks a copy of the parameters as they are now.
   *
   * @param weights the network; see {@link DecoderWeights} for what may become of it
   * @param workers the threads that compute
   */
  public MdlmDenoiser(Parameters weights, Workers workers) {
    this(DecoderWeights.of(weights, workers), workers);
  }

  @Override
  public int vocabSize() {
    return weights.config().vocabSize();
  }

  @Override
  public int maskIndex() {
    return weights.config().maskIndex();
  }

  @Override
  public Session open(int batch, int length) {
    return new MdlmSession(batch, length);
  }

  private final class MdlmSession implements Session {
    private final NetworkSession net;
    private final int[][] tokens; // [B, L]

    MdlmSession(int batch, int length) {
      net = NetworkSession.uncached(weights, workers, batch, length);
      tokens = new int[batch][length];
      for (int[] row : tokens) {
        Arrays.fill(row, maskIndex());
      }
    }

    @Override
    public Tensor step(Known newlyKnown, Positions wanted) {
      net.pass.clear();
      for (int s = 0; s < net.batch; s++) {
        for (int i = 0; i < newlyKnown.positions().count(s); i++) {
          tokens[s][newlyKnown.positions().get(s, i)] = newlyKnown.token(s, i);
        }
        net.pass.beginSequence();
        if (wanted.count(s) > 0) {
          enter(s, wanted);
        }
      }
      return net.run();
    }

    private void enter(int s, Positions wanted) {
      for (int l = 0; l < net.length; l++) {
        net.pass.row(tokens[s][l], l, AttentionPattern.range(0, net.length), AttentionPattern.NONE);
      }
      for (int i = 0; i < wanted.count(s); i++) {
        if (i > 0 && wanted.get(s, i) <= wanted.get(s, i - 1)) {
          throw new IllegalArgumentException(
              "wanted: " + wanted.get(s, i) + ", positions must be ascending");
        }
        net.pass.want(wanted.get(s, i), 0, 0f);
      }
    }

    @Override
    public void close() {
      net.close();
    }
  }
}
