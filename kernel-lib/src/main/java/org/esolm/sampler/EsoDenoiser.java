package org.esolm.sampler;

import org.esolm.model.AttentionPattern;
import org.esolm.model.DecoderWeights;
import org.esolm.model.Parameters;
import org.esolm.tensor.Tensor;
import org.esolm.tensor.Workers;

/**
 * An Eso-LM: the tokens of the last step, now clean, and the masks of this one enter together,
 * attending causally in that order to each other and to the cache (appendix B.5). Keys and values
 * of the clean ones stay; those of the masks are overwritten by the next step. One cache serves
 * both phases.
 *
 * @param weights the network
 * @param workers the threads that compute
 */
public record EsoDenoiser(DecoderWeights weights, Workers workers) implements Denoiser {
  /**
   * Asks a copy of the parameters as they are now.
   *
   * @param weights the network; see {@link DecoderWeights} for what may become of it
   * @param workers the threads that compute
   */
  public EsoDenoiser(Parameters weights, Workers workers) {
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
    return new EsoSession(batch, length);
  }

  private final class EsoSession implements Session {
    private final NetworkSession net;

    EsoSession(int batch, int length) {
      net = NetworkSession.cached(weights, workers, batch, length, length);
    }

    @Override
    public Tensor step(Known newlyKnown, Positions wanted) {
      net.pass.clear();
      for (int s = 0; s < net.batch; s++) {
        net.pass.beginSequence();
        int cached = net.decoder.kept(s);
        int clean = newlyKnown.positions().count(s);
        for (int i = 0; i < clean; i++) {
          row(newlyKnown.token(s, i), newlyKnown.positions().get(s, i), cached + i);
        }
        for (int i = 0; i < wanted.count(s); i++) {
          row(maskIndex(), wanted.get(s, i), cached + clean + i);
          net.pass.want(clean + i, 0, 0f);
        }
      }
      Tensor logits = net.run();
      for (int s = 0; s < net.batch; s++) {
        net.decoder.keep(s, newlyKnown.positions().count(s));
      }
      return logits;
    }

    /** A row sees the cache and the new rows up to itself. */
    private void row(int token, int position, int index) {
      net.pass.row(token, position, AttentionPattern.range(0, index + 1), AttentionPattern.NONE);
    }

    @Override
    public void close() {
      net.close();
    }
  }
}
