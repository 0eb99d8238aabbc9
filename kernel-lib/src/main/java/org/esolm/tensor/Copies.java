package org.esolm.tensor;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static org.esolm.tensor.Memory.ADDRESS;
import static org.esolm.tensor.Memory.ALL;
import static org.esolm.tensor.Memory.STRIDE;
import static org.esolm.tensor.Simd.F;
import static org.esolm.tensor.Simd.NATIVE;
import static org.esolm.tensor.Simd.W;

/** Copies of parts of matrices into the order in which products read them. */
final class Copies {
  private static final long NEXT = 4L * W;
  private static final int STREAMS = 16; // rows read side by side: no more than caches like

  private Copies() {}

  /**
   * Copies rows, whole vectors at a time: up to W - 1 floats behind each row's end are read, where
   * there are any, and written in any case.
   *
   * @param x where the rows lie
   * @param at first row's first element
   * @param ld floats from row to row
   * @param to where they go
   * @param toAt first row's first element
   * @param ldTo floats from row to row; later rows overwrite what lies behind earlier ones
   * @param rows how many
   * @param columns floats of a row
   */
  static void rows(
      Tensor x, long at, int ld, Tensor to, long toAt, int ldTo, int rows, int columns) {
    if (rows == 0) {
      return;
    }
    int wide = (columns + W - 1) / W * W;
    long from = x.address(at, rows, ld, columns);
    long target = to.address(toAt, rows, ldTo, wide);
    long room = x.size() - at - wide; // from the last row that may be read wide
    int whole = room < 0 ? 0 : (int) Math.min(rows, room / ld + 1);
    for (int j = 0; j < wide; j += W) {
      vectors(from + 4L * j, ld, target + 4L * j, ldTo, whole);
    }
    for (int r = whole; r < rows; r++) {
      for (int j = 0; j < columns; j++) {
        to.set(toAt + (long) r * ldTo + j, x.get(at + (long) r * ld + j));
      }
    }
  }

  /** Copies some vectors; distances from one to the next are floats. */
  private static void vectors(long from, int step, long to, int stepTo, int n) {
    long a = from & ADDRESS;
    long b = to & ADDRESS;
    long u = 4L * step & STRIDE;
    long v = 4L * stepTo & STRIDE;
    for (int i = 0; i < n; i++) {
      long q = i & Integer.MAX_VALUE;
      fromMemorySegment(F, ALL, a + q * u, NATIVE).intoMemorySegment(ALL, b + q * v, NATIVE);
    }
  }

  /**
   * Copies rows into strips of a few columns, each strip's rows one behind the other: the rows are
   * read from one end to the other, once. As in {@link #rows}, whole vectors are copied.
   *
   * @param x where the rows lie
   * @param at first row's first element
   * @param ld floats from row to row
   * @param to where they go
   * @param distance floats from strip to strip
   * @param width columns of a strip: at most a vector's, or some whole vectors
   * @param rows how many
   * @param columns floats of a row
   */
  static void strips(
      Tensor x, long at, int ld, Tensor to, int distance, int width, int rows, int columns) {
    int strips = (columns + width - 1) / width;
    long from = x.address(at, rows, ld, columns);
    long target = to.address(0, strips, distance, rows * (long) width + W);
    int parts = (width + W - 1) / W; // vectors of a strip's row
    long reach = (strips - 1L) * width + (long) parts * W; // floats that are read of a row
    long room = x.size() - at - reach;
    int whole = room < 0 ? 0 : (int) Math.min(rows, room / ld + 1);
    for (int r = 0; r < whole; r++) {
      for (int part = 0; part < parts; part++) {
        long source = from + 4L * r * ld + part * NEXT;
        vectors(source, width, target + 4L * r * width + part * NEXT, distance, strips);
      }
    }
    for (int r = whole; r < rows; r++) {
      for (int j = 0; j < columns; j++) {
        long t = (long) (j / width) * distance + (long) r * width + j % width;
        to.set(t, x.get(at + (long) r * ld + j));
      }
    }
  }

