package org.esolm.model;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Arrays;
import org.esolm.tensor.Attention;
import org.esolm.tensor.CachedAttention;
import org.esolm.tensor.Gelu;
import org.esolm.tensor.LayerNorm;
import org.esolm.tensor.PackedMatrix;
import org.esolm.tensor.Residual;
import org.esolm.tensor.Rope;
import org.esolm.tensor.Tensor;
import org.esolm.tensor.Workers;

/**
 * The transformer as it is used while sampling: some new rows at a time, with the keys and values
 * of earlier rows in a cache. A {@link Pass} names the new rows; key indices count the cached rows
 * first and then the new ones, and every row attends to one range that starts at 0. {@link #keep}
 * says how many of the new rows stay in the cache; the others are overwritten by the next pass.
 *
 * <p>Rows of all sequences are multiplied together, as a row's arithmetic depends neither on the
 * other rows nor on the number of threads. In the last block, only the wanted rows go on once keys
 * and values are stored.
 */
public final class Decoder implements AutoCloseable {
  /** Multiply-adds that are worth a thread's attention. */
  private static final int GRAIN = 1 << 15;

  /** Rows of one unit of work in everything but products and attention. */
  private static final int ROWS = 4;

  private final ModelConfig config;
  private final DecoderWeights weights;
  private final Modulation modulation;
  private final Workers workers;
  private final Arena arena = Arena.ofShared();
  private final KvCache cache;
  private final FirstBlock first; // null where rows are kept, or the first block is the last
  private final Rope rope;
  private final int d;
  private final int h;
  private final CachedAttention[] attention; // one a worker
  private final Tensor[] scratch; // one a worker
  private Arena rowsArena;
  private Tensor x; // [N, d]
  private Tensor y; // [N, d]
  private Tensor statistics; // [N, 2]
  private Tensor qkv; // [N, 3d]
  private Tensor attended; // [N, d]
  private Tensor branch; // [N, d]
  private Tensor hidden; // [N, 4d]
  private int[] ends = new int[0]; // [N]: how many keys each query attends to
  private int[] sequences = new int[0]; // [N]: the sequence of each row

  // what the tasks below work on
  private Pass pass;
  private final Tiles queries = new Tiles();
  private int block;
  private int count; // rows that go on: all, and from the last block's queries on the wanted
  private int rowsOfUnit;
  private int stripsOfUnit;
  private PackedMatrix matrix;
  private Tensor in;
  private Tensor bias;
  private Tensor out;
  private final Workers.Task multiply = this::multiply;
  private final Workers.Task embed = this::embed;
  private final Workers.Task store = this::store;
  private final Workers.Task storeChanged = this::storeChanged;
  private final Workers.Task attend = this::attend;
  private final Workers.Task enterMlp = this::enterMlp;
  private final Workers.Task leaveBlock = this::leaveBlock;

  /**
   * Opens a cache.
   *
   * @param weights the transformer's
   * @param workers the threads that compute
   * @param batch number of sequences
   * @param capacity rows of each sequence that there shall be room for, new ones included
   */
  public Decoder(DecoderWeights weights, Workers workers, int batch, int capacity) {
    this(weights, workers, batch, capacity, true);
  }

  private Decoder(DecoderWeights weights, Workers workers, int batch, int capacity, boolean keeps) {
    this.weights = weights;
    this.workers = workers;
    config = weights.config();
    modulation = weights.modulation();
    d = config.hiddenSize();
    h = config.headSize();
    cache = new KvCache(arena, config, batch, capacity, keeps);
    first =
        keeps || config.blocks() == 1 ? null : new FirstBlock(arena, config, batch, cache.capacity);
    rope = new Rope(arena, capacity + 1, h, ModelConfig.ROTARY_BASE);
    attention = new CachedAttention[workers.threads()];
    Arrays.setAll(attention, i -> new CachedAttention(arena, cache.capacity, h));
    scratch = new Tensor[workers.threads()];
    Arrays.setAll(scratch, i -> Tensor.zeros(arena, weights.scratch()));
    grow(batch);
  }

  /**
   * A decoder that keeps no rows, so that every pass has whole sequences. Sequence and row of an
   * unchanged token had better stay the same from pass to pass, see {@link FirstBlock}.
   *
   * @param weights the transformer's
   * @param workers the threads that compute
   * @param batch number of sequences
   * @param length of the longest
   * @return the decoder, of which {@link #keep} is not to be used
   */
  public static Decoder withoutCache(
      DecoderWeights weights, Workers workers, int batch, int length) {
    return new Decoder(weights, workers, batch, length, false);
  }

