package org.esolm.io;

/**
 * A block of elements of a PyTorch file.
 *
 * @param key its name in the file
 * @param type of its elements
 * @param size number of elements
 */
record TorchStorage(String key, ElementType type, long size) {
  long bytes() {
    return Math.multiplyExact(size, (long) type.bytes());
  }
}
