package org.esolm.data;

import java.util.Arrays;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;

/**
 * A stream of tokens cut into blocks of one length. Which block a row of a training batch sees
 * depends on seed, step and row alone, so a resumed run sees the same batches. The tokens are not
 * copied.
 */
public final class Blocks {
  private final int[] tokens;
  private final int length;
  private final boolean packed; // a block begins at multiples of the length only

  private Blocks(int[] tokens, int length, boolean packed) {
    this.tokens = tokens;
    this.length = length;
    this.packed = packed;
  }

  /**
   * Blocks of a stream.
   *
   * @param name what to call the stream in an error
   * @param tokens the stream
   * @param length L, tokens of a block, at least 1
   * @return its blocks
   * @throws IllegalArgumentException if the stream is shorter than one block
   */
  public static Blocks of(String name, int[] tokens, int length) {
    return checked(name, tokens, length, false);
  }

  /**
   * Blocks that were packed: random ones too are among them, not anywhere in the stream.
   *
   * @param name what to call them in an error
   * @param tokens the blocks end to end, as {@link Packing#pack} leaves them
   * @param length L, tokens of a block, at least 1
   * @return the blocks
   * @throws IllegalArgumentException if there is none
   */
  public static Blocks packed(String name, int[] tokens, int length) {
    return checked(name, tokens, length, true);
  }

  private static Blocks checked(String name, int[] tokens, int length, boolean packed) {
    if (length < 1) {
      throw new IllegalArgumentException("length: " + length + ", allowed: at least 1");
    }
    if (tokens.length < length) {
      throw new IllegalArgumentException(
          name + ": " + tokens.length + " tokens, needed: at least one block of " + length);
    }
    return new Blocks(tokens, length, packed);
  }

  /**
   * Tokens of a block.
   *
   * @return L
   */
  public int length() {
    return length;
  }

  /**
   * How many blocks stand end to end in the stream; what is left over at its end is not used.
   *
   * @return at least 1
   */
  public int count() {
    return tokens.length / length;
  }

  /**
   * A block by its number.
   *
   * @param i index in [0, count())
   * @return L tokens
   */
  public int[] block(int i) {
    if (i < 0 || i >= count()) {
      throw new IllegalArgumentException("block: " + i + ", allowed: 0 to " + (count() - 1));
    }
    return at(i * length);
  }

  /**
   * The first blocks of the stream.
   *
   * @param limit how many at most
   * @return [min(limit, count()), L]
   */
  public int[][] first(int limit) {
    int[][] blocks = new int[Math.min(limit, count())][];
    Arrays.setAll(blocks, this::block);
    return blocks;
  }

  /**
   * The blocks one after the other.
   *
   * @return a reader from the first on
   */
  public BlockReader reader() {
    return new BlockReader() {
      private int next;

      @Override
      public int[] next() {
        return next < count() ? block(next++) : null;
      }

      @Override
      public long position() {
        return next;
      }

      @Override
      public long size() {
        return count();
      }

      @Override
      public void close() {}
    };
  }

  /**
   * A block at a random place of the stream, drawn with replacement from all places, or from all
   * blocks that were packed.
   *
   * @param seed the run's seed
   * @param step training step
   * @param row row of the batch
   * @return L tokens
   */
  public int[] random(long seed, long step, int row) {
    return at(place(seed, step, row));
  }

  /**
   * As {@link #random(long, long, int)}, into an array that is there.
   *
   * @param seed the run's seed
   * @param step training step
   * @param row row of the batch
   * @param into L tokens, written
   */
  public void random(long seed, long step, int row, int[] into) {
    System.arraycopy(tokens, place(seed, step, row), into, 0, length);
  }

  private int place(long seed, long step, int row) {
    Rng rng = Rng.of(seed, Purpose.BATCHES, step, row);
    return packed ? length * rng.nextInt(count()) : rng.nextInt(tokens.length - length + 1);
  }

  /**
   * A block of an endless reading in which every epoch has each block once, in an order of its own.
   *
   * @param seed the run's seed
   * @param index how many blocks were read before: step * batch size + row
   * @return L tokens
   */
  public int[] permuted(long seed, long index) {
    return block(permute(count(), seed, index / count(), Math.floorMod(index, count())));
  }

  /** A permutation of [0, n) without a table: a Feistel network, walked until it is inside. */
  private static int permute(int n, long seed, long epoch, int i) {
    int half = (32 - Integer.numberOfLeadingZeros(Math.max(1, n - 1)) + 1) / 2;
    int mask = (1 << half) - 1;
    int at = i;
    do {
      int left = at >>> half;
      int right = at & mask;
      for (int round = 0; round < 4; round++) {
        long hash = Rng.of(seed, Purpose.BATCHES, epoch, round, right).nextLong();
        int mixed = left ^ ((int) (hash >>> 32) & mask);
        left = right;
        right = mixed;
      }
      at = left << half | right;
    } while (Integer.compareUnsigned(at, n) >= 0);
    return at;
  }

  private int[] at(int offset) {
    return Arrays.copyOfRange(tokens, offset, offset + length);
  }
}
