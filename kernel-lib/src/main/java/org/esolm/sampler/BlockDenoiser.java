package org.esolm.sampler;

import java.util.Arrays;
import org.esolm.model.AttentionPattern;
import org.esolm.model.DecoderWeights;
import org.esolm.model.Parameters;
import org.esolm.objective.BlockDiffusionObjective;
import org.esolm.tensor.Tensor;
import org.esolm.tensor.Workers;

/**
 * A block diffusion model (BD3-LM): all rows of the current block, known tokens and masks, enter at
 * each step and attend to each other and to the cache of finished blocks. A finished block is
 * stored by a step that wants nothing, or on the way by the first step that asks for a later block.
 *
 * @param weights the network
 * @param workers the threads that compute
 * @param blockSize S
 */
public record BlockDenoiser(DecoderWeights weights, Workers workers, int blockSize)
    implements Denoiser {
  /**
   * Asks a copy of the parameters as they are now.
   *
   * @param weights the network; see {@link DecoderWeights} for what may become of it
   * @param workers the threads that compute
   * @param blockSize S
   */
  public BlockDenoiser(Parameters weights, Workers workers, int blockSize) {
    this(DecoderWeights.of(weights, workers), workers, blockSize);
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
    BlockDiffusionObjective.requireDivides(length, blockSize);
    return new BlockSession(batch, length);
  }

  private final class BlockSession implements Session {
    private final NetworkSession net;
    private final int[][] tokens; // [B, L], the mask token where nothing is known
    private final int[] finished; // blocks that are complete and enter with the pass at hand

    BlockSession(int batch, int length) {
      net = NetworkSession.cached(weights, workers, batch, length, length);
      tokens = new int[batch][length];
      for (int[] row : tokens) {
        Arrays.fill(row, maskIndex());
      }
      finished = new int[batch];
    }

    @Override
    public Tensor step(Known newlyKnown, Positions wanted) {
      net.pass.clear();
      for (int s = 0; s < net.batch; s++) {
        for (int i = 0; i < newlyKnown.positions().count(s); i++) {
          tokens[s][newlyKnown.positions().get(s, i)] = newlyKnown.token(s, i);
        }
        net.pass.beginSequence();
        int stored = net.decoder.kept(s) / blockSize;
        int current =
            wanted.count(s) > 0 ? wanted.get(s, 0) / blockSize : completeBlocks(s, stored);
        for (int block = stored; block < current; block++) {
          enter(s, block);
        }
        finished[s] = current - stored;
        if (wanted.count(s) > 0) {
          enter(s, current);
          ask(s, current, finished[s] * blockSize, wanted);
        }
      }
      Tensor logits = net.run();
      for (int s = 0; s < net.batch; s++) {
        net.decoder.keep(s, finished[s] * blockSize);
      }
      return logits;
    }

    private int completeBlocks(int s, int from) {
      int block = from;
      while (block * blockSize < net.length && isComplete(s, block)) {
        block++;
      }
      return block;
    }

    private boolean isComplete(int s, int block) {
      for (int l = block * blockSize; l < (block + 1) * blockSize; l++) {
        if (tokens[s][l] == maskIndex()) {
          return false;
        }
      }
      return true;
    }

    private void enter(int s, int block) {
      long keys = AttentionPattern.range(0, (block + 1) * blockSize);
      for (int l = block * blockSize; l < (block + 1) * blockSize; l++) {
        net.pass.row(tokens[s][l], l, keys, AttentionPattern.NONE);
      }
    }

    /**
     * Logits come in ascending order of position, so that is the order in which they may be asked
     * for.
     */
    private void ask(int s, int block, int firstRow, Positions wanted) {
      int n = wanted.count(s);
      for (int i = 0; i < n; i++) {
        int l = wanted.get(s, i);
        if (l / blockSize != block || i > 0 && l <= wanted.get(s, i - 1)) {
          throw new IllegalArgumentException(
              "wanted: " + l + ", must be positions of one block in ascending order");
        }
        net.pass.want(firstRow + l - block * blockSize, 0, 0f);
      }
    }

    @Override
    public void close() {
      net.close();
    }
  }
}
