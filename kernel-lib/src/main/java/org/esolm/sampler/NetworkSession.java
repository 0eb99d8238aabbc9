package org.esolm.sampler;

import java.lang.foreign.Arena;
import org.esolm.model.Decoder;
import org.esolm.model.DecoderWeights;
import org.esolm.model.ModelConfig;
import org.esolm.model.Pass;
import org.esolm.tensor.Tensor;
import org.esolm.tensor.Workers;

/**
 * What the sessions of all networks have: a decoder, the pass that is being put together, memory
 * for logits.
 */
final class NetworkSession implements AutoCloseable {
  final int batch;
  final int length;
  final Decoder decoder;
  final Pass pass = new Pass();
  private final LogitsBuffer logits;

  private NetworkSession(Decoder decoder, ModelConfig config, int batch, int length) {
    this.batch = batch;
    this.length = length;
    this.decoder = decoder;
    logits = new LogitsBuffer(config);
  }

  /** With a cache. */
  static NetworkSession cached(
      DecoderWeights weights, Workers workers, int batch, int length, int capacity) {
    Decoder decoder = new Decoder(weights, workers, batch, capacity);
    return new NetworkSession(decoder, weights.config(), batch, length);
  }

  /** Without a cache. */
  static NetworkSession uncached(DecoderWeights weights, Workers workers, int batch, int length) {
    Decoder decoder = Decoder.withoutCache(weights, workers, batch, length);
    return new NetworkSession(decoder, weights.config(), batch, length);
  }

  /** Runs the pass. */
  Tensor run() {
    Tensor out = pass.wanted() == 0 ? logits.rows(0) : logits.rows(pass.wanted());
    decoder.step(pass, out);
    return out;
  }

  @Override
  public void close() {
    decoder.close();
    logits.close();
  }

  /** Memory for the logits of a step, which grows to the largest. */
  static final class LogitsBuffer implements AutoCloseable {
    private final ModelConfig config;
    private Arena arena = Arena.ofShared();
    private Tensor all;
    private Tensor view;

    LogitsBuffer(ModelConfig config) {
      this.config = config;
      all = Tensor.zeros(arena, 1, config.vocabSize());
      view = all;
    }

    Tensor rows(int n) {
      if (n > all.dim(0)) {
        arena.close();
        arena = Arena.ofShared();
        all = Tensor.zeros(arena, n * 5 / 4, config.vocabSize());
      }
      if (view.dim(0) != n || n > 0 && view.memory().address() != all.memory().address()) {
        view = all.slice(0, n);
      }
      return view;
    }

    @Override
    public void close() {
      arena.close();
    }
  }
}
