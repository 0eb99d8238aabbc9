package org.esolm.jmh;

import java.lang.foreign.Arena;
import org.esolm.tensor.HeadProducts;
import org.esolm.tensor.PackedMatrix;
import org.esolm.tensor.Panels;
import org.esolm.tensor.Products;
import org.esolm.tensor.Tensor;
import org.esolm.tensor.WeightFormat;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** What the kernels of a layer work on: the rows of a training step's tile, a weight d to 4 d. */
@State(Scope.Thread)
public class Layer {
  static final int ROWS = 256;
  static final int HEAD = 32;

  /** d, the width of the network. */
  @Param({"128", "256"})
  public int d;

  private Arena arena;
  Tensor x; // [ROWS, 4 d]
  Tensor y; // [ROWS, 4 d]
  Tensor z; // [ROWS, 4 d]
  Tensor zeros; // [ROWS, 4 d]
  Tensor w; // [4 d, d]
  Tensor norm; // [d]
  Tensor statistics; // [ROWS, 2]
  Panels panels; // w, packed for training
  PackedMatrix packed; // w, packed for decoding
  Tensor scratch;
  Products products;
  HeadProducts head;
  Tensor[] state; // of the optimizer, [4 d, d] each

  /** For JMH. */
  public Layer() {}

  /** Random numbers of the size that activations have. */
  @Setup
  public void setUp() {
    arena = Arena.ofShared();
    x = Numbers.random(arena, ROWS, 4 * d);
    y = Numbers.random(arena, ROWS, 4 * d);
    z = Numbers.random(arena, ROWS, 4 * d);
    zeros = Tensor.zeros(arena, ROWS, 4 * d);
    w = Numbers.random(arena, 4 * d, d);
    norm = Numbers.random(arena, d);
    statistics = Numbers.random(arena, ROWS, 2);
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
    state = new Tensor[4];
    for (int i = 0; i < state.length; i++) {
      state[i] = Numbers.random(arena, 4 * d, d);
    }
  }

  /** Lets the memory go. */
  @TearDown
  public void tearDown() {
    arena.close();
  }
}
