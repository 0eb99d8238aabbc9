package org.esolm.data;

/** Blocks of one length, read one after the other. */
public interface BlockReader extends AutoCloseable {
  /**
   * The next block.
   *
   * @return L tokens; null at the end, where fewer than L are left
   */
  int[] next();

  /**
   * How much has been read, in units of {@link #size}.
   *
   * @return from 0 to size()
   */
  long position();

  /**
   * How much there is to read, in blocks or in kilobytes.
   *
   * @return at least 1
   */
  long size();

  @Override
  void close();
}
