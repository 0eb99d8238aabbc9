package org.esolm.model;

import java.lang.foreign.Arena;
import org.esolm.tensor.Tensor;

/**
 * Keys and values of every block and head, and how many of each sequence are kept. What lies behind
 * is scratch.
 */
final class KvCache {
  final int capacity;
  private final int batch;
  private final ModelConfig config;
  private final int[] kept;
  private final Tensor[] keys; // one a block: [B, heads, h, capacity]
  private final Tensor[] values; // one a block: [B, heads, capacity, h]

  KvCache(Arena arena, ModelConfig config, int batch, int capacity) {
    this.config = config;
    this.batch = batch;
    this.capacity = (capacity + 15) / 16 * 16;
    kept = new int[batch];
    keys = new Tensor[config.blocks()];
    values = new Tensor[config.blocks()];
    for (int b = 0; b < keys.length; b++) {
      keys[b] = Tensor.zeros(arena, batch, config.heads(), config.headSize(), this.capacity);
      values[b] = Tensor.zeros(arena, batch, config.heads(), this.capacity, config.headSize());
    }
  }

  int batch() {
    return batch;
  }

  Tensor keys(int block) {
    return keys[block];
  }

  Tensor values(int block) {
    return values[block];
  }

  /** First element of a head's keys, and of its values. */
  long at(int sequence, int head) {
    return ((long) sequence * config.heads() + head) * config.headSize() * capacity;
  }

  int kept(int sequence) {
    return kept[sequence];
  }

  void keep(int sequence, int rows) {
    kept[sequence] += rows;
  }
}
