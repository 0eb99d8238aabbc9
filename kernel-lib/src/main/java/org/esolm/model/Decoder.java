package org.esolm.model;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.esolm.tensor.Attention;
import org.esolm.tensor.CachedAttention;
import org.esolm.tensor.FewRows;
import org.esolm.tensor.Gelu;
import org.esolm.tensor.LayerNorm;
import org.esolm.tensor.Linear;
import org.esolm.tensor.Residual;
import org.esolm.tensor.Rope;
import org.esolm.tensor.Tensor;
import org.esolm.tensor.Workers;

/**
 * The transformer as it is used while sampling: a few new rows at a time, with the keys and values
 * of earlier rows in a cache. A {@link Pass} names the new rows; key indices count the cached rows
 * first and then the new ones, and every row attends to one range that starts at 0. {@link #keep}
 * says how many of the new rows stay in the cache; the others are overwritten by the next pass.
 *
 * <p>A row's arithmetic depends neither on the other sequences of the batch nor on the number of
 * threads.
 */
public final class Decoder implements AutoCloseable {
  /** Multiply-adds that are worth a thread's attention. */
  private static final long GRAIN = 1 << 17;

  /** Columns of one unit of a product with many rows. */
  private static final int STRIP = 512;

  private final ModelConfig config;
  private final Parameters weights;
  private final Workers workers;
  private final Arena arena = Arena.ofShared();
  private final Modulation modulation;
  private final KvCache cache;
  private final Rope rope;
  private final int d;
  private final int h;
  private final Tensor[] scores; // scratch, one a worker: [QUERY_TILE, capacity]
  private Arena rowsArena;
  private int rows;
  private Tensor x; // [N, d]
  private Tensor y; // [N, d]
  private Tensor statistics; // [N, 2]
  private Tensor qkv; // [N, 3d]
  private Tensor attended; // [N, d]
  private Tensor branch; // [N, d]
  private Tensor hidden; // [N, 4d]

  // what the tasks below work on
  private Pass pass;
  private boolean allFew;
  private final Tiles tiles = new Tiles();
  private int block;
  private Tensor in;
  private int inSize;
  private Tensor weight;
  private Tensor bias;
  private Tensor out;
  private int outSize;
  private int columns; // of one unit
  private int rowCount; // of in and out
  private final Workers.Task linear = this::linear;
  private final Workers.Task attend = this::attend;

