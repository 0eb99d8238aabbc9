package org.esolm.jmh;

import static org.esolm.jmh.Layer.HEAD;
import static org.esolm.jmh.Layer.ROWS;

import java.util.concurrent.TimeUnit;
import org.esolm.tensor.Adam;
import org.esolm.tensor.Blas;
import org.esolm.tensor.CrossEntropy;
import org.esolm.tensor.Gelu;
import org.esolm.tensor.HeadProducts;
import org.esolm.tensor.LayerNorm;
import org.esolm.tensor.Tensor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Warmup;

/** One thread each, with the rates of {@link Rates}. */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class Kernels {
  /** For JMH. */
  public Kernels() {}

  /**
   * The rate of products that others are held against.
   *
   * @param m matrices
   * @param rates told what was done
   */
  @Benchmark
  public void machineProducts(Machine m, Rates rates) {
    int n = Machine.SQUARE;
    long second = (long) n * n;
    Tensor a = m.square;
    Blas.multiply(false, true, n, n, n, a, 0, n, a, second, n, a, 2 * second, n);
    rates.count(2.0 * n * n * n, 3.0 * n * n);
  }

  /**
   * The rate of memory: filled, which no cache holds.
   *
   * @param m memory
   * @param rates told what was done
   */
  @Benchmark
  public void machineMemory(Machine m, Rates rates) {
    m.memory.fill(0.5f);
    rates.count(0, m.memory.size());
  }

  /**
   * d to 4 d, by a packed weight.
   *
   * @param l rows and a weight
   * @param rates told what was done
   */
  @Benchmark
  public void linear(Layer l, Rates rates) {
    int d = l.d;
    l.products.multiply(l.x, 0, d, l.panels, null, l.y, 0, 4 * d, ROWS);
    rates.count(2.0 * ROWS * d * 4 * d, ROWS * 5.0 * d + 4.0 * d * d);
  }

  /**
   * The gradient of that weight.
   *
   * @param l rows and a weight
   * @param rates told what was done
   */
  @Benchmark
  public void linearGradient(Layer l, Rates rates) {
    int d = l.d;
    l.products.addTransposed(l.y, 0, 4 * d, l.x, 0, d, l.w, 0, d, ROWS, 4 * d, d);
    rates.count(2.0 * ROWS * d * 4 * d, ROWS * 5.0 * d + 2 * 4.0 * d * d);
  }

  /**
   * Scores of a head's queries and keys, and what is summed by them, six queries at a time.
   *
   * @param l rows
   * @param rates told what was done
   */
  @Benchmark
  public void attention(Layer l, Rates rates) {
    int d = l.d;
    l.head.beginForward(l.x, 0, HEAD, 4 * d, ROWS, 0.2f);
    for (int r = 0; r + HeadProducts.ROWS <= ROWS; r += HeadProducts.ROWS) {
      l.head.scores(l.y, (long) r * d, d, HeadProducts.ROWS, 0, 0, ROWS);
      l.head.values(0, HeadProducts.ROWS, 0, ROWS, false, l.z, (long) r * d, d);
    }
    rates.count(4.0 * ROWS * ROWS * HEAD, 4.0 * ROWS * HEAD);
  }

  /**
   * d to 4 d of one row, as decoding one sequence does it.
   *
   * @param l rows and a weight
   * @param rates told what was done
   */
  @Benchmark
  public void decodeOne(Layer l, Rates rates) {
    decode(l, rates, 1);
  }

  /**
   * d to 4 d of sixteen rows, as decoding a batch does it.
   *
   * @param l rows and a weight
   * @param rates told what was done
   */
  @Benchmark
  public void decodeSixteen(Layer l, Rates rates) {
    decode(l, rates, 16);
  }

  private static void decode(Layer l, Rates rates, int rows) {
    int d = l.d;
    l.packed.multiply(l.x, 0, rows, 0, l.packed.strips(), null, l.y, 0, l.scratch);
    rates.count(2.0 * rows * d * 4 * d, rows * 5.0 * d + 4.0 * d * d);
  }

  /**
   * Mean, deviation, weight and shift of every row.
   *
   * @param l rows
   * @param rates told what was done
   */
  @Benchmark
  public void layerNorm(Layer l, Rates rates) {
    LayerNorm.forward(l.x, l.norm, l.norm, l.y, l.statistics, 0, ROWS, l.d);
    rates.count(8.0 * ROWS * l.d, 2.0 * ROWS * l.d);
  }

  /**
   * By its tanh.
   *
   * @param l rows
   * @param rates told what was done
   */
  @Benchmark
  public void gelu(Layer l, Rates rates) {
    Gelu.forward(l.x, l.y, 0, ROWS * 4L * l.d);
    rates.count(0, 2.0 * ROWS * 4 * l.d);
  }

  /**
   * The derivative of {@link #gelu}.
   *
   * @param l rows
   * @param rates told what was done
   */
  @Benchmark
  public void geluBackward(Layer l, Rates rates) {
    // Replaced by itself times a derivative, again and again: what is not zero becomes denormal.
    Gelu.backward(l.x, l.zeros, l.z, 0, ROWS * 4L * l.d);
    rates.count(0, 3.0 * ROWS * 4 * l.d);
  }

  /**
   * The negative log-likelihood of every row.
   *
   * @param l logits
   * @param rates told what was done
   * @return their sum
   */
  @Benchmark
  public float crossEntropy(Logits l, Rates rates) {
    float sum = 0;
    for (int r = 0; r < ROWS; r++) {
      sum += CrossEntropy.forward(l.logits, (long) r * l.vocab, l.vocab, r % l.vocab);
    }
    rates.count(0, (double) ROWS * l.vocab);
    return sum;
  }

  /**
   * Moments, weights and their average, a layer's worth.
   *
   * @param l a weight and what the optimizer keeps of it
   * @param rates told what was done
   */
  @Benchmark
  public void adam(Layer l, Rates rates) {
    int d = l.d;
    Tensor[] s = l.state;
    // Moments that stay: without gradients, which a step sets to zero, they would become denormal.
    var factors = new Adam.Factors(1, 1, 1, 1e-3f, 0.5f, 1e-8f, 1, 0.999f);
    Adam.step(l.w, s[0], s[1], s[2], s[3], factors, 0, 4L * d * d);
    rates.count(0, 10.0 * 4 * d * d);
  }
}