  private void grow(int n) {
    if (rowsArena != null) {
      rowsArena.close();
    }
    rowsArena = Arena.ofShared();
    x = Tensor.zeros(rowsArena, n, d);
    y = Tensor.zeros(rowsArena, n, d);
    statistics = Tensor.zeros(rowsArena, n, 2);
    qkv = Tensor.zeros(rowsArena, n, 3 * d);
    attended = Tensor.zeros(rowsArena, n, d);
    branch = Tensor.zeros(rowsArena, n, d);
    hidden = Tensor.zeros(rowsArena, n, ModelConfig.MLP_RATIO * d);
    ends = new int[n];
    sequences = new int[n];
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
    count = pass.rows();
    if (count == 0) {
      return;
    }
    if (count > ends.length) {
      grow(count * 5 / 4);
    }
    for (int s = 0; s < pass.sequences(); s++) {
      for (int r = pass.start(s); r < pass.start(s + 1); r++) {
        sequences[r] = s;
        ends[r] = AttentionPattern.to(pass.first(r));
      }
    }
    queries.cutSequences(pass, false, CachedAttention.QUERIES);
    block = 0;
    byRows(embed);
    for (; block < config.blocks(); block++) {
      DecoderWeights.Layer layer = weights.layer(block);
      if (first != null && block == 0) {
        onlyChanged();
      } else {
        product(y, layer.qkv(), null, qkv);
        byRows(store);
      }
      if (block == config.blocks() - 1 && pass.wanted() < count) {
        onlyWanted();
        if (count == 0) {
          return;
        }
      }
      attendAll();
      product(attended, layer.out(), null, branch);
      byRows(enterMlp);
      product(y, layer.up(), weights.upBias(block), hidden);
      product(hidden, layer.down(), null, branch);
      byRows(leaveBlock);
    }
    product(y, weights.head(), weights.headBias(), logits);
    Reference.reachabilityFence(weights); // its matrices are read by address
  }

  /** Computes queries, keys and values of the rows whose token is another than in the last pass. */
  private void onlyChanged() {
    int all = count;
    count = first.forgetChanged(pass);
    for (int i = 0; i < count; i++) {
      copy(y, (long) first.changed(i) * d, y, (long) i * d);
    }
    if (count > 0) {
      product(y, weights.layer(0).qkv(), null, qkv);
      byRows(storeChanged);
    }
    count = all;
  }

  /**
   * Goes on with the wanted rows alone, which are ascending: none is overwritten before it moves.
   */
  private void onlyWanted() {
    count = pass.wanted();
    for (int i = 0; i < count; i++) {
      int r = pass.wantedRow(i);
      copy(x, (long) r * d, x, (long) i * d);
      copy(qkv, 3L * d * r, qkv, 3L * d * i);
      ends[i] = ends[r];
    }
    queries.cutSequences(pass, true, CachedAttention.QUERIES);
  }

  /** Moves d floats. */
  private void copy(Tensor source, long from, Tensor target, long to) {
    long bytes = Tensor.BYTES;
    MemorySegment.copy(source.memory(), from * bytes, target.memory(), to * bytes, d * bytes);
  }

  // ---- what is done row by row

  private void byRows(Workers.Task task) {
    rowsOfUnit = Math.clamp(count / (8 * workers.threads()), ROWS, PackedMatrix.MAX_ROWS);
    workers.loop((count + rowsOfUnit - 1) / rowsOfUnit, task);
  }

  private void embed(int unit, int worker) {
    int to = Math.min((unit + 1) * rowsOfUnit, count);
    Tensor table = weights.embedding();
    long bytes = (long) d * Tensor.BYTES;
    for (int r = unit * rowsOfUnit; r < to; r++) {
      MemorySegment.copy(table.memory(), pass.id(r) * bytes, x.memory(), r * bytes, bytes);
    }
    normalise(modulation.branch(0, 0), unit * rowsOfUnit, to);
  }

  private void normalise(Modulation.Branch folded, int from, int to) {
    LayerNorm.forward(x, folded.weight(), folded.shift(), y, statistics, from, to, d);
  }

  private void store(int unit, int worker) {
    int to = Math.min((unit + 1) * rowsOfUnit, count);
    for (int r = unit * rowsOfUnit; r < to; r++) {
      storeRow(r, r);
    }
  }

  private void storeChanged(int unit, int worker) {
    int to = Math.min((unit + 1) * rowsOfUnit, count);
    for (int i = unit * rowsOfUnit; i < to; i++) {
      int r = first.changed(i);
      int s = sequences[r];
      storeRow(i, r);
      copy(qkv, 3L * d * i, first.queries(), (long) first.index(s, r - pass.start(s)) * d);
      first.remember(pass, s, r);
    }
  }

