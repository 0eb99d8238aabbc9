package org.esolm.jmh;

import java.lang.foreign.Arena;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.esolm.tensor.Adam;
import org.esolm.tensor.Blas;
import org.esolm.tensor.CrossEntropy;
import org.esolm.tensor.Gelu;
import org.esolm.tensor.HeadProducts;
import org.esolm.tensor.LayerNorm;
import org.esolm.tensor.PackedMatrix;
import org.esolm.tensor.Panels;
import org.esolm.tensor.Products;
import org.esolm.tensor.Tensor;
import org.esolm.tensor.WeightFormat;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** One thread; rows of a training step's tile. */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@State(Scope.Thread)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class Kernels {
  private static final int ROWS = 256;
  private static final int HEAD = 32;
  private static final int SQUARE = 512;
  private static final int MEMORY = 1 << 25; // floats, more than any cache

  /** d, the width of the network. */
  @Param({"128", "256"})
  public int d;

  /** V, the vocabulary. */
  @Param({"256", "4096"})
  public int vocab;

  private Arena arena;
  private Tensor x; // [ROWS, 4 d]
  private Tensor y; // [ROWS, 4 d]
  private Tensor z; // [ROWS, 4 d]
  private Tensor w; // [4 d, d]
  private Tensor norm; // [d]
  private Tensor statistics; // [ROWS, 2]
  private Tensor logits; // [ROWS, V]
  private Panels panels; // w, packed for training
  private PackedMatrix packed; // w, packed for decoding
  private Tensor scratch;
  private Products products;
  private HeadProducts head;
  private Tensor square; // [3, 512, 512]
  private Tensor[] state; // of the optimizer, d x 4 d each
  private Tensor memory;

  /** For JMH. */
  public Kernels() {}

  /** Random numbers of the size that activations have. */
  @Setup
  public void setUp() {
    arena = Arena.ofShared();
    x = random(ROWS, 4 * d);
    y = random(ROWS, 4 * d);
    z = random(ROWS, 4 * d);
    w = random(4 * d, d);
    norm = random(d);
    statistics = random(ROWS, 2);
    logits = random(ROWS, vocab);
    products = new Products(arena);
    head = new HeadProducts(arena, ROWS, HEAD, false);
    panels = new Panels(arena, d, 4 * d);
    for (int i = 0; i < panels.count(); i++) {
      panels.packTransposed(w, 0, d, i);
    }
    packed = PackedMatrix.of(arena, WeightFormat.F32, 4 * d, d);
    for (int i = 0; i < packed.strips(); i++) {
      packed.pack(w, i);
    }
    scratch = Tensor.zeros(arena, packed.scratch());
    square = random(3, SQUARE * SQUARE);
    state = new Tensor[] {random(4 * d, d), random(4 * d, d), random(4 * d, d), random(4 * d, d)};
    memory = Tensor.zeros(arena, MEMORY);
  }

  private Tensor random(int... shape) {
    var chance = new SplittableRandom(7);
    Tensor t = Tensor.zeros(arena, shape);
    for (long i = 0; i < t.size(); i++) {
      t.set(i, (float) chance.nextDouble());
    }
    return t;
  }

  /** Lets the memory go. */
  @TearDown
  public void tearDown() {
    arena.close();
  }

  /**
   * The rate of products that others are held against.
   *
   * @param rates told what was done
   */
  @Benchmark
  public void machineProducts(Rates rates) {
    int n = SQUARE;
    long second = (long) n * n;
    Blas.multiply(false, true, n, n, n, square, 0, n, square, second, n, square, 2 * second, n);
    rates.count(2.0 * n * n * n, 3.0 * n * n);
  }

  /**
   * The rate of memory: filled, which no cache holds.
   *
   * @param rates told what was done
   */
  @Benchmark
  public void machineMemory(Rates rates) {
    memory.fill(0.5f);
    rates.count(0, MEMORY);
  }

  /**
   * d to 4 d, by a packed weight.
   *
   * @param rates told what was done
   */
  @Benchmark
  public void linear(Rates rates) {
    products.multiply(x, 0, d, panels, null, y, 0, 4 * d, ROWS);
    rates.count(2.0 * ROWS * d * 4 * d, ROWS * 5.0 * d + 4.0 * d * d);
  }

  /**
   * The gradient of that weight.
   *
   * @param rates told what was done
   */
  @Benchmark
  public void linearGradient(Rates rates) {
    products.addTransposed(y, 0, 4 * d, x, 0, d, w, 0, d, ROWS, 4 * d, d);
    rates.count(2.0 * ROWS * d * 4 * d, ROWS * 5.0 * d + 2 * 4.0 * d * d);
  }

  /**
   * Scores of a head's queries and keys, and what is summed by them, six queries at a time.
   *
   * @param rates told what was done
   */
  @Benchmark
  public void attention(Rates rates) {
    head.beginForward(x, 0, HEAD, 4 * d, ROWS, 0.2f);
    for (int r = 0; r + HeadProducts.ROWS <= ROWS; r += HeadProducts.ROWS) {
      head.scores(y, (long) r * d, d, HeadProducts.ROWS, 0, 0, ROWS);
      head.values(0, HeadProducts.ROWS, 0, ROWS, false, z, (long) r * d, d);
    }
    rates.count(4.0 * ROWS * ROWS * HEAD, 4.0 * ROWS * HEAD);
  }

  /**
   * d to 4 d of one row, as decoding one sequence does it.
   *
   * @param rates told what was done
   */
  @Benchmark
  public void decodeOne(Rates rates) {
    decode(rates, 1);
  }

  /**
   * d to 4 d of sixteen rows, as decoding a batch does it.
   *
   * @param rates told what was done
   */
  @Benchmark
  public void decodeSixteen(Rates rates) {
    decode(rates, 16);
  }

  private void decode(Rates rates, int rows) {
    packed.multiply(x, 0, rows, 0, packed.strips(), null, y, 0, scratch);
    rates.count(2.0 * rows * d * 4 * d, rows * 5.0 * d + 4.0 * d * d);
  }

  /**
   * Mean, deviation, weight and shift of every row.
   *
   * @param rates told what was done
   */
  @Benchmark
  public void layerNorm(Rates rates) {
    LayerNorm.forward(x, norm, norm, y, statistics, 0, ROWS, d);
    rates.count(8.0 * ROWS * d, 2.0 * ROWS * d);
  }

  /**
   * By its tanh.
   *
   * @param rates told what was done
   */
  @Benchmark
  public void gelu(Rates rates) {
    Gelu.forward(x, y, 0, ROWS * 4L * d);
    rates.count(0, 2.0 * ROWS * 4 * d);
  }

  /**
   * The derivative of {@link #gelu}.
   *
   * @param rates told what was done
   */
  @Benchmark
  public void geluBackward(Rates rates) {
    Gelu.backward(x, y, z, 0, ROWS * 4L * d);
    rates.count(0, 3.0 * ROWS * 4 * d);
  }

  /**
   * The negative log-likelihood of every row.
   *
   * @param rates told what was done
   * @return their sum
   */
  @Benchmark
  public float crossEntropy(Rates rates) {
    float sum = 0;
    for (int r = 0; r < ROWS; r++) {
      sum += CrossEntropy.forward(logits, (long) r * vocab, vocab, r % vocab);
    }
    rates.count(0, (double) ROWS * vocab);
    return sum;
  }

  /**
   * Moments, weights and their average, a layer's worth.
   *
   * @param rates told what was done
   */
  @Benchmark
  public void adam(Rates rates) {
    var factors = new Adam.Factors(1, 0.9f, 0.999f, 1e-3f, 0.5f, 1e-8f, 1, 0.999f);
    Adam.step(w, state[0], state[1], state[2], state[3], factors, 0, 4L * d * d);
    rates.count(0, 10.0 * 4 * d * d);
  }
}
