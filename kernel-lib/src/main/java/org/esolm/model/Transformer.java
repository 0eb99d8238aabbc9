package org.esolm.model;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import org.esolm.tensor.Attention;
import org.esolm.tensor.Rows;
import org.esolm.tensor.Tensor;
import org.esolm.tensor.Workers;

/**
 * The transformer of the paper: token embedding, blocks with rotary attention over key ranges, an
 * untied output head, and for the diffusion systems AdaLN at a constant time (configs/model and
 * dit.py of the released code). It answers a {@link Pass}: logits, losses, or losses with
 * gradients. Not for use by several threads at once; memory grows to the largest pass seen, and
 * passes up to that size allocate nothing.
 */
public final class Transformer implements AutoCloseable {
  private final ModelConfig config;
  private final Parameters weights;
  private final Workers workers;
  private final Modulation modulation;
  private final Arena arena = Arena.ofShared();
  private final Block[] blocks;
  private final OutputHead head;
  private final Frame frame = new Frame();
  private Workspace w;

  // what the tasks below work on
  private int block;
  private int chunkFirstTile;
  private int chunkFrom;
  private int chunkTo;
  private Tensor logits;
  private Parameters gradient;
  private int weightUnits;
  private Workers.Task weightTask;
  private Workers.Task stage;

  private final Workers.Task pack;
  private final Workers.Task packBackward;
  private final Workers.Task embed;
  private final Workers.Task gather;
  private final Workers.Task attend;
  private final Workers.Task leave;
  private final Workers.Task headLogits;
  private final Workers.Task headLoss;
  private final Workers.Task headGradient;
  private final Workers.Task headWeight;
  private final Workers.Task leaveBackward;
  private final Workers.Task attendBackward;
  private final Workers.Task gatherBackward;
  private final Workers.Task enterBackward;
  private final Workers.Task leavingWeights;
  private final Workers.Task enteringWeights;
  private final Workers.Task embedBackward;
  private final Workers.Task weightsAndStage;

  /**
   * A transformer with given weights.
   *
   * @param weights its parameters; they may change between passes and must outlive this
   * @param workers the threads that compute; they must outlive this
   */
  public Transformer(Parameters weights, Workers workers) {
    this.config = weights.config();
    this.weights = weights;
    this.workers = Objects.requireNonNull(workers);
    modulation = new Modulation(arena, weights);
    blocks = new Block[config.blocks()];
    for (int b = 0; b < blocks.length; b++) {
      blocks[b] = new Block(weights, modulation, b);
    }
    head = new OutputHead(weights, modulation);

    // made once, so that a pass allocates nothing
    pack = (unit, worker) -> w.packed.packForward(unit);
    packBackward = (unit, worker) -> w.packed.packBackward(unit);
    embed = (tile, worker) -> embedAndEnter(tile, worker);
    gather = (tile, worker) -> blocks[block].gather(frame, w, tile, worker);
    attend = (unit, worker) -> blocks[block].attend(frame, w, w.attention[worker], unit);
    leave = (tile, worker) -> leaveAndEnter(tile, worker);
    headLogits =
        (tile, worker) ->
            head.logits(w, frame.lastRows.from(tile), frame.lastRows.to(tile), 0, logits, worker);
    headLoss =
        (tile, worker) ->
            head.loss(
                frame,
                w,
                frame.lastRows.from(chunkFirstTile + tile),
                frame.lastRows.to(chunkFirstTile + tile),
                chunkFrom,
                worker);
    headGradient =
        (tile, worker) -> head.gradient(frame, w, chunkFirstTile + tile, chunkFrom, worker);
    headWeight =
        (unit, worker) -> head.weightBackward(w, gradient, unit, chunkFrom, chunkTo, worker);
    leaveBackward = (tile, worker) -> blocks[block].leaveBackward(frame, w, tile, worker);
    attendBackward =
        (unit, worker) -> blocks[block].attendBackward(frame, w, w.attention[worker], unit);
    gatherBackward = (tile, worker) -> blocks[block].gatherBackward(frame, w, tile, worker);
    enterBackward = (tile, worker) -> blocks[block].enterBackward(frame, w, tile, worker);
    leavingWeights =
        (unit, worker) -> blocks[block].leavingWeights(frame, w, gradient, unit, worker);
    enteringWeights =
        (unit, worker) -> blocks[block + 1].enteringWeights(frame, w, gradient, unit, worker);
    embedBackward = (unit, worker) -> embedBackward(unit);
    weightsAndStage = this::weightsAndStage;
  }

  /**
   * The sizes of this transformer.
   *
   * @return its configuration
   */
  public ModelConfig config() {
    return config;
  }