  /**
   * Rotates query and key of a row and puts key and value into the cache.
   *
   * @param i where its query, key and value stand
   * @param r the row
   */
  private void storeRow(int i, int r) {
    Tensor keys = cache.keys(block);
    Tensor values = cache.values(block);
    int s = sequences[r];
    int index = cache.kept(s) + r - pass.start(s);
    long row = 3L * d * i;
    rope.rotate(qkv, row, 2 * config.heads(), pass.position(r), false);
    Attention.scale(qkv, row, d, (float) (1 / Math.sqrt(h)));
    for (int head = 0; head < config.heads(); head++) {
      long k = row + d + (long) head * h;
      long keysAt = cache.keysAt(s, head);
      long valuesAt = cache.valuesAt(s, head);
      CachedAttention.put(qkv, k, k + d, keys, keysAt, values, valuesAt, cache.capacity, index, h);
    }
  }

  private void enterMlp(int unit, int worker) {
    int from = unit * rowsOfUnit;
    int to = Math.min(from + rowsOfUnit, count);
    Tensor gate = modulation.branch(block, 0).gate();
    Residual.forward(x, branch, null, gate, x, 0f, 0, from, to, d);
    normalise(modulation.branch(block, 1), from, to);
  }

  private void leaveBlock(int unit, int worker) {
    int from = unit * rowsOfUnit;
    int to = Math.min(from + rowsOfUnit, count);
    Tensor gate = modulation.branch(block, 1).gate();
    Residual.forward(x, branch, weights.downBias(block), gate, x, 0f, 0, from, to, d);
    boolean last = block == config.blocks() - 1;
    normalise(last ? modulation.last() : modulation.branch(block + 1, 0), from, to);
  }

  // ---- attention

  private void attendAll() {
    long work = 0;
    for (int i = 0; i < count; i++) {
      work += 2L * ends[i] * d;
    }
    int units = queries.count() * config.heads();
    if (work >= GRAIN) {
      workers.loop(units, attend);
    } else {
      for (int unit = 0; unit < units; unit++) {
        attend(unit, 0);
      }
    }
  }

  /** Some queries of one sequence and one head. */
  private void attend(int unit, int worker) {
    int tile = unit / config.heads();
    int head = unit % config.heads();
    int s = queries.sequence(tile);
    int from = queries.from(tile);
    boolean kept = first != null && block == 0;
    long query = kept ? (long) first.index(s, from - pass.start(s)) * d : 3L * d * from;
    attention[worker].attend(
        kept ? first.queries() : qkv,
        query + (long) head * h,
        kept ? d : 3 * d,
        queries.to(tile) - from,
        ends,
        from,
        cache.keys(block),
        cache.keysAt(s, head),
        cache.values(block),
        cache.valuesAt(s, head),
        attended,
        (long) d * from + (long) head * h,
        d);
  }

  // ---- products with weights

  /**
   * {@code to = from W' + b} for all rows that go on, through GELU where it is the hidden layer.
   */
  private void product(Tensor from, PackedMatrix w, Tensor b, Tensor to) {
    in = from;
    matrix = w;
    bias = b;
    out = to;
    int chunks = (count + PackedMatrix.MAX_ROWS - 1) / PackedMatrix.MAX_ROWS;
    rowsOfUnit = Math.min(((count + chunks - 1) / chunks + 5) / 6 * 6, PackedMatrix.MAX_ROWS);
    long work = (long) count * w.out() * w.in() / GRAIN;
    long units = Math.min(work, 4L * workers.threads());
    int groups = Math.clamp((units + chunks - 1) / chunks, 1, w.strips());
    stripsOfUnit = (w.strips() + groups - 1) / groups;
    workers.loop(chunks * groups(), multiply);
  }

  private int groups() {
    return (matrix.strips() + stripsOfUnit - 1) / stripsOfUnit;
  }

  private void multiply(int unit, int worker) {
    int row = unit / groups() * rowsOfUnit;
    int rows = Math.min(rowsOfUnit, count - row);
    int from = unit % groups() * stripsOfUnit;
    int to = Math.min(from + stripsOfUnit, matrix.strips());
    matrix.multiply(
        in,
        (long) row * matrix.in(),
        rows,
        from,
        to,
        bias,
        out,
        (long) row * matrix.out(),
        scratch[worker]);
    if (out == hidden) {
      int first = from * PackedMatrix.STRIP;
      int end = Math.min(to * PackedMatrix.STRIP, matrix.out());
      for (int r = row; r < row + rows; r++) {
        long at = (long) r * matrix.out();
        Gelu.forward(hidden, hidden, at + first, at + end);
      }
    }
  }

  @Override
  public void close() {
    rowsArena.close();
    arena.close();
  }
}