  /**
   * Copies rows into panels of {@link MicroKernel#COLUMNS} columns, each panel's rows one behind
   * the other: four panels at a time, as a row's next cache lines come cheaper than those of other
   * rows. Whole vectors are copied, as in {@link #rows}.
   *
   * @param x where the rows lie
   * @param at first row's first element
   * @param ld floats from row to row
   * @param to where they go, from its first element on
   * @param distance floats from panel to panel
   * @param rows how many
   * @param columns floats of a row
   */
  static void panels(Tensor x, long at, int ld, Tensor to, int distance, int rows, int columns) {
    int wide = MicroKernel.COLUMNS;
    int j = 0;
    for (; j + 4 * wide <= columns; j += 4 * wide) {
      long from = x.address(at + j, rows, ld, 4L * wide);
      long target = to.address((long) (j / wide) * distance, 4, distance, (long) rows * wide);
      fourPanels(from, ld, target, distance, rows);
    }
    for (; j < columns; j += wide) {
      long target = (long) (j / wide) * distance;
      rows(x, at + j, ld, to, target, wide, rows, Math.min(wide, columns - j));
    }
  }

  private static void fourPanels(long from, int step, long to, int distance, int n) {
    long a = from & ADDRESS;
    long u = 4L * step & STRIDE;
    long p0 = to & ADDRESS;
    long p1 = to + 4L * distance & ADDRESS;
    long p2 = to + 8L * distance & ADDRESS;
    long p3 = to + 12L * distance & ADDRESS;
    for (int i = 0; i < n; i++) {
      long q = i & Integer.MAX_VALUE;
      long r = a + q * u;
      long t = q * 2 * NEXT;
      fromMemorySegment(F, ALL, r, NATIVE).intoMemorySegment(ALL, p0 + t, NATIVE);
      fromMemorySegment(F, ALL, r + NEXT, NATIVE).intoMemorySegment(ALL, p0 + t + NEXT, NATIVE);
      fromMemorySegment(F, ALL, r + 2 * NEXT, NATIVE).intoMemorySegment(ALL, p1 + t, NATIVE);
      fromMemorySegment(F, ALL, r + 3 * NEXT, NATIVE).intoMemorySegment(ALL, p1 + t + NEXT, NATIVE);
      fromMemorySegment(F, ALL, r + 4 * NEXT, NATIVE).intoMemorySegment(ALL, p2 + t, NATIVE);
      fromMemorySegment(F, ALL, r + 5 * NEXT, NATIVE).intoMemorySegment(ALL, p2 + t + NEXT, NATIVE);
      fromMemorySegment(F, ALL, r + 6 * NEXT, NATIVE).intoMemorySegment(ALL, p3 + t, NATIVE);
      fromMemorySegment(F, ALL, r + 7 * NEXT, NATIVE).intoMemorySegment(ALL, p3 + t + NEXT, NATIVE);
    }
  }

  /**
   * {@code to[j, i] = factor x[i, j]}.
   *
   * @param x a matrix
   * @param at its first element
   * @param ld floats from row to row of it
   * @param to its transposed copy
   * @param toAt the copy's first element
   * @param ldTo floats from row to row of the copy
   * @param rows of the matrix
   * @param columns of the matrix
   * @param factor of every element
   */
  static void transposed(
      Tensor x,
      long at,
      int ld,
      Tensor to,
      long toAt,
      int ldTo,
      int rows,
      int columns,
      float factor) {
    if (rows == 0) {
      return;
    }
    long from = x.address(at, rows, ld, columns);
    long target = to.address(toAt, columns, ldTo, rows);
    for (int i0 = 0; i0 < rows; i0 += STREAMS) {
      int n = Math.min(STREAMS, rows - i0);
      for (int j = 0; j < columns; j++) {
        long source = from + 4L * ((long) i0 * ld + j);
        long row = target + 4L * ((long) j * ldTo + i0);
        for (int i = 0; i < n; i++) {
          Memory.set(row + 4L * i, factor * Memory.get(source + 4L * i * ld));
        }
      }
    }
  }
}
