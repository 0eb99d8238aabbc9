package org.esolm.sampler;

import org.esolm.model.AttentionPattern;
import org.esolm.model.DecoderWeights;
import org.esolm.model.Parameters;
import org.esolm.tensor.Tensor;
import org.esolm.tensor.Workers;

/**
 * An Eso-LM (A), the ablation of appendix D (equations 45-50). In the diffusion phase all known
 * tokens enter at every step and see each other in both directions, so nothing can be cached; the
 * masks behind them see all that comes before. When the sequential phase begins, the known tokens
 * enter once more and stay in the cache: from there on each token attends causally, enters once as
 * a mask and once as itself.
 *
 * @param weights the network
 * @param workers the threads that compute
 */
public record EsoADenoiser(DecoderWeights weights, Workers workers) implements Denoiser {
  /**
   * Asks a copy of the parameters as they are now.
   *
   * @param weights the network; see {@link DecoderWeights} for what may become of it
   * @param workers the threads that compute
   */
  public EsoADenoiser(Parameters weights, Workers workers) {
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
    return new EsoASession(batch, length);
  }

  private final class EsoASession implements Session {
    private final NetworkSession net;
    private final Known clean; // what is known and not in the cache
    private final boolean[] sequential;
    private final boolean[] prefixStored;

    EsoASession(int batch, int length) {
      net = NetworkSession.cached(weights, workers, batch, length, length);
      clean = new Known(batch);
      sequential = new boolean[batch];
      prefixStored = new boolean[batch];
    }

    @Override
    public void beginSequential(int sequence) {
      sequential[sequence] = true;
    }

    @Override
    public Tensor step(Known newlyKnown, Positions wanted) {
      net.pass.clear();
      for (int s = 0; s < net.batch; s++) {
        for (int i = 0; i < newlyKnown.positions().count(s); i++) {
          clean.add(s, newlyKnown.positions().get(s, i), newlyKnown.token(s, i));
        }
        net.pass.beginSequence();
        if (wanted.count(s) > 0) {
          enter(s, wanted);
        }
      }
      Tensor logits = net.run();
      for (int s = 0; s < net.batch; s++) {
        if (sequential[s] && wanted.count(s) > 0) {
          net.decoder.keep(s, clean.positions().count(s));
          clean.clear(s);
          prefixStored[s] = true;
        }
      }
      return logits;
    }

    /** The clean tokens, the prefix in both directions and later ones causally, then the masks. */
    private void enter(int s, Positions wanted) {
      int cached = net.decoder.kept(s);
      int known = clean.positions().count(s);
      for (int i = 0; i < known; i++) {
        int end = prefixStored[s] ? cached + i + 1 : known;
        row(clean.token(s, i), clean.positions().get(s, i), end);
      }
      for (int i = 0; i < wanted.count(s); i++) {
        row(maskIndex(), wanted.get(s, i), cached + known + i + 1);
        net.pass.want(known + i, 0, 0f);
      }
    }

    private void row(int token, int position, int end) {
      net.pass.row(token, position, AttentionPattern.range(0, end), AttentionPattern.NONE);
    }

    @Override
    public void close() {
      net.close();
    }
  }
}
