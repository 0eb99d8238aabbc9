package org.esolm.peer;

import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorIndex;
import org.bytedeco.pytorch.TensorIndexVector;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Operations as Python spells them, and the release of what they leave behind. */
final class Ops {
  private Ops() {}

  /** What {@code body} returns lives on; every other tensor that it made is let go at once. */
  static Tensor scoped(Supplier<Tensor> body) {
    PointerScope outer = PointerScope.getInnerScope();
    try (PointerScope scope = new PointerScope()) {
      Tensor result = body.get();
      outer.attach(result);
      scope.detach(result);
      return result;
    }
  }

  /** Whatever {@code body} makes is let go at its end. */
  static void isolated(Runnable body) {
    try (PointerScope _ = new PointerScope()) {
      body.run();
    }
  }

  static Tensor times(Tensor x, double factor) {
    return x.mul(new Scalar(factor));
  }

  static Tensor plus(Tensor x, double summand) {
    return x.add(new Scalar(summand));
  }

  /** {@code x[.., from:to, ..]} along a dimension. */
  static Tensor slice(Tensor x, long dim, long from, long to) {
    return x.narrow(dim, from, to - from);
  }

  /** {@code x[mask]}. */
  static Tensor at(Tensor x, Tensor index) {
    return x.index(new TensorIndexVector(new TensorIndex(index)));
  }

  static Tensor cat(Tensor a, Tensor b) {
    return torch.cat(new TensorVector(a, b), 1);
  }

  static Tensor argmax(Tensor x) {
    return x.argmax(new LongOptional(-1), false);
  }

  static Tensor uniform(long... shape) {
    return torch.rand(shape);
  }

  static Tensor arange(long n) {
    return torch.arange(new Scalar(n), type(ScalarType.Long));
  }

  static TensorOptions type(ScalarType type) {
    return new TensorOptions(type);
  }

  /** A token for every row of logits, by the Gumbel trick in double precision. */
  static Tensor gumbel(Tensor logits) {
    return scoped(
        () -> {
          Tensor u = torch.rand(shape(logits), type(ScalarType.Double));
          return argmax(logits.toType(ScalarType.Double).sub(u.log().neg().log()));
        });
  }

  static long[] shape(Tensor x) {
    long[] shape = new long[(int) x.dim()];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = x.size(i);
    }
    return shape;
  }
}