  /**
   * The weights it computes with.
   *
   * @return the parameters themselves
   */
  public Parameters weights() {
    return weights;
  }

  /**
   * The raw logits of the wanted rows, before the mask token is ruled out. A row's logits do not
   * depend on the other sequences of the pass, nor on the number of threads.
   *
   * @param pass the question
   * @param out [pass.wanted(), V], written
   */
  public void logits(Pass pass, Tensor out) {
    if (out.size() != (long) pass.wanted() * config.vocabSize()) {
      throw new IllegalArgumentException(
          "out: " + out + ", must be [" + pass.wanted() + ", " + config.vocabSize() + "]");
    }
    forward(pass, false, 0f, 0L);
    logits = out;
    workers.loop(frame.lastRows.count(), headLogits);
    logits = null;
  }

  /**
   * The weighted sum of the negative log-likelihoods of the wanted rows.
   *
   * @param pass the question
   * @return sum of weight(i) nll(i), nats
   * @throws CancellationException if the thread was interrupted
   */
  public double loss(Pass pass) {
    forward(pass, false, 0f, 0L);
    for (int tile = 0, end; tile < frame.lastRows.count(); tile = end) {
      end = nextChunk(tile);
      workers.loop(end - tile, headLoss);
    }
    return weightedSum(pass);
  }

  /**
   * The weighted sum of the negative log-likelihoods of the wanted rows, and its gradient.
   *
   * @param pass the question
   * @param into added to: gradient of every parameter
   * @param dropoutSeed which elements dropout hits, at the configured rate
   * @return sum of weight(i) nll(i), nats
   * @throws CancellationException if the thread was interrupted; then {@code into} holds a part
   */
  public double gradient(Pass pass, Parameters into, long dropoutSeed) {
    boolean whole = false;
    try {
      forward(pass, true, (float) config.dropout(), dropoutSeed);
      if (pass.wanted() > 0) {
        gradient = into;
        backward();
      }
      whole = true;
      return weightedSum(pass);
    } finally {
      gradient = null;
      if (!whole && w != null) { // its sums would be added to those of the next pass
        w.close();
        w = null;
      }
    }
  }

  /**
   * The negative log-likelihoods that the last call of {@link #loss} or {@link #gradient} computed.
   *
   * @param i index among the wanted rows
   * @return -log p(target(i)), nats, without its weight
   */
  public float nll(int i) {
    return w.nll.get(i);
  }

  private double weightedSum(Pass pass) {
    double sum = 0;
    for (int i = 0; i < pass.wanted(); i++) {
      sum += (double) pass.weight(i) * w.nll.get(i);
    }
    return sum;
  }

  private void forward(Pass pass, boolean training, float dropout, long dropoutSeed) {
    prepare(pass, training);
    frame.begin(pass);
    frame.dropout = dropout;
    frame.dropoutSeed = dropoutSeed;
    modulation.forward();
    workers.loop(w.packed.forwardUnits(), pack);
    block = 0;
    workers.loop(frame.rows.count(), embed);
    for (block = 0; block < blocks.length; block++) {
      Block b = blocks[block];
      if (b.gathers(frame)) {
        workers.loop(frame.lastRows.count(), gather);
      }
      workers.loop(b.queries(frame).count() * config.heads(), attend);
      workers.loop(b.leaving(frame).count(), leave);
    }
  }

  private void prepare(Pass pass, boolean training) {
    int positions = Math.max(pass.maxPosition() + 1, config.length());
    if (w == null || !w.fits(pass, positions, training)) {
      int rows = Math.max(pass.rows(), w == null ? 0 : w.rows);
      int keys = Math.max(pass.longestSequence(), w == null ? 0 : w.keys);
      boolean forTraining = training || w != null && w.training;
      if (w != null) {
        positions = Math.max(positions, w.rope.positions());
        w.close();
      }
      w = new Workspace(weights, rows, keys, positions, workers.threads(), forTraining);
    }
  }

  private void embedAndEnter(int tile, int worker) {
    Tensor x = w.blocks[0].x;
    Tensor table = weights.get("vocab_embed.embedding");
    long bytes = (long) config.hiddenSize() * Tensor.BYTES;
    for (int r = frame.rows.from(tile); r < frame.rows.to(tile); r++) {
      MemorySegment.copy(table.memory(), frame.pass.id(r) * bytes, x.memory(), r * bytes, bytes);
    }
    blocks[0].enter(frame, w, tile, worker);
  }