  /**
   * Opens a cache.
   *
   * @param weights the parameters, which must not change while this is open
   * @param workers the threads that compute
   * @param batch number of sequences
   * @param capacity rows of each sequence that there shall be room for, new ones included
   */
  public Decoder(Parameters weights, Workers workers, int batch, int capacity) {
    this.weights = weights;
    this.workers = workers;
    config = weights.config();
    d = config.hiddenSize();
    h = config.headSize();
    modulation = new Modulation(arena, weights);
    modulation.forward();
    cache = new KvCache(arena, config, batch, capacity);
    rope = new Rope(arena, capacity + 1, h, ModelConfig.ROTARY_BASE);
    scores = new Tensor[workers.threads()];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = Tensor.zeros(arena, Frame.QUERY_TILE, cache.capacity);
    }
    grow(batch);
  }

  private void grow(int n) {
    if (rowsArena != null) {
      rowsArena.close();
    }
    rowsArena = Arena.ofShared();
    rows = n;
    x = Tensor.zeros(rowsArena, n, d);
    y = Tensor.zeros(rowsArena, n, d);
    statistics = Tensor.zeros(rowsArena, n, 2);
    qkv = Tensor.zeros(rowsArena, n, 3 * d);
    attended = Tensor.zeros(rowsArena, n, d);
    branch = Tensor.zeros(rowsArena, n, d);
    hidden = Tensor.zeros(rowsArena, n, ModelConfig.MLP_RATIO * d);
  }

  /**
   * How many rows of a sequence are kept.
   *
   * @param sequence index in the batch
   * @return their number
   */
  public int kept(int sequence) {
    return cache.kept(sequence);
  }

  /**
   * Keeps the first of the new rows of the last pass.
   *
   * @param sequence index in the batch
   * @param newRows how many of them stay
   */
  public void keep(int sequence, int newRows) {
    cache.keep(sequence, newRows);
  }

  /**
   * The raw logits of the wanted rows.
   *
   * @param question the new rows of every sequence of the batch, possibly none of some
   * @param logits [question.wanted(), V], written; null where nothing is wanted
   */
  public void step(Pass question, Tensor logits) {
    pass = question;
    int n = pass.rows();
    if (n > rows) {
      grow(n * 5 / 4);
    }
    allFew = pass.longestSequence() <= FewRows.LIMIT;
    tiles.cutSequences(pass, false, Frame.ROW_TILE);
    embed();
    for (block = 0; block < config.blocks(); block++) {
      if (block == config.blocks() - 1 && pass.wanted() == 0) {
        storeOnly();
        return;
      }
      BlockParameters p = weights.block(block);
      int four = ModelConfig.MLP_RATIO * d;
      normalise(modulation.branch(block, 0), n);
      multiply(y, d, p.qkv(), null, qkv, 3 * d, n);
      rotateAndStore();
      attendAll();
      multiply(attended, d, p.out(), null, branch, d, n);
      Residual.forward(x, branch, null, modulation.branch(block, 0).gate(), x, 0f, 0, 0, n, d);
      normalise(modulation.branch(block, 1), n);
      multiply(y, d, p.upWeight(), p.upBias(), hidden, four, n);
      Gelu.forward(hidden, hidden, 0, (long) n * four);
      multiply(hidden, four, p.downWeight(), p.downBias(), branch, d, n);
      Residual.forward(x, branch, null, modulation.branch(block, 1).gate(), x, 0f, 0, 0, n, d);
    }
    head(logits);
  }

  private void normalise(Modulation.Branch folded, int n) {
    LayerNorm.forward(x, folded.weight(), folded.shift(), y, statistics, 0, n, d);
  }

  private void embed() {
    Tensor table = weights.get("vocab_embed.embedding");
    long bytes = (long) d * Tensor.BYTES;
    for (int r = 0; r < pass.rows(); r++) {
      MemorySegment.copy(table.memory(), pass.id(r) * bytes, x.memory(), r * bytes, bytes);
    }
  }

  /**
   * The last block of a pass from which nothing is wanted: its keys and values are all that is
   * used.
   */
  private void storeOnly() {
    int n = pass.rows();
    normalise(modulation.branch(block, 0), n);
    multiply(y, d, weights.block(block).qkv(), null, qkv, 3 * d, n);
    rotateAndStore();
  }

  private void rotateAndStore() {
    Tensor keys = cache.keys(block);
    Tensor values = cache.values(block);
    for (int s = 0; s < pass.sequences(); s++) {
      for (int r = pass.start(s); r < pass.start(s + 1); r++) {
        long row = 3L * d * r;
        rope.rotate(qkv, row, 2 * config.heads(), pass.position(r), false);
        int index = cache.kept(s) + r - pass.start(s);
        for (int head = 0; head < config.heads(); head++) {
          long k = row + d + (long) head * h;
          long at = cache.at(s, head);
          CachedAttention.put(qkv, k, k + d, keys, at, values, at, cache.capacity, index, h);
        }
      }
    }
  }

  private void attendAll() {
    long work = 0;
    for (int s = 0; s < pass.sequences(); s++) {
      work += (long) (pass.start(s + 1) - pass.start(s)) * (cache.kept(s) + 1) * 2 * d;
    }
    int units = pass.sequences() * config.heads();
    if (work < GRAIN) {
      for (int unit = 0; unit < units; unit++) {
        attend(unit, 0);
      }
    } else {
      workers.loop(units, attend);
    }
  }

  /** One head of one sequence. */
  private void attend(int unit, int worker) {
    int s = unit / config.heads();
    int head = unit % config.heads();
    int from = pass.start(s);
    int to = pass.start(s + 1);
    long at = cache.at(s, head);
    float scale = (float) (1 / Math.sqrt(h));
    Tensor keys = cache.keys(block);
    Tensor values = cache.values(block);
    if (isFew(s)) {
      for (int i = from; i < to; i++) {
        CachedAttention.attend(
            qkv,
            3L * d * i + (long) head * h,
            keys,
            at,
            values,
            at,
            cache.capacity,
            AttentionPattern.to(pass.first(i)),
            h,
            scale,
            scores[worker],
            attended,
            (long) d * i + (long) head * h);
      }
    } else {
      for (int r = from; r < to; r += Frame.QUERY_TILE) {
        attendTile(r, Math.min(r + Frame.QUERY_TILE, to), head, at, scale, scores[worker]);
      }
    }
  }

  private void attendTile(int from, int to, int head, long at, float scale, Tensor p) {
    int keys = 0;
    for (int r = from; r < to; r++) {
      keys = Math.max(keys, AttentionPattern.to(pass.first(r)));
    }
    int ld = cache.capacity;
    long q = 3L * d * from + (long) head * h;
    Attention.gemm(
        false,
        false,
        to - from,
        keys,
        h,
        scale,
        qkv,
        q,
        3 * d,
        cache.keys(block),
        at,
        ld,
        0f,
        p,
        0,
        ld);
    for (int r = from; r < to; r++) {
      int n = AttentionPattern.to(pass.first(r));
      long row = (long) (r - from) * ld;
      int end = Attention.pad(p, row, 0, n);
      float sum = Attention.exponentials(p, row, 0, end, Attention.max(p, row, 0, end));
      Attention.scale(p, row, n, 1 / sum);
      Attention.zero(p, row, n, keys);
    }
    long o = (long) d * from + (long) head * h;
    Attention.gemm(
        false,
        false,
        to - from,
        h,
        keys,
        1f,
        p,
        0,
        ld,
        cache.values(block),
        at,
        h,
        0f,
        attended,
        o,
        d);
  }

  private void head(Tensor logits) {
    int wanted = pass.wanted();
    for (int i = 0;
        i < wanted;
        i++) { // wanted rows are ascending: none is overwritten before it is moved
      MemorySegment.copy(
          x.memory(),
          (long) pass.wantedRow(i) * d * Tensor.BYTES,
          x.memory(),
          (long) i * d * Tensor.BYTES,
          (long) d * Tensor.BYTES);
    }
    normalise(modulation.last(), wanted);
    tiles.cutSequences(pass, true, Frame.ROW_TILE);
    multiply(
        y,
        d,
        weights.get("output_layer.linear.weight"),
        weights.get("output_layer.linear.bias"),
        logits,
        config.vocabSize(),
        wanted);
  }

  private void multiply(
      Tensor from, int fromSize, Tensor matrix, Tensor vector, Tensor to, int toSize, int n) {
    in = from;
    inSize = fromSize;
    weight = matrix;
    bias = vector;
    out = to;
    outSize = toSize;
    rowCount = n;
    if (allFew) {
      int parts = (int) Math.clamp((long) n * fromSize * toSize / GRAIN, 1, 4L * workers.threads());
      columns = ((toSize + parts - 1) / parts + 15) / 16 * 16;
    } else {
      columns = STRIP; // a product's rounding may depend on its width, so that is always the same
    }
    int strips = (toSize + columns - 1) / columns;
    workers.loop(allFew ? strips : strips * tiles.count(), linear);
  }

  private void linear(int unit, int worker) {
    if (allFew) {
      few(0, rowCount, unit * columns, scores[worker]);
      return;
    }
    int tile = unit % tiles.count();
    int from = unit / tiles.count() * columns;
    int row = tiles.from(tile);
    int count = tiles.to(tile) - row;
    if (isFew(tiles.sequence(tile))) {
      few(row, count, from, scores[worker]);
      return;
    }
    int n = Math.min(columns, outSize - from);
    long to = (long) row * outSize + from;
    Linear.forward(
        in,
        (long) row * inSize,
        inSize,
        weight,
        (long) from * inSize,
        out,
        to,
        outSize,
        count,
        inSize,
        n);
    if (bias != null) {
      Linear.addBias(out, bias, from, to, outSize, count, n);
    }
  }

  /** Some rows and the columns from one on, by the kernel for few rows. */
  private void few(int row, int count, int from, Tensor scratch) {
    FewRows.forward(
        in,
        (long) row * inSize,
        inSize,
        weight,
        (long) from * inSize,
        bias,
        from,
        out,
        (long) row * outSize + from,
        outSize,
        count,
        inSize,
        Math.min(columns, outSize - from),
        scratch);
  }

  /**
   * Which kernels compute a sequence depends on its own rows alone, or its results would change
   * with its neighbours in the batch.
   */
  private boolean isFew(int sequence) {
    return pass.start(sequence + 1) - pass.start(sequence) <= FewRows.LIMIT;
  }

  @Override
  public void close() {
    rowsArena.close();
    arena.close();
  }
}
