package org.esolm.sampler;

import org.esolm.model.AttentionPattern;
import org.esolm.model.DecoderWeights;
import org.esolm.model.Parameters;
import org.esolm.objective.ArObjective.Prepend;
import org.esolm.tensor.Tensor;
import org.esolm.tensor.Workers;

/**
 * An autoregressive transformer: tokens become known from left to right, each enters the cache
 * once, and only the next position can be asked for.
 *
 * @param weights the network
 * @param workers the threads that compute
 * @param prepend what stands before the first token
 * @param prependToken the token that is prepended; not used with {@link Prepend#NONE}
 */
public record ArDenoiser(DecoderWeights weights, Workers workers, Prepend prepend, int prependToken)
    implements Denoiser {
  /**
   * Asks a copy of the parameters as they are now.
   *
   * @param weights the network; see {@link DecoderWeights} for what may become of it
   * @param workers the threads that compute
   * @param prepend what stands before the first token
   * @param prependToken the token that is prepended
   */
  public ArDenoiser(Parameters weights, Workers workers, Prepend prepend, int prependToken) {
    this(DecoderWeights.of(weights, workers), workers, prepend, prependToken);
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
    return new ArSession(batch, length);
  }

  private final class ArSession implements Session {
    private final NetworkSession net;
    private final int shift = prepend == Prepend.NONE ? 0 : 1;
    private final int[] known;

    ArSession(int batch, int length) {
      net = NetworkSession.cached(weights, workers, batch, length, length + 1);
      known = new int[batch];
    }

    @Override
    public Tensor step(Known newlyKnown, Positions wanted) {
      net.pass.clear();
      for (int s = 0; s < net.batch; s++) {
        net.pass.beginSequence();
        if (net.decoder.kept(s) == 0 && shift == 1) {
          row(s, prependToken, 0);
        }
        for (int i = 0; i < newlyKnown.positions().count(s); i++) {
          int l = newlyKnown.positions().get(s, i);
          if (l != known[s]) {
            throw new IllegalArgumentException(
                "position: " + l + " becomes known, must be the next from the left, " + known[s]);
          }
          row(s, newlyKnown.token(s, i), shift + l);
          known[s]++;
        }
        ask(s, wanted);
      }
      Tensor logits = net.run();
      for (int s = 0; s < net.batch; s++) {
        net.decoder.keep(s, net.pass.start(s + 1) - net.pass.start(s));
      }
      return logits;
    }

    private void row(int s, int token, int position) {
      net.pass.row(token, position, AttentionPattern.range(0, position + 1), AttentionPattern.NONE);
    }

    private void ask(int s, Positions wanted) {
      if (wanted.count(s) == 0) {
        return;
      }
      int rows = net.pass.start(s + 1) - net.pass.start(s);
      if (wanted.count(s) > 1 || wanted.get(s, 0) != known[s] || rows == 0) {
        throw new IllegalArgumentException(
            "wanted: "
                + wanted.get(s, 0)
                + ", an autoregressive model answers for the position behind the known ones, "
                + known[s]
                + (prepend == Prepend.NONE ? ", and needs the first token to be known" : ""));
      }
      net.pass.want(rows - 1, 0, 0f);
    }

    @Override
    public void close() {
      net.close();
    }
  }
}