  /** A tile leaves a block and, as it needs no other rows for that, enters the next at once. */
  private void leaveAndEnter(int tile, int worker) {
    blocks[block].leave(frame, w, tile, worker);
    if (block + 1 < blocks.length) {
      blocks[block + 1].enter(frame, w, tile, worker);
    }
  }

  /** The end of the chunk of tiles that starts at a tile: as many as there is memory for logits. */
  private int nextChunk(int tile) {
    Tiles tiles = frame.lastRows;
    chunkFirstTile = tile;
    chunkFrom = tiles.from(tile);
    int end = tile + 1;
    while (end < tiles.count() && tiles.to(end) - chunkFrom <= w.logits.dim(0)) {
      end++;
    }
    chunkTo = tiles.to(end - 1);
    return end;
  }

  private void backward() {
    workers.loop(w.packed.backwardUnits(), packBackward);
    for (int tile = 0, end; tile < frame.lastRows.count(); tile = end) {
      if (tile > 0) { // the next chunk takes the place of this one's logits
        workers.loop(head.weightUnits(), headWeight);
      }
      end = nextChunk(tile);
      workers.loop(end - tile, headGradient);
    }
    collect(w.headSums, 0, 2, frame.lastRows.count(), 2);
    for (block = blocks.length - 1; block >= 0; block--) {
      Block b = blocks[block];
      Tensor sums = w.blockSums[block];
      int leaving = b.leaving(frame).count();
      if (block + 1 == blocks.length) {
        loop(head.weightUnits(), headWeight, leaving, leaveBackward);
      } else {
        loop(blocks[block + 1].enteringWeightUnits(frame), enteringWeights, leaving, leaveBackward);
      }
      collect(sums, 2, Block.SUMS, leaving, Block.SUMS);
      int attention = frame.pass.sequences() * config.heads();
      loop(b.leavingWeightUnits(), leavingWeights, attention, attendBackward);
      if (b.gathers(frame)) {
        workers.loop(frame.lastRows.count(), gatherBackward);
      }
      workers.loop(frame.rows.count(), enterBackward);
      collect(sums, 0, 2, frame.rows.count(), Block.SUMS);
      int d = config.hiddenSize();
      Rows.sumRows(sums, 7L * d, d, gradient.block(block).downBias(), 0, 1, d);
      Rows.sumRows(sums, 8L * d, 4 * d, gradient.block(block).upBias(), 0, 1, 4 * d);
    }
    modulation.backward(w.blockSums, w.headSums, gradient);
    int columns = (config.hiddenSize() + EMBED_COLUMNS - 1) / EMBED_COLUMNS;
    // those of blocks[0], as no block is at hand any more
    loop(blocks[0].enteringWeightUnits(frame), enteringWeights, columns, embedBackward);
  }

  /**
   * A stage, and before it the gradients of weights that the stage before made possible: they are
   * few and large units of work and nothing waits for them, while the stage's small units let all
   * threads end at about the same time.
   */
  private void loop(int ofWeights, Workers.Task weightGradients, int count, Workers.Task task) {
    weightUnits = ofWeights;
    weightTask = weightGradients;
    stage = task;
    workers.loop(ofWeights + count, weightsAndStage);
  }

  private void weightsAndStage(int unit, int worker) {
    if (unit < weightUnits) {
      weightTask.run(unit, worker);
    } else {
      stage.run(unit - weightUnits, worker);
    }
  }

  /**
   * Adds up, in the order of the tiles, columns [from, to) (in units of d) of the sums that each
   * tile left, and clears them for the next stage.
   */
  private void collect(Tensor sums, int from, int to, int tiles, int units) {
    int d = config.hiddenSize();
    Attention.zero(sums, 0, from * d, to * d);
    Rows.sumRows(
        w.tileSums, (long) from * d, units * d, sums, (long) from * d, tiles, (to - from) * d);
    for (int t = 0; t < tiles; t++) {
      Attention.zero(w.tileSums, (long) t * units * d, from * d, to * d);
    }
  }

  private static final int EMBED_COLUMNS = 64;

  /** Adds the gradient of the embedding, some columns of it, row by row. */
  private void embedBackward(int unit) {
    int d = config.hiddenSize();
    int from = unit * EMBED_COLUMNS;
    int n = Math.min(EMBED_COLUMNS, d - from);
    Tensor dx = Block.dxIn(frame, w);
    Tensor table = gradient.get("vocab_embed.embedding");
    for (int r = 0; r < frame.pass.rows(); r++) {
      Attention.axpy(1f, dx, (long) r * d + from, table, (long) frame.pass.id(r) * d + from, n);
    }
  }

  @Override
  public void close() {
    if (w != null) {
      w.close();
    }
    arena.close();
  }
}
