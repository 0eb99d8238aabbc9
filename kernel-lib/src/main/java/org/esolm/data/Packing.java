package org.esolm.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Documents into blocks of one length, as the released code does ({@code _group_texts} in
 * dataloader.py): end to end, without regard to where one ends, and what is left over is dropped.
 *
 * @param bos token in front of every block, if there are tokens at the ends
 * @param eos token behind every block, if there are tokens at the ends
 * @param ends whether every block begins with {@code bos} and ends with {@code eos}
 * @param batch documents that are packed together, the rest of each batch being dropped: 1,000 in
 *     the released code, for each of its processes; 0: all documents together
 */
public record Packing(int bos, int eos, boolean ends, int batch) {
  /** Checks the batch. */
  public Packing {
    if (batch < 0) {
      throw new IllegalArgumentException("batch: " + batch + ", allowed: 0 (all) or more");
    }
  }

  /**
   * Packs documents.
   *
   * @param documents their tokens
   * @param length L, tokens of a block
   * @return the blocks end to end, [blocks * L]
   * @throws IllegalArgumentException if the length leaves no room for a token of text
   */
  public int[] pack(List<int[]> documents, int length) {
    int room = ends ? length - 2 : length;
    if (room < 1) {
      throw new IllegalArgumentException(
          "length: " + length + ", allowed: at least " + (ends ? 3 : 1));
    }
    List<int[]> packed = new ArrayList<>();
    int step = batch == 0 ? Math.max(1, documents.size()) : batch;
    for (int from = 0; from < documents.size(); from += step) {
      int[] text = concatenated(documents.subList(from, Math.min(from + step, documents.size())));
      for (int at = 0; at + room <= text.length; at += room) {
        packed.add(block(text, at, room));
      }
    }
    return concatenated(packed);
  }

  private int[] block(int[] text, int at, int room) {
    int[] tokens = Arrays.copyOfRange(text, at, at + room);
    return ends ? concatenated(List.of(new int[] {bos}, tokens, new int[] {eos})) : tokens;
  }

  static int[] concatenated(List<int[]> parts) {
    int[] all = new int[Math.toIntExact(parts.stream().mapToLong(p -> p.length).sum())];
    int at = 0;
    for (int[] part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    return all;
  }

  /**
   * Packs documents.
   *
   * @param documents their tokens
   * @param length L, tokens of a block
   * @return [blocks, L]
   * @throws IllegalArgumentException as {@link #pack}
   */
  public int[][] blocks(List<int[]> documents, int length) {
    int[] packed = pack(documents, length);
    return IntStream.range(0, packed.length / length)
        .mapToObj(i -> Arrays.copyOfRange(packed, i * length, (i + 1) * length))
        .toArray(int[][]::new);
  }
}
