package org.esolm.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Tensors as ND4J arrays, for everything that is not a hot path. ND4J takes a second or two to
 * start; nothing else here touches it, so only who asks for an array waits.
 */
public final class NdArrays {
  static {
    JavaCpp.allowMemoryOutsideTheHeap();
  }

  private NdArrays() {}

  /**
   * The same numbers as an ND4J array: what is written to one is seen in the other.
   *
   * @param tensor the tensor, of at least one element; its memory must outlive the view
   * @return an array of the tensor's shape on the tensor's memory
   * @throws IllegalArgumentException if the tensor is empty
   */
  public static INDArray view(Tensor tensor) {
    if (tensor.size() == 0) {
      throw new IllegalArgumentException("tensor: " + tensor + ", must have an element");
    }
    long[] shape = Arrays.stream(tensor.shape()).asLongStream().toArray();
    long[] strides = new long[shape.length];
    long stride = 1;
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      strides[axis] = stride;
      stride *= shape[axis];
    }
    var buffer = Nd4j.createBuffer(new Floats(tensor), tensor.size(), DataType.FLOAT);
    return Nd4j.create(buffer, shape, strides, 0, 'c');
  }

  /**
   * The numbers of an ND4J array in memory of their own, as 32-bit floats in row-major order,
   * whatever the array's type and strides.
   *
   * @param arena owner of the copy
   * @param array the array, of at least one element
   * @return a tensor of the array's shape
   */
  public static Tensor copyOf(Arena arena, INDArray array) {
    int[] shape = Arrays.stream(array.shape()).mapToInt(Math::toIntExact).toArray();
    Tensor copy = Tensor.zeros(arena, shape);
    view(copy).assign(array);
    return copy;
  }

  /** A pointer to memory that ND4J does not own. */
  private static final class Floats extends FloatPointer {
    @SuppressWarnings("unused") // keeps memory of an automatic arena reachable
    private final MemorySegment memory;

    Floats(Tensor tensor) {
      super((Pointer) null);
      memory = tensor.memory();
      address = memory.address();
      limit = tensor.size();
      capacity = tensor.size();
    }
  }
}
