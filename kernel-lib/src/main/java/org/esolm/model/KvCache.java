package org.esolm.model;

import java.lang.foreign.Arena;
import org.esolm.tensor.CachedAttention;
import org.esolm.tensor.Tensor;

/**
 * Keys and values of every block and head, and how many of each sequence are kept. What lies behind
 * is scratch. Where nothing is ever kept, all blocks but the first share the memory of one.
 */
final class KvCache {
  final int capacity;
  private final ModelConfig config;
  private final int[] kept;
  private final Tensor[] keys; // one a block: [B, heads, capacity, h], packed
  private final Tensor[] values; // one a block: [B, heads, capacity, h], packed
  private final int keyFloats; // of one head
  private final int valueFloats;

  KvCache(Arena arena, ModelConfig config, int batch, int atLeast, boolean keeps) {
    this.config = config;
    capacity = CachedAttention.capacity(atLeast);
    keyFloats = capacity * config.headSize();
    valueFloats = CachedAttention.valueFloats(capacity, config.headSize());
    kept = new int[batch];
    keys = new Tensor[config.blocks()];
    values = new Tensor[config.blocks()];
    for (int b = 0; b < config.blocks(); b++) {
      boolean own = keeps || b < 2;
      keys[b] = own ? Tensor.zeros(arena, batch, config.heads(), keyFloats) : keys[1];
      values[b] = own ? Tensor.zeros(arena, batch, config.heads(), valueFloats) : values[1];
    }
  }

  Tensor keys(int block) {
    return keys[block];
  }

  Tensor values(int block) {
    return values[block];
  }

  /** First element of a head's keys. */
  long keysAt(int sequence, int head) {
    return ((long) sequence * config.heads() + head) * keyFloats;
  }

  /** First element of a head's values. */
  long valuesAt(int sequence, int head) {
    return ((long) sequence * config.heads() + head) * valueFloats;
  }

  int kept(int sequence) {
    return kept[sequence];
  }

  void keep(int sequence, int rows) {
    kept[sequence] += rows;
  }
}
