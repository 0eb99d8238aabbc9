package org.esolm.io;

import java.io.IOException;
import java.util.List;
import java.util.SequencedMap;
import org.esolm.tensor.Tensor;

/** Named tensors of one or more files, read when they are asked for. */
public interface TensorSource extends AutoCloseable {
  /**
   * What a stored tensor is.
   *
   * @param type of its elements
   * @param shape length of each axis
   */
  record Stored(ElementType type, List<Integer> shape) {}

  /**
   * What there is.
   *
   * @return the tensors by name, in the order of the file
   */
  SequencedMap<String, Stored> stored();

  /**
   * Copies a tensor of floats, converted to 32 bits.
   *
   * @param name its name
   * @param to as many elements, written
   * @throws IOException if the file cannot be read
   * @throws IllegalArgumentException if there is no such tensor, or it holds no floats or another
   *     number of them
   */
  void readFloats(String name, Tensor to) throws IOException;

  @Override
  void close() throws IOException;
}
