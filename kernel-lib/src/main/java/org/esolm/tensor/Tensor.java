package org.esolm.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Objects;

/**
 * A dense row-major array of 32-bit floats outside the Java heap. A tensor is a view: {@link
 * #slice}, {@link #reshape} and the arena's owner share its memory, and it lives as long as that
 * arena.
 */
public final class Tensor {
  /** Bytes of one element. */
  public static final int BYTES = Float.BYTES;

  /** Cache lines and 512-bit vectors start here. */
  private static final long ALIGNMENT = 64;

  private final MemorySegment memory;
  private final int[] shape;
  private final long size;
  private final long address;

  private Tensor(MemorySegment memory, int[] shape) {
    this.memory = memory;
    this.shape = shape;
    this.size = size(shape);
    this.address = memory.address();
  }

  /**
   * A tensor of zeros.
   *
   * @param arena the owner of its memory
   * @param shape the length of each axis, none negative
   * @return the tensor, aligned to 64 bytes
   */
  public static Tensor zeros(Arena arena, int... shape) {
    return new Tensor(
        arena.allocate(Math.max(size(shape) * BYTES, ALIGNMENT), ALIGNMENT), shape.clone());
  }

  /**
   * A tensor over memory that someone else owns.
   *
   * @param memory at least the product of {@code shape} floats
   * @param shape the length of each axis
   * @return the view
   * @throws IllegalArgumentException if the memory is too small, or that of a Java array
   */
  public static Tensor of(MemorySegment memory, int... shape) {
    if (!memory.isNative()) {
      throw new IllegalArgumentException("memory: lies on the heap, must lie outside of it");
    }
    long bytes = size(shape) * BYTES;
    if (memory.byteSize() < bytes) {
      throw new IllegalArgumentException(
          "memory: "
              + memory.byteSize()
              + " bytes, shape "
              + Arrays.toString(shape)
              + " needs "
              + bytes);
    }
    return new Tensor(memory, shape.clone());
  }

  /**
   * A copy of a Java array.
   *
   * @param arena the owner of the copy
   * @param values the elements, row by row
   * @param shape the length of each axis
   * @return the tensor
   */
  public static Tensor copyOf(Arena arena, float[] values, int... shape) {
    Tensor t = zeros(arena, shape);
    if (values.length != t.size) {
      throw new IllegalArgumentException(
          "values: "
              + values.length
              + " elements, shape "
              + Arrays.toString(shape)
              + " needs "
              + t.size);
    }
    MemorySegment.copy(values, 0, t.memory, ValueLayout.JAVA_FLOAT, 0, values.length);
    return t;
  }

  private static long size(int[] shape) {
    long n = 1;
    for (int s : shape) {
      if (s < 0) {
        throw new IllegalArgumentException(
            "shape: " + Arrays.toString(shape) + ", no axis may be negative");
      }
      n = Math.multiplyExact(n, s);
    }
    return n;
  }

  /**
   * The memory, from the first element on.
   *
   * @return native memory of at least {@link #size()} floats
   */
  public MemorySegment memory() {
    return memory;
  }

  /**
   * The length of every axis.
   *
   * @return a copy
   */
  public int[] shape() {
    return shape.clone();
  }

  /**
   * The length of one axis.
   *
   * @param axis from 0
   * @return its length
   */
  public int dim(int axis) {
    return shape[axis];
  }

  /**
   * The number of elements.
   *
   * @return the product of the shape
   */
  public long size() {
    return size;
  }

  /**
   * One element by its index in row-major order.
   *
   * @param index in [0, size)
   * @return the element
   */
  public float get(long index) {
    return memory.getAtIndex(ValueLayout.JAVA_FLOAT, index);
  }

  /**
   * Sets one element by its index in row-major order.
   *
   * @param index in [0, size)
   * @param value the element's new value
   */
  public void set(long index, float value) {
    memory.setAtIndex(ValueLayout.JAVA_FLOAT, index, value);
  }

  /**
   * Some of the rows of the first axis, on the same memory.
   *
   * @param from first row
   * @param to behind the last row
   * @return a view of shape [to - from, ...]
   */
  public Tensor slice(int from, int to) {
    if (from < 0 || to > shape[0] || from > to) {
      throw new IllegalArgumentException(
          "slice: [" + from + ", " + to + ") of " + shape[0] + " rows");
    }
    long row = shape[0] == 0 ? 0 : size / shape[0];
    int[] s = shape.clone();
    s[0] = to - from;
    return new Tensor(memory.asSlice(from * row * BYTES, (to - from) * row * BYTES), s);
  }

  /**
   * The same elements under another shape.
   *
   * @param newShape as many elements as this
   * @return a view
   */
  public Tensor reshape(int... newShape) {
    if (size(newShape) != size) {
      throw new IllegalArgumentException(
          "reshape: "
              + Arrays.toString(shape)
              + " to "
              + Arrays.toString(newShape)
              + ", sizes differ");
    }
    return new Tensor(memory, newShape.clone());
  }

  /**
   * Sets every element.
   *
   * @param value the new value of all
   * @return this
   */
  public Tensor fill(float value) {
    if (value == 0) {
      memory.asSlice(0, size * BYTES).fill((byte) 0);
    } else {
      for (long i = 0; i < size; i++) {
        set(i, value);
      }
    }
    return this;
  }

  /**
   * Copies all elements of another tensor of the same size.
   *
   * @param source as many elements as this
   * @return this
   */
  public Tensor copyFrom(Tensor source) {
    if (source.size != size) {
      throw new IllegalArgumentException("copyFrom: " + source.size + " elements into " + size);
    }
    MemorySegment.copy(source.memory, 0, memory, 0, size * BYTES);
    return this;
  }

  /**
   * The elements on the heap.
   *
   * @return a new array in row-major order
   */
  public float[] toArray() {
    return memory.asSlice(0, size * BYTES).toArray(ValueLayout.JAVA_FLOAT);
  }

  /**
   * Where some elements lie.
   *
   * @param at the first
   * @param n how many
   * @return the first one's address
   * @throws IndexOutOfBoundsException if there are not so many
   */
  long address(long at, long n) {
    Objects.checkFromIndexSize(at, n, size);
    return address + at * BYTES;
  }

  /**
   * Where a matrix lies.
   *
   * @param at its first element
   * @param rows its rows
   * @param ld floats from row to row
   * @param columns its columns
   * @return the first element's address
   * @throws IndexOutOfBoundsException if it reaches out of this tensor
   */
  long address(long at, long rows, long ld, long columns) {
    return address(at, rows == 0 ? 0 : (rows - 1) * ld + columns);
  }

  @Override
  public String toString() {
    return "Tensor" + Arrays.toString(shape);
  }
}
