package org.esolm.io;

import java.util.ArrayList;
import java.util.List;

/**
 * A tensor of a PyTorch file: a view of a storage.
 *
 * @param storage key of the storage
 * @param type of the elements
 * @param offset of the first element in the storage, in elements
 * @param shape length of each axis
 * @param strides step of each axis, in elements
 */
public record TorchTensor(
    String storage, ElementType type, long offset, List<Integer> shape, List<Long> strides) {
  /**
   * Checks that the view is one.
   *
   * @throws IllegalArgumentException if an axis, stride or offset is negative, or if it overflows
   */
  public TorchTensor {
    shape = List.copyOf(shape);
    strides = List.copyOf(strides);
    boolean negative =
        offset < 0
            || shape.stream().anyMatch(n -> n < 0)
            || strides.stream().anyMatch(step -> step < 0);
    if (negative || shape.size() != strides.size()) {
      throw new IllegalArgumentException(
          "tensor of shape %s, strides %s, offset %d".formatted(shape, strides, offset));
    }
    try {
      size(shape);
      extent(offset, shape, strides);
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(
          "tensor of shape %s, strides %s overflows".formatted(shape, strides), e);
    }
  }

  /**
   * The number of elements.
   *
   * @return the product of the shape
   */
  public long size() {
    return size(shape);
  }

  /**
   * How much of the storage there must be.
   *
   * @return elements from the storage's beginning to behind the last one of the view
   */
  public long extent() {
    return extent(offset, shape, strides);
  }

  private static long size(List<Integer> shape) {
    long n = 1;
    for (int axis : shape) {
      n = Math.multiplyExact(n, axis);
    }
    return n;
  }

  private static long extent(long offset, List<Integer> shape, List<Long> strides) {
    long last = offset;
    for (int i = 0; i < shape.size(); i++) {
      if (shape.get(i) == 0) {
        return 0;
      }
      last = Math.addExact(last, Math.multiplyExact(shape.get(i) - 1L, strides.get(i)));
    }
    return Math.addExact(last, 1);
  }

  /**
   * Whether the elements lie one behind the other in row-major order.
   *
   * @return whether they can be read in one piece
   */
  public boolean isContiguous() {
    long step = 1;
    for (int i = shape.size() - 1; i >= 0; i--) {
      if (shape.get(i) != 1 && strides.get(i) != step) {
        return false;
      }
      step *= shape.get(i);
    }
    return true;
  }

  /**
   * Where an element lies.
   *
   * @param index in row-major order
   * @return its index in the storage
   */
  long position(long index) {
    long at = offset;
    long rest = index;
    for (int i = shape.size() - 1; i >= 0; i--) {
      at += rest % shape.get(i) * strides.get(i);
      rest /= shape.get(i);
    }
    return at;
  }

  /** From what the pickle says, which may be anything. */
  static TorchTensor of(TorchStorage storage, Object offset, Object shape, Object strides) {
    List<Integer> axes = new ArrayList<>();
    for (long axis : wholeNumbers(shape)) {
      axes.add(Math.toIntExact(axis));
    }
    long from = wholeNumbers(new Object[] {offset}).getFirst();
    TorchTensor t =
        new TorchTensor(storage.key(), storage.type(), from, axes, wholeNumbers(strides));
    if (t.extent() > storage.size()) {
      throw new IllegalArgumentException(
          "tensor of shape %s, strides %s, offset %d needs %d elements, its storage %s has %d"
              .formatted(axes, t.strides, from, t.extent(), storage.key(), storage.size()));
    }
    return t;
  }

  private static List<Long> wholeNumbers(Object tuple) {
    List<Long> numbers = new ArrayList<>();
    for (Object n : tuple instanceof List<?> list ? list.toArray() : (Object[]) tuple) {
      if (!(n instanceof Integer || n instanceof Long)) {
        throw new IllegalArgumentException("tensor whose shape is not of whole numbers");
      }
      numbers.add(((Number) n).longValue());
    }
    return numbers;
  }
}
