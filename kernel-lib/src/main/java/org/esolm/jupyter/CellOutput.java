package org.esolm.jupyter;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Joins what a cell prints and sends it on every 100 ms. Every message to the notebook costs a slot
 * in a queue of 1000; a loop that prints line by line would otherwise lose lines, and with them the
 * message that the cell has ended. Outside a cell text goes where the process prints.
 */
final class CellOutput implements AutoCloseable {
  private static final int PERIOD_MILLIS = 100;
  private static final int MAX_BYTES = 1 << 20;
  private static final int MAX_SEGMENTS = 20;

  private record Segment(PrintStream target, ByteArrayOutputStream bytes) {}

  private final Object lock = new Object();
  private final List<Segment> pending = new ArrayList<>();
  private final List<PrintStream> cellStreams;
  private final PrintStream out;
  private final PrintStream err;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("cell-output").factory());
  private int pendingBytes;
  private boolean inCell;

  /** Streams that print to the first pair during a cell and to the second pair otherwise. */
  CellOutput(PrintStream cellOut, PrintStream cellErr, PrintStream idleOut, PrintStream idleErr) {
    cellStreams = List.of(cellOut, cellErr);
    out = new PrintStream(new Joined(cellOut, idleOut), false, StandardCharsets.UTF_8);
    err = new PrintStream(new Joined(cellErr, idleErr), false, StandardCharsets.UTF_8);
    timer.scheduleWithFixedDelay(
        this::flushInTime, PERIOD_MILLIS, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
  }

  PrintStream out() {
    return out;
  }

  PrintStream err() {
    return err;
  }

  void begin() {
    synchronized (lock) {
      inCell = true;
    }
  }

  void end() {
    synchronized (lock) {
      flush();
      cellStreams.forEach(PrintStream::flush); // what could not be sent before
      inCell = false;
    }
  }

  void flush() {
    synchronized (lock) {
      while (!pending.isEmpty()) {
        Segment segment = pending.getFirst();
        byte[] bytes = segment.bytes.toByteArray();
        pending.removeFirst(); // the target keeps what it cannot send: twice would be one too many
        segment.target.write(bytes, 0, bytes.length);
        segment.target.flush();
      }
      pendingBytes = 0;
    }
  }

  /** A timer forgets what throws. */
  private void flushInTime() {
    try {
      flush();
    } catch (OutOfMemoryError e) {
      // there will be memory when the cell has ended
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
    end();
  }

  /**
   * The order of the two streams is kept, unless they alternate faster than a notebook can show.
   */
  private ByteArrayOutputStream segment(PrintStream target) {
    if (pending.isEmpty() || pending.getLast().target != target) {
      if (pending.size() < MAX_SEGMENTS) {
        pending.add(new Segment(target, new ByteArrayOutputStream()));
      } else {
        return pending.get(MAX_SEGMENTS - 2).bytes;
      }
    }
    return pending.getLast().bytes;
  }

  private final class Joined extends OutputStream {
    private final PrintStream cell;
    private final PrintStream idle;

    Joined(PrintStream cell, PrintStream idle) {
      this.cell = cell;
      this.idle = idle;
    }

    @Override
    public void write(int b) {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] b, int offset, int length) {
      synchronized (lock) {
        if (!inCell) {
          idle.write(b, offset, length);
          idle.flush();
          return;
        }
        segment(cell).write(b, offset, length);
        pendingBytes += length;
        if (pendingBytes > MAX_BYTES) {
          CellOutput.this.flush();
        }
      }
    }
  }
}
