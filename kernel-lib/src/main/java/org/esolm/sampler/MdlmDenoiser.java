package org.esolm.sampler;

import java.util.Arrays;
import org.esolm.model.AttentionPattern;
import org.esolm.model.Pass;
import org.esolm.model.Transformer;
import org.esolm.tensor.Tensor;

/**
 * A masked diffusion model (MDLM): every step is a pass over whole sequences in both directions,
 * with nothing cached. Sequences from which nothing is wanted do not enter.
 *
 * @param network the network
 */
public record MdlmDenoiser(Transformer network) implements Denoiser {
  @Override
  public int vocabSize() {
    return network.config().vocabSize();
  }

  @Override
  public int maskIndex() {
    return network.config().maskIndex();
  }

  @Override
  public Session open(int batch, int length) {
    return new MdlmSession(batch, length);
  }

  private final class MdlmSession implements Session {
    private final Pass pass = new Pass();
    private final int[][] tokens; // [B, L]
    private final NetworkSession.LogitsBuffer logits =
        new NetworkSession.LogitsBuffer(network.config());

    MdlmSession(int batch, int length) {
      tokens = new int[batch][length];
      for (int[] row : tokens) {
        Arrays.fill(row, maskIndex());
      }
    }

    @Override
    public Tensor step(Known newlyKnown, Positions wanted) {
      pass.clear();
      for (int s = 0; s < tokens.length; s++) {
        for (int i = 0; i < newlyKnown.positions().count(s); i++) {
          tokens[s][newlyKnown.positions().get(s, i)] = newlyKnown.token(s, i);
        }
        if (wanted.count(s) > 0) {
          enter(s, wanted);
        }
      }
      Tensor out = logits.rows(pass.wanted());
      if (pass.wanted() > 0) {
        network.logits(pass, out);
      }
      return out;
    }

    private void enter(int s, Positions wanted) {
      AttentionPattern all = new AttentionPattern.Bidirectional(tokens[s].length);
      pass.beginSequence();
      for (int l = 0; l < tokens[s].length; l++) {
        pass.row(tokens[s][l], l, all);
      }
      for (int i = 0; i < wanted.count(s); i++) {
        if (i > 0 && wanted.get(s, i) <= wanted.get(s, i - 1)) {
          throw new IllegalArgumentException(
              "wanted: " + wanted.get(s, i) + ", positions must be ascending");
        }
        pass.want(wanted.get(s, i), 0, 0f);
      }
    }

    @Override
    public void close() {
      logits.close();
    }
  }
}
